"""Create and drop whole databases.

A server is asked through its maintenance database. One that does not answer or refuses the password is an error, never
"there is no such database". Tables are the migrations' business.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from fx_orm import database
from fx_orm.config import Settings
from fx_orm.errors import ConfigError, DatabaseUnavailable, UnsupportedError
from fx_orm.urls import database_url, resolve, shown

_SYSTEM_DATABASES = frozenset(
    {"postgres", "template0", "template1", "mysql", "sys", "information_schema", "performance_schema"}
)
_SQLITE_HEADER = b"SQLite format 3\x00"
_DUPLICATE_DATABASE = "42P04"

_Answer = TypeVar("_Answer")


def database_label(settings: Settings) -> str:
    """Name the project's database for people: its file from the project's root, or its name on the server."""
    url = database_url(settings)
    path = _file(url)
    if path is None:
        return url.database or ":memory:"
    return path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path)


def database_exists(settings: Settings) -> bool:
    """Ask whether the database is there. An in-memory database always is.

    Raises:
        DatabaseUnavailable: the server does not answer or refuses the user.
    """
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        path = _file(url)
        return path is None or path.exists()
    return _ask(settings, url, lambda connection: _exists(connection, _name(url)))


def create_database(settings: Settings) -> bool:
    """Create the database and tell whether it was not there before.

    Raises:
        DatabaseUnavailable: the server does not answer or refuses the user.
        ConfigError: the address names no database, or what lies at the path of one of SQLite is none.
        UnsupportedError: this database system's databases are created by its own tools.
    """
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        return _create_file(_file(url), url)
    return _ask(settings, url, lambda connection: _create(connection, _name(url)))


def drop_database(settings: Settings, *, force: bool = False) -> bool:
    """Drop the database with all its data and tell whether it was there.

    Args:
        settings: of the project.
        force: end the sessions of others first (PostgreSQL; MariaDB and MySQL do not mind them).

    Raises:
        ConfigError: it is one of the server's own databases, or what lies at the path of one of SQLite is none.
        DatabaseUnavailable: as `create_database`; also when others use it and `force` was not said.
    """
    url = database_url(settings)
    database.dispose()  # our own connections would be in the way
    if url.get_backend_name() == "sqlite":
        return _drop_file(_file(url))
    name = _name(url)
    if name.lower() in _SYSTEM_DATABASES:
        raise ConfigError(f'"{name}" belongs to the server itself; it is not dropped', key="database")
    return _ask(settings, url, lambda connection: _drop(connection, name, force=force))


def _ask(settings: Settings, url: sa.URL, question: Callable[[sa.Connection], _Answer]) -> _Answer:
    """Connect to the server without needing the project's database, outside any transaction."""
    maintenance = {"postgresql": ["postgres", "template1"], "mysql": [""], "mariadb": [""]}
    candidates = maintenance.get(url.get_backend_name())
    if candidates is None:
        raise UnsupportedError(
            f"databases of {url.get_backend_name()} are created and dropped with its own tools",
            database=url.get_backend_name(),
            feature="create and drop databases",
        )
    with database.explained():
        for name in candidates:
            address = resolve(url.set(database=name), settings.root, charset=settings.database.charset)
            engine = database.engine_for(address, settings.database)
            try:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    return question(connection)
            except DatabaseUnavailable as error:
                if name == candidates[-1] or f'database "{name}"' not in str(error):
                    raise
            finally:
                engine.dispose()
    raise AssertionError("the last candidate answers or raises")


def _name(url: sa.URL) -> str:
    if not url.database:
        raise ConfigError(f"{shown(url)} names no database; write its name behind the last /", key="database.url")
    return url.database


def _exists(connection: sa.Connection, name: str) -> bool:
    if connection.dialect.name == "postgresql":
        question = "SELECT 1 FROM pg_database WHERE datname = :name"
    else:
        question = "SELECT 1 FROM information_schema.schemata WHERE schema_name = :name"
    return connection.scalar(sa.text(question), {"name": name}) is not None


def _create(connection: sa.Connection, name: str) -> bool:
    if _exists(connection, name):
        return False
    quoted = connection.dialect.identifier_preparer.quote_identifier(name)
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS {quoted} CHARACTER SET utf8mb4")
        return True
    try:
        # template0: template1 may be in use, or have another encoding.
        connection.exec_driver_sql(f"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0")
    except exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _DUPLICATE_DATABASE:  # another process was faster
            return False
        raise
    return True


def _drop(connection: sa.Connection, name: str, *, force: bool) -> bool:
    if not _exists(connection, name):
        return False
    quoted = connection.dialect.identifier_preparer.quote_identifier(name)
    ending = " WITH (FORCE)" if force and connection.dialect.name == "postgresql" else ""
    try:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted}{ending}")
    except exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "55006":
            raise DatabaseUnavailable(
                f'the database "{name}" is in use by others; end them, or say --force', error, database=name
            ) from error
        raise
    return True


def _file(url: sa.URL) -> Path | None:
    """The file of an SQLite database; None for one in memory, and for a server's."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    if url.query.get("mode") == "memory" or str(url.database).startswith("file::memory:"):
        return None
    return Path(str(url.database).removeprefix("file:"))


def _create_file(path: Path | None, url: sa.URL) -> bool:
    if path is None:
        return False
    if path.exists():
        _demand_database(path)
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnavailable(f"{shown(url)}: {error}", database=shown(url)) from error
    return True


def _drop_file(path: Path | None) -> bool:
    if path is None or not path.exists():
        return False
    _demand_database(path)
    for suffix in ("-wal", "-shm", "-journal", ""):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return True


def _demand_database(path: Path) -> None:
    """Refuse what a wrong address may lead to: a folder, or somebody's file, which must not be deleted."""
    if path.is_dir():
        raise ConfigError(f"{path} is a folder, not a database", key="database.url")
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise DatabaseUnavailable(f"{path} cannot be read: {error.strerror}", database=str(path)) from error
    if beginning not in (b"", _SQLITE_HEADER):  # SQLite writes nothing into a new file at first
        raise ConfigError(f"{path} is not an SQLite database", key="database.url")
