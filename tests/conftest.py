"""Databases for the tests: SQLite always, PostgreSQL and MariaDB where a server answers.

The servers' addresses come from FX_TEST_POSTGRESQL and FX_TEST_MARIADB (URLs of an existing database in which this user
may create others); without them the usual local addresses are tried. Each test session has databases of its own.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

SERVERS = {
    "postgresql": os.environ.get("FX_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("FX_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/"),
}
DATABASES = ["sqlite", *SERVERS]
REQUIRE_ALL = bool(os.environ.get("FX_TEST_REQUIRE_ALL"))  # a missing server is a failure, not a skip


@pytest.fixture(scope="session", params=DATABASES)
def database_name(request: pytest.FixtureRequest) -> str:
    """The database that a test runs on: each test that asks for it runs three times."""
    return str(request.param)


@pytest.fixture(scope="session")
def server_databases() -> Iterator[dict[str, str]]:
    """Create one database on each server that answers; name -> URL. The others are missing from the result."""
    made: dict[str, tuple[sa.Engine, str]] = {}
    urls = {}
    for name, address in SERVERS.items():
        engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        database = f"fx_test_{uuid.uuid4().hex[:12]}"
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {database}")
        except sa.exc.OperationalError:
            continue
        made[name] = engine, database
        urls[name] = engine.url.set(database=database).render_as_string(hide_password=False)
    yield urls
    for engine, database in made.values():
        with engine.connect() as connection:
            force = " WITH (FORCE)" if engine.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database}{force}")


@pytest.fixture
def database_url(database_name: str, server_databases: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on each of the three systems in turn."""
    yield from _database(database_name, server_databases, tmp_path)


@pytest.fixture(scope="module")
def module_database_url(
    database_name: str, server_databases: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same for all tests of a module together, where none of them asks for `database_url`."""
    yield from _database(database_name, server_databases, tmp_path_factory.mktemp("module"))


def _database(name: str, servers: dict[str, str], folder: Path) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    if name not in servers:
        (pytest.fail if REQUIRE_ALL else pytest.skip)(f"no {name} server at {sa.make_url(SERVERS[name])!r}")
    yield servers[name]
    _empty(servers[name])


def _empty(url: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            return
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS=0")
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE `{table}`")
