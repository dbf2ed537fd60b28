"""What an error leaves behind, by every driver of both kinds: no half transaction, no words on stderr."""

from contextlib import nullcontext

import pytest
import sqlalchemy as sa

from fx_orm.aio import AsyncEntityManager
from fx_orm.errors import DuplicateKeyError, FxError
from tests.orm.aio.both_modes import MODES, Opened
from tests.orm.aio.tables import Shelf

pytestmark = pytest.mark.asyncio

SHELVES = "SELECT name FROM aio_shelf ORDER BY name"


async def test_an_error_that_is_caught_inside_is_not_committed_silently(em: AsyncEntityManager, db: Opened) -> None:
    """A statement failed, no flush, which the session would know of. PostgreSQL answers COMMIT with a rollback then."""
    em.persist(Shelf(name="A"))
    await em.commit()
    is_broken = db.mode.database == "postgresql"
    refused = pytest.raises(FxError, match="nothing was committed") if is_broken else nullcontext()
    with refused:
        async with em.transaction():
            em.persist(Shelf(name="B"))
            await em.flush()
            with pytest.raises(DuplicateKeyError):
                await em.exec_statement(sa.insert(Shelf).values(name="A"))
    assert db.rows(SHELVES) == ([("A",)] if is_broken else [("A",), ("B",)])


async def test_a_savepoint_takes_an_error_back(em: AsyncEntityManager, db: Opened) -> None:
    em.persist(Shelf(name="A"))
    await em.commit()
    async with em.transaction():
        em.persist(Shelf(name="B"))
        with pytest.raises(DuplicateKeyError):
            async with em.transaction():
                await em.exec_statement(sa.insert(Shelf).values(name="A"))
        em.persist(Shelf(name="C"))
    assert db.rows(SHELVES) == [("A",), ("B",), ("C",)]


@pytest.mark.parametrize(
    "mode", [mode for mode in MODES if mode.database == "postgresql"], ids=lambda mode: mode.name, indirect=True
)
async def test_one_row_that_fails_among_many_is_reported_once(
    em: AsyncEntityManager, db: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    one = sa.text("INSERT INTO aio_shelf (name) VALUES (:name)")
    names = [{"name": f"{number:05}"} for number in range(10_000)]
    with pytest.raises(DuplicateKeyError):
        async with em.transaction():
            await em.exec_statement(one, [names[0], *names])
    assert db.rows(SHELVES) == []
    async with em.transaction():
        await em.exec_statement(one, names)
    assert len(db.rows(SHELVES)) == 10_000
    assert [record.getMessage() for record in caplog.records if record.name.startswith("psycopg")] == []
