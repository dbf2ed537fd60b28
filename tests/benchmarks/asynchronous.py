"""What a statement costs in asynchronous code: find, filter, one change, beside SQLAlchemy's AsyncSession.

On SQLite by aiosqlite, and on PostgreSQL by asyncpg where a server answers (FX_TEST_POSTGRESQL, else a local one).
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from fx_orm.aio import AsyncEntityManager
from fx_orm.database import async_engines
from fx_orm.urls import resolve
from tests.benchmarks.measuring import Measured, measure
from tests.benchmarks.queries import ENTITIES, LIMIT, POSTGRESQL, OurBook, PlainBook, row

ROWS, FINDS, FILTERS, CHANGES = 2_000, 500, 200, 100
Way = Callable[[], Coroutine[Any, Any, object]]


def run() -> Iterator[Measured]:
    """Measure on each database that there is."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(f"sqlite:///{folder}/bench.db", "aiosqlite")
    try:
        sa.create_engine(POSTGRESQL, poolclass=sa.NullPool).connect().close()
    except sa.exc.OperationalError:
        return
    yield from _measured(POSTGRESQL.replace("+psycopg", "+asyncpg"), "asyncpg")


def _measured(address: str, driver: str) -> Iterator[Measured]:
    url = resolve(address, Path.cwd(), asynchronous=True)
    with asyncio.Runner() as runner:
        engine = runner.run(_prepared(url))
        for title, count, ours, theirs in (
            ("find by key", FINDS, _our_finds, _their_finds),
            (f"where, order, limit {LIMIT}", FILTERS, _our_filters, _their_filters),
            ("change and commit", CHANGES, _our_changes, _their_changes),
        ):
            ways = {"fx_orm": ours(engine), "SQLAlchemy": theirs(engine)}
            called = {name: _called(runner, way) for name, way in ways.items()}
            yield measure(f"{driver}: {title}", count, called, rounds=9)
        runner.run(_dropped(engine))


def _called(runner: asyncio.Runner, way: Way) -> Callable[[], object]:
    return lambda: runner.run(way())


async def _prepared(url: sa.URL) -> AsyncEngine:
    engine = async_engines.engine_for(url)
    await _dropped(engine)
    async with engine.begin() as connection:
        for table in _tables():
            await connection.run_sync(table.create)
        for author, book in (ENTITIES[0], ENTITIES[2]):
            await connection.execute(sa.insert(author), [{"id": at + 1, "name": f"Author {at}"} for at in range(1000)])
            await connection.execute(sa.insert(book), [{"id": at + 1, **row(at)} for at in range(ROWS)])
    return engine


async def _dropped(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for table in reversed(_tables()):
            await connection.run_sync(table.drop, checkfirst=True)


def _tables() -> list[sa.Table]:
    return [entity.__table__ for pair in (ENTITIES[0], ENTITIES[2]) for entity in pair]  # type: ignore[attr-defined]


def _our_finds(engine: AsyncEngine) -> Way:
    async def way() -> object:
        async with AsyncEntityManager(engine) as em:
            return [await em.find(OurBook, key) for key in range(1, FINDS + 1)]

    return way


def _their_finds(engine: AsyncEngine) -> Way:
    async def way() -> object:
        async with AsyncSession(engine) as session:
            return [await session.get(PlainBook, key) for key in range(1, FINDS + 1)]

    return way


def _our_filters(engine: AsyncEngine) -> Way:
    async def way() -> object:
        async with AsyncEntityManager(engine) as em:
            return [
                await em.query_builder(OurBook).where("level", at % 100).where("price", ">", 100)
                .order_by("id").limit(LIMIT).get() for at in range(FILTERS)
            ]  # fmt: skip

    return way


def _their_filters(engine: AsyncEngine) -> Way:
    async def way() -> object:
        async with AsyncSession(engine) as session:
            return [
                (await session.scalars(sa.select(PlainBook).where(PlainBook.level == at % 100)
                .where(PlainBook.price > 100).order_by(PlainBook.id).limit(LIMIT))).all() for at in range(FILTERS)
            ]  # fmt: skip

    return way


def _our_changes(engine: AsyncEngine) -> Way:
    async def way() -> object:
        async with AsyncEntityManager(engine) as em:
            for number in range(CHANGES):
                async with em.transaction():
                    book = await em.get(OurBook, number + 1)
                    book.level += 1
            return None

    return way


def _their_changes(engine: AsyncEngine) -> Way:
    async def way() -> object:
        async with AsyncSession(engine) as session:
            for number in range(CHANGES):
                async with session.begin():
                    book = await session.get_one(PlainBook, number + 1)
                    book.level += 1
            return None

    return way
