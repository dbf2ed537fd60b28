"""A database by each driver, synchronous and asynchronous ones."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fx_orm.aio import AsyncEntityManager
from tests.orm.aio.both_modes import MODES, Mode, Opened, opened
from tests.orm.aio.tables import TABLES


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """The driver that a test runs on: each test that asks for it runs once for each."""
    assert isinstance(request.param, Mode)
    return request.param


@pytest.fixture
def database_name(mode: Mode) -> str:
    """The database that the driver is for."""
    return mode.database


@pytest_asyncio.fixture
async def db(mode: Mode, database_url: str) -> AsyncIterator[Opened]:
    """A database with the tables of `tests.orm.aio.tables`; no connection may be in use at the end."""
    async with opened(mode, database_url, TABLES) as db:
        yield db
        assert db.checked_out == 0


@pytest_asyncio.fixture
async def em(db: Opened) -> AsyncIterator[AsyncEntityManager]:
    """A manager on it."""
    async with db.manager() as em:
        yield em
