"""SQLite as a database for work: WAL, waiting instead of failing, foreign keys, and transactions that are ours."""

import sqlite3
import time
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

from fx_orm.database.new_connections import cursor_of_new
from fx_orm.database.waiting import pause

BUSY_TIMEOUT_SECONDS = 30
_PAUSE_SECONDS = 0.01
_BEGIN = "fx_orm_sqlite_begin"

WRITE_LOCK: dict[str, Any] = {_BEGIN: "BEGIN IMMEDIATE"}
"""Execution options for a transaction that will write: it waits for the lock when it begins. Other databases do not
read them. A transaction that first reads and then writes could only fail when another one wrote in between."""


def is_in_memory(url: sa.URL) -> bool:
    """Tell whether this database lives in its connection alone."""
    name = url.database or ":memory:"
    return name == ":memory:" or ":memory:" in name or url.query.get("mode") == "memory"


def pool_options(url: sa.URL) -> dict[str, Any]:
    """Keep an in-memory database's one connection for as long as the engine lives."""
    if not is_in_memory(url):
        return {}
    kind = AsyncAdaptedQueuePool if url.get_driver_name() == "aiosqlite" else QueuePool
    return {"poolclass": kind, "pool_size": 1, "max_overflow": 0, "pool_recycle": -1, "pool_pre_ping": False}


def connect_arguments(url: sa.URL) -> dict[str, Any]:
    """Let a connection be used by the thread that holds it, whichever opened it, and wait for locks.

    A connection of aiosqlite does not wait itself: its thread could not be interrupted. `async_connections` waits.
    """
    waiting = url.get_driver_name() != "aiosqlite"
    return {"check_same_thread": False, "timeout": busy_timeout(url) if waiting else 0}


def busy_timeout(url: sa.URL) -> float:
    """Say how many seconds a lock is waited for."""
    return float(str(url.query.get("timeout", BUSY_TIMEOUT_SECONDS)))


def prepare(engine: sa.Engine) -> None:
    """Tell each new connection how to work, and begin transactions ourselves."""
    event.listen(engine, "connect", partial(_on_connect, seconds=busy_timeout(engine.url)))
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: object, *, seconds: float) -> None:
    with cursor_of_new(connection) as cursor:
        connection.isolation_level = None  # the driver begins transactions late and not for SELECT: `_on_begin` does
        cursor.execute("PRAGMA foreign_keys=ON")
        _enter_wal(cursor, seconds)
        cursor.execute("PRAGMA synchronous=NORMAL")


def _enter_wal(cursor: Any, seconds: float) -> None:
    """Switch the file to WAL, in which it stays. SQLite's timeout does not count for the switch: so we wait."""
    end = time.monotonic() + seconds
    while True:
        try:
            if _answer(cursor, "PRAGMA journal_mode") != "wal":
                _answer(cursor, "PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
            pause(_PAUSE_SECONDS)
        else:
            return


def _answer(cursor: Any, statement: str) -> Any:
    cursor.execute(statement)
    return cursor.fetchone()[0]


def _on_begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(options.get(_BEGIN, "BEGIN"))
