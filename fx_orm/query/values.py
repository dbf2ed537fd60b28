"""What a value becomes before it is bound, by the type of the column beside it.

Most values go to SQLAlchemy as they are. Strings become numbers, moments, UUIDs and members of enums; `1` and `0`
become booleans, so that a comparison means the same on every database. Nothing is ever put into SQL here.
"""

import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

Converter = Callable[[Any], Any]


class WrongValue(Exception):
    """A value that its column cannot be compared with."""


def plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Look through decorators at the type of SQLAlchemy below; an Interval is one of these, whatever stores it."""
    while isinstance(type_, TypeDecorator) and not isinstance(type_, sa.Interval):
        type_ = type_.impl_instance
    return type_


def is_temporal(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds dates or times."""
    return isinstance(plain(type_), sa.DateTime | sa.Date | sa.Time)


def is_boolean(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds true and false."""
    return isinstance(plain(type_), sa.Boolean)


def converter(type_: TypeEngine[Any]) -> Converter | None:
    """Choose how a value beside such a column is converted; None when it goes as it is."""
    below = plain(type_)
    if isinstance(below, sa.DateTime):
        return _instant if below.timezone else _datetime
    for kind, convert in _CONVERTERS:
        if isinstance(below, kind):
            return convert
    if isinstance(below, sa.Enum) and below.enum_class is not None:
        return _member(below.enum_class)
    return None


def _boolean(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise WrongValue(f"{_shown(value)} is neither true nor false")


def _integer(value: Any) -> Any:
    return _number(int, value, "whole number")


def _decimal(value: Any) -> Any:
    return _number(Decimal, value, "number")


def _float(value: Any) -> Any:
    return _number(float, value, "number")


def _number(kind: Callable[[str], Any], value: Any, named: str) -> Any:
    """Read a number in a string: a database that is given other text raises, or compares it with 0 and says nothing."""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    try:
        number = kind(value)
    except (ValueError, ArithmeticError):
        raise WrongValue(f"{_shown(value)} is no {named}") from None
    if not isfinite(number):
        raise WrongValue(f"{_shown(value)} is no {named}")
    return number


def _datetime(value: Any) -> Any:
    if isinstance(value, datetime) or value is None:
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return _iso(datetime.fromisoformat, value)


def _instant(value: Any) -> Any:
    """A naive value is local time, as everywhere in Python."""
    moment = _datetime(value)
    return moment.astimezone() if isinstance(moment, datetime) and moment.tzinfo is None else moment


def _date(value: Any) -> Any:
    if isinstance(value, datetime):
        raise WrongValue("a date and time cannot be compared with a date; write value.date()")
    return value if isinstance(value, date) or value is None else _iso(date.fromisoformat, value)


def _time(value: Any) -> Any:
    return value if isinstance(value, time) or value is None else _iso(time.fromisoformat, value)


def _iso(read: Callable[[str], Any], value: Any) -> Any:
    if not isinstance(value, str):
        raise WrongValue(f"{_shown(value)} is no date or time")
    try:
        return read(value.strip())
    except ValueError:
        raise WrongValue(
            f"{_shown(value)} is neither ISO 8601 nor a time expression "
            "(CURRENT_TIMESTAMP, NOW(), CURRENT_DATE, DATE('now', '-30 days'))"
        ) from None


def _uuid(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return uuid.UUID(value)
    except ValueError:
        raise WrongValue(f"{_shown(value)} is no UUID") from None


def _member(members: type[Enum]) -> Converter:
    def convert(value: Any) -> Any:
        if value is None or isinstance(value, members):
            return value
        if isinstance(value, str) and value in members.__members__:
            return members[value]
        try:
            return members(value)
        except ValueError:
            names = ", ".join(members.__members__)
            raise WrongValue(f"{_shown(value)} is no {members.__name__}; there is {names}") from None

    return convert


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


_CONVERTERS: tuple[tuple[type[TypeEngine[Any]], Converter], ...] = (
    (sa.Boolean, _boolean),
    (sa.Integer, _integer),
    (sa.Float, _float),
    (sa.Numeric, _decimal),
    (sa.Date, _date),
    (sa.Time, _time),
    (sa.Uuid, _uuid),
)
