"""Enum types: on PostgreSQL they are objects of their own, which tables only refer to."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.tables import Schema, Table


@dataclass(frozen=True, slots=True)
class EnumType:
    """A named list of values."""

    name: str
    members: tuple[str, ...]


def enum_type(column_type: ColumnType) -> EnumType | None:
    """Read the enum out of a column type; None when it is another type, or one that PostgreSQL keeps as text."""
    return _enum_type(column_type.source)


def enum_types(tables: Iterable[Table]) -> dict[str, EnumType]:
    """Collect the enums that tables use, by name."""
    found = (enum_type(column.type) for table in tables for column in table.columns)
    return {enum.name: enum for enum in found if enum}


def uses(schema: Schema, enum: str) -> list[tuple[str, str]]:
    """Find the (table, column) pairs of an enum."""
    return [
        (table.name, column.name)
        for table in schema
        for column in table.columns
        if (found := enum_type(column.type)) and found.name == enum
    ]


@lru_cache(maxsize=1024)
def _enum_type(source: str) -> EnumType | None:
    if not source.startswith("sa.Enum("):
        return None
    call = ast.parse(source, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "Enum":
        return None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    name, native = keywords.get("name"), keywords.get("native_enum")
    if not isinstance(name, ast.Constant) or (isinstance(native, ast.Constant) and native.value is False):
        return None
    members = tuple(str(argument.value) for argument in call.args if isinstance(argument, ast.Constant))
    return EnumType(str(name.value), members)


def replaces_type(old: EnumType, new: EnumType) -> bool:
    """Tell whether PostgreSQL needs a new type: values went or changed places. It can only add."""
    return tuple(member for member in new.members if member in old.members) != old.members


def old_type_name(enum: EnumType) -> str:
    """Name the type that is being replaced, while its columns change over."""
    return f"{enum.name}_old"
