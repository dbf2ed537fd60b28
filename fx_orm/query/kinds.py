"""What a column holds, as far as a query must know: texts, numbers, moments, things that have an order."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine


def plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Look through decorators at the type of SQLAlchemy below; an Interval is one of these, whatever stores it."""
    while isinstance(type_, TypeDecorator) and not isinstance(type_, sa.Interval):
        type_ = type_.impl_instance
    return type_


def is_known(type_: TypeEngine[Any]) -> bool:
    """Whether the type is known at all: that of some functions is not, nor that of columns of rare kinds."""
    return not isinstance(plain(type_), sa.types.NullType)


def is_temporal(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds dates or times."""
    return isinstance(plain(type_), sa.DateTime | sa.Date | sa.Time)


def is_boolean(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds true and false."""
    return isinstance(plain(type_), sa.Boolean)


def is_text(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds texts; the members of an Enum are none."""
    below = plain(type_)
    return isinstance(below, sa.String) and not isinstance(below, sa.Enum)


def is_number(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds numbers."""
    return isinstance(plain(type_), sa.Integer | sa.Numeric | sa.Float)


def has_order(type_: TypeEngine[Any]) -> bool:
    """Whether less and greater mean the same on every database: not for JSON and the members of an Enum."""
    return not isinstance(plain(type_), sa.JSON | sa.Enum)


def has_extremes(type_: TypeEngine[Any]) -> bool:
    """Whether every database knows the least and the greatest value of such a column."""
    return has_order(type_) and not isinstance(plain(type_), sa.Boolean | sa.Uuid | sa.LargeBinary)


def unfit(operator: str, left: TypeEngine[Any], right: TypeEngine[Any] | None = None) -> str | None:
    """Say why an operator does not suit a column, or two columns; None when it does, or when a type is not known."""
    if not is_known(left) or (right is not None and not is_known(right)):
        return None
    if "LIKE" in operator:
        if not is_text(left):
            return f"LIKE compares texts, and the column holds {named(left)}"
        return None if right is None or is_text(right) else f"LIKE takes a pattern, which is a text, not {named(right)}"
    if operator in _ORDERING and not has_order(left):
        return f"{operator} has no meaning for {named(left)} that every database shares; write = or IN"
    if right is not None and not _are_comparable(named(left), named(right)):
        return f"{named(left)} cannot be compared with {named(right)}"
    return None


def named(type_: TypeEngine[Any]) -> str:
    """Say for people what a column of this type holds."""
    below = plain(type_)
    return next((words for kind, words in _NAMES if isinstance(below, kind)), _OTHER)


def _are_comparable(left: str, right: str) -> bool:
    return left == right or _OTHER in (left, right) or any({left, right} <= group for group in _COMPARABLE)


_OTHER = "values of another kind"
_ORDERING = ("<", "<=", ">", ">=", "BETWEEN")
# A boolean of MariaDB, read from the database alone, is a whole number.
_COMPARABLE = ({"whole numbers", "numbers"}, {"whole numbers", "true or false"})
_NAMES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "true or false"),
    (sa.Integer, "whole numbers"),
    (sa.Numeric, "numbers"),
    (sa.Float, "numbers"),
    (sa.DateTime, "moments"),
    (sa.Date, "dates"),
    (sa.Time, "times of day"),
    (sa.Interval, "spans of time"),
    (sa.Enum, "members of an Enum"),
    (sa.String, "texts"),
    (sa.LargeBinary, "bytes"),
    (sa.Uuid, "UUIDs"),
    (sa.JSON, "JSON"),
)
