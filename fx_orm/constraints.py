"""Names for the constraints of our tables, and an index for each foreign key.

SQLAlchemy's naming convention belongs to a whole MetaData, which we share with plain SQLModel tables: so each
constraint is named by itself, and tables that are not ours stay as they are.
"""

from collections.abc import Collection, Mapping
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.sql.elements import conv, quoted_name
from sqlalchemy.sql.schema import DEFAULT_NAMING_CONVENTION, Constraint

from fx_orm.schema.naming import OURS, NamingConvention

_OURS = "fx_orm_named"
"""Key of an item's `info`: its name is made here, and by what subject."""

_convention = OURS
_tables: WeakSet[Table] = WeakSet()


def complete_constraints(table: Table, *, without_index: Collection[str] = ()) -> None:
    """Name what has no name, and index the foreign keys.

    Args:
        table: a table of ours; done again when inheritance has added columns to it.
        without_index: columns whose field says `index=False`.
    """
    for constraint in sorted(table.constraints, key=_order):
        if constraint.name is None:
            constraint.info[_OURS] = True
    # SQLAlchemy's default convention names indexes by their first column alone. One that the user has set stays.
    ours = dict(table.metadata.naming_convention) == DEFAULT_NAMING_CONVENTION
    for index in table.indexes:
        if index.name is None or (isinstance(index.name, conv) and ours):
            index.info[_OURS] = True
    for constraint in sorted(table.foreign_key_constraints, key=_order):
        columns = [column.name for column in constraint.columns]
        if not set(columns) & set(without_index) and not _begins_a_key(table, columns):
            Index("", *constraint.columns, info={_OURS: True})
    _tables.add(table)
    _name_all(table)


def follow_convention(templates: Mapping[Any, str]) -> None:
    """Name the constraints and indexes of our tables by the templates of `naming_convention:`, where they have no own.

    Tables that are made later follow it too. Without templates the names are ours again.
    """
    global _convention  # noqa: PLW0603 - one convention a process, as one registry of entities
    convention = NamingConvention(**templates)
    if convention != _convention:
        _convention = convention
        for table in _tables:
            _name_all(table)


def _name_all(table: Table) -> None:
    for constraint in sorted(table.constraints, key=_order):
        if _OURS in constraint.info:
            constraint.name = _name(table, constraint)
    for index in table.indexes:
        if _OURS in index.info:
            index.name = quoted_name(_convention.index(table.name, _names(index)), quote=None)


def _name(table: Table, constraint: Constraint) -> str | None:
    match constraint:
        case PrimaryKeyConstraint():
            return _convention.primary_key(table.name, _names(constraint)) if len(constraint.columns) else None
        case ForeignKeyConstraint():
            targets = [element.target_fullname.split(".") for element in constraint.elements]
            referred_columns = [target[-1] for target in targets]
            return _convention.foreign_key(table.name, _names(constraint), targets[0][-2], referred_columns)
        case UniqueConstraint():
            return _convention.unique(table.name, _names(constraint))
        case CheckConstraint():
            return _convention.check(table.name, str(constraint.sqltext))
        case _:
            return None


def _begins_a_key(table: Table, columns: list[str]) -> bool:
    """Whether an index that the database keeps anyway begins with these columns, in any order among themselves."""
    keys = [
        _names(key)
        for key in (*table.constraints, *table.indexes)
        if isinstance(key, PrimaryKeyConstraint | UniqueConstraint | Index)
    ]
    return any(set(key[: len(columns)]) == set(columns) for key in keys)


def _names(items: Any) -> list[str]:
    parts = items.expressions if isinstance(items, Index) else items.columns
    return [part.name for part in parts if isinstance(part, Column)]


def _order(constraint: Constraint) -> tuple[str, list[str]]:
    """A table keeps its constraints in a set: without an order, results would differ from run to run."""
    return type(constraint).__name__, _names(constraint) if hasattr(constraint, "columns") else []
