"""What a connection to a server is told first: times are UTC, and MySQL refuses what it would otherwise cut off."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from fx_orm.database.new_connections import cursor_of_new

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
        with cursor_of_new(connection) as cursor:
            cursor.execute(statement)
            connection.commit()  # PostgreSQL takes a SET back with the transaction that it was said in
