"""What the drivers for asyncio leave to be done: errors of the network, TLS as asked for, cancelled statements."""

import asyncio
import contextlib
import sqlite3
import time
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.util.concurrency import await_, in_greenlet

from fx_orm.database.new_connections import cursor_of_new
from fx_orm.database.sqlite import busy_timeout
from fx_orm.database.waiting import pause

_AGAIN = "fx_orm_connect_again"
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY}
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.001, 0.05
_LAST_WORDS_SECONDS = 0.01


def prepare(engine: sa.Engine) -> None:
    """Complete what an engine for asyncio does."""
    event.listen(engine, "do_connect", _connect)
    if engine.dialect.driver == "aiosqlite":
        event.listen(engine, "handle_error", _interrupt)
        for happening in ("do_execute", "do_executemany", "do_execute_no_params"):
            event.listen(engine, happening, partial(_wait_for_lock, happening, busy_timeout(engine.url)))
    elif engine.dialect.driver == "aiomysql":
        event.listen(engine, "handle_error", _kill)


def _connect(dialect: Any, record: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
    if not in_greenlet():
        raise MissingGreenlet("a connection is opened outside of a call that is awaited")
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
    record.info[_AGAIN] = partial(dialect.connect, *arguments, **named)
    return connection


def _wait_for_lock(happening: str, seconds: float, cursor: Any, *statement_and_context: Any) -> bool:
    """Run a statement of SQLite, again while another connection holds the lock: a waiting task can be cancelled."""
    execute = cursor.executemany if happening == "do_executemany" else cursor.execute
    end = time.monotonic() + seconds
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        try:
            execute(*statement_and_context[:-1])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _BUSY or time.monotonic() >= end:
                raise
        else:
            return True
        pause(pause_seconds)
        pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)


def _interrupt(context: ExceptionContext) -> None:
    """End a statement whose task was cancelled: it would run on in its thread, and everything else behind it.

    The connection is kept: all that was sent to it runs in order, and a database in memory lives in it.
    """
    driver_connection = _cancelled(context)
    if driver_connection is not None:
        with contextlib.suppress(ValueError):  # it is closed
            await_(driver_connection.interrupt())
        context.is_disconnect = False


def _kill(context: ExceptionContext) -> None:
    """Let the server end a statement whose task was cancelled, and its transaction.

    aiomysql closes its side of the connection, which a server that is at work does not look at. The others send a
    cancellation by themselves.
    """
    driver_connection = _cancelled(context)
    if driver_connection is None or context.connection is None:
        return
    dialect: Any = context.dialect
    with contextlib.suppress(OSError, dialect.loaded_dbapi.Error):  # that the task was cancelled is what counts
        connection = context.connection.info[_AGAIN]()
        with cursor_of_new(connection) as cursor:
            cursor.execute(f"KILL {driver_connection.thread_id():d}")
        connection.close()


def _cancelled(context: ExceptionContext) -> Any:
    """Return the driver's connection if the task was cancelled that used it, None otherwise."""
    connection = context.connection
    if connection is None or not isinstance(context.original_exception, asyncio.CancelledError) or not in_greenlet():
        return None
    return connection.connection.driver_connection
