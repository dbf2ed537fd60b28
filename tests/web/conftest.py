"""A configured database with one table, for the tests of web applications, and how to look at it from outside."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import fx_orm
from fx_orm import database, scope
from fx_orm.config import settings
from tests.web.serving import Server
from tests.web.visits import Visit


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def serving(server: Server) -> Callable[[Any], AbstractContextManager[httpx.Client]]:
    """Put an application behind a server."""
    return server.serving


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The configured database; at the end no connection is in use."""
    fx_orm.configure(database=database_url)
    engine = database.engine(settings())
    SQLModel.metadata.create_all(engine, tables=[Visit.__table__])
    yield engine
    scope.current().close()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    database.dispose()
    fx_orm.configure()


@pytest.fixture
def stored(engine: sa.Engine) -> Callable[[], list[str]]:
    """The names that another connection sees."""

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Visit.name).order_by(Visit.id)))

    return read
