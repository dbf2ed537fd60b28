"""psycopg's pipelines, in which it sends many rows of one statement, without the echo of an error in the log.

When one of the rows fails, the rest of the pipeline fails as a consequence, and psycopg logs that: to stderr where no
log is set up. Only the first error matters, and it is raised. So the pipeline is ended here as if nothing had happened,
and the error is raised afterwards.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.util.concurrency import await_


def prepare(engine: sa.Engine) -> None:
    """Open the pipelines of psycopg's engines ourselves."""
    if engine.dialect.driver == "psycopg":
        event.listen(engine, "do_executemany", _on_executemany)


def _on_executemany(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    psycopg = context.dialect.loaded_dbapi
    if not psycopg.Pipeline.is_supported():
        return False
    connection = context.root_connection.connection.driver_connection
    first: BaseException | None = None
    try:
        with _opened(connection.pipeline(), is_async=context.dialect.is_async):
            try:
                cursor.executemany(statement, parameters)  # joins the pipeline that is open
            except BaseException as error:  # noqa: BLE001 - raised again below
                first = error
    except psycopg.Error as error:
        first = first or error
    if first is not None:
        raise first
    return True


@contextmanager
def _opened(pipeline: Any, *, is_async: bool) -> Generator[None]:
    if not is_async:
        with pipeline:
            yield
        return
    await_(pipeline.__aenter__())
    yield
    await_(pipeline.__aexit__(None, None, None))
