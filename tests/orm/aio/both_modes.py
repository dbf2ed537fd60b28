"""One body of tests for both kinds of code: written once, as asynchronous code is, and run on either kind of manager.

`Awaited` gives a synchronous manager, repository or builder the face of the asynchronous one. What is awaited there
happens at once.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from fx_orm import EntityManager, QueryBuilder, Repository, database
from fx_orm.aio import AsyncEntityManager, AsyncQueryBuilder, AsyncRepository
from fx_orm.database import async_engines
from fx_orm.query_builder import Row
from fx_orm.urls import resolve


@dataclass(frozen=True)
class Mode:
    """A driver, of one kind or the other."""

    name: str
    database: str
    drivername: str
    asynchronous: bool

    def url(self, url: str) -> sa.URL:
        """Return the address of a database by this driver."""
        address = sa.make_url(url).set(drivername=self.drivername)
        return resolve(address, Path.cwd(), asynchronous=self.asynchronous)


MODES = [
    Mode("sqlite3", "sqlite", "sqlite+pysqlite", asynchronous=False),
    Mode("aiosqlite", "sqlite", "sqlite+aiosqlite", asynchronous=True),
    Mode("psycopg", "postgresql", "postgresql+psycopg", asynchronous=False),
    Mode("asyncpg", "postgresql", "postgresql+asyncpg", asynchronous=True),
    Mode("psycopg-async", "postgresql", "postgresql+psycopg", asynchronous=True),
    Mode("pymysql", "mariadb", "mysql+pymysql", asynchronous=False),
    Mode("aiomysql", "mariadb", "mysql+aiomysql", asynchronous=True),
]
asynchronous_only = pytest.mark.parametrize(
    "mode", [mode for mode in MODES if mode.asynchronous], ids=lambda mode: mode.name, indirect=True
)


@dataclass(frozen=True)
class Opened:
    """A database by one driver: how managers are opened on it, and what its pool says."""

    mode: Mode
    url: sa.URL
    engine: sa.Engine

    def manager(self, **options: Any) -> AsyncEntityManager:
        """Open a manager of the mode's kind, with the face of the asynchronous one."""
        if self.mode.asynchronous:
            return AsyncEntityManager(async_engines.engine_for(self.url), **options)
        return cast("AsyncEntityManager", Awaited(EntityManager(self.engine, **options), AsyncEntityManager))

    def query(self, em: AsyncEntityManager) -> AsyncQueryBuilder[Row]:
        """Start a query that is bound to no entity."""
        if self.mode.asynchronous:
            return AsyncQueryBuilder(em)
        return cast("AsyncQueryBuilder[Row]", Awaited(QueryBuilder(_behind(em)), AsyncQueryBuilder))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Read as another connection, by the synchronous driver."""
        with self._other.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def change(self, statement: str) -> None:
        """Change rows as another connection, by the synchronous driver."""
        with self._other.begin() as connection:
            connection.execute(sa.text(statement))

    @property
    def _other(self) -> sa.Engine:
        return sa.create_engine(resolve(self.url, Path.cwd()), poolclass=sa.NullPool)

    @property
    def checked_out(self) -> int:
        """How many connections are in use."""
        return self.engine.pool.checkedout()  # type: ignore[attr-defined]  # both pools have it


@asynccontextmanager
async def opened(mode: Mode, url: str, tables: list[Any]) -> AsyncIterator[Opened]:
    """Open a database with these tables."""
    tables[0].metadata.create_all(sa.create_engine(url, poolclass=sa.NullPool), tables=tables)
    address = mode.url(url)
    if mode.asynchronous:
        yield Opened(mode, address, async_engines.engine_for(address).sync_engine)
        await async_engines.dispose()
    else:
        yield Opened(mode, address, database.engine_for(address))
        database.dispose()


class Awaited:
    """A synchronous object with the face of an asynchronous class."""

    def __init__(self, target: Any, face: type[Any]) -> None:
        self._target = target
        self._face = face

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        static = inspect.getattr_static(self._face, name)
        if inspect.iscoroutinefunction(static):
            return _awaited(value)
        if not inspect.isroutine(value):
            return self._faced(value)
        return lambda *arguments, **named: self._faced(value(*map(_behind, arguments), **named))

    async def __aenter__(self) -> "Awaited":
        self._target.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._target.__exit__(*error)

    def _faced(self, result: Any) -> Any:
        if result is self._target:
            return self
        if isinstance(result, QueryBuilder):
            return Awaited(result, AsyncQueryBuilder)
        if isinstance(result, Repository):
            return Awaited(result, AsyncRepository)
        if isinstance(result, EntityManager):
            return Awaited(result, AsyncEntityManager)
        if isinstance(result, Iterator):
            return _iterated(result)
        if hasattr(result, "__enter__"):
            return _Block(result)
        return result


class _Block:
    """A block of `with`, entered by `async with`; or a decorator of synchronous functions, of asynchronous ones."""

    def __init__(self, block: Any) -> None:
        self._block = block

    async def __aenter__(self) -> "_Block":
        self._block.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._block.__exit__(*error)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return _awaited(self._block(_at_once(function)))


def _awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*arguments: Any, **named: Any) -> Any:
        return function(*map(_behind, arguments), **named)

    return call


def _behind(argument: Any) -> Any:
    """Return what synchronous code is given for an argument."""
    if isinstance(argument, Awaited):
        return argument._target
    return _at_once(argument) if inspect.iscoroutinefunction(argument) else argument


def _at_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run an asynchronous function that waits for nothing."""

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            function(*arguments, **named).send(None)
        except StopIteration as end:
            return end.value
        raise AssertionError("it waits")

    return call


async def _iterated(result: Iterator[Any]) -> AsyncIterator[Any]:
    for each in result:
        yield each
