"""What a value becomes before it is bound, by the type of the column beside it.

Strings become numbers, moments, UUIDs and members of enums; `1` and `0` become booleans, so that a comparison means the
same on every database. A value of the wrong type is refused: one database would raise, another would convert it in its
own way (MariaDB finds that every text without digits equals 0). Nothing is ever put into SQL here.
"""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from operator import index
from typing import Any

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError, to_jsonable_python
from sqlalchemy.types import TypeDecorator, TypeEngine

from fx_orm.query.kinds import plain

Converter = Callable[[Any], Any]


class WrongValue(Exception):
    """A value that its column cannot be compared with."""


def converter(type_: TypeEngine[Any], database: str) -> Converter | None:
    """Choose how a value beside such a column is converted; None when it goes as it is.

    A type of the program's own knows by itself what it takes: only strings are converted for it.
    """
    below = plain(type_)
    convert = _chosen(below, database)
    if convert is None or not _is_of_the_program(type_):
        return convert
    return None if isinstance(below, sa.String) else _strings_alone(convert)


def shown(value: object) -> str:
    """Show a value in a message: on one line, not too long; of what is no single value only the class."""
    if not isinstance(value, (str, int, float, Decimal, date, time, timedelta, uuid.UUID, Enum)):
        return f"an object of {type(value).__name__}"
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def text(value: Any) -> Any:
    """Take a text that every database can store."""
    if not isinstance(value, str):
        raise WrongValue(f"{shown(value)} is no text")
    if isinstance(value, Enum):
        value = value.value
    if "\0" in value:
        raise WrongValue("a text with the character NUL cannot be stored on every database")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise WrongValue(
                f"a text with a half of a surrogate pair (at position {error.start + 1}) is none"
            ) from None
    return value


def _chosen(below: TypeEngine[Any], database: str) -> Converter | None:
    if isinstance(below, sa.Enum):
        return _one_of(below.enums) if below.enum_class is None else _member(below.enum_class)
    if isinstance(below, sa.Integer):
        return _whole_number(*_range(below, database))
    if isinstance(below, sa.DateTime):
        return _instant if below.timezone else _wall_clock
    if isinstance(below, sa.Uuid):
        return _uuid if below.as_uuid else lambda value: None if value is None else str(_uuid(value))
    if isinstance(below, sa.types.NullType):
        return _unknown(database)
    return next((convert for kind, convert in _CONVERTERS if isinstance(below, kind)), None)


def _is_of_the_program(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_, TypeDecorator) and not type(type_).__module__.startswith(_OURS)


def _strings_alone(convert: Converter) -> Converter:
    return lambda value: convert(value) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return None if value is None else text(value)


