"""`Field`: how an entity declares a column, with SQLModel's parameters and ours.

What is declared here is read when the entity class is made; nothing is validated twice, and nothing is guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

import sqlmodel
from pydantic import AliasChoices, AliasPath, Discriminator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import Column
from sqlalchemy.types import TypeEngine

from fx_orm.errors import MappingError

OnDelete = Literal["CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"]


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """What a field of ours says beyond SQLModel's; part of the field's Pydantic metadata."""

    renamed_from: str | None = None
    version: bool = False
    secret: bool = False
    guarded: bool = False


_NO_OPTIONS = FieldOptions()


def options_of(field: FieldInfo) -> FieldOptions:
    """Read the options of a field; those of a field that SQLModel's own `Field` declared are all off."""
    return next((item for item in field.metadata if isinstance(item, FieldOptions)), _NO_OPTIONS)


def Field(  # noqa: N802  # the name that every Pydantic user knows
    default: Any = PydanticUndefined,
    *,
    default_factory: Callable[[], Any] | None = None,
    alias: str | None = None,
    validation_alias: str | AliasPath | AliasChoices | None = None,
    serialization_alias: str | None = None,
    title: str | None = None,
    description: str | None = None,
    exclude: bool | AbstractSet[int | str] | Mapping[int | str, Any] | None = None,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    multiple_of: float | None = None,
    max_digits: int | None = None,
    decimal_places: int | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    regex: str | None = None,
    pattern: str | None = None,
    discriminator: str | Discriminator | None = None,
    repr: bool = True,
    primary_key: bool = False,
    foreign_key: str | None = None,
    ondelete: OnDelete | None = None,
    unique: bool = False,
    nullable: bool | None = None,
    index: bool | None = None,
    renamed_from: str | None = None,
    version: bool = False,
    secret: bool = False,
    guarded: bool = False,
    sa_type: type[TypeEngine[Any]] | TypeEngine[Any] | None = None,
    sa_column: Column[Any] | None = None,
    sa_column_args: Sequence[Any] | None = None,
    sa_column_kwargs: Mapping[str, Any] | None = None,
    schema_extra: dict[str, Any] | None = None,
) -> Any:
    """Declare a column of an entity: its default, its validation, its place in the table.

    Args:
        default: the value when none is given; `X | None` without a default gets None.
        default_factory: makes the default; not together with `default`.
        alias: the name in constructor and JSON. `validation_alias` and `serialization_alias` for one direction.
        validation_alias: see `alias`.
        serialization_alias: see `alias`.
        title: for JSON schemas.
        description: for JSON schemas and generated models.
        exclude: leave the field out of `model_dump`.
        gt: the value is greater; `ge`, `lt`, `le`: greater or equal, less, less or equal.
        ge: see `gt`.
        lt: see `gt`.
        le: see `gt`.
        multiple_of: the value is a multiple.
        max_digits: of a Decimal, which needs it and `decimal_places`; at most 15 on SQLite.
        decimal_places: of a Decimal.
        min_length: of a string, bytes or collection.
        max_length: of a string (also the length of its column), bytes or collection.
        regex: what a string matches; `pattern` is the same under Pydantic's name.
        pattern: see `regex`.
        discriminator: which field tells the members of a union apart.
        repr: whether `repr()` shows the field.
        primary_key: part of the primary key.
        foreign_key: `"table.column"` that it refers to. Such a column gets an index, unless one begins with it already.
        ondelete: what the database does when the row referred to is deleted.
        unique: no two rows have the same value.
        nullable: whether the column takes NULL; by default as the annotation says.
        index: whether there is an index; False refuses the one of a foreign key.
        renamed_from: the column's name before, so that a migration renames it and keeps the data.
        version: an integer that counts the changes of a row: a concurrent change raises `StaleEntityError`.
        secret: masked in `repr()`, in the messages of validation errors and in logs.
        guarded: not part of `CreateModel` and `PatchModel`: never set from a request.
        sa_type: a SQLAlchemy type in the place of ours.
        sa_column: a SQLAlchemy column in the place of ours.
        sa_column_args: more arguments of the column.
        sa_column_kwargs: more keywords of the column.
        schema_extra: more of Pydantic's own field arguments.

    Raises:
        MappingError: arguments that exclude each other.

    Example:
        >>> price: Decimal = Field(gt=0, max_digits=10, decimal_places=2)
    """
    if regex is not None and pattern is not None:
        raise MappingError("Field: regex= and pattern= are the same; write one of them")
    if ondelete is not None and foreign_key is None:
        raise MappingError(f'Field: ondelete="{ondelete}" without foreign_key=; write foreign_key="table.column" too')
    if secret:
        repr = False  # noqa: A001  # Pydantic's own name: whatever prints a field by itself leaves it out
    column: dict[str, Any] = {
        "primary_key": primary_key or None,
        "foreign_key": foreign_key,
        "ondelete": ondelete,
        "unique": unique or None,
        "nullable": nullable,
        "index": index,
        "sa_type": sa_type,
        "sa_column_args": sa_column_args,
        "sa_column_kwargs": sa_column_kwargs,
    }
    column = {name: value for name, value in column.items() if value is not None}
    if sa_column is not None:
        if column:
            raise MappingError(f"Field: sa_column= already says {', '.join(column)}; write it on the column")
        column["sa_column"] = sa_column
    constraints: dict[str, Any] = {
        "validation_alias": validation_alias,
        "serialization_alias": serialization_alias,
        "pattern": pattern if regex is None else regex,
    }
    extra = {**(schema_extra or {}), **{name: value for name, value in constraints.items() if value is not None}}
    field = sqlmodel.Field(
        default,
        default_factory=default_factory,
        alias=alias,
        title=title,
        description=description,
        exclude=exclude,
        gt=gt,
        ge=ge,
        lt=lt,
        le=le,
        multiple_of=multiple_of,
        max_digits=max_digits,
        decimal_places=decimal_places,
        min_length=min_length,
        max_length=max_length,
        discriminator=discriminator,
        repr=repr,
        schema_extra=extra,
        **column,
    )
    options = FieldOptions(renamed_from, version, secret, guarded)
    if options != _NO_OPTIONS:
        field.metadata.append(options)
    return field
