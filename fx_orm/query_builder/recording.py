"""What a query builder has been told so far: lists that grow, the values apart from the shape.

It knows no database. Every change leaves the builder usable; nothing is resolved before the statement is built.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.sql.elements import ClauseElement

from fx_orm.config import Lazy
from fx_orm.errors.calls import kind_of, wrong_call
from fx_orm.query.messages import wrong
from fx_orm.query.shapes import Combination, Condition, Embedded, Group, Item, Join, Lock, Ordering, Shape, Source
from fx_orm.sql import name_problem


@dataclass(slots=True)
class Draft:
    """The record of one query. `keep`: its statement may be kept; `revision` counts the changes besides conditions.

    `model` is what rows are made into, None for rows as they are.
    """

    entity: type[Any] | None = None
    source: Source | None = None
    joins: list[Join] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    having: list[Condition] = field(default_factory=list)
    orders: list[Ordering] = field(default_factory=list)
    limit: int | None = None
    offset: int | None = None
    distinct: bool = False
    eager: list[str] = field(default_factory=list)
    lock: Lock | None = None
    combinations: list[Combination] = field(default_factory=list)
    ctes: dict[str, Embedded] = field(default_factory=dict)
    with_deleted: bool = False
    lazy: Lazy | None = None
    model: type[Any] | None = None
    values: list[Any] = field(default_factory=list)
    all_rows: bool = False
    keep: bool = True
    revision: int = 0

    def shape(self) -> Shape:
        """Return all of it but the values, immutable."""
        return Shape(
            self.entity,
            self.source,
            tuple(self.joins),
            tuple(self.items),
            tuple(self.conditions),
            tuple(self.groups),
            tuple(self.having),
            tuple(self.orders),
            self.limit,
            self.offset,
            self.distinct,
            tuple(self.eager),
            self.lock,
            tuple(self.combinations),
            tuple(self.ctes.items()),
            self.with_deleted,
            lazy=self.lazy,
        )

    def copy(self) -> "Draft":
        """Copy it so that the two grow apart."""
        return replace(
            self,
            joins=list(self.joins),
            items=list(self.items),
            conditions=list(self.conditions),
            groups=list(self.groups),
            having=list(self.having),
            orders=list(self.orders),
            eager=list(self.eager),
            combinations=list(self.combinations),
            ctes=dict(self.ctes),
            values=list(self.values),
        )

    def slot(self, value: Any) -> int:
        """Keep a value; its slot stands for it in the shape."""
        self.values.append(value)
        return len(self.values) - 1

    def take_values(self, other: "Draft") -> int:
        """Take over another draft's values; return the slot at which they begin."""
        offset = len(self.values)
        self.values += other.values
        self.keep = self.keep and other.keep
        return offset

    def embed(self, other: "Draft") -> Embedded:
        """Take another query in as it is now: changes to it later change nothing here."""
        return Embedded(other.shape(), self.take_values(other))

    def enclose(self, start: int, joiner: str, *, negated: bool) -> bool:
        """Put the conditions from `start` on into parentheses; False when there are none."""
        inner = self.conditions[start:]
        if inner:
            self.conditions[start:] = [Group(joiner, negated, tuple(inner))]
        return bool(inner)


