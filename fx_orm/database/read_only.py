"""Transactions in which the database itself refuses every change."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import PoolResetState

_READ_ONLY = "fx_orm_read_only"

READ_ONLY: dict[str, Any] = {_READ_ONLY: True, "postgresql_readonly": True}
"""Execution options of such a transaction, to be given before it begins."""


def prepare(engine: sa.Engine) -> None:
    """Begin transactions as the option says; to be called after others that listen to their beginnings."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _on_begin_of_sqlite)
        event.listen(engine, "reset", _on_reset_of_sqlite)
    elif engine.dialect.name in ("mysql", "mariadb"):
        event.listen(engine, "begin", _on_begin_of_mysql)


def is_read_only(connection: sa.Connection | None) -> bool:
    """Tell whether this transaction was begun so."""
    return connection is not None and _READ_ONLY in connection.get_execution_options()


def _on_begin_of_mysql(connection: sa.Connection) -> None:
    if is_read_only(connection):
        connection.exec_driver_sql("START TRANSACTION READ ONLY")


def _on_begin_of_sqlite(connection: sa.Connection) -> None:
    if is_read_only(connection):
        connection.info[_READ_ONLY] = True
        connection.exec_driver_sql("PRAGMA query_only=ON")


def _on_reset_of_sqlite(connection: Any, record: Any, state: PoolResetState) -> None:
    """Take the switch back, which is the connection's and not the transaction's, however that has ended."""
    if record.info.pop(_READ_ONLY, False) and not state.terminate_only:
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA query_only=OFF")
        finally:
            cursor.close()
