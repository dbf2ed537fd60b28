"""Read the operations out of a migration file's syntax tree, without running it.

Understood: literal calls of `op` and of `op.batch_alter_table`, names bound to constants, calls of the file's own
functions without arguments. Everything else that might change the schema is reported as opaque, never guessed.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.definitions_reader import DefinitionReader, Unreadable, constant
from fx_orm.schema.expressions import dotted, our_spelling, our_type
from fx_orm.schema.operations import (
    UNCHANGED,
    AddColumnOp,
    AlterColumnOp,
    CreateConstraintOp,
    CreateIndexOp,
    CreateTableOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    ExecuteOp,
    Operation,
    RenameTableOp,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation and its line in the file."""

    operation: Operation
    line: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A place of a migration file that reading alone does not understand: what it does to the schema is unknown."""

    line: int
    reason: str
    path: str = ""
    revision: str | None = None


def read_operations(
    function: ast.FunctionDef,
    *,
    imports: Mapping[str, str],
    constants: Mapping[str, object],
    functions: Mapping[str, ast.FunctionDef],
) -> tuple[tuple[Step, ...], tuple[Opaque, ...]]:
    """Read what a function of a migration file does: its operations in order, and what is not understood.

    Args:
        function: `upgrade` or `downgrade`.
        imports: what the file's names stand for, see `expressions.imported_names`.
        constants: the values of the file's plain names.
        functions: the file's functions, which `function` may call.
    """
    reader = _Reader(DefinitionReader(imports, dict(constants)), functions)
    reader.block(function.body, {}, 0)
    return tuple(reader.steps), tuple(reader.opaque)


_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "drop_table": ("table_name",),
    "rename_table": ("old_table_name", "new_table_name"),
    "add_column": ("table_name", "column"),
    "drop_column": ("table_name", "column_name"),
    "alter_column": ("table_name", "column_name"),
    "create_index": ("index_name", "table_name", "columns"),
    "drop_index": ("index_name", "table_name"),
    "create_foreign_key": ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
    "create_unique_constraint": ("constraint_name", "table_name", "columns"),
    "create_check_constraint": ("constraint_name", "table_name", "condition"),
    "create_primary_key": ("constraint_name", "table_name", "columns"),
    "drop_constraint": ("constraint_name", "table_name", "type_"),
}

# Statements that leave tables as they are: they change rows, or PostgreSQL's named types, whose values the columns' own
# types repeat, or what stands beside tables.
_NO_TABLE_CHANGES: Final = re.compile(
    r"\s*(insert|update|delete|select|set|pragma|analyze|vacuum|reindex|grant|revoke|comment\s+on"
    r"|(create|drop|alter|refresh)\s+(or\s+replace\s+)?(materialized\s+)?(view|sequence|extension|policy)"
    r"|drop\s+(trigger|function|procedure)|(create|drop)\s+type|alter\s+type\s+\S+\s+(rename\s+to|add\s+value))\b",
    re.IGNORECASE,
)
_ROUTINE: Final = re.compile(r"\s*create\s+(or\s+replace\s+)?(trigger|function|procedure)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Reader:
    definitions: DefinitionReader
    functions: Mapping[str, ast.FunctionDef]
    steps: list[Step] = field(default_factory=list)
    opaque: list[Opaque] = field(default_factory=list)

    def block(self, statements: Sequence[ast.stmt], batches: Mapping[str, str], depth: int) -> None:
        for statement in statements:
            try:
                self.statement(statement, batches, depth)
            except Unreadable as error:
                self.opaque.append(Opaque(statement.lineno, str(error)))

    def statement(self, statement: ast.stmt, batches: Mapping[str, str], depth: int) -> None:
        match statement:
            case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Return(value=None) | ast.Expr(value=ast.Constant()):
                return
            case ast.Expr(value=ast.Call() as call):
                self.call(call, batches, depth)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.assign(name, value, batches, depth)
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as call, optional_vars=variable)]):
                self.with_block(statement, call, variable, batches, depth)
            case ast.If(orelse=[]) if self.asks_dialect(statement.test):
                self.for_one_database(statement, batches, depth)
            case _:
                raise Unreadable(f"{ast.unparse(statement).splitlines()[0][:60]} is not understood")

    def assign(self, name: str, value: ast.expr, batches: Mapping[str, str], depth: int) -> None:
        if isinstance(value, ast.Call) and self.operation_name(value, batches):
            if self.operation_name(value, batches) not in ("get_bind", "get_context"):
                self.call(value, batches, depth)
            return
        try:
            self.definitions.constants[name] = constant(value, self.definitions.constants)
        except Unreadable:
            if isinstance(value, ast.Call) and (dotted(value.func, self.definitions.imports) or "").startswith(
                "sqlalchemy."
            ):
                return  # a statement or a table for `op.execute` and `op.bulk_insert`
            raise

    def with_block(
        self, statement: ast.With, call: ast.Call, variable: ast.expr | None, batches: Mapping[str, str], depth: int
    ) -> None:
        name = dotted(call.func, self.definitions.imports) or ast.unparse(call.func)
        if name == "alembic.op.batch_alter_table" and isinstance(variable, ast.Name):
            arguments = {keyword.arg: keyword.value for keyword in call.keywords}
            table = self.definitions.text(call.args[0] if call.args else arguments.get("table_name"))
            if schema := self.definitions.optional_text(arguments.get("schema")):
                table = f"{schema}.{table}"
            self.block(statement.body, {**batches, variable.id: table}, depth)
        elif name.endswith("autocommit_block"):
            self.block(statement.body, batches, depth)
        else:
            raise Unreadable(f"with {name} is not understood")

    def asks_dialect(self, test: ast.expr) -> bool:
        return isinstance(test, ast.Compare) and ast.unparse(test.left).endswith("dialect.name")

    def for_one_database(self, statement: ast.If, batches: Mapping[str, str], depth: int) -> None:
        """What only one database does must leave the tables as they are: they are the same on all."""
        before = len(self.steps)
        self.block(statement.body, batches, depth)
        if any(not isinstance(step.operation, ExecuteOp) for step in self.steps[before:]):
            del self.steps[before:]
            raise Unreadable("the schema depends on the database")

    def operation_name(self, call: ast.Call, batches: Mapping[str, str]) -> str | None:
        if not isinstance(call.func, ast.Attribute):
            return None
        owner = call.func.value
        is_batch = isinstance(owner, ast.Name) and owner.id in batches
        return call.func.attr if is_batch or dotted(owner, self.definitions.imports) == "alembic.op" else None

    def call(self, call: ast.Call, batches: Mapping[str, str], depth: int) -> None:
        operation = self.operation_name(call, batches)
        if operation is None:
            self.other_call(call, batches, depth)
            return
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        table = batches.get(owner.id) if isinstance(owner, ast.Name) else None
        if any(isinstance(argument, ast.Starred) for argument in call.args) or any(
            k.arg is None for k in call.keywords
        ):
            raise Unreadable(f"op.{operation} with * or **")
        self.steps.append(Step(self.operation(operation, call, table), call.lineno))

    def other_call(self, call: ast.Call, batches: Mapping[str, str], depth: int) -> None:
        own = self.functions.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if own and depth < 3 and not call.args and not call.keywords:
            self.block(own.body, batches, depth + 1)
            return
        name = dotted(call.func, self.definitions.imports) or ast.unparse(call.func)
        named_type = isinstance(call.func, ast.Attribute) and call.func.attr in ("create", "drop") and "Enum" in name
        if named_type or re.search(r"\bENUM\(|\bEnum\(", ast.unparse(call.func)):
            return  # PostgreSQL's named type alone; the columns say what they hold
        raise Unreadable(f"{ast.unparse(call)[:60]} is not understood")

    def operation(self, name: str, call: ast.Call, batch_table: str | None) -> Operation:
        if name in ("execute", "bulk_insert"):
            return self.execute(name, call)
        if name == "create_table":
            return CreateTableOp(self.definitions.table(call))
        parameters = _PARAMETERS.get(name)
        if parameters is None:
            raise Unreadable(f"op.{name} is not understood")
        if batch_table is not None:
            parameters = tuple(parameter for parameter in parameters if parameter not in ("table_name", "source_table"))
        given = dict(zip(parameters, call.args, strict=False))
        given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
        table = batch_table or ""
        if batch_table is None:
            key = next((key for key in ("table_name", "source_table", "old_table_name") if key in given), None)
            table = self.definitions.qualified(given[key], given) if key else ""
        return self.table_operation(name, table, given)

    def table_operation(self, name: str, table: str, given: Mapping[str, ast.expr]) -> Operation:
        match name:
            case "drop_table":
                return DropTableOp(table)
            case "rename_table":
                return RenameTableOp(table, self.definitions.qualified(given.get("new_table_name"), given))
            case "add_column":
                column, constraints, indexes = self.definitions.column(given.get("column"), table)
                return AddColumnOp(table, column, constraints, indexes)
            case "drop_column":
                return DropColumnOp(table, self.definitions.text(given.get("column_name")))
            case "alter_column":
                return self.alter_column(table, given)
            case "create_index":
                return CreateIndexOp(table, self.definitions.index(given))
            case "drop_index":
                return DropIndexOp(table or None, self.definitions.text(given.get("index_name")))
            case "drop_constraint":
                kind = self.definitions.text(given["type_"]) if "type_" in given else None
                return DropConstraintOp(table, self.definitions.optional_text(given.get("constraint_name")), kind)
            case _:
                return CreateConstraintOp(table, self.definitions.constraint(name, given))

    def execute(self, name: str, call: ast.Call) -> Operation:
        argument = call.args[0] if call.args else next((k.value for k in call.keywords), None)
        if argument is None:
            raise Unreadable(f"op.{name} without an argument")
        source = our_spelling(argument, self.definitions.imports)
        if name == "bulk_insert" or re.match(r"sa\.(insert|update|delete)\(|[\w.]+\.(insert|update|delete)\(", source):
            return ExecuteOp(source)
        while isinstance(argument, ast.Call) and argument.args:
            argument = argument.args[0]  # sa.text("...")
        sql = constant(argument, self.definitions.constants)
        if isinstance(sql, str) and _changes_no_table(sql):
            return ExecuteOp(source)
        raise Unreadable(f"SQL that may change tables: {str(sql).strip()[:60]}")

    def alter_column(self, table: str, given: Mapping[str, ast.expr]) -> Operation:
        default = given.get("server_default")
        keeps = default is None or (isinstance(default, ast.Constant) and default.value is False)
        return AlterColumnOp(
            table,
            self.definitions.text(given.get("column_name")),
            ColumnType(our_type(given["type_"], self.definitions.imports)) if "type_" in given else None,
            self.definitions.flag(given, "nullable", default=False) if "nullable" in given else None,
            UNCHANGED if keeps else self.definitions.server_default(default),
            self.definitions.optional_text(given.get("new_column_name")),
        )


def _changes_no_table(sql: str) -> bool:
    """Whether every statement is one of the known harmless ones; a routine's body may hold semicolons."""
    if _ROUTINE.match(sql):
        return True
    statements = [statement for statement in sql.split(";") if statement.strip()]
    return all(_NO_TABLE_CHANGES.match(statement) for statement in statements)
