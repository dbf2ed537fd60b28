"""The synchronous manager below an asynchronous one: what `run_sync` hands to a function."""

import inspect
from collections.abc import Awaitable
from functools import wraps
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util.concurrency import await_

from fx_orm.aio.unit_of_work import AwaitingUnitOfWork
from fx_orm.entity_manager import EntityManager

T = TypeVar("T")


class SynchronousManager(EntityManager):
    """An entity manager on an asynchronous driver: its methods run in functions that `run_sync` runs."""

    def __init__(self, engine: AsyncEngine | None, *, release_when_idle: bool) -> None:
        work = AwaitingUnitOfWork(engine, release_when_idle=release_when_idle)
        self._start(work)
        self._awaiting = work
        self._last_known = work.last_known
        self.exclusive_use = work.exclusive_use

    @property
    def holds_connection(self) -> bool:
        """Tell whether a connection is in use."""
        return self._awaiting.holds_connection

    def wait_for(self, awaitable: Awaitable[T]) -> T:
        """Await something in synchronous code that `run_sync` runs, and return what it gives.

        Example:
            def import_prices(em: SynchronousManager) -> None:
                prices = em.wait_for(fetch_prices())
        """
        self.stop_loading()
        try:
            return await_(awaitable)
        finally:
            self.begin_loading()

    def awaiting(self, function: Any) -> Any:
        """Make a synchronous function of one that may be asynchronous."""
        if not callable(function):
            return function  # the one who calls it says what is wrong

        @wraps(function)
        def call() -> object:
            given = function()
            return self.wait_for(given) if inspect.isawaitable(given) else given

        return call

    def begin_loading(self) -> None:
        """Let expired values be loaded where they are touched."""
        self._last_known.hide()

    def stop_loading(self) -> None:
        """Let entities show what they had."""
        self._last_known.show()