class Recorder:
    """A face to a draft: what its methods are told, `draft` holds."""

    draft: Draft

    def __init__(self, entity: type[Any] | None = None) -> None:
        self.draft = Draft(entity)

    def clone(self) -> Self:
        """Copy the builder: what is said to one of the two from now on, the other does not hear.

        Example:
            >>> cheap = QueryBuilder(Product).where("price", "<", 30)
            >>> cheap.clone().where("stock", ">", 60).count(), cheap.count()
            (1, 2)
        """
        twin = copy(self)
        twin.draft = self.draft.copy()
        return twin

    def empty(self) -> Self:
        """Make a builder for the same entity and manager to which nothing was said.

        Example:
            >>> QueryBuilder(Product).where("id", 1).empty().count()
            3
        """
        twin = copy(self)
        twin.draft = Draft(self.draft.entity)
        return twin

    def _changed(self) -> Self:
        self.draft.revision += 1
        return self

    def _named(self, method: str, argument: Any) -> str:
        """Take a name from a caller: a string, nothing else."""
        if not isinstance(argument, str):
            raise wrong(method, None, f"a name is a string, not {kind_of(argument)}")
        return argument

    def _new_name(self, method: str, argument: Any) -> str:
        """Take an alias from a caller: the only names that a query makes up."""
        name = self._named(method, argument)
        if problem := name_problem(name):
            raise wrong(method, name, problem, name=name)
        return name

    def _clause(self, method: str, argument: Any) -> ClauseElement:
        """Take a SQLAlchemy expression; a query with one is built anew each time."""
        clause = argument.__clause_element__() if hasattr(argument, "__clause_element__") else argument
        if not isinstance(clause, ClauseElement):
            if isinstance(argument, bool):
                raise wrong(method, None, f"{argument} is no condition; was a column compared in Python?")
            raise wrong(method, None, f"{kind_of(argument)} is no condition")
        self.draft.keep = False
        return clause

    def _query(self, method: str, argument: Any) -> Draft:
        """Take another builder from a caller."""
        if not isinstance(argument, Recorder):
            raise wrong(method, None, f"another builder is needed, not {kind_of(argument)}")
        return argument.draft


def is_clause(argument: object) -> bool:
    """Whether it is an expression of SQLAlchemy, an attribute of an entity included."""
    return isinstance(argument, ClauseElement) or hasattr(argument, "__clause_element__")


def flag(method: str, name: str, argument: object) -> bool:
    """Take a switch from a caller."""
    if not isinstance(argument, bool):
        raise wrong(method, None, f"{name} is True or False, not {kind_of(argument)}")
    return argument


def number(method: str, column: str, name: str, argument: object) -> int | float | Decimal:
    """Take a number from a caller."""
    if isinstance(argument, bool) or not isinstance(argument, (int, float, Decimal)):
        raise wrong(method, column, f"{name} is a number, not {kind_of(argument)}")
    return argument


def whole_number(method: str, name: str | None, argument: object, *, least: int, owner: str = "QueryBuilder") -> int:
    """Take a number of rows or pages from a caller."""
    what = name or "a number of rows"
    if not isinstance(argument, int) or isinstance(argument, bool):
        raise wrong_call(owner, method, None, f"{what} is a whole number, not {kind_of(argument)}")
    if not least <= argument < _MOST:
        problem = f"is at least {least}, not {argument}" if argument < least else "is too large"
        raise wrong_call(owner, method, None, f"{what} {problem}")
    return argument


_MOST = 2**63


def listed_rows(method: str, argument: Any) -> list[Mapping[str, Any]]:
    """Take one row or several from a caller."""
    if isinstance(argument, (str, bytes)) or not isinstance(argument, Iterable):
        raise wrong(
            method, None, f"a row is a dict {{column: value}}, several are a list of them, not {kind_of(argument)}"
        )
    rows = [argument] if isinstance(argument, Mapping) else list(argument)
    return [checked_mapping(method, row) for row in rows]


def listed_names(method: str, name: str, argument: Any) -> list[str]:
    """Take names of columns from a caller."""
    names = [] if isinstance(argument, (str, bytes)) or not isinstance(argument, Iterable) else list(argument)
    if not (names or argument == []) or not all(isinstance(each, str) for each in names):
        raise wrong(method, None, f'{name} is a list of columns: {name}=["name"]')
    return names


def table_of(method: str, argument: Any) -> str:
    """Take a table from a caller: its name and alias, or an entity."""
    if isinstance(argument, str):
        return argument
    mapper: Any = sa.inspect(argument, raiseerr=False) if isinstance(argument, type) else None
    if mapper is None:
        problem = f'a table is a string such as "product p", an entity or a builder, not {kind_of(argument)}'
        raise wrong(method, None, problem)
    return str(mapper.local_table.fullname)


def checked_mapping(method: str, argument: Any) -> Mapping[str, Any]:
    """Take values by column from a caller."""
    if not isinstance(argument, Mapping):
        raise wrong(method, None, f"values are given by column: {{...}}, not {kind_of(argument)}")
    for key in argument:
        if not isinstance(key, str):
            raise wrong(method, None, f"a column is named by a string, not {kind_of(key)}")
    return argument
