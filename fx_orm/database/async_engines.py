"""Engines for asyncio: one for each address and pool in an event loop, whose connections belong to that loop alone.

When the loop ends as `asyncio.run()` ends it, its connections are closed.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from fx_orm.config import DatabaseSettings, Settings
from fx_orm.database import async_connections
from fx_orm.database.engines import engine_options, prepare
from fx_orm.errors import FxError
from fx_orm.urls import database_url

Closing = Callable[[], Awaitable[None]]

_OUTSIDE = (
    "there is no running event loop here, to which connections of asyncio could belong; "
    "await this in a coroutine that asyncio.run() runs, or use EntityManager, Repository and QueryBuilder"
)


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the running event loop. Raises FxError where none runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise FxError(_OUTSIDE) from None


def engine(settings: Settings) -> AsyncEngine:
    """Return the running loop's engine of the project's database; the same settings give the same engine.

    Connects to nothing yet. Raises ConfigError as `urls.database_url` does, FxError where no event loop runs.
    """
    return _of_running_loop().engine(settings)


def engine_for(url: sa.URL, database: DatabaseSettings | None = None, *, log_sql: bool = False) -> AsyncEngine:
    """Return the running loop's engine of a resolved address, with the pool that `database` describes."""
    return _of_running_loop().engine_for(url, database or DatabaseSettings(), log_sql=log_sql)


async def dispose() -> None:
    """Close the idle connections of the running loop and forget its engines; in-memory databases are gone then.

    `asyncio.run()` does it at its end.
    """
    await _of_running_loop().dispose()


def when_loop_ends(closing: Closing) -> None:
    """Let the running loop await `closing` at its end, before its connections are closed."""
    _of_running_loop().closings.add(closing)


def forget_closing(closing: Closing) -> None:
    """Take back what was said to `when_loop_ends`."""
    for engines in list(_loops.values()):
        engines.closings.discard(closing)


class _LoopEngines:
    """The engines of one event loop, and what is to be closed before them."""

    def __init__(self) -> None:
        self.closings: set[Closing] = set()
        self._engines: dict[tuple[object, ...], AsyncEngine] = {}
        self._latest: tuple[Settings | None, AsyncEngine | None] = (None, None)
        self._end: AsyncGenerator[None] | None = None

    def engine(self, settings: Settings) -> AsyncEngine:
        known, made = self._latest
        if known is not settings or made is None:
            address = database_url(settings, asynchronous=True)
            made = self.engine_for(address, settings.database, log_sql=settings.log_sql)
            self._latest = settings, made
        return made

    def engine_for(self, url: sa.URL, database: DatabaseSettings, *, log_sql: bool) -> AsyncEngine:
        pool = (database.pool_size, database.max_overflow, database.pool_timeout, database.pool_recycle)
        key = (url, *pool, database.pool_pre_ping, log_sql)
        made = self._engines.get(key)
        if made is None:
            address, options = engine_options(url, database, log_sql=log_sql)
            made = self._engines[key] = create_async_engine(address, **options)
            prepare(made.sync_engine)
            async_connections.prepare(made.sync_engine)
        return made

    def watch(self) -> None:
        """Let the loop run `dispose` at its end: it closes the asynchronous generators that have begun."""
        self._end = self._until_the_loop_ends()
        try:
            self._end.__anext__().send(None)
        except StopIteration:
            return

    async def _until_the_loop_ends(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.dispose()
            _loops.pop(running_loop(), None)

    async def dispose(self) -> None:
        while self.closings:
            await self.closings.pop()()
        engines = list(self._engines.values())
        self._engines.clear()
        self._latest = None, None
        for each in engines:
            await each.dispose()


_loops: dict[asyncio.AbstractEventLoop, _LoopEngines] = {}
_lock = threading.Lock()


def _of_running_loop() -> _LoopEngines:
    loop = running_loop()
    engines = _loops.get(loop)
    if engines is None:
        with _lock:
            for ended in [each for each in _loops if each.is_closed()]:
                del _loops[ended]  # it ended without closing anything: its connections are lost
            engines = _loops[loop] = _LoopEngines()
        engines.watch()
    return engines
