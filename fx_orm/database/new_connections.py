"""A connection that was just opened: whoever tells it something closes it when that fails, for nobody else would."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def cursor_of_new(connection: Any) -> Generator[Any]:
    """Lend a cursor of a new connection of a driver."""
    cursor = connection.cursor()
    try:
        try:
            yield cursor
        finally:
            cursor.close()
    except BaseException:
        connection.close()
        raise
