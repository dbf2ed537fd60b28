"""The session of one manager and the rules of its use: when it flushes, commits, rolls back and lets go.

It knows nothing of single entities (`EntityManager` is the face) nor of the blocks of `transaction()`.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from sqlmodel import Session as SQLModelSession

from fx_orm import config, database, mixins, scope
from fx_orm.constraints import follow_convention
from fx_orm.entity_manager.calls import Call
from fx_orm.entity_manager.changes import changes_in, has_changes
from fx_orm.entity_manager.commit_hooks import CommitHooks
from fx_orm.entity_manager.exclusive_use import ExclusiveUse
from fx_orm.entity_manager.flushes import Flushes
from fx_orm.errors import FxError
from fx_orm.lazy_loading.batches import LOADS_TOGETHER

_READS = re.compile(r"\s*(?:SELECT|VALUES|TABLE|SHOW|EXPLAIN|DESCRIBE|PRAGMA)\b", re.IGNORECASE)


class UnitOfWork:
    """One session with its rules.

    * A transaction begins with the first statement. What was loaded before it is read again at its next use.
    * A call that fails leaves the session usable: outside `transaction()` what was pending is rolled back.
    * With `release_when_idle` a call that leaves nothing uncommitted gives the connection back.
    """

    gives_each_its_own = "EntityManagerInterface()"
    """What to write where two want to use one manager at once."""

    def __init__(self, engine: sa.Engine | None, *, release_when_idle: bool) -> None:
        self._fixed_engine = engine
        self._engine = engine
        self._settings: config.Settings | None = None
        self.release_when_idle = release_when_idle
        self.session = SQLModelSession(bind=engine, autoflush=False, expire_on_commit=False)
        self.hooks = CommitHooks()
        self.autocommit = False
        self.blocks = 0
        """How many `transaction()` blocks are open."""
        self.read_only = False
        self.ended: str | None = None
        """Why nothing may be committed any more, once that is so."""
        self.exclusive_use = ExclusiveUse(self.gives_each_its_own)
        self._calls = 0
        self._connected = False
        self._outdated = False
        self._shows_deleted = False
        self._sent: dict[str, None] = {}
        self._has_run_statement = False
        self._flushes = Flushes(self.session)
        event.listen(self.session, "after_begin", self._on_begin)
        event.listen(self.session, "after_transaction_end", self._on_end)
        event.listen(self.session, "after_flush", self._on_flush)
        event.listen(self.session, "do_orm_execute", self._on_execute)
        self.session.info |= {scope.INERT_LISTENERS: 1, scope.PAUSED: self.exclusive_use.paused}

    def call(self, *, ending: bool = False, asking: bool = True, querying: bool = False) -> Call:
        """Enclose every use of the session: alone, up to date, its errors explained, its connection given back.

        One that asks the database nothing may leave what was loaded as it is; one that is `querying` flushes first
        where `autoflush` says so. Raises FxError in a transaction that an error has broken, unless it is about `ending`
        that.
        """
        return Call(self, ending=ending, asking=asking, querying=querying)

    def begin_call(self, *, ending: bool, asking: bool) -> None:
        """Prepare the session. Raises FxError in a transaction that is broken, unless the call is for `ending` it."""
        if not ending and not self.session.is_active:
            raise database.refusal()
        if self._calls == 0:
            if self._fixed_engine is None:
                self._follow_configuration()
            if asking and self._outdated:
                self._expire_outdated()
        self._calls += 1

    def end_call(self, error: BaseException | None) -> None:
        """Tidy up after a call, which `error` may have left."""
        self._calls -= 1
        if error is not None:
            self._tidy_up_after(error)
            return
        if self.autocommit and self._is_idle() and self.has_uncommitted():
            self.commit()
        if self.release_when_idle:
            self._release_if_idle()

    @contextmanager
    def writing(self) -> Generator[Session]:
        """Enclose one change: a committed transaction of its own, or a part of the one under way."""
        with self.call():
            if self.blocks:
                yield self.session
                self.flush()
                return
            self.begin_to_write()
            self.blocks += 1
            try:
                yield self.session
                self.commit()
            except BaseException:
                self.rollback()
                raise
            finally:
                self.blocks -= 1

    def flush(self) -> None:
        """Send what is pending. Outside `transaction()` a failure rolls everything since the last commit back."""
        if not self.is_pending():
            return
        self.refuse_changes()
        if self.blocks:
            self.session.flush()
            return
        self.begin_to_write()
        try:
            self.session.flush()
        except BaseException:
            self.rollback()
            raise

    def flush_before_query(self) -> None:
        """Flush what is pending where the setting `autoflush` asks for it."""
        if self.session.autoflush and not self.read_only:
            self.flush()

    def commit(self) -> None:
        """Commit the session's transaction, whole or not at all."""
        try:
            if self.is_pending() and not self.blocks:
                self.begin_to_write()
            self.refuse_changes()
            self.refuse_aborted()
            self.session.commit()
        except BaseException:
            self.rollback()
            raise
        self.hooks.commit()

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        self.hooks.forget()
        if not self.session.in_transaction():
            self.session.begin()  # without one, a rollback would forget nothing that is pending
        self.session.rollback()

    def begin_to_write(self) -> None:
        """Take SQLite's write lock at the beginning: a transaction that has read first could not wait for it later."""
        if self.blocks or self.has_uncommitted() or self.session.get_bind().dialect.name != "sqlite":
            return
        self.end_read()
        self.session.connection(execution_options=database.WRITE_LOCK)

    def begin_afresh(self) -> None:
        """Let the next statement begin a transaction, with nothing known from before, unless work is under way."""
        if not self.has_uncommitted():
            self.end_read()
            self._expire_outdated()

    def refuse_changes(self) -> None:
        """Raise FxError for changes in a transaction that is read only, and after the end of all writing."""
        changes = self.unsaved() if self.ended else self.pending() if self.read_only else []
        if changes:
            why = self.ended or "this transaction is read only"
            raise FxError(f"{why}, but there are changes: {', '.join(changes)}")

    def refuse_aborted(self) -> None:
        """Raise FxError when a statement has failed and the database would answer COMMIT by a silent rollback."""
        if not self.session.is_active or (self._connected and database.is_broken(self.session.connection())):
            raise FxError(
                "nothing was committed: a statement of this transaction failed and its error was not passed on; "
                "put what may fail into a transaction() of its own, inside"
            )

    @contextmanager
    def showing_deleted(self) -> Generator[None]:
        """Let what the session loads by itself include rows that were deleted softly."""
        before, self._shows_deleted = self._shows_deleted, True
        try:
            yield
        finally:
            self._shows_deleted = before

    def end_read(self) -> None:
        """End a transaction that has only read; what is pending stays pending."""
        transaction = self.session.get_transaction()
        if transaction is None or not self._connected:
            return
        if self.is_pending():
            self.session.connection().commit()
            transaction.close()
        else:
            self.session.commit()

    def is_pending(self) -> bool:
        """Tell whether there is anything to flush."""
        return has_changes(self.session)

    def has_uncommitted(self) -> bool:
        """Tell whether something was sent in this transaction that is not committed yet."""
        return self._has_run_statement or bool(self._sent)

    def pending(self) -> list[str]:
        """Describe for people what is not flushed."""
        return [str(change) for change in changes_in(self.session)]

    def unsaved(self) -> list[str]:
        """Describe for people what is not committed."""
        statements = ["a statement"] if self._has_run_statement else []
        return [*statements, *self._sent, *self.pending(), *self.hooks.names()]

    def close(self, *, when_free: bool = False) -> None:
        """Roll back what is not committed, give the connection back, let go of every entity.

        With `when_free` another thread may finish its call first.
        """
        with self.exclusive_use.once_free() if when_free else self.exclusive_use, database.explained():
            self.hooks.forget()
            self.session.close()

    def explain(self, error: BaseException) -> None:
        """Raise in place of `error` what explains it better, if anything does."""
        if isinstance(error, (StaleDataError, ObjectDeletedError)) and not isinstance(error, FxError):
            raise self._flushes.explain(error) from error
        if isinstance(error, exc.PendingRollbackError):
            raise database.refusal() from error
        database.explain(error, self._engine)

    def _follow_configuration(self) -> None:
        """Use the database that is configured now; entities of another one are let go of."""
        if self._connected:
            return
        settings = config.settings()
        engine = self._configured_engine(settings)
        if engine is self._engine and settings is self._settings:
            return
        if engine is not self._engine and self._engine is not None:
            self.session.expunge_all()
        self._settings = settings
        self._engine = self.session.bind = engine
        follow_convention(settings.database.naming_convention)
        self.session.autoflush = settings.database.autoflush
        self.autocommit = settings.database.autocommit

    def _configured_engine(self, settings: config.Settings) -> sa.Engine:
        return database.engine(settings)

    def _expire_outdated(self) -> None:
        """Forget the values that were loaded by transactions that have ended, but no change that was made since."""
        if not self._outdated:
            return
        self._outdated = False
        session = self.session
        changed = {id(entity) for entity in (*session.dirty, *session.deleted)}
        if not changed:
            session.expire_all()
            return
        for entity in session.identity_map.values():
            if id(entity) not in changed:
                session.expire(entity)

    def _is_idle(self) -> bool:
        return self._calls == 0 and not self.blocks

    def _tidy_up_after(self, error: BaseException) -> None:
        """Let a manager go on after an error outside of `transaction()`."""
        if not self._is_idle():
            return
        if not self.session.is_active or (self.autocommit and self.has_uncommitted()):
            self.rollback()
        elif self._connected and not self.has_uncommitted():
            # What was only read can end, and a database may refuse to go on in this transaction.
            transaction = self.session.get_transaction()
            is_cut_off = isinstance(error, exc.DBAPIError) or not isinstance(error, Exception)
            if transaction is not None and (self.release_when_idle or is_cut_off):
                transaction.close()

    def _release_if_idle(self) -> None:
        if not self.release_when_idle or not self._is_idle() or not self._connected:
            return
        if not self.has_uncommitted() and not self.is_pending():
            self.session.commit()

    def _on_begin(self, _session: Session, _transaction: SessionTransaction, _connection: sa.Connection) -> None:
        self._connected = True

    def _on_end(self, _session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            self._outdated = self._outdated or self._connected
            self._connected = False
            self._sent = {}
            self._has_run_statement = False

    def _on_flush(self, _session: Session, _context: object) -> None:
        self._sent |= dict.fromkeys(map(str, self._flushes.take()))

    def _on_execute(self, state: ORMExecuteState) -> sa.Result[Any] | None:
        shows_deleted = self._shows_deleted or state.execution_options.get(mixins.SHOWS_DELETED)
        if state.is_select and not (state.is_column_load or shows_deleted):
            state.statement = state.statement.options(*mixins.without_deleted())
        is_relationship = state.is_relationship_load or state.execution_options.get(LOADS_TOGETHER)
        if is_relationship or state.is_column_load:
            return self._load_and_release(state)
        if is_change(state.statement):
            self._has_run_statement = True
        return None

    def _load_and_release(self, state: ORMExecuteState) -> sa.Result[Any] | None:
        """Load what an attribute asks for outside of any call, and give the connection back as after a call."""
        if not self.release_when_idle or self._calls or self.blocks:
            return None
        self._calls += 1
        try:
            loaded = state.invoke_statement().freeze()
        finally:
            self._calls -= 1
        self._release_if_idle()
        return loaded()


def is_change(statement: sa.Executable) -> bool:
    """Tell whether a statement may change something; of written SQL its first word decides."""
    text = statement.text if isinstance(statement, sa.TextClause) else ""
    return not statement.is_select and not _READS.match(text)
