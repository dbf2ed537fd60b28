"""Completes the fields of an entity class after Pydantic has read them and before SQLModel makes columns of them."""

import inspect
from dataclasses import replace
from datetime import datetime, time
from typing import Any, ForwardRef, get_args

from pydantic import AfterValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, SchemaError, SchemaValidator, core_schema
from sqlalchemy import Column
from sqlmodel.main import FieldInfoMetadata  # a public name of a public module, which `sqlmodel` does not re-export

from fx_orm.column_types import Instant, as_utc, is_wall_clock, live_type
from fx_orm.errors import MappingError
from fx_orm.fields import options_of


def prepare_fields(entity_class: Any, *, is_table: bool, inherited: frozenset[str]) -> None:
    """Give each field its default, its column type and the validators that its column needs.

    Args:
        entity_class: a new class whose annotations Pydantic has resolved.
        is_table: whether SQLModel will make columns.
        inherited: fields whose columns an inherited table has.

    Raises:
        MappingError: a field that can be no column.
    """
    _restore_order(entity_class)
    if any(options_of(field).secret for field in entity_class.model_fields.values()):
        # A validation error shows what it refuses: here it could be, or hold, the secret.
        entity_class.model_config = {**entity_class.model_config, "hide_input_in_errors": True}
    for name, field in entity_class.model_fields.items():
        place = f"{entity_class.__name__}.{name}"
        if is_table and isinstance(field.annotation, str | ForwardRef):
            written = getattr(field.annotation, "__forward_arg__", field.annotation)
            raise MappingError(
                f"{place}: the type {written} is not known at run time; import it outside `if TYPE_CHECKING`, "
                f"or write Relationship() if it is an entity",
                entity=_full_name(entity_class),
                field=name,
            )
        _check_pattern(entity_class, name, field)
        if field.is_required() and type(None) in get_args(field.annotation):
            field.default = None  # `X | None` without a default
        column = _column_of(field)
        if not isinstance(column.sa_column, Column):
            if column.sa_type is PydanticUndefined and is_table and name not in inherited:
                column.sa_type = live_type(field.annotation, field.metadata, place)
            if is_table:
                _refuse_impossible(entity_class, name, field, column)
        elif column.sa_column.table is not None:  # pyright: ignore[reportUnnecessaryComparison]  # None until used: declared on a base class
            column.sa_column = column.sa_column._copy()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public way
        if column != FieldInfoMetadata():
            field.metadata = [*(m for m in field.metadata if not isinstance(m, FieldInfoMetadata)), column]
        _add_validators(field, column)


def describe_column(field: FieldInfo, column: "Column[Any]") -> None:
    """Write the field's options beside its column, where migrations and the query log find them."""
    options = options_of(field)
    for name in ("renamed_from", "version", "secret"):
        value = getattr(options, name)
        if value:
            column.info.setdefault(name, value)


def _restore_order(entity_class: Any) -> None:
    """Put a field called `metadata` back in its place: SQLModel has a class variable of that name, which came first.

    What our mixins bring comes last: a table begins with its key.
    """
    own = inspect.get_annotations(entity_class)
    fields = entity_class.model_fields
    for base in reversed(entity_class.__mro__):
        if base.__dict__.get("__fx_columns_last__"):
            for name in inspect.get_annotations(base):
                if name in fields and name not in own:
                    fields[name] = fields.pop(name)
    if "metadata" in own and "metadata" in fields:
        for name in own:
            if name in fields:
                fields[name] = fields.pop(name)


def _column_of(field: FieldInfo) -> FieldInfoMetadata:
    found = next((m for m in field.metadata if isinstance(m, FieldInfoMetadata)), None)
    return replace(found) if found else FieldInfoMetadata()  # a copy: classes that inherit the field share the original


def _refuse_impossible(entity_class: Any, name: str, field: FieldInfo, column: FieldInfoMetadata) -> None:
    nullable = type(None) in get_args(field.annotation) if column.nullable is PydanticUndefined else column.nullable
    if column.ondelete == "SET NULL" and not nullable:
        raise MappingError(
            f'{entity_class.__name__}.{name}: ondelete="SET NULL" needs a column that can be NULL; '
            f"write {name}: {_plain_name(field.annotation)} | None",
            entity=_full_name(entity_class),
            field=name,
        )
    if isinstance(column.foreign_key, str) and "." not in column.foreign_key.strip("."):
        raise MappingError(
            f'{entity_class.__name__}.{name}: foreign_key="{column.foreign_key}" names no column; '
            f'write foreign_key="{column.foreign_key.strip(".") or "table"}.id"',
            entity=_full_name(entity_class),
            field=name,
        )
    if options_of(field).version and field.annotation is not int:
        raise MappingError(
            f"{entity_class.__name__}.{name}: version=True counts in an int; "
            f"write {name}: int = Field(default=1, version=True)",
            entity=_full_name(entity_class),
            field=name,
        )


def _check_pattern(entity_class: Any, name: str, field: FieldInfo) -> None:
    engine = entity_class.model_config.get("regex_engine", "rust-regex")
    for pattern in (found for item in field.metadata if isinstance(found := getattr(item, "pattern", None), str)):
        try:
            SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine=engine))
        except SchemaError as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise MappingError(
                f'{entity_class.__name__}.{name}: regex="{pattern}" is no regular expression: '
                f"{lines[-1].removeprefix('error: ')}",
                entity=_full_name(entity_class),
                field=name,
            ) from error


def _add_validators(field: FieldInfo, column: FieldInfoMetadata) -> None:
    kinds = {kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not type(None)}
    if (isinstance(column.sa_type, Instant) or kinds == {datetime}) and not is_wall_clock(field.metadata):
        _append(field, _TO_UTC)
    elif kinds == {time}:
        _append(field, _WITHOUT_ZONE)


def _append(field: FieldInfo, validator: AfterValidator) -> None:
    if validator not in field.metadata:
        field.metadata.append(validator)
        field.validate_default = True


def _moment(value: Any) -> Any:
    return as_utc(value) if isinstance(value, datetime) else value


def _time_of_day(value: Any) -> Any:
    if isinstance(value, time) and value.tzinfo is not None:
        raise ValueError("a time of day has no zone in the database; use a datetime, or take the zone off")
    return value


_TO_UTC = AfterValidator(_moment)
_WITHOUT_ZONE = AfterValidator(_time_of_day)


def _plain_name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _full_name(entity_class: Any) -> str:
    return f"{entity_class.__module__}.{entity_class.__qualname__}"
