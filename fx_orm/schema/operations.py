"""The operations of a migration file as plain data, named as Alembic names them, and what each does to a schema.

Reading a file gives operations, writing one takes them. They say nothing about how a database carries them out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.differences import rename_columns
from fx_orm.schema.enums import EnumType
from fx_orm.schema.tables import (
    Check,
    Column,
    Constraint,
    ForeignKey,
    Index,
    PrimaryKey,
    Schema,
    Table,
    UniqueConstraint,
)


class OperationError(Exception):
    """The operation does not fit the schema: it names what is not there, or makes what is there already."""


class _Unchanged:
    """The server default stays what it is; None would take it away."""

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED: Final = _Unchanged()


@dataclass(frozen=True, slots=True)
class CreateTableOp:
    """`op.create_table`; its indexes come with it where the file says `index=True`.

    Attributes:
        existing_enums: names of the enum types that PostgreSQL has already and must not create with the table.
    """

    table: Table
    existing_enums: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class DropTableOp:
    """`op.drop_table`."""

    table: str


@dataclass(frozen=True, slots=True)
class RenameTableOp:
    """`op.rename_table`."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class AddColumnOp:
    """`op.add_column`, with what the file declares inside the column (`sa.ForeignKey`, `unique=True`, `index=True`)."""

    table: str
    column: Column
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class DropColumnOp:
    """`op.drop_column`."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class AlterColumnOp:
    """`op.alter_column`; `existing` is the column before, where the writer knows it."""

    table: str
    column: str
    type: ColumnType | None = None
    nullable: bool | None = None
    server_default: str | _Unchanged | None = UNCHANGED
    name: str | None = None
    existing: Column | None = None


@dataclass(frozen=True, slots=True)
class CreateIndexOp:
    """`op.create_index`."""

    table: str
    index: Index


@dataclass(frozen=True, slots=True)
class DropIndexOp:
    """`op.drop_index`; the file need not name the table."""

    table: str | None
    name: str


@dataclass(frozen=True, slots=True)
class CreateConstraintOp:
    """`op.create_foreign_key`, `create_unique_constraint`, `create_check_constraint`, `create_primary_key`."""

    table: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class DropConstraintOp:
    """`op.drop_constraint`; `kind` is Alembic's `type_`: foreignkey, unique, check, primary or None."""

    table: str
    name: str | None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ExecuteOp:
    """`op.execute` of a statement that changes rows, not the schema; `source` is the argument as Python text."""

    source: str


@dataclass(frozen=True, slots=True)
class FillOp:
    """An UPDATE that gives rows without a value in a column one; `default` is written like a server default."""

    table: str
    column: str
    default: str


@dataclass(frozen=True, slots=True)
class CreateEnumOp:
    """Create PostgreSQL's type for an enum; nothing elsewhere."""

    enum: EnumType


@dataclass(frozen=True, slots=True)
class DropEnumOp:
    """Drop PostgreSQL's type for an enum; nothing elsewhere."""

    name: str


@dataclass(frozen=True, slots=True)
class AlterEnumOp:
    """Give PostgreSQL's type for an enum other values; the columns' own types follow by `AlterColumnOp`."""

    old: EnumType
    new: EnumType


RowsOrTypesOp = ExecuteOp | FillOp | CreateEnumOp | DropEnumOp | AlterEnumOp
"""What changes rows, or PostgreSQL's named types, and leaves the tables as they are."""

Operation = (
    CreateTableOp
    | DropTableOp
    | RenameTableOp
    | AddColumnOp
    | DropColumnOp
    | AlterColumnOp
    | CreateIndexOp
    | DropIndexOp
    | CreateConstraintOp
    | DropConstraintOp
    | RowsOrTypesOp
)


def apply(schema: Schema, operation: Operation) -> Schema:
    """Carry the operation out on a schema and give the schema after it.

    Raises:
        OperationError: it drops or changes what is not there, or creates what is there already.
    """
    return _APPLY[type(operation)](schema, operation)


def _create_table(schema: Schema, op: CreateTableOp) -> Schema:
    if op.table.name in schema.tables:
        raise OperationError(f'table "{op.table.name}" exists already')
    return _with(schema, op.table)


def _drop_table(schema: Schema, op: DropTableOp) -> Schema:
    _table(schema, op.table)
    return Schema({name: table for name, table in schema.tables.items() if name != op.table})


def _rename_table(schema: Schema, op: RenameTableOp) -> Schema:
    _table(schema, op.table)

    def renamed(table: Table) -> Table:
        keys = tuple(
            replace(key, referred_table=op.name) if key.referred_table == op.table else key
            for key in table.foreign_keys
        )
        return replace(table, name=op.name if table.name == op.table else table.name, foreign_keys=keys)

    return Schema.of(map(renamed, schema))


