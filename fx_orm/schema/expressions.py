"""The Python expressions inside migration files, brought to one spelling: column types and server defaults.

`from sqlalchemy import String` with `String(40)`, `sa.String(40)` and `sa.String(length=40)` are one type; this module
makes them one text. It reads syntax trees and text alone; nothing is evaluated.
"""

import ast
import datetime
import decimal
import enum
import json
import re
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fx_orm.schema.literals import quoted

# The parameters that may stand without their keyword, in order.
_POSITIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("String", "Unicode", "VARCHAR", "CHAR", "Text", "UnicodeText"), ("length", "collation")),
    **dict.fromkeys(("LargeBinary", "BINARY", "VARBINARY"), ("length",)),
    **dict.fromkeys(("Numeric", "NUMERIC", "DECIMAL"), ("precision", "scale", "decimal_return_scale", "asdecimal")),
    **dict.fromkeys(("Float", "FLOAT", "Double"), ("precision", "asdecimal")),
    **dict.fromkeys(("DateTime", "Time", "TIMESTAMP"), ("timezone",)),
    **dict.fromkeys(("Uuid", "UUID"), ("as_uuid",)),
    **dict.fromkeys(("JSON", "JSONB"), ("none_as_null",)),
    "DATETIME": ("timezone", "fsp"),
}

# Arguments that say what holds anyway.
_NEEDLESS: Final = frozenset({
    "timezone=False", "length=None", "collation=None", "precision=None", "scale=None", "as_uuid=True",
    "none_as_null=False", "native_enum=True", "create_constraint=False", "astext_type=sa.Text()", "create_type=True",
})  # fmt: skip

_DIALECTS: Final = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")

# What `import sqlalchemy as sa` and the like make of the names in a file that we write ourselves.
OUR_IMPORTS: Final[Mapping[str, str]] = {
    "sa": "sqlalchemy",
    "op": "alembic.op",
    **{dialect: f"sqlalchemy.dialects.{dialect}" for dialect in _DIALECTS},
}


def imported_names(module: ast.Module) -> dict[str, str]:
    """Read what the names of a file stand for: `{"sa": "sqlalchemy", "op": "alembic.op"}`."""
    found: dict[str, str] = {}
    for statement in module.body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname:
                    found[alias.asname] = alias.name
                else:
                    found[alias.name.partition(".")[0]] = alias.name.partition(".")[0]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            for alias in statement.names:
                found[alias.asname or alias.name] = f"{statement.module}.{alias.name}"
    return found


def dotted(node: ast.expr, imports: Mapping[str, str]) -> str | None:
    """Spell a name out by what the file imports: `sa.String` is `sqlalchemy.String`. None when it is no plain name."""
    if isinstance(node, ast.Name):
        return imports.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, imports)
        return owner and f"{owner}.{node.attr}"
    return None


def our_spelling(node: ast.expr, imports: Mapping[str, str]) -> str:
    """Write an expression with `sa.` and dialect names, arguments by keyword, without the needless ones."""
    if isinstance(node, ast.Call):
        function = _our_name(node.func, imports)
        if function == "op.f" and node.args:  # marks a name as final, which ours are
            return our_spelling(node.args[0], imports)
        if function.endswith(".with_variant") and isinstance(node.func, ast.Attribute) and _is_existing_enum(node):
            return our_spelling(node.func.value, imports)
        positional = _POSITIONAL.get(function.rpartition(".")[2], ()) if "." in function else ()
        arguments = [
            (positional[place] + "=" if place < len(positional) else "") + our_spelling(argument, imports)
            for place, argument in enumerate(node.args)
        ]
        arguments += [
            f"{keyword.arg}={our_spelling(keyword.value, imports)}" if keyword.arg else ast.unparse(keyword)
            for keyword in node.keywords
        ]
        return f"{function}({', '.join(argument for argument in arguments if argument not in _NEEDLESS)})"
    if isinstance(node, ast.Constant):
        return quoted(node.value) if isinstance(node.value, str) else repr(node.value)
    if isinstance(node, ast.Name | ast.Attribute):
        return _our_name(node, imports)
    return ast.unparse(node)


def our_type(node: ast.expr, imports: Mapping[str, str]) -> str:
    """Write a column type in our spelling: `Integer` is `sa.Integer()`, SQLModel's AutoString is `sa.String()`."""
    written = our_spelling(node, imports)
    if isinstance(node, ast.Name | ast.Attribute):
        written += "()"
    return written


