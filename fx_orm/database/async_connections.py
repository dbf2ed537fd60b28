"""What the drivers for asyncio leave to be done: errors of the network, TLS as asked for, cancelled statements."""

import asyncio
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.util.concurrency import await_, in_greenlet

from fx_orm.database.new_connections import cursor_of_new
from fx_orm.database.waiting import pause

_LAST_WORDS_SECONDS = 0.01


def prepare(engine: sa.Engine) -> None:
    """Complete what an engine for asyncio does."""
    event.listen(engine, "do_connect", _connect)
    if engine.dialect.driver == "aiosqlite":
        event.listen(engine, "handle_error", _interrupt)


def _connect(dialect: Any, _record: object, arguments: list[Any], named: dict[str, Any]) -> Any:
    try:
        connection = dialect.connect(*arguments, **named)
    except OSError as error:  # asyncpg passes them on as they are
        raise dialect.loaded_dbapi.OperationalError(str(error), error) from error
    except sqlite3.Error:
        pause(_LAST_WORDS_SECONDS)  # aiosqlite's thread has not ended: it says so to the loop, which may end after this
        raise
    if dialect.driver == "aiomysql" and "ssl" in named:
        with cursor_of_new(connection) as cursor:  # aiomysql goes on without TLS where the server has none
            cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
            if not cursor.fetchone()[1]:
                raise dialect.loaded_dbapi.OperationalError("the server does not support SSL")
    return connection


def _interrupt(context: ExceptionContext) -> None:
    """End a statement whose task was cancelled: it would run on in its thread, and everything else behind it.

    The connection is kept: all that was sent to it runs in order, and a database in memory lives in it.
    """
    connection = context.connection
    if isinstance(context.original_exception, asyncio.CancelledError) and connection is not None and in_greenlet():
        driver_connection: Any = connection.connection.driver_connection
        await_(driver_connection.interrupt())
        context.is_disconnect = False