def _boolean(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise WrongValue(f"{shown(value)} is neither true nor false")


def _range(type_: sa.Integer, database: str) -> tuple[int, int]:
    """Say what a column of whole numbers can be compared with; one of SQLite holds 64 bits, whatever it is called."""
    if getattr(type_, "unsigned", False):
        return 0, 2**64 - 1
    bits = 16 if isinstance(type_, sa.SmallInteger) else 64 if isinstance(type_, sa.BigInteger) else 32
    if database == "sqlite":
        bits = 64
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def _whole_number(least: int, greatest: int) -> Converter:
    def convert(value: Any) -> Any:
        if type(value) is not int:
            if value is None:
                return None
            value = _as_int(value)
        if least <= value <= greatest:
            return value
        raise WrongValue(f"{shown(value)} is beyond what the column can hold ({least} to {greatest})")

    return convert


def _as_int(value: Any) -> int:
    """Read a whole number: `True` is 1, `"12"` is 12, `2.0` is 2."""
    if isinstance(value, str):
        if _DIGITS.fullmatch(value.strip()):
            return int(value)
    elif isinstance(value, (float, Decimal)):
        if _is_reasonable(value) and value == int(value):
            return int(value)
    elif hasattr(value, "__index__"):
        return index(value)
    raise WrongValue(f"{shown(value)} is no whole number")


def _decimal(value: Any) -> Any:
    """Take a number; a database that is given other text raises, or compares it with 0 and says nothing."""
    if type(value) is Decimal and value.is_finite() and value.adjusted() <= _MOST_DIGITS:
        return value
    return None if value is None else _number(Decimal, value)


def _float(value: Any) -> Any:
    return None if value is None else _number(float, value)


def _number(kind: Callable[[str], Any], value: Any) -> Any:
    number = value
    if isinstance(value, str):
        try:
            number = kind(value)
        except (ValueError, ArithmeticError):
            raise WrongValue(f"{shown(value)} is no number") from None
    if isinstance(number, bool):
        return int(number)
    if isinstance(number, (int, float, Decimal)) and _is_reasonable(number):
        return number
    raise WrongValue(f"{shown(value)} is no number")


def _is_reasonable(value: float | Decimal) -> bool:
    """Whether it is a number, and not so large that no database has its like."""
    if isinstance(value, Decimal):
        return value.is_finite() and value.adjusted() <= _MOST_DIGITS
    try:
        return isfinite(value)
    except OverflowError:  # a whole number that no float is as large as
        return False


def _wall_clock(value: Any) -> Any:
    moment = _datetime(value)
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        raise WrongValue("the column has no zone, and the moment has one; write value.replace(tzinfo=None)")
    return moment


def _datetime(value: Any) -> Any:
    if isinstance(value, datetime) or value is None:
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return _iso(datetime.fromisoformat, value)


def _instant(value: Any) -> Any:
    """Read a moment; a naive value is local time, as everywhere in Python."""
    if type(value) is datetime and value.tzinfo is UTC:
        return value
    moment = _datetime(value)
    if not isinstance(moment, datetime):
        return moment
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise WrongValue(f"{shown(value)} is in UTC before year 1 or after year 9999") from None
    return moment if moment.tzinfo is not None else utc


def _date(value: Any) -> Any:
    if isinstance(value, datetime):
        raise WrongValue("a date and time cannot be compared with a date; write value.date()")
    return value if isinstance(value, date) or value is None else _iso(date.fromisoformat, value)


def _time(value: Any) -> Any:
    if value is not None and not isinstance(value, time):
        value = _iso(time.fromisoformat, value)
    if value is not None and value.tzinfo is not None:
        raise WrongValue("a time of day has no zone; write value.replace(tzinfo=None)")
    return value


def _iso(read: Callable[[str], Any], value: Any) -> Any:
    if not isinstance(value, str):
        raise WrongValue(f"{shown(value)} is no date or time")
    try:
        return read(value.strip())
    except ValueError:
        raise WrongValue(
            f"{shown(value)} is neither ISO 8601 nor a time expression "
            "(CURRENT_TIMESTAMP, NOW(), CURRENT_DATE, DATE('now', '-30 days'))"
        ) from None


def _span(value: Any) -> Any:
    if value is None or isinstance(value, timedelta):
        return value
    raise WrongValue(f"{shown(value)} is no span of time; write a timedelta")


def _uuid(value: Any) -> Any:
    if value is None or isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise WrongValue(f"{shown(value)} is no UUID") from None


def _bytes(value: Any) -> Any:
    if value is None or isinstance(value, (bytes, bytearray, memoryview)):
        return value
    raise WrongValue(f"{shown(value)} is no bytes")


def _json(value: Any) -> Any:
    """Write dates, models and sets as JSON can; NUL and NaN, which not every database takes, are refused."""
    if value is None:
        return None
    try:
        converted = to_jsonable_python(value)
        written = _ENCODER.encode(converted)
        if "\\u" in written:  # some character beyond ASCII; seldom one that is refused
            json.dumps(converted, ensure_ascii=False).encode()
    except (PydanticSerializationError, ValueError, RecursionError):
        raise WrongValue("it cannot be written as JSON") from None
    if "\\u0000" in written and _NUL_IN_JSON.search(written):
        raise WrongValue("a text with the character NUL cannot be stored on every database")
    return converted


def _one_of(members: list[str]) -> Converter:
    def convert(value: Any) -> Any:
        if value is None or (isinstance(value, str) and value in members):
            return value
        raise WrongValue(f"{shown(value)} is none of {', '.join(members)}")

    return convert


def _member(members: type[Enum]) -> Converter:
    def convert(value: Any) -> Any:
        if value is None or isinstance(value, members):
            return value
        by_name = members.__members__.get(value) if isinstance(value, str) else None
        try:
            by_value = members(value)
        except (ValueError, TypeError):
            by_value = None
        if by_name is not None and by_value is not None and by_name is not by_value:
            raise WrongValue(
                f"{shown(value)} is the name of {by_name} and the value of {by_value}; give the member itself"
            )
        found = by_value if by_name is None else by_name
        if found is None:
            names = ", ".join(members.__members__)
            raise WrongValue(f"{shown(value)} is no {members.__name__}; there is {names}")
        return found

    return convert


def _unknown(database: str) -> Converter:
    """Beside something of unknown type a value goes as it is, when the driver takes values of its class."""
    taken = _TAKEN if database == "sqlite" else (*_TAKEN, date, time, timedelta)
    if database == "postgresql":
        taken = (*taken, uuid.UUID, list)

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, str):
            return text(value)
        if isinstance(value, Decimal):
            return float(_decimal(value)) if database == "sqlite" else _decimal(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise WrongValue(f"{shown(value)} is beyond what a database can hold")
        if isinstance(value, taken):
            return value
        raise WrongValue(f"{shown(value)} stands beside something of unknown type; CAST that, or give a text or number")

    return convert


_LONGEST = 60
_MOST_DIGITS = 308
_OURS = ("fx_orm.", "sqlmodel.", "sqlalchemy.")
_DIGITS = re.compile(r"[+-]?[0-9]{1,100}")
_ENCODER = json.JSONEncoder(allow_nan=False)
_NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_TAKEN = (bool, int, float, bytes)
_CONVERTERS: tuple[tuple[type[TypeEngine[Any]], Converter], ...] = (
    (sa.Boolean, _boolean),
    (sa.Float, _float),
    (sa.Numeric, _decimal),
    (sa.Date, _date),
    (sa.Time, _time),
    (sa.Interval, _span),
    (sa.String, _text),
    (sa.LargeBinary, _bytes),
    (sa.JSON, _json),
)
