"""The blocks of `transaction()`: the outermost is a transaction of the database, those inside are savepoints."""

import random
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.orm import SessionTransaction

from fx_orm import database
from fx_orm.entity_manager.unit_of_work import UnitOfWork
from fx_orm.errors import FxError, QueryError
from fx_orm.errors.nearest import did_you_mean

P = ParamSpec("P")
T = TypeVar("T")

_LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 1.0


class Transactions:
    """The open blocks of one manager, and how new ones are opened."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work
        self.open: list[Transaction] = []

    def new(self, *, isolation: str | None = None, read_only: bool = False, retries: int = 0) -> "Transaction":
        """Prepare a block; nothing happens until it is entered. Raises QueryError for an unknown isolation level."""
        return Transaction(self, _level(isolation), read_only=read_only, retries=retries)

    def give_up(self) -> None:
        """Let every open block roll back when it is left."""
        for block in self.open:
            block.is_rollback_only = True

    def run(self, fn: Callable[[], T], retries: int, *, isolation: str | None = None, read_only: bool = False) -> T:
        """Run `fn` in a transaction, again after a deadlock or a failed serialization, at most `retries` times."""
        if retries < 0:
            raise FxError(f"run(retries={retries}): this is how often to try again; give 0 or more")
        if self.open and retries:
            raise FxError("run(retries=) inside transaction() cannot repeat what came before it; call it outside")
        for attempt in range(retries):
            try:
                with self.new(isolation=isolation, read_only=read_only):
                    return fn()
            except Exception as error:
                if not database.is_retryable(error):
                    raise
            # A random pause, twice as long each time: two that collided shall not meet again.
            usual = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
            database.pause(usual * (0.5 + random.random()))  # noqa: S311
        with self.new(isolation=isolation, read_only=read_only):
            return fn()


class Transaction:
    """A block that commits when it is left, and rolls back when an exception leaves it.

    As a decorator it puts each call of a function into such a block, and repeats it as `retries` says.
    """

    def __init__(self, transactions: Transactions, isolation: str | None, *, read_only: bool, retries: int) -> None:
        self._transactions = transactions
        self._work = transactions.work
        self._isolation = isolation
        self._read_only = read_only
        self._retries = retries
        self._savepoint: SessionTransaction | None = None
        self._first_hook = 0
        self.is_rollback_only = False

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Put each call of `function` into such a block."""

        @wraps(function)
        def in_transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            def call() -> T:
                return function(*args, **kwargs)

            return self._transactions.run(call, self._retries, isolation=self._isolation, read_only=self._read_only)

        return in_transaction

    def __enter__(self) -> "Transaction":
        if self._retries:
            raise FxError(
                "a with block cannot be repeated: decorate a function by @transaction(retries=...), "
                "or call run(function, retries=...)"
            )
        with self._work.call():
            if self._work.blocks:
                self._enter_nested()
            else:
                self._enter_outermost()
            self._transactions.open.append(self)
            self._work.blocks += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._work.call(ending=True):
            try:
                if error is None and not self.is_rollback_only:
                    self._commit()
                else:
                    self._rollback()
            finally:
                self._transactions.open.remove(self)
                self._work.blocks -= 1
                if not self._work.blocks:
                    self._work.read_only = False

    def _enter_nested(self) -> None:
        if self._isolation or self._read_only:
            raise FxError("isolation= and read_only= are for the outermost transaction(); a savepoint has none")
        self._savepoint = self._work.session.begin_nested()
        self._first_hook = self._work.hooks.count

    def _enter_outermost(self) -> None:
        work = self._work
        if not self._isolation and not self._read_only:
            work.begin_afresh()
            work.begin_to_write()
            return
        if work.has_uncommitted() or (self._read_only and work.pending()):
            raise FxError(
                "isolation= and read_only= need a new transaction, but there is uncommitted work: "
                f"{', '.join(work.unsaved())}; commit first"
            )
        options: dict[str, Any] = database.READ_ONLY if self._read_only else database.WRITE_LOCK
        if self._isolation and work.session.get_bind().dialect.name != "sqlite":
            options = {**options, "isolation_level": self._isolation}  # SQLite's is the highest always
        work.begin_afresh()
        work.session.connection(execution_options=options)
        work.read_only = self._read_only

    def _commit(self) -> None:
        work = self._work
        try:
            if self._savepoint is None:
                work.commit()
                return
            work.flush()
            work.refuse_aborted()
            self._savepoint.commit()
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        work = self._work
        if self._savepoint is None:
            work.rollback()
            return
        work.hooks.forget(self._first_hook)
        if work.session.get_nested_transaction() is self._savepoint:
            self._savepoint.rollback()


def _level(isolation: str | None) -> str | None:
    if isolation is None:
        return None
    level = isolation.upper().replace("_", " ")
    if level not in _LEVELS:
        raise QueryError(
            f'transaction(isolation="{isolation}"): there is no such level'
            f"{did_you_mean(level, _LEVELS) or '; there are ' + ', '.join(_LEVELS)}",
            name=isolation,
            accepted=list(_LEVELS),
        )
    return level
