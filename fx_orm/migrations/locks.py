"""One runner at a time: a second `upgrade` of the same database waits for the first, then finds nothing to do."""

import time
from collections.abc import Generator
from contextlib import contextmanager

import sqlalchemy as sa

from fx_orm.errors import MigrationError

_NUMBER = 0x66785F6F726D  # "fx_orm", the number of our advisory lock on PostgreSQL, whose locks belong to a database
_PAUSE_SECONDS = 0.2


@contextmanager
def migration_lock(engine: sa.Engine, timeout: float) -> Generator[None]:
    """Hold the database's lock for migrations; it ends with its connection, also when the process dies.

    SQLite needs none: its migrations are one transaction that begins with the write lock.

    Raises:
        MigrationError: another runner held it for longer than `timeout` seconds.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not _acquired(connection, timeout):
            raise MigrationError(
                f"another upgrade has been running on this database for {timeout:g} seconds; try later"
            )
        try:
            yield
        finally:
            _release(connection)


def _acquired(connection: sa.Connection, timeout: float) -> bool:
    if connection.dialect.name in ("mysql", "mariadb"):
        asked = sa.text("SELECT GET_LOCK(CONCAT('fx_orm.', LEFT(DATABASE(), 50)), :timeout)")
        return bool(connection.scalar(asked, {"timeout": timeout}))
    if connection.dialect.name != "postgresql":
        return True
    end = time.monotonic() + timeout
    while not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:number)"), {"number": _NUMBER}):
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def _release(connection: sa.Connection) -> None:
    if connection.dialect.name in ("mysql", "mariadb"):
        connection.scalar(sa.text("SELECT RELEASE_LOCK(CONCAT('fx_orm.', LEFT(DATABASE(), 50)))"))
    elif connection.dialect.name == "postgresql":
        connection.scalar(sa.text("SELECT pg_advisory_unlock(:number)"), {"number": _NUMBER})
