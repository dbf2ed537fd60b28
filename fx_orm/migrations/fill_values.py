"""What rows that exist get in a new column, as somebody writes it on the command line: read by the column's type.

A value that the column cannot hold is refused here, before it stands in a file: SQLite would take it without a word.
Whether the column needs a value is not asked.
"""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from fx_orm.errors import MigrationError
from fx_orm.schema.enums import enum_type
from fx_orm.schema.expressions import default_of
from fx_orm.schema.literals import quoted
from fx_orm.schema.tables import Column

_NOW = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "NOW()"})
_FUNCTION = re.compile(r"\w+\(.*\)$", re.DOTALL)


def read_fill(table: str, column: Column, text: str) -> str:
    """Read a value as the Python text of a server default: of `3` for an integer, `sa.text("3")`.

    Text needs no quotes. Moments are ISO 8601, or `CURRENT_TIMESTAMP`; JSON is JSON. A call such as `random()` is an
    expression of SQL for columns that do not hold text.

    Raises:
        MigrationError: the column cannot hold it.
    """
    source = column.type.source
    if source.startswith(("sa.Date", "sa.Time")) and text.upper() in _NOW:
        return "sa.func.now()"
    for prefix, read, takes in _READERS:
        if not source.startswith(prefix):
            continue
        try:
            value = read(text)
        except (ValueError, ArithmeticError, KeyError):
            if not source.startswith(_TEXTS) and _FUNCTION.match(text):
                break
            raise _refused(table, column, text, takes) from None
        return default_of(value) or f"sa.text({quoted(text)})"
    if source.startswith(_TEXTS):
        return _read_text(table, column, text)
    return f"sa.text({quoted(text)})"


def _read_text(table: str, column: Column, text: str) -> str:
    plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text
    enum = enum_type(column.type)
    if enum is not None and plain not in enum.members:
        raise _refused(table, column, plain, f"one of {', '.join(enum.members)}")
    longest = re.match(r"sa\.String\(length=(\d+)\)", column.type.source)
    if longest and len(plain) > int(longest[1]):
        raise _refused(table, column, plain, f"at most {longest[1]} characters")
    return quoted(plain)


def _refused(table: str, column: Column, text: str, takes: str) -> MigrationError:
    return MigrationError(
        f'--default {table}.{column.name}={text}: column "{column.name}" takes {takes}', table=table, column=column.name
    )


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _instant(text: str) -> datetime:
    """Naive is local time, as everywhere in Python. The offset is left out, which MariaDB refuses: all run in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _json(text: str) -> str:
    json.loads(text)
    return text


_TEXTS = ("sa.String", "sa.Text", "sa.Enum", "sa.Uuid", "sa.Date", "sa.Time", "sa.JSON")
_READERS: tuple[tuple[str | tuple[str, ...], Callable[[str], object], str], ...] = (
    ("sa.Boolean", _boolean, "true or false"),
    (("sa.Integer", "sa.BigInteger", "sa.SmallInteger"), int, "a whole number"),
    (("sa.Float", "sa.Numeric"), _number, "a number"),
    ("sa.DateTime(timezone=True)", _instant, "a moment such as 2024-01-31T12:00:00+00:00, or CURRENT_TIMESTAMP"),
    ("sa.DateTime", datetime.fromisoformat, "a moment such as 2024-01-31T12:00:00, or CURRENT_TIMESTAMP"),
    ("sa.Date(", date.fromisoformat, "a date such as 2024-01-31"),
    ("sa.Time(", time.fromisoformat, "a time such as 12:30"),
    ("sa.Uuid", uuid.UUID, "a UUID"),
    ("sa.JSON", _json, "JSON such as {}"),
)
