"""Operations as the statements of a migration file, the counterpart of `operations_reader`."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from fx_orm.schema.enums import EnumType, enum_type, old_type_name, replaces_type
from fx_orm.schema.expressions import is_constant
from fx_orm.schema.literals import quoted
from fx_orm.schema.operations import (
    UNCHANGED,
    AddColumnOp,
    AlterColumnOp,
    AlterEnumOp,
    CreateConstraintOp,
    CreateEnumOp,
    CreateIndexOp,
    CreateTableOp,
    DropColumnOp,
    DropConstraintOp,
    DropEnumOp,
    DropIndexOp,
    DropTableOp,
    ExecuteOp,
    FillOp,
    Operation,
    RenameTableOp,
    apply_all,
)
from fx_orm.schema.postgresql import cast_needed, type_name
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

_LONGEST_CALL = 108

_BatchOperation = AddColumnOp | AlterColumnOp | CreateConstraintOp | DropConstraintOp | DropColumnOp


class OperationsText:
    """Writes operations one after the other, knowing the schema that each of them starts from."""

    def __init__(self, before: Schema) -> None:
        self._schema = before

    def lines(self, operations: Iterable[Operation]) -> list[str]:
        """Write the operations as lines of Python, not indented."""
        lines: list[str] = []
        for (batch_table, _), group in groupby(operations, key=_batch):
            together = list(group)
            if batch_table is None or not any(map(self._must_rebuild, together)):
                for operation in together:
                    lines += self._statement(operation)
                    self._schema = apply_all(self._schema, [operation])
            else:
                lines += self._batch(batch_table, together)
        return lines

    def _must_rebuild(self, operation: Operation) -> bool:
        """Whether SQLite has no statement for it. A column that no key uses can go, one with a constant can come."""
        if isinstance(operation, AddColumnOp):
            return not is_constant(operation.column.server_default)
        if isinstance(operation, DropColumnOp):
            table = self._schema.table(operation.table)
            return table is not None and operation.column in table.primary_key.columns
        return True

    def _batch(self, table: str, operations: Sequence[Operation]) -> Iterator[str]:
        before = self._schema.tables[table]
        if before.checks:  # Alembic does not copy the checks that it finds in the database
            yield "with op.batch_alter_table("
            yield f"    {quoted(table)},"
            copy = [f"{quoted(table)},", "sa.MetaData(),", *_table_items(before), *_table_indexes(before)]
            yield "    copy_from=sa.Table("
            yield from _indented(_indented(copy))
            yield "    ),"
            yield ") as batch_op:"
        else:
            yield f"with op.batch_alter_table({quoted(table)}) as batch_op:"
        for operation in operations:
            yield from _indented(self._statement(operation, batch=True))
            self._schema = apply_all(self._schema, [operation])

    def _statement(self, operation: Operation, *, batch: bool = False) -> Iterable[str]:
        target = "batch_op" if batch else "op"
        named = getattr(operation, "table", None)  # not every operation is about one
        table = [quoted(named)] if isinstance(named, str) and not batch else []
        match operation:
            case CreateTableOp():
                return _create_table(operation)
            case DropTableOp():
                return [_call("op.drop_table", *table)]
            case RenameTableOp():
                return [_call("op.rename_table", *table, quoted(operation.name))]
            case AddColumnOp():
                return [_call(f"{target}.add_column", *table, _column(operation.column))]
            case DropColumnOp():
                return [_call(f"{target}.drop_column", *table, quoted(operation.column))]
            case AlterColumnOp():
                return [_call(f"{target}.alter_column", *table, *self._alteration(operation))]
            case CreateIndexOp(index=index):
                return [
                    _call(
                        "op.create_index", quoted(index.name), *table, _names(index.columns), *_index_arguments(index)
                    )
                ]
            case DropIndexOp():
                return [_call("op.drop_index", quoted(operation.name), *(f"table_name={name}" for name in table))]
            case CreateConstraintOp(constraint=constraint):
                return [_create_constraint(target, table, constraint)]
            case DropConstraintOp():
                kind = [f"type_={quoted(operation.kind)}"] if operation.kind else []
                return [_call(f"{target}.drop_constraint", quoted(operation.name or ""), *table, *kind)]
            case _:
                return _rows_or_types(operation)

    def _alteration(self, operation: AlterColumnOp) -> Iterator[str]:
        yield quoted(operation.column)
        table = self._schema.tables[operation.table]
        existing = operation.existing or table.column(operation.column)
        if operation.name:
            yield f"new_column_name={quoted(operation.name)}"
        if existing:  # MariaDB states a column anew as a whole: what is not said would be lost
            yield f"existing_type={existing.type.source}"
        if operation.type:
            yield f"type_={operation.type.source}"
        if existing:
            yield f"existing_nullable={existing.nullable}"
        if operation.nullable is not None:
            yield f"nullable={operation.nullable}"
        if existing and existing.server_default:
            yield f"existing_server_default={existing.server_default}"
        if operation.server_default is not UNCHANGED:
            yield f"server_default={operation.server_default}"
        if existing and operation.type and cast_needed(existing.type, operation.type):
            column = '"' + operation.column.replace('"', '""') + '"'
            by_text = "::text" if enum_type(existing.type) else ""
            yield f"postgresql_using={quoted(f'{column}{by_text}::{type_name(operation.type)}')}"
        if existing and table.primary_key.columns == (operation.column,) and "Integer" in existing.type.source:
            yield "existing_autoincrement=True"


def _batch(operation: Operation) -> tuple[str | None, bool]:
    """Tell which operations may share a batch: those of one table, new columns apart from the changes after them.

    A new column's default fills the rows when it comes, so that only a later batch may take the default away. A rename
    stands by itself, every database knows it.
    """
    if not isinstance(operation, _BatchOperation) or (isinstance(operation, AlterColumnOp) and operation.name):
        return None, False
    return operation.table, isinstance(operation, AddColumnOp)


def _create_table(operation: CreateTableOp) -> list[str]:
    table = operation.table
    items = _table_items(table, operation.existing_enums)
    return ["op.create_table(", f"    {quoted(table.name)},", *_indented(items), ")"]


def _table_items(table: Table, existing_enums: frozenset[str] = frozenset()) -> list[str]:
    items = [_column(column, existing_enums) for column in table.columns]
    keys: list[Constraint] = [table.primary_key] if table.primary_key.columns else []
    for constraint in (*keys, *table.foreign_keys, *table.unique, *table.checks):
        name = [f"name={quoted(constraint.name)}"] if constraint.name else []
        match constraint:
            case PrimaryKey():
                items.append(_call("sa.PrimaryKeyConstraint", *map(quoted, constraint.columns), *name))
            case ForeignKey():
                targets = [f"{constraint.referred_table}.{column}" for column in constraint.referred_columns]
                arguments = [_names(constraint.columns), _names(targets), *name, *_actions(constraint)]
                items.append(_call("sa.ForeignKeyConstraint", *arguments))
            case UniqueConstraint():
                items.append(_call("sa.UniqueConstraint", *map(quoted, constraint.columns), *name))
            case Check():
                items.append(_call("sa.CheckConstraint", quoted(constraint.condition), *name))
    return [f"{item}," for item in items]


def _table_indexes(table: Table) -> list[str]:
    return [
        _call("sa.Index", quoted(index.name), *map(_column_or_expression, index.columns), *_index_arguments(index))
        + ","
        for index in table.indexes
    ]


def _column(column: Column, existing_enums: frozenset[str] = frozenset()) -> str:
    source = column.type.source
    enum = enum_type(column.type)
    if enum and enum.name in existing_enums:
        source += f'.with_variant(postgresql.ENUM({_enum_arguments(enum)}, create_type=False), "postgresql")'
    arguments = [quoted(column.name), source]
    if column.server_default and column.server_default.startswith(("sa.Computed(", "sa.Identity(")):
        arguments.append(column.server_default)
    arguments.append(f"nullable={column.nullable}")
    if column.server_default and len(arguments) == 3:
        arguments.append(f"server_default={column.server_default}")
    return _call("sa.Column", *arguments)


def _create_constraint(target: str, table: Sequence[str], constraint: Constraint) -> str:
    name = quoted(constraint.name) if constraint.name else "None"
    match constraint:
        case PrimaryKey():
            return _call(f"{target}.create_primary_key", name, *table, _names(constraint.columns))
        case ForeignKey():
            remote = [
                quoted(constraint.referred_table),
                _names(constraint.columns),
                _names(constraint.referred_columns),
            ]
            return _call(f"{target}.create_foreign_key", name, *table, *remote, *_actions(constraint))
        case UniqueConstraint():
            return _call(f"{target}.create_unique_constraint", name, *table, _names(constraint.columns))
        case Check():
            return _call(f"{target}.create_check_constraint", name, *table, quoted(constraint.condition))


def _rows_or_types(operation: Operation) -> list[str]:
    match operation:
        case FillOp(table=table, column=column, default=default):
            value = f"sa.text({quoted(_sql_text(default))})" if default[0] in "\"'" else default
            return [
                "op.execute(",
                f"    sa.update(sa.table({quoted(table)}, sa.column({quoted(column)})))",
                f"    .where(sa.column({quoted(column)}).is_(None))",
                f"    .values({{{quoted(column)}: {value}}})",
                ")",
            ]
        case ExecuteOp(source=source):
            return [f"op.execute({source})"]
        case CreateEnumOp(enum=enum):
            return [f"sa.Enum({_enum_arguments(enum)}).create(op.get_bind(), checkfirst=True)"]
        case DropEnumOp(name=name):
            return [f"sa.Enum(name={quoted(name)}).drop(op.get_bind(), checkfirst=True)"]
        case AlterEnumOp(old=old, new=new):
            return _alter_enum(old, new)
        case _:
            raise NotImplementedError(f"an operation without text: {operation!r}")


def _alter_enum(old: EnumType, new: EnumType) -> list[str]:
    only_for_postgresql = 'if op.get_context().dialect.name == "postgresql":'
    statements: list[str] = []
    if not replaces_type(old, new):
        for place, member in enumerate(new.members):
            if member not in old.members:
                follower = next((other for other in new.members[place + 1 :] if other in old.members), None)
                before = f" BEFORE {_sql_literal(follower)}" if follower else ""
                statements.append(f"ALTER TYPE {new.name} ADD VALUE IF NOT EXISTS {_sql_literal(member)}{before}")
        return [only_for_postgresql, *(f"    op.execute({quoted(statement)})" for statement in statements)]
    rename = f"ALTER TYPE {new.name} RENAME TO {old_type_name(new)}"
    return [
        only_for_postgresql,
        f"    op.execute({quoted(rename)})",
        f"sa.Enum({_enum_arguments(new)}).create(op.get_bind(), checkfirst=True)",
    ]


def _enum_arguments(enum: EnumType) -> str:
    return ", ".join([*map(quoted, enum.members), f"name={quoted(enum.name)}"])


def _actions(key: ForeignKey) -> list[str]:
    actions = [("ondelete", key.ondelete), ("onupdate", key.onupdate)]
    said = [f"{action}={quoted(word)}" for action, word in actions if word]
    return said + [f"{name}={value}" for name, value in key.options]


def _index_arguments(index: Index) -> list[str]:
    return [*(["unique=True"] if index.unique else []), *(f"{name}={value}" for name, value in index.options)]


def _column_or_expression(column: str) -> str:
    return column if column.startswith(("sa.", "postgresql.")) else quoted(column)


def _names(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_column_or_expression, names))}]"


def _call(function: str, *arguments: str) -> str:
    """Write a call on one line, or with an argument a line where that would be long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _LONGEST_CALL:
        return line
    return "\n".join([f"{function}(", *_indented(f"{argument}," for argument in arguments), ")"])


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for text in lines:
        for line in text.splitlines():
            yield f"    {line}"


def _sql_text(default: str) -> str:
    """Turn a default that is written as a Python string into SQL: a statement's literal takes its column's type."""
    return _sql_literal(str(ast.literal_eval(default)))


def _sql_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
