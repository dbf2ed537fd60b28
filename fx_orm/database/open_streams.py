"""Results that are read part by part from the server: they end with their transaction, and whoever reads on is told.

MySQL and MariaDB, besides, let nothing else be said on the connection meanwhile: their drivers would throw away what
was not read yet, with a warning at most.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import event

from fx_orm.errors import FxError, UnsupportedError

_STREAM = "fx_orm_open_stream"


class Closable(Protocol):
    """A result, of either kind."""

    def close(self) -> None:
        """Close the cursor."""
        ...


class OpenStream:
    """A result that is being read."""

    def __init__(self, result: Closable) -> None:
        self._result = result
        self._is_over = False

    def end(self) -> None:
        """Close it, because its transaction ends."""
        self._is_over = True
        self._result.close()

    def check(self) -> None:
        """Raise FxError where there may be more to read, but no transaction to read it in."""
        if self._is_over:
            raise FxError("this stream was read no further: the transaction that it began in was committed or undone")


@contextmanager
def open_stream(connection: sa.Connection, result: Closable) -> Generator[OpenStream]:
    """Enclose the reading of a result from a cursor of the server."""
    info, stream = connection.info, OpenStream(result)
    open_streams: list[OpenStream] = info.setdefault(_STREAM, [])
    open_streams.append(stream)
    try:
        yield stream
    finally:
        if stream in open_streams:
            open_streams.remove(stream)


def prepare(engine: sa.Engine) -> None:
    """Watch over the streams of an engine."""
    event.listen(engine, "commit", _on_end)
    event.listen(engine, "rollback", _on_end)
    if engine.dialect.name in ("mysql", "mariadb"):
        for happening in ("do_execute", "do_executemany", "do_execute_no_params"):
            event.listen(engine, happening, _on_statement)


def _on_statement(_cursor: object, *rest: Any) -> bool:
    if _open_on(rest[-1].root_connection):
        raise UnsupportedError(
            "MariaDB and MySQL send a stream without a break: on its connection nothing else is done before its end; "
            "read by chunk(), or let another entity manager do the rest",
            database="mysql",
            feature="statements during a stream",
            alternative="chunk(), or another entity manager",
        )
    return False


def _on_end(connection: sa.Connection) -> None:
    for stream in _open_on(connection):
        stream.end()
        connection.info[_STREAM].remove(stream)  # somebody else may get the connection before the reader learns of it


def _open_on(connection: sa.Connection) -> list[OpenStream]:
    if not connection.in_transaction() or connection.invalidated:
        return []
    return list(connection.info.get(_STREAM, ()))
