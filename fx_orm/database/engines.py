"""Engines: one for each address and pool in a process, made once, safe to ask for from every thread."""

import os
import threading
from typing import Any

import sqlalchemy as sa

from fx_orm.config import DatabaseSettings, Settings
from fx_orm.database import broken_transactions, error_translation, open_streams, pipelines, read_only, servers, sqlite
from fx_orm.urls import database_url, driver_arguments

_engines: dict[tuple[object, ...], sa.Engine] = {}
_latest: tuple[Settings | None, sa.Engine | None] = (None, None)  # spares a call the reading of the address
_lock = threading.Lock()


def engine(settings: Settings) -> sa.Engine:
    """Return the engine of the project's database; the same settings give the same engine. Connects to nothing yet.

    Raises ConfigError as `urls.database_url` does.
    """
    global _latest  # noqa: PLW0603 - one entry of a cache
    known, made = _latest
    if known is not settings or made is None:
        made = engine_for(database_url(settings), settings.database, log_sql=settings.log_sql)
        _latest = settings, made
    return made


def engine_for(url: sa.URL, database: DatabaseSettings | None = None, *, log_sql: bool = False) -> sa.Engine:
    """Return the engine of a resolved address, with the pool that `database` describes."""
    database = database or DatabaseSettings()
    pool = (database.pool_size, database.max_overflow, database.pool_timeout, database.pool_recycle)
    key = (url, *pool, database.pool_pre_ping, log_sql)
    made = _engines.get(key)
    if made is None:
        with _lock:
            made = _engines.get(key)
            if made is None:
                made = _engines[key] = _make(url, database, log_sql=log_sql)
    return made


def dispose() -> None:
    """Close the idle connections of every engine and forget the engines; in-memory databases are gone then."""
    global _latest  # noqa: PLW0603
    with _lock:
        engines = list(_engines.values())
        _engines.clear()
        _latest = None, None
    for each in engines:
        each.dispose()


def _make(url: sa.URL, database: DatabaseSettings, *, log_sql: bool) -> sa.Engine:
    address, options = engine_options(url, database, log_sql=log_sql)
    made = sa.create_engine(address, **options)
    prepare(made)
    return made


def engine_options(url: sa.URL, database: DatabaseSettings, *, log_sql: bool) -> tuple[sa.URL, dict[str, Any]]:
    """Return what an engine for a resolved address is made of: SQLAlchemy's URL and arguments."""
    address, arguments = driver_arguments(url)
    options: dict[str, Any] = {
        "pool_size": database.pool_size,
        "max_overflow": database.max_overflow,
        "pool_timeout": database.pool_timeout,
        "pool_recycle": database.pool_recycle,
        "pool_pre_ping": database.pool_pre_ping,
    }
    if address.get_backend_name() == "sqlite":
        options |= sqlite.pool_options(address)
        arguments = {**arguments, **sqlite.connect_arguments(address)}
    # Values may be secrets: neither the log nor an error shows them.
    return address, {**options, "connect_args": arguments, "echo": log_sql, "hide_parameters": True}


def prepare(made: sa.Engine) -> None:
    """Tell an engine what each connection is told first, and what errors mean."""
    broken_transactions.prepare(made)
    if made.dialect.name == "sqlite":
        sqlite.prepare(made)
    else:
        servers.prepare(made)
    pipelines.prepare(made)
    open_streams.prepare(made)
    read_only.prepare(made)
    error_translation.prepare(made)


def _after_fork() -> None:
    """Let a forked process open connections of its own: those in the pools belong to its parent, which keeps them."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()
    for each in _engines.values():
        each.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
