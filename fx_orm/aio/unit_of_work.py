"""The session of an asynchronous manager: the rules of every manager, and what cannot be waited for outside of a call.

Its engine is one of the running loop. Where synchronous code would load, an entity shows what it had (`LastKnown`).
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.util.concurrency import in_greenlet

from fx_orm.aio.last_known import BeforeChanges, LastKnown, State
from fx_orm.aio.unloaded import unloaded
from fx_orm.config import Settings
from fx_orm.database import async_engines
from fx_orm.entity_manager.unit_of_work import UnitOfWork
from fx_orm.errors import FxError
from fx_orm.lazy_loading.batches import LOADS_TOGETHER


class AwaitingUnitOfWork(UnitOfWork):
    """A unit of work whose calls run in greenlets, in which they wait for the database.

    * What a flush leaves to be loaded (values that the database makes) is loaded at once.
    * After a rollback entities show the values that they had before.
    """

    gives_each_its_own = "AsyncEntityManagerInterface()"

    def __init__(self, engine: AsyncEngine | None, *, release_when_idle: bool) -> None:
        super().__init__(None if engine is None else engine.sync_engine, release_when_idle=release_when_idle)
        self.last_known = LastKnown()
        self._before = BeforeChanges(self.last_known)
        self._in_flush: list[State] = []
        event.listen(self.session, "before_flush", self._on_before_flush)
        event.listen(self.session, "after_flush_postexec", self._on_flushed)
        event.listen(self.session, "after_transaction_create", self._on_create)
        event.listen(self.session, "after_rollback", self._on_rollback)

    @property
    def holds_connection(self) -> bool:
        """Tell whether a connection is in use."""
        return self._connected

    def explain(self, error: BaseException) -> None:
        """Raise in place of `error` what explains it better, if anything does."""
        if isinstance(error, exc.MissingGreenlet):
            raise FxError(
                "sync_manager talks to the database, which asynchronous code must wait for; "
                "call it in a function that `await em.run_sync(function)` runs"
            ) from error
        super().explain(error)

    def _configured_engine(self, settings: Settings) -> sa.Engine:
        return async_engines.engine(settings).sync_engine

    def _expire_outdated(self) -> None:
        if self._outdated:
            deleted = set(_states([*self.session.deleted]))
            self.last_known.keep(state for state in self._unchanged() if state not in deleted)
        super()._expire_outdated()

    def _unchanged(self) -> list[State]:
        return [state for state in self.session.identity_map.all_states() if not state.modified]

    def _release_if_idle(self) -> None:
        if in_greenlet():
            super()._release_if_idle()

    def _on_before_flush(self, session: Session, _context: object, _entities: object) -> None:
        self._before.note(_states([*session.dirty, *session.deleted]))

    def _on_flush(self, session: Session, context: object) -> None:
        super()._on_flush(session, context)
        self._in_flush = _states([*session.new, *session.dirty])

    def _on_flushed(self, _session: Session, _context: object) -> None:
        flushed, self._in_flush = self._in_flush, []
        for state in flushed:
            missing = (state.expired_attributes & set(state.mapper.column_attrs.keys())) - state.dict.keys()
            if missing and state.persistent:
                getattr(state.obj(), min(missing))

    def _on_create(self, _session: Session, transaction: SessionTransaction) -> None:
        if transaction.nested:
            self._before.begin_savepoint()

    def _on_rollback(self, session: Session) -> None:
        self._before.note(state for state in session.identity_map.all_states() if state.modified)
        changed = self._before.forget()
        if not session.in_nested_transaction():  # a savepoint's end expires what was changed in it alone
            self.last_known.keep(state for state in self._unchanged() if state not in changed)
        self.last_known.keep_instead(changed)

    def _on_end(self, session: Session, transaction: SessionTransaction) -> None:
        super()._on_end(session, transaction)
        if transaction.nested:
            self._before.end_savepoint()
        elif transaction.parent is None:
            self._before.end()

    def _on_execute(self, state: ORMExecuteState) -> sa.Result[Any] | None:
        loads = state.is_relationship_load or state.is_column_load or LOADS_TOGETHER in state.execution_options
        if loads and not in_greenlet():
            raise unloaded(state)
        return super()._on_execute(state)


def _states(entities: list[Any]) -> list[State]:
    return [sa.inspect(entity, raiseerr=True) for entity in entities]