def _add_column(schema: Schema, op: AddColumnOp) -> Schema:
    table = _table(schema, op.table)
    if table.column(op.column.name):
        raise OperationError(f'table "{op.table}" has a column "{op.column.name}" already')
    table = replace(table, columns=(*table.columns, op.column), indexes=table.indexes + op.indexes)
    for constraint in op.constraints:
        table = _add_constraint(table, constraint)
    return _with(schema, table)


def _drop_column(schema: Schema, op: DropColumnOp) -> Schema:
    table = _column(schema, op.table, op.column)
    gone = op.column
    return _with(
        schema,
        replace(
            table,
            columns=tuple(column for column in table.columns if column.name != gone),
            primary_key=PrimaryKey() if gone in table.primary_key.columns else table.primary_key,
            foreign_keys=tuple(key for key in table.foreign_keys if gone not in key.columns),
            unique=tuple(constraint for constraint in table.unique if gone not in constraint.columns),
            indexes=tuple(index for index in table.indexes if gone not in index.columns),
        ),
    )


def _alter_column(schema: Schema, op: AlterColumnOp) -> Schema:
    table = _column(schema, op.table, op.column)
    changes: dict[str, Any] = {}
    if op.type is not None:
        changes["type"] = op.type
    if op.nullable is not None:
        changes["nullable"] = op.nullable
    if not isinstance(op.server_default, _Unchanged):
        changes["server_default"] = op.server_default
    columns = tuple(replace(c, **changes) if c.name == op.column else c for c in table.columns)
    schema = _with(schema, replace(table, columns=columns))
    return rename_columns(schema, {(op.table, op.column): op.name}) if op.name else schema


def _create_index(schema: Schema, op: CreateIndexOp) -> Schema:
    table = _table(schema, op.table)
    if any(index.name == op.index.name for index in table.indexes):
        raise OperationError(f'table "{op.table}" has an index "{op.index.name}" already')
    return _with(schema, replace(table, indexes=(*table.indexes, op.index)))


def _drop_index(schema: Schema, op: DropIndexOp) -> Schema:
    for table in (_table(schema, op.table),) if op.table else tuple(schema):
        left = tuple(index for index in table.indexes if index.name != op.name)
        if len(left) < len(table.indexes):
            return _with(schema, replace(table, indexes=left))
    raise OperationError(f'there is no index "{op.name}"' + (f' in table "{op.table}"' if op.table else ""))


def _create_constraint(schema: Schema, op: CreateConstraintOp) -> Schema:
    return _with(schema, _add_constraint(_table(schema, op.table), op.constraint))


def _drop_constraint(schema: Schema, op: DropConstraintOp) -> Schema:
    table = _table(schema, op.table)
    if op.kind == "primary" or (table.primary_key.columns and op.name and table.primary_key.name == op.name):
        return _with(schema, replace(table, primary_key=PrimaryKey()))
    left = replace(
        table,
        foreign_keys=tuple(key for key in table.foreign_keys if key.name != op.name),
        unique=tuple(constraint for constraint in table.unique if constraint.name != op.name),
        checks=tuple(check for check in table.checks if check.name != op.name),
    )
    if left == table:
        raise OperationError(f'table "{op.table}" has no constraint "{op.name}"')
    return _with(schema, left)


def _unchanged(schema: Schema, _: RowsOrTypesOp) -> Schema:
    return schema


def _add_constraint(table: Table, constraint: Constraint) -> Table:
    match constraint:
        case PrimaryKey():
            columns = tuple(replace(c, nullable=False) if c.name in constraint.columns else c for c in table.columns)
            return replace(table, primary_key=constraint, columns=columns)
        case ForeignKey():
            return replace(table, foreign_keys=(*table.foreign_keys, constraint))
        case UniqueConstraint():
            return replace(table, unique=(*table.unique, constraint))
        case Check():
            return replace(table, checks=(*table.checks, constraint))


def _table(schema: Schema, name: str) -> Table:
    table = schema.table(name)
    if table is None:
        raise OperationError(f'there is no table "{name}"')
    return table


def _column(schema: Schema, table: str, column: str) -> Table:
    found = _table(schema, table)
    if found.column(column) is None:
        raise OperationError(f'table "{table}" has no column "{column}"')
    return found


def _with(schema: Schema, table: Table) -> Schema:
    return Schema({**schema.tables, table.name: table})


_APPLY: Mapping[type, Callable[[Schema, Any], Schema]] = {
    CreateTableOp: _create_table,
    DropTableOp: _drop_table,
    RenameTableOp: _rename_table,
    AddColumnOp: _add_column,
    DropColumnOp: _drop_column,
    AlterColumnOp: _alter_column,
    CreateIndexOp: _create_index,
    DropIndexOp: _drop_index,
    CreateConstraintOp: _create_constraint,
    DropConstraintOp: _drop_constraint,
    **dict.fromkeys(get_args(RowsOrTypesOp), _unchanged),
}


def apply_all(schema: Schema, operations: Iterable[Operation]) -> Schema:
    """Carry out the operations one after the other; raises OperationError like `apply`."""
    for operation in operations:
        schema = apply(schema, operation)
    return schema
