"""Names for the constraints of our tables, and an index for each foreign key.

SQLAlchemy's naming convention belongs to a whole MetaData, which we share with plain SQLModel tables: so each
constraint is named by itself, and tables that are not ours stay as they are.
"""

from collections.abc import Collection
from typing import Any

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

from fx_orm.schema import naming


def complete_constraints(table: Table, *, without_index: Collection[str] = ()) -> None:
    """Name what has no name, and index the foreign keys.

    Args:
        table: a table of ours; done again when inheritance has added columns to it.
        without_index: columns whose field says `index=False`.
    """
    for constraint in sorted(table.constraints, key=_order):
        if constraint.name is None:
            name = _name(table, constraint)
            if name:
                constraint.name = name
    # SQLAlchemy's default convention names indexes by their first column alone. One that the user has set stays.
    ours = dict(table.metadata.naming_convention) == DEFAULT_NAMING_CONVENTION
    for index in table.indexes:
        if index.name is None or (isinstance(index.name, conv) and ours):
            index.name = quoted_name(naming.index_name(table.name, _names(index)), quote=None)
    for constraint in sorted(table.foreign_key_constraints, key=_order):
        columns = [column.name for column in constraint.columns]
        if not set(columns) & set(without_index) and not _begins_a_key(table, columns):
            Index(naming.index_name(table.name, columns), *constraint.columns)


def _name(table: Table, constraint: Constraint) -> str | None:
    match constraint:
        case PrimaryKeyConstraint():
            return naming.primary_key_name(table.name) if len(constraint.columns) else None
        case ForeignKeyConstraint():
            referred = constraint.elements[0].target_fullname.split(".")[-2]
            return naming.foreign_key_name(table.name, _names(constraint), referred)
        case UniqueConstraint():
            return naming.unique_name(table.name, _names(constraint))
        case CheckConstraint():
            return naming.check_name(table.name, str(constraint.sqltext))
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
