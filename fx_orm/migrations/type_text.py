"""Column types as they are written in a migration file, from SQLAlchemy's living types."""

import ast
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel.sql.sqltypes import AutoString

from fx_orm.errors import MigrationError
from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.column_types import column_type as column_type_of
from fx_orm.schema.expressions import our_type, type_from_text
from fx_orm.schema.literals import quoted

_NAMES: Final[Mapping[str, str]] = {name: f"sqlalchemy.{name}" for name in dir(sa) if name[0].isupper()}
_DIALECTS = "sqlalchemy.dialects."


def type_text(column_type: TypeEngine[Any], where: str) -> str:
    """Write a type: `sa.String(length=255)`, with its variants for single databases.

    Args:
        column_type: the type; what wraps another (a TypeDecorator) is written as the one it wraps.
        where: the column, for the error.

    Raises:
        MigrationError: the type cannot be written so that SQLAlchemy alone understands it.
    """
    written = getattr(column_type, "column_type", None)
    if isinstance(written, ColumnType):  # the types of entities say it themselves
        return type_from_text(written.source)
    if isinstance(column_type, AutoString):  # plain SQLModel's `str`: MariaDB needs a length, as the shared table says
        shared = column_type_of("str", max_length=column_type.length)
        return shared.source if shared else "sa.String()"
    text = _plain(column_type, where)
    variants: dict[str, list[str]] = {}
    for dialect, variant in _variants(column_type).items():
        variants.setdefault(_plain(variant, where), []).append(dialect)
    for written, dialects in variants.items():
        text += f".with_variant({written}, {', '.join(map(quoted, dialects))})"
    return text


def _variants(column_type: TypeEngine[Any]) -> Mapping[str, TypeEngine[Any]]:
    own: Mapping[str, TypeEngine[Any]] = getattr(column_type, "_variant_mapping", {})
    if isinstance(column_type, TypeDecorator):
        return {**_variants(column_type.impl_instance), **own}
    return own


def _plain(column_type: TypeEngine[Any], where: str) -> str:
    if isinstance(column_type, TypeDecorator):
        return _plain(column_type.impl_instance, where)
    if isinstance(column_type, sa.Enum):
        return _enum(column_type, where)
    module = type(column_type).__module__
    if not module.startswith("sqlalchemy."):
        raise MigrationError(
            f"{where}: the type {type(column_type).__name__} is no type of SQLAlchemy; derive it from TypeDecorator",
            column=where,
        )
    try:
        call = ast.parse(repr(column_type), mode="eval").body
    except SyntaxError:
        raise MigrationError(f"{where}: the type {column_type!r} cannot be written into a file", column=where) from None
    names = _NAMES
    if module.startswith(_DIALECTS):
        dialect = module.removeprefix(_DIALECTS).partition(".")[0]
        name = type(column_type).__name__
        names = {**_NAMES, name: f"{_DIALECTS}{dialect}.{name}"}
    return our_type(call, names)


def _enum(column_type: sa.Enum, where: str) -> str:
    if not column_type.name:
        raise MigrationError(f"{where}: an Enum needs a name", column=where)
    members = [quoted(member) for member in column_type.enums]
    native = [] if column_type.native_enum else ["native_enum=False", f"length={column_type.length}"]
    return f"sa.Enum({', '.join([*members, f'name={quoted(column_type.name)}', *native])})"
