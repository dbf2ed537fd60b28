"""What PostgreSQL must be told when a column changes its type: it casts nothing by itself that might fail."""

import ast

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.enums import enum_type

_NAMES = {
    "SmallInteger": "SMALLINT",
    "Integer": "INTEGER",
    "BigInteger": "BIGINT",
    "Numeric": "NUMERIC",
    "Float": "DOUBLE PRECISION",
    "Double": "DOUBLE PRECISION",
    "Boolean": "BOOLEAN",
    "String": "VARCHAR",
    "Unicode": "VARCHAR",
    "Text": "TEXT",
    "UnicodeText": "TEXT",
    "Date": "DATE",
    "Time": "TIME",
    "Interval": "INTERVAL",
    "LargeBinary": "BYTEA",
    "Uuid": "UUID",
}


def type_name(column_type: ColumnType) -> str | None:
    """Say a type in PostgreSQL's own words; None when they are not known here.

    Example:
        >>> type_name(ColumnType("sa.Numeric(precision=10, scale=2)"))
        'NUMERIC(10, 2)'
    """
    if enum := enum_type(column_type):
        return '"' + enum.name.replace('"', '""') + '"'
    name, arguments = _parts(column_type)
    if name == "DateTime":
        return "TIMESTAMP WITH TIME ZONE" if arguments.get("timezone") else "TIMESTAMP WITHOUT TIME ZONE"
    if name == "JSON":
        return "JSONB" if "JSONB" in column_type.source else "JSON"
    if name not in _NAMES:
        return None
    sizes = [str(arguments[size]) for size in ("length", "precision", "scale") if size in arguments]
    keeps_size = name in ("String", "Unicode", "Numeric")
    return _NAMES[name] + (f"({', '.join(sizes)})" if sizes and keeps_size else "")


def cast_needed(old: ColumnType, new: ColumnType) -> bool:
    """Tell whether a change of type needs a USING clause: the kinds differ, and we know how to say it."""
    kinds_differ = enum_type(old) is not None or _parts(old)[0] != _parts(new)[0]
    return kinds_differ and type_name(new) is not None


def _parts(column_type: ColumnType) -> tuple[str, dict[str, object]]:
    """Take the name and the arguments from a type; of one with variants, from the first, which is PostgreSQL's."""
    node = ast.parse(column_type.source, mode="eval").body
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "with_variant":
        node = node.func.value
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return column_type.source, {}
    found = {k.arg: k.value.value for k in node.keywords if k.arg and isinstance(k.value, ast.Constant)}
    return node.func.attr, {name: value for name, value in found.items() if value is not None}
