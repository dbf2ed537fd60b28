"""Pages by position: the order of a query made total by primary keys, and the rows behind one row of that order.

NULL stands where the database puts it in ORDER BY, so that pages are in the order that the query has without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fx_orm.errors import UnsupportedError
from fx_orm.query.context import Context
from fx_orm.query.expressions import Element
from fx_orm.query.grouping import Groups
from fx_orm.query.kinds import plain
from fx_orm.query.messages import wrong
from fx_orm.query.shapes import Ordering, Seek, Shape
from fx_orm.query.sources import From

_METHOD = "cursor_paginate"


@dataclass(frozen=True, slots=True)
class Key:
    """A column of the order; `text` is how the query calls it."""

    text: str
    element: Element
    descending: bool
    nullable: bool


def keyset(
    context: Context,
    shape: Shape,
    found: From | None,
    orders: Sequence[tuple[Ordering, Any]],
    unique: Sequence[Any] | None,
) -> tuple[Key, ...]:
    """Complete the order of a query by columns that tell its rows apart; `unique` are those of a grouped query.

    Raises:
        QueryError: the rows cannot be told apart, or a key has no place in an order.
    """
    if shape.combinations or (shape.distinct and not shape.gives_entities):
        what = "a union" if shape.combinations else "distinct()"
        raise wrong(_METHOD, None, f"the rows of {what} have no key; let it stand for a table, or use paginate()")
    outer = any(join.kind in ("left", "right", "full") for join in shape.joins)
    keys: list[Key] = []
    for order, element in orders:
        if isinstance(element, sa.UnaryExpression) and element.modifier is not None:
            raise wrong(_METHOD, None, 'the direction is said by order_by(column, "DESC")')
        _add(context, keys, order.column or str(element), element, order.direction == "DESC", outer=outer)
    for column in _telling(found, [key.element for key in keys]) if unique is None else unique:
        _add(context, keys, str(column), column, bool(keys) and keys[-1].descending, outer=outer)
    return tuple(keys)


def behind(context: Context, seek: Seek, keys: Sequence[Key]) -> Element | None:
    """Build the condition that a row stands behind the position; None for the first page.

    Raises:
        QueryError: the position is not one of this order.
    """
    if not seek.slots:
        return None
    if len(seek.slots) != len(keys):
        raise wrong(_METHOD, None, "the cursor is one of another query")
    values = [
        None if slot is None else context.binds.parameter(context.offset + slot, key.element.type, _METHOD, key.text)
        for key, slot in zip(keys, seek.slots, strict=True)
    ]
    condition: Element | None = sa.true() if seek.inclusive else None
    for key, value in zip(reversed(keys), reversed(values), strict=True):
        same = key.element.is_(None) if value is None else key.element == value
        equal = None if condition is None else sa.and_(same, condition)
        ways = [way for way in (_beyond(context, key, value, seek), equal) if way is not None]
        condition = sa.or_(*ways) if ways else None
    if condition is None:
        return sa.false()
    first, value = keys[0], values[0]
    if len(keys) > 1 and value is not None and not first.nullable:
        # Said once more in a form for which an index serves.
        least = first.element <= value if first.descending != seek.backwards else first.element >= value
        condition = sa.and_(least, condition)
    return condition


def in_order(query: Any, keys: Sequence[Key], seek: Seek) -> Any:
    """Order the rows, and select the keys behind all that is selected already."""
    for key in keys:
        query = query.order_by(key.element.desc() if key.descending != seek.backwards else key.element)
    return query.add_columns(*(key.element.label(f"fx_key_{at}") for at, key in enumerate(keys)))


def _beyond(context: Context, key: Key, value: Element | None, seek: Seek) -> Element | None:
    descending = key.descending != seek.backwards
    nulls_last = (context.database == "postgresql") != descending
    if value is None:
        return None if nulls_last else key.element.is_not(None)
    beyond = key.element < value if descending else key.element > value
    return sa.or_(beyond, key.element.is_(None)) if key.nullable and nulls_last else beyond


def _add(context: Context, keys: list[Key], text: str, element: Any, descending: bool, *, outer: bool) -> None:
    element = element.element if isinstance(element, sa.Label) else element
    if any(element is key.element for key in keys):
        return
    below = plain(element.type)
    if isinstance(below, sa.JSON | sa.ARRAY):
        raise wrong(_METHOD, text, "a column of this type has no order")
    if _is_single(below, context.database):
        raise UnsupportedError(
            f'QueryBuilder.{_METHOD}("{text}"): a number of single precision equals nothing that is sent to it; '
            "order by a column of double precision, or by a Decimal",
            database=context.database,
            feature="pages in the order of a FLOAT",
            alternative="a column of double precision",
        )
    nullable = outer or not isinstance(element, sa.Column) or bool(element.nullable)
    if context.database == "mysql" and isinstance(below, sa.Enum):
        element = sa.cast(element, sa.String())  # MariaDB orders its ENUM by number, and compares it by name
    keys.append(Key(text, element, descending, nullable))


def _is_single(type_: Any, database: str) -> bool:
    if not isinstance(type_, sa.Float) or isinstance(type_, sa.Double) or database == "sqlite":
        return False
    if database == "postgresql":
        return isinstance(type_, sa.REAL) or (type_.precision is not None and type_.precision <= 24)
    return not isinstance(type_, sa.REAL) and (type_.precision is None or type_.precision <= 24)


def _telling(found: From | None, known: Sequence[Any]) -> list[Any]:
    """List the primary keys of the tables whose rows the known columns do not tell apart."""
    missing: list[Any] = []
    for name, part in found.parts.items() if found is not None else ():
        groups = Groups(found, [*known, *missing])  # type: ignore[arg-type]  # there is one, or there is no part
        if not part.key:
            if not all(groups.determines(column) for column in part.selectable.c):
                raise wrong(_METHOD, None, f'"{name}" has no primary key that tells its rows apart')
            continue
        missing += [column for column in part.key if not groups.determines(column)]
    return missing
