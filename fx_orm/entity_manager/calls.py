"""One call of a manager: who may make it, how it begins and ends, and what becomes of its error.

Every method of a manager passes through here, also those that find what is loaded already: it is written for speed, as
a class with two methods instead of a generator for each of its three concerns.
"""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from sqlalchemy.orm import Session

from fx_orm.entity_manager.commit_hooks import CommitHooks
from fx_orm.entity_manager.exclusive_use import ExclusiveUse


class Called(Protocol):
    """The unit of work, as far as a call knows it."""

    hooks: CommitHooks
    exclusive_use: ExclusiveUse

    @property
    def session(self) -> Session:
        """What is lent for the call."""
        ...

    def begin_call(self, *, ending: bool, asking: bool) -> None:
        """Prepare the session. Raises FxError in a transaction that is broken, unless the call is for `ending` it."""
        ...

    def end_call(self, error: BaseException | None) -> None:
        """Tidy up after a call, which `error` may have left."""
        ...

    def flush_before_query(self) -> None:
        """Flush what is pending where the setting `autoflush` asks for it."""
        ...

    def explain(self, error: BaseException) -> None:
        """Raise in place of `error` what explains it better, if anything does."""
        ...


class Call(AbstractContextManager[Session]):
    """Encloses a call: alone, up to date, its errors explained, its connection given back, at last the due hooks."""

    __slots__ = ("_asking", "_ending", "_querying", "_work")

    def __init__(self, work: Called, *, ending: bool, asking: bool, querying: bool) -> None:
        self._work = work
        self._ending = ending
        self._asking = asking
        self._querying = querying

    def __enter__(self) -> Session:
        work = self._work
        work.exclusive_use.begin()
        try:
            work.begin_call(ending=self._ending, asking=self._asking)
        except BaseException as error:
            self._leave(error)
            raise
        if self._querying:
            try:
                work.flush_before_query()
            except BaseException as error:
                self.__exit__(type(error), error, error.__traceback__)
                raise
        return work.session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._work.end_call(error)
        except BaseException as failure:
            self._leave(failure)
            raise
        self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        work = self._work
        try:
            if error is not None:
                work.explain(error)
        finally:
            work.exclusive_use.end()
            work.hooks.run()
