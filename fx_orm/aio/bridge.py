"""The bridge between awaited methods and the synchronous code that does the work, over SQLAlchemy's greenlets.

Everything that `fx_orm.aio` does, it does by handing a function to a bridge: there is no second copy of any rule.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util.concurrency import greenlet_spawn

from fx_orm.aio.streams import Reading, Stream
from fx_orm.aio.synchronous import SynchronousManager
from fx_orm.database import async_engines

T = TypeVar("T")


class Bridge:
    """Runs synchronous code of one manager where it may wait for the database; one task at a time."""

    def __init__(self, engine: AsyncEngine | None, *, release_when_idle: bool) -> None:
        self.manager = SynchronousManager(engine, release_when_idle=release_when_idle)
        self._running = 0
        self._runner: asyncio.Task[Any] | None = None
        self._idle: asyncio.Event | None = None
        """Set when no call runs any more; made by whoever waits for that."""
        self._readings: set[Reading] = set()
        self._abandoned: list[Reading] = []
        self._tidying: asyncio.Task[None] | None = None
        self._closing = asyncio.Lock()
        self._closing_task: asyncio.Task[None] | None = None

    async def run_sync(self, function: Callable[[SynchronousManager], T]) -> T:
        """Run `function` with the synchronous manager, and await what it waits for."""
        if self._tidying is not None:
            await self._tidied()
        with self.manager.exclusive_use:
            self._running += 1
            self._runner = asyncio.current_task()
            try:
                return await greenlet_spawn(lambda: self._run(function))
            finally:
                self._running -= 1
                if not self._running and self._idle is not None:
                    self._idle.set()

    def now(self, function: Callable[[SynchronousManager], T]) -> T:
        """Run `function`, which waits for nothing, at once."""
        self.manager.begin_loading()
        try:
            return function(self.manager)
        finally:
            self.manager.stop_loading()

    def stream(self, start: Callable[[SynchronousManager], Iterator[T]], size: int) -> Stream[T]:
        """Read what an iterator gives, which `start` makes at the first use, `size` at a time."""

        async def read(reading: "Reading | None") -> tuple[Reading, list[T]]:
            return await self.run_sync(lambda manager: step(manager, reading))

        def step(manager: SynchronousManager, reading: "Reading | None") -> tuple[Reading, list[T]]:
            current: Any = start(manager) if reading is None else reading
            self._readings.add(current)
            try:
                return current, list(islice(current, size))
            finally:
                if current.gi_frame is None:  # it came to its end, or failed
                    self._readings.discard(current)

        return Stream(read, self._close_reading, self._abandon, size)

    def end(self) -> None:
        """Close the manager of a task that has ended: at once, or as soon as the event loop lets it."""
        if not self._readings and not self.manager.holds_connection:
            self.manager.close()
            return
        async_engines.when_loop_ends(self.close)
        self._closing_task = asyncio.get_running_loop().create_task(self.close())

    async def close(self) -> None:
        """Close every stream, then the manager, whichever task used it; a call of another task is waited for."""
        async with self._closing:
            await self._others_done()
            await self._tidied()
            await greenlet_spawn(self._close)
        async_engines.forget_closing(self.close)

    def _run(self, function: Callable[[SynchronousManager], T]) -> T:
        self.manager.begin_loading()
        try:
            if self._abandoned:
                self._close_abandoned()
            return function(self.manager)
        finally:
            if self._abandoned:
                self._close_abandoned()
            self.manager.stop_loading()

    def _close(self) -> None:
        self._abandoned.extend(self._readings)
        self._close_abandoned()
        self.manager.close()

    async def _others_done(self) -> None:
        """Wait for the call of another task."""
        while self._running and self._runner is not asyncio.current_task():
            self._idle = asyncio.Event()
            await self._idle.wait()
        self._idle = None

    async def _close_reading(self, reading: Reading) -> None:
        if reading in self._readings:
            self._readings.discard(reading)
            await self.run_sync(lambda _manager: reading.close())

    def _abandon(self, reading: Reading, loop: asyncio.AbstractEventLoop) -> None:
        """Close, when it can be waited for, what nobody iterates over any more; any thread's collector may say it."""
        self._abandoned.append(reading)
        with contextlib.suppress(RuntimeError):  # the loop is closed, and so are its connections
            loop.call_soon_threadsafe(self._tidy_soon)

    def _tidy_soon(self) -> None:
        if self._abandoned and not self._running and self._tidying is None:
            self._tidying = asyncio.get_running_loop().create_task(self._tidy())

    async def _tidied(self) -> None:
        while self._tidying is not None:
            await asyncio.wait([self._tidying])

    async def _tidy(self) -> None:
        try:
            await greenlet_spawn(self._close_abandoned)
        finally:
            self._tidying = None

    def _close_abandoned(self) -> None:
        while self._abandoned:
            reading = self._abandoned.pop()
            self._readings.discard(reading)
            with contextlib.suppress(SQLAlchemyError):  # a broken connection: the next call will say so
                reading.close()


class AsyncSource(Protocol):
    """What asynchronous queries need of a manager."""

    @property
    def bridge(self) -> Bridge:
        """What runs the synchronous code."""
        ...

    def unsaved(self) -> list[str]:
        """Describe, for people, what would be lost if the manager were closed now."""
        ...
