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
from fx_orm.schema.expressions import dotted, our_spelling, our_type
from fx_orm.schema.naming import index_name
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
from fx_orm.schema.tables import (
    Check,
    Column,
    Constraint,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
    UniqueConstraint,
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
    reader = _Reader(imports, dict(constants), functions)
    reader.block(function.body, {}, 0)
    return tuple(reader.steps), tuple(reader.opaque)


def constant(node: ast.expr, constants: Mapping[str, object]) -> object:
    """Evaluate a literal, a name bound to one, or `op.f("...")`.

    Raises:
        Unreadable: it is something else.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple() | ast.Set():
            return tuple(constant(item, constants) for item in node.elts)
        case ast.Name() if node.id in constants:
            return constants[node.id]
        case ast.Call(func=ast.Attribute(attr="f"), args=[argument]):
            return constant(argument, constants)
        case ast.UnaryOp(op=ast.USub()):
            value = constant(node.operand, constants)
            if isinstance(value, int | float):
                return -value
        case _:
            pass
    raise Unreadable(f"{ast.unparse(node)[:60]} is not a literal")


class Unreadable(Exception):
    """The expression cannot be read without running it."""


# The parameters that may stand without their keyword; the table's is missing in a batch, which is about one table.
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

# Statements that change rows or PostgreSQL's named types, whose values the columns' own types repeat.
_NO_TABLE_CHANGES: Final = re.compile(
    r"\s*(insert|update|delete|select|set|pragma|analyze|comment\s+on|create\s+type|drop\s+type"
    r"|alter\s+type\s+\S+\s+(rename\s+to|add\s+value))\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Reader:
    imports: Mapping[str, str]
    constants: dict[str, object]
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
            self.constants[name] = constant(value, self.constants)
        except Unreadable:
            if isinstance(value, ast.Call) and (dotted(value.func, self.imports) or "").startswith("sqlalchemy."):
                return  # a statement or a table for `op.execute` and `op.bulk_insert`
            raise

    def with_block(
        self, statement: ast.With, call: ast.Call, variable: ast.expr | None, batches: Mapping[str, str], depth: int
    ) -> None:
        name = dotted(call.func, self.imports) or ast.unparse(call.func)
        if name == "alembic.op.batch_alter_table" and isinstance(variable, ast.Name):
            arguments = {keyword.arg: keyword.value for keyword in call.keywords}
            table = self.text(call.args[0] if call.args else arguments.get("table_name"))
            if schema := self.optional_text(arguments.get("schema")):
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
        return call.func.attr if is_batch or dotted(owner, self.imports) == "alembic.op" else None

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
        name = dotted(call.func, self.imports) or ast.unparse(call.func)
        named_type = isinstance(call.func, ast.Attribute) and call.func.attr in ("create", "drop") and "Enum" in name
        if named_type or re.search(r"\bENUM\(|\bEnum\(", ast.unparse(call.func)):
            return  # PostgreSQL's named type alone; the columns say what they hold
        raise Unreadable(f"{ast.unparse(call)[:60]} is not understood")

    def operation(self, name: str, call: ast.Call, batch_table: str | None) -> Operation:
        if name in ("execute", "bulk_insert"):
            return self.execute(name, call)
        if name == "create_table":
            return self.create_table(call)
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
            table = self.qualified(given[key], given) if key else ""
        return self.table_operation(name, table, given)

    def table_operation(self, name: str, table: str, given: Mapping[str, ast.expr]) -> Operation:
        match name:
            case "drop_table":
                return DropTableOp(table)
            case "rename_table":
                return RenameTableOp(table, self.qualified(given["new_table_name"], given))
            case "add_column":
                column, constraints, indexes = self.column(given.get("column"), table)
                return AddColumnOp(table, column, constraints, indexes)
            case "drop_column":
                return DropColumnOp(table, self.text(given.get("column_name")))
            case "alter_column":
                return self.alter_column(table, given)
            case "create_index":
                return CreateIndexOp(table, self.index(given))
            case "drop_index":
                return DropIndexOp(table or None, self.text(given.get("index_name")))
            case "drop_constraint":
                kind = self.text(given["type_"]) if "type_" in given else None
                return DropConstraintOp(table, self.optional_text(given.get("constraint_name")), kind)
            case _:
                return CreateConstraintOp(table, self.constraint(name, given))

    def execute(self, name: str, call: ast.Call) -> Operation:
        argument = call.args[0] if call.args else next((k.value for k in call.keywords), None)
        if argument is None:
            raise Unreadable(f"op.{name} without an argument")
        source = our_spelling(argument, self.imports)
        if name == "bulk_insert" or re.match(r"sa\.(insert|update|delete)\(|[\w.]+\.(insert|update|delete)\(", source):
            return ExecuteOp(source)
        while isinstance(argument, ast.Call) and argument.args:
            argument = argument.args[0]  # sa.text("...")
        sql = constant(argument, self.constants)
        if isinstance(sql, str) and _NO_TABLE_CHANGES.match(sql):
            return ExecuteOp(source)
        raise Unreadable(f"SQL that may change tables: {str(sql).strip()[:60]}")

    def create_table(self, call: ast.Call) -> Operation:
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        name = self.qualified(call.args[0] if call.args else given.get("table_name"), given)
        columns: list[Column] = []
        constraints: list[Constraint] = []
        indexes: list[Index] = []
        for argument in call.args[1:]:
            kind = self.sqlalchemy_name(argument)
            if kind == "Column":
                column, own, its_indexes = self.column(argument, name)
                columns.append(column)
                constraints += own
                indexes += its_indexes
            elif kind == "Index" and isinstance(argument, ast.Call):
                keywords = {keyword.arg: keyword.value for keyword in argument.keywords if keyword.arg}
                names = ast.Tuple(elts=argument.args[1:], ctx=ast.Load())
                indexes.append(self.index({**keywords, "index_name": argument.args[0], "columns": names}))
            else:
                constraints.append(self.table_constraint(argument, kind))
        keys = [constraint for constraint in constraints if isinstance(constraint, PrimaryKey)]
        inline = tuple(name for key in keys if key.name is None for name in key.columns)
        primary_key = next((key for key in keys if key.name is not None), PrimaryKey(tuple(dict.fromkeys(inline))))
        return CreateTableOp(
            Table(
                name,
                tuple(_not_null(column) if column.name in primary_key.columns else column for column in columns),
                primary_key,
                tuple(constraint for constraint in constraints if isinstance(constraint, ForeignKey)),
                tuple(constraint for constraint in constraints if isinstance(constraint, UniqueConstraint)),
                tuple(constraint for constraint in constraints if isinstance(constraint, Check)),
                tuple(indexes),
            )
        )

    def column(self, node: ast.expr | None, table: str) -> tuple[Column, tuple[Constraint, ...], tuple[Index, ...]]:
        if not isinstance(node, ast.Call) or self.sqlalchemy_name(node) != "Column":
            raise Unreadable("a column that is not written as sa.Column(...)")
        positional = list(node.args)
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        name = self.text(given.get("name") or (positional.pop(0) if positional else None))
        type_node = given.get("type_")
        default = given.get("server_default")
        constraints: list[Constraint] = []
        for argument in positional:
            kind = self.sqlalchemy_name(argument)
            if kind == "ForeignKey" and isinstance(argument, ast.Call):
                constraints.append(self.column_foreign_key(name, argument))
            elif kind in ("Computed", "Identity"):
                default = argument
            elif type_node is None:
                type_node = argument
            else:
                raise Unreadable(f"{ast.unparse(argument)[:60]} in a column")
        if type_node is None:
            raise Unreadable(f'the type of column "{name}" is not written')
        is_key = self.flag(given, "primary_key", default=False)
        if is_key:
            constraints.append(PrimaryKey((name,)))
        is_unique, is_indexed = self.flag(given, "unique", default=False), self.flag(given, "index", default=False)
        if is_unique and not is_indexed:
            constraints.append(UniqueConstraint((name,)))
        column = Column(
            name,
            ColumnType(our_type(type_node, self.imports)),
            self.flag(given, "nullable", default=not is_key),
            self.server_default(default),
        )
        indexes = (Index(index_name(table, (name,)), (name,), is_unique),) if is_indexed else ()
        return column, tuple(constraints), indexes

    def server_default(self, node: ast.expr | None) -> str | None:
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return None
        return our_spelling(node, self.imports)

    def alter_column(self, table: str, given: Mapping[str, ast.expr]) -> Operation:
        default = given.get("server_default")
        keeps = default is None or (isinstance(default, ast.Constant) and default.value is False)
        return AlterColumnOp(
            table,
            self.text(given.get("column_name")),
            ColumnType(our_type(given["type_"], self.imports)) if "type_" in given else None,
            self.flag(given, "nullable", default=False) if "nullable" in given else None,
            UNCHANGED if keeps else self.server_default(default),
            self.optional_text(given.get("new_column_name")),
        )

    def index(self, given: Mapping[str, ast.expr]) -> Index:
        columns = given.get("columns")
        items = columns.elts if isinstance(columns, ast.List | ast.Tuple) else None
        if items is None:
            raise Unreadable("an index whose columns are not a list")
        known = {"index_name", "table_name", "columns", "unique", "schema", "if_not_exists"}
        options = [(key, our_spelling(node, self.imports)) for key, node in given.items() if key not in known]
        return Index(
            self.text(given.get("index_name")),
            tuple(map(self.column_or_expression, items)),
            self.flag(given, "unique", default=False),
            tuple(sorted(options)),
        )

    def column_or_expression(self, node: ast.expr) -> str:
        try:
            return self.text(node)
        except Unreadable:
            return our_spelling(node, self.imports)

    def constraint(self, name: str, given: Mapping[str, ast.expr]) -> Constraint:
        constraint_name = self.optional_text(given.get("constraint_name"))
        if name == "create_foreign_key":
            referred = self.text(given.get("referent_table"))
            if "referent_schema" in given:
                referred = f"{self.text(given['referent_schema'])}.{referred}"
            columns, remote = self.texts(given.get("local_cols")), self.texts(given.get("remote_cols"))
            return self.foreign_key(columns, referred, remote, constraint_name, given)
        if name == "create_unique_constraint":
            return UniqueConstraint(self.texts(given.get("columns")), constraint_name)
        if name == "create_primary_key":
            return PrimaryKey(self.texts(given.get("columns")), constraint_name)
        return Check(self.condition(given.get("condition")), constraint_name)

    def table_constraint(self, node: ast.expr, kind: str | None) -> Constraint:
        if not isinstance(node, ast.Call):
            raise Unreadable(f"{ast.unparse(node)[:60]} in a table")
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        name = self.optional_text(given.get("name"))
        match kind:
            case "PrimaryKeyConstraint":
                return PrimaryKey(tuple(map(self.text, node.args)), name)
            case "UniqueConstraint":
                return UniqueConstraint(tuple(map(self.text, node.args)), name)
            case "CheckConstraint":
                return Check(self.condition(node.args[0] if node.args else given.get("sqltext")), name)
            case "ForeignKeyConstraint":
                arguments = [*node.args, given.get("columns"), given.get("refcolumns")]
                columns, targets = self.texts(arguments[0]), self.texts(arguments[1])
                referred = {target.rpartition(".")[0] for target in targets}
                if len(referred) == 1:
                    remote = tuple(target.rpartition(".")[2] for target in targets)
                    return self.foreign_key(columns, referred.pop(), remote, name, given)
            case _:
                pass
        raise Unreadable(f"{ast.unparse(node)[:60]} in a table")

    def column_foreign_key(self, column: str, node: ast.Call) -> ForeignKey:
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        table, _, remote = self.text(node.args[0] if node.args else given.get("column")).rpartition(".")
        return self.foreign_key((column,), table, (remote,), self.optional_text(given.get("name")), given)

    def foreign_key(
        self,
        columns: tuple[str, ...],
        referred: str,
        remote: tuple[str, ...],
        name: str | None,
        given: Mapping[str, ast.expr],
    ) -> ForeignKey:
        actions = [self.optional_text(given.get(action)) for action in ("ondelete", "onupdate")]
        ondelete, onupdate = (action and action.upper() for action in actions)
        options = [(key, our_spelling(given[key], self.imports)) for key in FOREIGN_KEY_OPTIONS if key in given]
        return ForeignKey(columns, referred, remote, name, ondelete, onupdate, tuple(options))

    def condition(self, node: ast.expr | None) -> str:
        if isinstance(node, ast.Call) and self.sqlalchemy_name(node) == "text" and node.args:
            node = node.args[0]
        return self.text(node)

    def sqlalchemy_name(self, node: ast.expr) -> str | None:
        name = dotted(node.func, self.imports) if isinstance(node, ast.Call) else None
        return name.rpartition(".")[2] if name and name.startswith(("sqlalchemy.", "sqlmodel.")) else None

    def qualified(self, node: ast.expr | None, given: Mapping[str, ast.expr]) -> str:
        schema = self.optional_text(given.get("schema"))
        return f"{schema}.{self.text(node)}" if schema else self.text(node)

    def flag(self, given: Mapping[str, ast.expr], name: str, *, default: bool) -> bool:
        value = constant(given[name], self.constants) if name in given else default
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        raise Unreadable(f"{name}= is not True or False")

    def texts(self, node: ast.expr | None) -> tuple[str, ...]:
        value = constant(node, self.constants) if node else None
        if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
            return tuple(str(item) for item in value)
        raise Unreadable("a list of names was expected")

    def text(self, node: ast.expr | None) -> str:
        value = constant(node, self.constants) if node else None
        if isinstance(value, str):
            return value
        raise Unreadable("a name was expected")

    def optional_text(self, node: ast.expr | None) -> str | None:
        return None if node is None or constant(node, self.constants) is None else self.text(node)


FOREIGN_KEY_OPTIONS: Final = ("deferrable", "initially", "match")


def _not_null(column: Column) -> Column:
    return Column(column.name, column.type, nullable=False, server_default=column.server_default)
