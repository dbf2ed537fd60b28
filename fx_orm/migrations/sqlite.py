"""SQLite's own way to migrate: atomic, and without losing rows.

Building a table anew drops the old one, and with foreign keys switched on that deletes the rows that refer to it with
ON DELETE CASCADE, without an error. The switch has no effect inside a transaction, so migrations have connections of
their own, on which it is off; instead the whole database is checked before the commit.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from fx_orm.errors import MigrationError


@contextmanager
def migration_connection(url: sa.URL, timeout: float) -> Generator[sa.Connection]:
    """Open a connection in one transaction that holds SQLite's write lock; it commits when the block succeeds.

    Raises:
        MigrationError: somebody else wrote for longer than `timeout` seconds, or rows would refer to rows that are not
            there; nothing is changed then.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": timeout}, hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    with engine.connect() as connection, connection.begin():
        before = _dangling(connection)
        yield connection
        broken = _dangling(connection) - before
        if broken:
            (table, parent), count = next(iter(broken.items()))
            raise MigrationError(
                f'{count} rows of table "{table}" would refer to rows of "{parent}" that are not there; nothing was '
                "changed",
                table=table,
            )


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would commit before DDL; `_on_begin` begins instead
    connection.execute("PRAGMA foreign_keys=OFF")


def _on_begin(connection: sa.Connection) -> None:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except exc.OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", None) != "SQLITE_BUSY":
            raise
        raise MigrationError("another program is writing to this database, or upgrading it; try later") from error


def _dangling(connection: sa.Connection) -> Counter[tuple[str, str]]:
    """Count the rows whose foreign key points nowhere, by their table and the table they refer to."""
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return Counter((str(table), str(parent)) for table, _, parent, _ in rows)
