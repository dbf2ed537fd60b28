"""A task that is cancelled in the middle of a query leaves its manager, the pool and the server clean."""

import asyncio

import pytest
import sqlalchemy as sa

from fx_orm.aio import AsyncEntityManager
from fx_orm.errors import FxError
from tests.orm.aio.both_modes import Opened, asynchronous_only
from tests.orm.aio.tables import Shelf

pytestmark = [pytest.mark.asyncio, asynchronous_only]

LONG = {  # for ever, or nearly
    "sqlite": "SELECT (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)",
    "postgresql": "SELECT pg_sleep(600)",
    "mariadb": "SELECT SLEEP(600)",
}
OTHERS = {
    "postgresql": "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid() "
    "AND state != 'idle'",
    "mariadb": "SELECT info FROM information_schema.processlist WHERE db = DATABASE() AND id != CONNECTION_ID() "
    "AND command != 'Sleep'",
}


async def cut_short(em: AsyncEntityManager, db: Opened) -> None:
    async with asyncio.timeout(0.2):
        await em.exec_statement(sa.text(LONG[db.mode.database]))


def running(db: Opened) -> list[tuple[object, ...]]:
    """What the server still does for others."""
    return db.rows(OTHERS[db.mode.database]) if db.mode.database in OTHERS else []


async def test_the_next_use_works(em: AsyncEntityManager, db: Opened) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await cut_short(em, db)
        assert db.checked_out == 0
        assert running(db) == []
        em.persist(Shelf(name="A"))
        await em.flush()
        await em.rollback()
        assert await em.query_builder(Shelf).count() == 0
        await em.rollback()


async def test_a_transaction_is_rolled_back(em: AsyncEntityManager, db: Opened) -> None:
    with pytest.raises(TimeoutError):
        async with em.transaction():
            await em.get_repository(Shelf).create(name="A")
            await cut_short(em, db)
    assert db.checked_out == 0
    assert running(db) == []
    assert db.rows("SELECT count(*) FROM aio_shelf") == [(0,)]
    await em.get_repository(Shelf).create(name="B")
    assert db.rows("SELECT name FROM aio_shelf") == [("B",)]


async def test_a_savepoint_around_it(em: AsyncEntityManager, db: Opened) -> None:
    """Where the connection is lost with the statement, so is the transaction: that is said, never passed over."""
    if db.mode.drivername.endswith("aiosqlite"):
        async with em.transaction():
            await em.get_repository(Shelf).create(name="A")
            with pytest.raises(TimeoutError):
                async with em.transaction():
                    await cut_short(em, db)
            await em.get_repository(Shelf).create(name="B")
        assert db.rows("SELECT name FROM aio_shelf ORDER BY id") == [("A",), ("B",)]
        return
    with pytest.raises(FxError, match="this transaction was broken by an earlier error and runs nothing more"):
        async with em.transaction():
            await em.get_repository(Shelf).create(name="A")
            with pytest.raises(TimeoutError):
                async with em.transaction():
                    await cut_short(em, db)
            await em.get_repository(Shelf).create(name="B")
    assert db.rows("SELECT name FROM aio_shelf") == []
    assert db.checked_out == 0


async def test_work_outside_of_a_block_is_not_committed_without_what_was_lost(
    em: AsyncEntityManager, db: Opened
) -> None:
    em.persist(Shelf(name="A"))
    await em.flush()
    with pytest.raises(TimeoutError):
        await cut_short(em, db)
    if db.mode.drivername.endswith("aiosqlite"):
        await em.commit()
        assert db.rows("SELECT name FROM aio_shelf") == [("A",)]
        return
    with pytest.raises(FxError, match="this transaction was broken by an earlier error and runs nothing more"):
        await em.commit()
    assert db.rows("SELECT name FROM aio_shelf") == []
    await em.rollback()
    assert db.checked_out == 0
    em.persist(Shelf(name="B"))
    await em.commit()
    assert db.rows("SELECT name FROM aio_shelf") == [("B",)]


async def test_waiting_for_a_lock(em: AsyncEntityManager, db: Opened) -> None:
    await em.get_repository(Shelf).create(name="A")
    change = sa.text("UPDATE aio_shelf SET name = 'B'")
    async with db.manager() as other, other.transaction():
        await other.exec_statement(change)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), em.transaction():
                await em.exec_statement(change)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await em.exec_statement(change)
        await em.rollback()
        assert db.checked_out == 1
    assert await em.exec_statement(change) == 1
    await em.commit()


async def test_a_stream(em: AsyncEntityManager, db: Opened) -> None:
    await em.get_repository(Shelf).insert_many([{"name": str(number)} for number in range(100)])
    seen = 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            async for _ in em.query_builder(Shelf).stream(10):
                seen += 1
                if seen == 25:
                    await asyncio.sleep(600)
    assert seen == 25
    assert await em.query_builder(Shelf).count() == 100
    await em.commit()
    assert db.checked_out == 0


async def test_at_every_step(db: Opened) -> None:
    """Wherever it is cut, a unit of work is done as a whole or not at all, and nothing is left behind."""

    async def work(em: AsyncEntityManager, number: int) -> None:
        async with em.transaction():
            em.persist(Shelf(name=f"{number} a"))
            await em.flush()
            await em.query_builder(Shelf).count()
            em.persist(Shelf(name=f"{number} b"))

    async with db.manager() as em:
        for number in range(60):
            task = asyncio.create_task(work(em, number))
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert db.checked_out == 0
            pair = db.rows(f"SELECT name FROM aio_shelf WHERE name LIKE '{number} %' ORDER BY id")
            assert pair in ([], [(f"{number} a",), (f"{number} b",)])
            assert await em.query_builder(Shelf).count() % 2 == 0
            await em.commit()
    assert running(db) == []
