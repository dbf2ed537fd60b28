"""What a connection to a server is told first: times are UTC, and MySQL refuses what it would otherwise cut off."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

_FIRST_WORDS = {
    "postgresql": "SET TIME ZONE 'UTC'",
    "mysql": "SET time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')",
}
_FIRST_WORDS["mariadb"] = _FIRST_WORDS["mysql"]


def prepare(engine: sa.Engine) -> None:
    """Set up each new connection of this engine, where the system is one that we know."""
    statement = _FIRST_WORDS.get(engine.dialect.name)
    if statement is None:
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        try:
            cursor.execute(statement)
        finally:
            cursor.close()
        connection.commit()  # PostgreSQL takes a SET back with the transaction that it was said in


def is_aborted(connection: sa.Connection) -> bool:
    """Tell whether a statement failed in this transaction and PostgreSQL therefore will not commit it.

    Its answer to COMMIT would be a rollback without an error.
    """
    if connection.dialect.name != "postgresql":
        return False
    info = getattr(connection.connection.driver_connection, "info", None)
    return getattr(info, "transaction_status", None) == _IN_ERROR


_IN_ERROR = 3  # libpq's PQTRANS_INERROR