@lru_cache(maxsize=4096)
def type_from_text(source: str) -> str:
    """Bring the text of a type that is written with our imports to our spelling."""
    return our_type(ast.parse(source, mode="eval").body, OUR_IMPORTS)


def default_of(value: object) -> str | None:
    """Write the server default that gives rows this Python value; None when no constant of SQL can.

    Example:
        >>> default_of(True), default_of(3), default_of("draft")
        ('sa.true()', 'sa.text("3")', '"draft"')
    """
    match value:
        case bool():
            return "sa.true()" if value else "sa.false()"
        case enum.Enum():
            return quoted(value.name)  # the name is what is stored
        case int() | float() | decimal.Decimal():
            number = format(value, "f") if isinstance(value, decimal.Decimal) else repr(value)
            return f"sa.text({quoted(number)})"
        case str():
            return quoted(value)
        case dict() | list():
            return quoted(json.dumps(value))
        case datetime.datetime():
            return quoted(value.isoformat(sep=" "))
        case datetime.date() | datetime.time():
            return quoted(value.isoformat())
        case uuid.UUID():
            return quoted(value.hex)
        case _:
            return None


def same_default(one: str | None, other: str | None) -> bool:
    """Tell whether two server defaults give the same, as `"0"` and `sa.text("0")` do."""
    return one == other or (one is not None and other is not None and _meaning(one) == _meaning(other))


def is_constant(default: str | None) -> bool:
    """Tell whether a server default is one value for all rows: SQLite adds columns with no other."""
    if default is None or default[0] in "\"'" or default in ("sa.true()", "sa.false()", "sa.null()"):
        return True
    return default.startswith("sa.text(") and re.fullmatch(r"-?[\d.]+|'[^']*'", _meaning(default)) is not None


def _our_name(node: ast.expr, imports: Mapping[str, str]) -> str:
    name = dotted(node, imports)
    if name is None:  # a method of a call, such as `sa.JSON().with_variant`
        if isinstance(node, ast.Attribute):
            return f"{our_spelling(node.value, imports)}.{node.attr}"
        return ast.unparse(node)
    if name.startswith("sqlmodel") and name.endswith("AutoString"):
        return "sa.String"
    if name.startswith("sqlmodel."):
        name = "sqlalchemy." + name.removeprefix("sqlmodel.")
    if name.startswith("sqlalchemy.dialects."):
        return name.removeprefix("sqlalchemy.dialects.")
    if name.startswith("sqlalchemy."):
        rest = name.removeprefix("sqlalchemy.")
        for inner in ("sql.expression.", "sql.sqltypes.", "sql.", "types.", "schema."):
            rest = rest.removeprefix(inner)
        return f"sa.{rest}"
    return "op.f" if name == "alembic.op.f" else name


def _is_existing_enum(variant: ast.Call) -> bool:
    """Whether the variant only says that PostgreSQL has the enum's type already; the type itself is the same."""
    return bool(variant.args) and any(
        keyword.arg == "create_type" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for argument in variant.args[:1]
        if isinstance(argument, ast.Call)
        for keyword in argument.keywords
    )


@lru_cache(maxsize=4096)
def _meaning(default: str) -> str:
    try:
        node = ast.parse(default, mode="eval").body
    except SyntaxError:
        return default
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _sql_meaning("'" + node.value.replace("'", "''") + "'")
    if isinstance(node, ast.Call):
        name = dotted(node.func, {})
        if name == "sa.text" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            return _sql_meaning(str(node.args[0].value))
        if name in ("sa.true", "sa.false", "sa.null"):
            return name.removeprefix("sa.")
        if name in ("sa.func.now", "sa.func.current_timestamp"):
            return "now()"
    return default


def _sql_meaning(sql: str) -> str:
    sql = sql.strip()
    while sql.startswith("(") and sql.endswith(")"):
        sql = sql[1:-1].strip()
    sql = re.sub(r"::[\w .\[\]\"]+(\(\d+(,\s*\d+)?\))?$", "", sql)  # PostgreSQL says the type behind
    if re.fullmatch(r"'-?\d+(\.\d+)?'", sql) or sql.lower() in ("'true'", "'false'"):
        sql = sql[1:-1]
    if sql.lower() in ("now()", "current_timestamp", "current_timestamp()"):
        return "now()"
    return sql if sql.startswith("'") else sql.lower()
