"""Read what a migration file defines: tables, columns, keys and indexes, from the expressions that make them.

`operations_reader` reads the statements around them. Nothing is run; what is no literal is `Unreadable`.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.expressions import dotted, our_spelling, our_type
from fx_orm.schema.naming import index_name
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


_FOREIGN_KEY_OPTIONS: Final = ("deferrable", "initially", "match")


@dataclass(slots=True)
class DefinitionReader:
    """Reads with the names of one file: what it imports, and what its plain names are bound to."""

    imports: Mapping[str, str]
    constants: dict[str, object]

    def table(self, call: ast.Call) -> Table:
        """Read the table of `op.create_table`."""
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        name = self.qualified(call.args[0] if call.args else given.get("table_name"), given)
        columns: list[Column] = []
        constraints: list[Constraint] = []
        indexes: list[Index] = []
        for argument in call.args[1:]:
            kind = self._sqlalchemy_name(argument)
            if kind == "Column":
                column, own, its_indexes = self.column(argument, name)
                columns.append(column)
                constraints += own
                indexes += its_indexes
            elif kind == "Index" and isinstance(argument, ast.Call) and argument.args:
                keywords = {keyword.arg: keyword.value for keyword in argument.keywords if keyword.arg}
                names = ast.Tuple(elts=argument.args[1:], ctx=ast.Load())
                indexes.append(self.index({**keywords, "index_name": argument.args[0], "columns": names}))
            else:
                constraints.append(self._table_constraint(argument, kind))
        keys = [constraint for constraint in constraints if isinstance(constraint, PrimaryKey)]
        inline = tuple(name for key in keys if key.name is None for name in key.columns)
        primary_key = next((key for key in keys if key.name is not None), PrimaryKey(tuple(dict.fromkeys(inline))))
        return Table(
            name,
            tuple(_not_null(column) if column.name in primary_key.columns else column for column in columns),
            primary_key,
            tuple(constraint for constraint in constraints if isinstance(constraint, ForeignKey)),
            tuple(constraint for constraint in constraints if isinstance(constraint, UniqueConstraint)),
            tuple(constraint for constraint in constraints if isinstance(constraint, Check)),
            tuple(indexes),
        )

    def column(self, node: ast.expr | None, table: str) -> tuple[Column, tuple[Constraint, ...], tuple[Index, ...]]:
        """Read a column, with the constraints and indexes that are declared inside it."""
        if not isinstance(node, ast.Call) or self._sqlalchemy_name(node) != "Column":
            raise Unreadable("a column that is not written as sa.Column(...)")
        positional = list(node.args)
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        name = self.text(given.get("name") or (positional.pop(0) if positional else None))
        type_node = given.get("type_")
        default = given.get("server_default")
        constraints: list[Constraint] = []
        for argument in positional:
            kind = self._sqlalchemy_name(argument)
            if kind == "ForeignKey" and isinstance(argument, ast.Call):
                constraints.append(self._column_foreign_key(name, argument))
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
        """Read a server default in our spelling."""
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return None
        return our_spelling(node, self.imports)

    def index(self, given: Mapping[str, ast.expr]) -> Index:
        """Read an index from the arguments of `op.create_index`."""
        columns = given.get("columns")
        items = columns.elts if isinstance(columns, ast.List | ast.Tuple) else None
        if items is None:
            raise Unreadable("an index whose columns are not a list")
        known = {"index_name", "table_name", "columns", "unique", "schema", "if_not_exists"}
        options = [(key, our_spelling(node, self.imports)) for key, node in given.items() if key not in known]
        return Index(
            self.text(given.get("index_name")),
            tuple(map(self._column_or_expression, items)),
            self.flag(given, "unique", default=False),
            tuple(sorted(options)),
        )

    def _column_or_expression(self, node: ast.expr) -> str:
        try:
            return self.text(node)
        except Unreadable:
            return our_spelling(node, self.imports)

    def constraint(self, name: str, given: Mapping[str, ast.expr]) -> Constraint:
        """Read a constraint from the arguments of `op.create_...`."""
        constraint_name = self.optional_text(given.get("constraint_name"))
        if name == "create_foreign_key":
            referred = self.text(given.get("referent_table"))
            if "referent_schema" in given:
                referred = f"{self.text(given['referent_schema'])}.{referred}"
            columns, remote = self.texts(given.get("local_cols")), self.texts(given.get("remote_cols"))
            return self._foreign_key(columns, referred, remote, constraint_name, given)
        if name == "create_unique_constraint":
            return UniqueConstraint(self.texts(given.get("columns")), constraint_name)
        if name == "create_primary_key":
            return PrimaryKey(self.texts(given.get("columns")), constraint_name)
        return Check(self._condition(given.get("condition")), constraint_name)

    def _table_constraint(self, node: ast.expr, kind: str | None) -> Constraint:
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
                return Check(self._condition(node.args[0] if node.args else given.get("sqltext")), name)
            case "ForeignKeyConstraint":
                arguments = [*node.args, given.get("columns"), given.get("refcolumns")]
                columns, targets = self.texts(arguments[0]), self.texts(arguments[1])
                referred = {target.rpartition(".")[0] for target in targets}
                if len(referred) == 1:
                    remote = tuple(target.rpartition(".")[2] for target in targets)
                    return self._foreign_key(columns, referred.pop(), remote, name, given)
            case _:
                pass
        raise Unreadable(f"{ast.unparse(node)[:60]} in a table")

    def _column_foreign_key(self, column: str, node: ast.Call) -> ForeignKey:
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        table, _, remote = self.text(node.args[0] if node.args else given.get("column")).rpartition(".")
        return self._foreign_key((column,), table, (remote,), self.optional_text(given.get("name")), given)

    def _foreign_key(
        self,
        columns: tuple[str, ...],
        referred: str,
        remote: tuple[str, ...],
        name: str | None,
        given: Mapping[str, ast.expr],
    ) -> ForeignKey:
        actions = [self.optional_text(given.get(action)) for action in ("ondelete", "onupdate")]
        ondelete, onupdate = (action and action.upper() for action in actions)
        options = [(key, our_spelling(given[key], self.imports)) for key in _FOREIGN_KEY_OPTIONS if key in given]
        return ForeignKey(columns, referred, remote, name, ondelete, onupdate, tuple(options))

    def _condition(self, node: ast.expr | None) -> str:
        if isinstance(node, ast.Call) and self._sqlalchemy_name(node) == "text" and node.args:
            node = node.args[0]
        return self.text(node)

    def _sqlalchemy_name(self, node: ast.expr) -> str | None:
        name = dotted(node.func, self.imports) if isinstance(node, ast.Call) else None
        return name.rpartition(".")[2] if name and name.startswith(("sqlalchemy.", "sqlmodel.")) else None

    def qualified(self, node: ast.expr | None, given: Mapping[str, ast.expr]) -> str:
        """Read a table's name, behind its schema where one is said."""
        schema = self.optional_text(given.get("schema"))
        return f"{schema}.{self.text(node)}" if schema else self.text(node)

    def flag(self, given: Mapping[str, ast.expr], name: str, *, default: bool) -> bool:
        """Read True or False."""
        value = constant(given[name], self.constants) if name in given else default
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        raise Unreadable(f"{name}= is not True or False")

    def texts(self, node: ast.expr | None) -> tuple[str, ...]:
        """Read a list of names."""
        value = constant(node, self.constants) if node else None
        if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
            return tuple(str(item) for item in value)
        raise Unreadable("a list of names was expected")

    def text(self, node: ast.expr | None) -> str:
        """Read a name."""
        value = constant(node, self.constants) if node else None
        if isinstance(value, str):
            return value
        raise Unreadable("a name was expected")

    def optional_text(self, node: ast.expr | None) -> str | None:
        """Read a name that may be missing or None."""
        return None if node is None or constant(node, self.constants) is None else self.text(node)


def _not_null(column: Column) -> Column:
    return Column(column.name, column.type, nullable=False, server_default=column.server_default)
