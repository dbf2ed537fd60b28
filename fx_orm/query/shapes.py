"""The shape of a query: everything that was asked but the values, immutable and hashable.

A value is known by its slot, the number under which it stands in the list that goes with the shape. Two calls of the
same chain have equal shapes, so that the shape is the key under which the finished statement is kept. Names are text
here: they are resolved when the statement is built. `method` is the builder's method that asked, for messages.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy.sql.elements import ClauseElement

from fx_orm.config import Lazy
from fx_orm.sql import TimeExpression


@dataclass(frozen=True, slots=True)
class Compare:
    """`column operator value`; `time` is the time expression that the value reads as, should the column be temporal."""

    joiner: str
    method: str
    column: str
    operator: str
    slot: int
    time: TimeExpression | None = None


@dataclass(frozen=True, slots=True)
class Is:
    """`column IS NULL`, `IS TRUE`, `IS FALSE`, or not."""

    joiner: str
    method: str
    column: str
    constant: bool | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """`column IN (values)`: the slot holds the list without its None; `empty` when nothing is left."""

    joiner: str
    method: str
    column: str
    negated: bool
    slot: int
    empty: bool
    with_null: bool


@dataclass(frozen=True, slots=True)
class InQuery:
    """`column IN (SELECT ...)`."""

    joiner: str
    method: str
    column: str
    negated: bool
    query: "Embedded"


@dataclass(frozen=True, slots=True)
class CompareQuery:
    """`column operator (SELECT ...)`, where the query gives one value."""

    joiner: str
    method: str
    column: str
    operator: str
    query: "Embedded"


@dataclass(frozen=True, slots=True)
class Range:
    """`column BETWEEN low AND high`."""

    joiner: str
    method: str
    column: str
    negated: bool
    low: int
    high: int
    low_time: TimeExpression | None = None
    high_time: TimeExpression | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """`left operator right`, both columns."""

    joiner: str
    method: str
    left: str
    operator: str
    right: str


@dataclass(frozen=True, slots=True)
class Written:
    """An expression string with named parameters."""

    joiner: str
    method: str
    text: str
    parameters: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition of SQLAlchemy, compared by identity."""

    joiner: str
    method: str
    clause: ClauseElement


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS (SELECT ...)`."""

    joiner: str
    method: str
    negated: bool
    query: "Embedded"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions in parentheses; their slots are counted from `offset`."""

    joiner: str
    negated: bool
    nodes: tuple["Condition", ...]
    offset: int = 0


Condition: TypeAlias = (
    Compare | Is | Membership | InQuery | CompareQuery | Range | Columns | Written | Clause | Exists | Group
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """Another query inside this one; its slots are counted from `offset`."""

    shape: "Shape"
    offset: int


@dataclass(frozen=True, slots=True)
class Source:
    """What stands where a table may: a table's name, or another query, and its alias."""

    method: str
    text: str
    table: str
    alias: str | None
    query: Embedded | None = None

    @property
    def name(self) -> str:
        """What its columns are qualified with."""
        return self.alias or self.table


@dataclass(frozen=True, slots=True)
class Join:
    """One more table; without `on` the table is the name of a relationship, or the join is a CROSS JOIN."""

    method: str
    kind: str
    source: Source
    on: Written | Columns | Clause | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the select list: text, a SQLAlchemy expression, or a scalar sub-query with its alias."""

    text: str
    clause: ClauseElement | None = None
    query: Embedded | None = None
    method: str = "select"


@dataclass(frozen=True, slots=True)
class Ordering:
    """One key of the order."""

    method: str
    column: str
    direction: str
    clause: ClauseElement | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """FOR UPDATE."""

    skip_locked: bool
    nowait: bool


@dataclass(frozen=True, slots=True)
class Combination:
    """UNION, INTERSECT or EXCEPT with another query."""

    operator: str
    query: Embedded


@dataclass(frozen=True, slots=True)
class Seek:
    """The row behind which a page begins: the slots of its order keys, None for a key that is NULL there.

    Without slots the page is the first one. `backwards` reads against the order, `inclusive` from that row on.
    """

    slots: tuple[int | None, ...] = ()
    backwards: bool = False
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A whole query without its values."""

    entity: type[Any] | None = None
    source: Source | None = None
    joins: tuple[Join, ...] = ()
    items: tuple[Item, ...] = ()
    conditions: tuple[Condition, ...] = ()
    groups: tuple[str, ...] = ()
    having: tuple[Condition, ...] = ()
    orders: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int | None = None
    distinct: bool = False
    eager: tuple[str, ...] = ()
    lock: Lock | None = None
    combinations: tuple[Combination, ...] = ()
    ctes: tuple[tuple[str, Embedded], ...] = ()
    with_deleted: bool = False
    seek: Seek | None = None
    lazy: Lazy | None = None

    @property
    def gives_entities(self) -> bool:
        """Whether the rows become entities: an entity is bound and nothing else was selected."""
        return self.entity is not None and not self.items


Key: TypeAlias = tuple[Hashable, ...]
