"""Connections of the drivers for asyncio: what is said where none comes about, and databases in memory."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

import fx_orm
from fx_orm.aio import AsyncEntityManager, AsyncRepository, current
from fx_orm.database import async_engines
from fx_orm.errors import DatabaseUnavailable
from fx_orm.urls import resolve
from tests.orm.aio.both_modes import Mode, asynchronous_only
from tests.orm.aio.tables import Shelf


async def failure(url: sa.URL) -> str:
    """What is said when this database is used, without its address."""
    async with AsyncEntityManager(async_engines.engine_for(url)) as em:
        with pytest.raises(DatabaseUnavailable) as error:
            await em.exec_statement(sa.text("SELECT 1"))
    assert "hunter2" not in f"{error.value}{error.value!r}"
    assert isinstance(error.value.__cause__, sa.exc.DBAPIError)
    address, _, reason = str(error.value).partition(": ")
    assert address == error.value.database
    return reason


@asynchronous_only
@pytest.mark.asyncio
async def test_a_server_that_gives_no_connection(mode: Mode, database_url: str) -> None:
    url = mode.url(database_url)
    if mode.database == "sqlite":
        pytest.skip("it has no server")
    silent = "the server does not answer; is it running, and are host and port right?"
    assert await failure(url.set(port=1, password="hunter2")) == silent
    assert await failure(url.set(host="nowhere.invalid")) == silent
    refused = 'the server refused the user "fx_nobody" or the password'
    assert await failure(url.set(username="fx_nobody", password="hunter2")) == refused
    missing = 'there is no database "fx_nowhere"; run: fx-orm database create'
    assert await failure(url.set(database="fx_nowhere")) == missing
    query = {"sslmode": "require"} if mode.database == "postgresql" else {"sslmode": "verify-full"}
    assert await failure(url.update_query_dict(query)) == "the server offers no TLS, which sslmode asks for"


@pytest.mark.asyncio
async def test_a_file_that_gives_no_connection(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    url = resolve(f"sqlite:///{tmp_path / 'text.db'}", tmp_path, asynchronous=True)
    assert await failure(url) == "the file is not an SQLite database"
    reason = "the file cannot be opened; is there its folder, and may it be written to?"
    assert await failure(url.set(database=str(tmp_path / "nowhere" / "x.db"))) == reason


def test_a_database_in_memory() -> None:
    """It is one connection, which cancellation spares, and lives as long as the event loop."""
    forever = "SELECT (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)"

    async def main() -> None:
        shelves = AsyncRepository(Shelf)
        await current().exec_statement(sa.text("CREATE TABLE aio_shelf (id INTEGER PRIMARY KEY, name TEXT)"))
        await current().commit()
        await asyncio.gather(*(shelves.create(name=str(number)) for number in range(20)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await current().exec_statement(sa.text(forever))
        assert await shelves.count() == 20

    fx_orm.configure(database="sqlite:///:memory:")
    try:
        asyncio.run(main())
        asyncio.run(main())
    finally:
        fx_orm.configure()
