"""The live column types of entities: what `fx_orm.schema.column_types` says in text, with conversion of values.

Each type stores the same value on every database and reads back what was stored. Which type belongs to an annotation is
not decided here, but looked up in the shared table.
"""

import dataclasses
import types
import typing
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, EmailStr, NaiveDatetime, TypeAdapter
from pydantic_core import to_jsonable_python
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

from fx_orm.errors import MappingError
from fx_orm.schema.column_types import ColumnType, column_type, json_type

SQLITE_DECIMAL_DIGITS = 15
"""Digits that survive in SQLite's NUMERIC, which is a double."""


class EntityType(TypeDecorator[Any]):
    """A type that converts values; `column_type` is how a migration file writes it."""

    impl: Any = sa.types.NullType
    cache_ok = True
    column_type: ColumnType

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take the variant that the text names for this database."""
        return dialect.type_descriptor(sqlalchemy_type(self.column_type).dialect_impl(dialect))


class Instant(EntityType):
    """A point in time: aware UTC when read; naive values are local time, as everywhere in Python."""

    impl: Any = sa.DateTime
    cache_ok = True
    column_type = ColumnType('sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")')

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:  # noqa: ARG002  # SQLAlchemy's signature
        """Let `column - timedelta` be an interval."""
        return sa.Interval() if isinstance(value, timedelta) else self

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        if value is None:
            return None
        moment = value if value.tzinfo is UTC else as_utc(value)
        # Databases that keep no zone are given none: what they hold is UTC.
        return moment if dialect.name == "postgresql" else _EPOCH + (moment - _EPOCH_UTC)

    # The two methods below are asked once for a column of a statement, where `process_bind_param` and its twin are
    # called for each value. Rows are many, and of what they hold a moment takes the longest: the difference from 1970
    # is computed ten times faster than `replace(tzinfo=...)` puts a zone into a copy.

    def bind_processor(self, dialect: Dialect) -> Any:
        """Make the function that stores UTC."""
        write = _sqlite_text if dialect.name == "sqlite" else self.impl_instance.bind_processor(dialect)
        process = self.process_bind_param

        def stored(value: datetime | None) -> Any:
            moment = process(value, dialect)
            return moment if moment is None or write is None else write(moment)

        return stored

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Make the function that reads UTC."""
        read: Any = self.impl_instance.result_processor(dialect, coltype)

        def zoned(value: datetime | None) -> datetime | None:
            if value is None or value.tzinfo is UTC:
                return value
            return _EPOCH_UTC + (value - _EPOCH) if value.tzinfo is None else value.astimezone(UTC)

        def read_and_zoned(value: Any) -> datetime | None:
            if value is None:
                return None
            moment = read(value)
            return _EPOCH_UTC + (moment - _EPOCH) if moment.tzinfo is None else zoned(moment)

        return zoned if read is None else read_and_zoned


class Duration(EntityType):
    """A timedelta: INTERVAL on PostgreSQL, elsewhere the moment that lies so far from the start of 1970."""

    impl: Any = sa.Interval
    cache_ok = True
    column_type = ColumnType('sa.Interval().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")')

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> Any:
        """Store microseconds too, which SQLAlchemy's own Interval drops on MariaDB."""
        if value is None or dialect.name not in _MARIADB:
            return value
        return _EPOCH + value

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        """Read the distance from 1970."""
        if value is None or dialect.name not in _MARIADB:
            return cast("timedelta | None", value)
        return cast("timedelta", value - _EPOCH)


class ExactDecimal(EntityType):
    """NUMERIC. `field` names the entity's field in the error that SQLite gets when it cannot hold the digits."""

    impl: Any = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int, field: str = "") -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self.field = field

    @property
    def column_type(self) -> ColumnType:  # type: ignore[override]  # made of the digits, where the others are constant
        """The text of a migration file."""
        return ColumnType(f"sa.Numeric(precision={self.precision}, scale={self.scale})")

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Refuse more digits than SQLite keeps."""
        if dialect.name == "sqlite" and self.precision > SQLITE_DECIMAL_DIGITS:
            raise MappingError(
                f"{self.field}: SQLite keeps {SQLITE_DECIMAL_DIGITS} digits of a Decimal, "
                f"not max_digits={self.precision}; write max_digits={SQLITE_DECIMAL_DIGITS} or less, or use a str",
                field=self.field,
            )
        return super().load_dialect_impl(dialect)


class EnumMember(EntityType):
    """A member of an Enum, stored by its name as SQLModel does; queries may give member, name or value."""

    impl: Any = sa.Enum
    cache_ok = True

    def __init__(self, members: type[Enum]) -> None:
        super().__init__(members, name=members.__name__.lower())
        self.members = members

    @property
    def column_type(self) -> ColumnType:  # type: ignore[override]  # made of the members, where the others are constant
        """The text of a migration file."""
        return _known(column_type(self.members.__name__, enum_members=list(self.members.__members__)))

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Keep SQLAlchemy's Enum, which knows the class."""
        return dialect.type_descriptor(self.impl)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Enum | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Find the member that is meant."""
        if value is None or isinstance(value, self.members):
            return value
        by_name = self.members.__members__.get(value) if isinstance(value, str) else None
        try:
            by_value = self.members(value)
        except ValueError:
            by_value = None
        if by_name is not None and by_value is not None and by_name is not by_value:
            raise ValueError(f"{value!r} is the name of {by_name} and the value of {by_value}: give the member itself")
        found = by_value if by_name is None else by_name
        if found is None:
            known = ", ".join(self.members.__members__)
            raise ValueError(f"{value!r} is no {self.members.__name__}: {known}")
        return found


class Document(EntityType):
    """JSON of anything that Pydantic can write; `of` is the annotation when reading must convert (dates, models)."""

    impl: Any = sa.JSON
    cache_ok = True
    column_type = json_type()

    def __init__(self, of: Any = None) -> None:
        super().__init__(none_as_null=True)
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take JSONB on PostgreSQL; None is NULL, not the JSON word `null`."""
        kind = postgresql.JSONB if dialect.name == "postgresql" else sa.JSON
        return dialect.type_descriptor(kind(none_as_null=True))

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        """Let JSON's own operators (`column["key"]`) choose the type of their operand."""
        compared: TypeEngine[Any] = self.impl.coerce_compared_value(op, value)
        return compared

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy's signature
        """Write dates, UUIDs, models and sets as JSON can."""
        return None if value is None else to_jsonable_python(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy's signature
        """Read them back as they were."""
        return value if value is None or self.of is None else _adapter(self.of).validate_python(value)


class JSON(Document):
    """The type of a JSON column that is written out: `sa_column=Column(JSON)`.

    Unlike SQLAlchemy's it is JSONB on PostgreSQL, which has no DISTINCT over values of its type json.
    """

    cache_ok = True

    def __init__(self) -> None:
        super().__init__()


def as_utc(value: datetime) -> datetime:
    """Turn a moment into UTC; a naive one is local time.

    Raises:
        ValueError: in UTC it lies before year 1 or after 9999.
    """
    try:
        return value.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError("in UTC this is before year 1 or after year 9999") from None


def is_wall_clock(constraints: Iterable[object]) -> bool:
    """Tell whether a datetime is Pydantic's `NaiveDatetime`, which at run time is a class among the constraints."""
    naive: Any = NaiveDatetime
    return any(item is naive or isinstance(item, naive) for item in constraints)


@lru_cache(maxsize=1024)
def sqlalchemy_type(written: ColumnType) -> TypeEngine[Any]:
    """Build the SQLAlchemy type that a text of ours describes."""
    # The text is one of our own table, never a user's.
    return cast("TypeEngine[Any]", eval(written.source, {"sa": sa, "mysql": mysql, "postgresql": postgresql}))  # noqa: S307


def live_type(annotation: Any, constraints: Iterable[object], field: str) -> TypeEngine[Any]:
    """Make the column type of an entity's field.

    Args:
        annotation: the live annotation, `X | None` included.
        constraints: Pydantic's metadata of the field, where lengths and digits stand.
        field: `Product.price`, for messages.

    Raises:
        MappingError: there is no certain type; the message says what to write.
    """
    limits = _limits(constraints)
    kinds = [kind for kind in _alternatives(annotation) if kind is not type(None)]
    if len(kinds) == 1 and isinstance(kinds[0], type):
        kind: type = kinds[0]
        if issubclass(kind, Enum):
            return EnumMember(kind)
        if issubclass(kind, Decimal):
            return _decimal(limits, field)
        if hasattr(kind, "__mapper__"):
            raise MappingError(
                f"{field}: an entity is no column; write {field.rpartition('.')[2]}: {kind.__name__} = Relationship() "
                f"and a field with foreign_key=",
                field=field,
            )
    names = [_name(kind) for kind in kinds]
    found = column_type(" | ".join(names), max_length=limits.get("max_length")) if names and all(names) else None
    if found is None:
        raise MappingError(
            f"{field}: no column type for {_shown(annotation)}; write Field(sa_type=...) or another annotation",
            field=field,
        )
    if found == Instant.column_type:
        wall_clock = is_wall_clock(constraints)
        return sqlalchemy_type(_known(column_type("NaiveDatetime"))) if wall_clock else Instant()
    if found == Duration.column_type:
        return Duration()
    if found == Document.column_type:
        return Document(None if _is_plain_json(annotation) else annotation)
    return sqlalchemy_type(found)


_MARIADB = ("mysql", "mariadb")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a wall-clock value: from here distances are measured
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
# Subclasses before their bases: a bool is an int, a datetime a date.
_NAMES: dict[Any, str] = {
    **{kind: kind.__name__ for kind in (bool, int, float, str, bytes, datetime, date, time, timedelta)},
    uuid.UUID: "UUID",
    EmailStr: "EmailStr",
    NaiveDatetime: "NaiveDatetime",
    AwareDatetime: "AwareDatetime",
}
_JSON_CLASSES = (dict, list, set, frozenset, tuple, BaseModel, Mapping, Sequence, Set)
_PLAIN_JSON = (dict, list, str, int, float, bool, type(None), Any, Union, types.UnionType)

_adapter = lru_cache(maxsize=None)(TypeAdapter)


def _sqlite_text(moment: datetime) -> str:
    """Write a moment as SQLAlchemy does for SQLite, in half the time."""
    return moment.isoformat(" ", "microseconds")


def _decimal(limits: dict[str, int], field: str) -> ExactDecimal:
    if {"max_digits", "decimal_places"} <= limits.keys():
        return ExactDecimal(limits["max_digits"], limits["decimal_places"], field)
    raise MappingError(
        f"{field}: a Decimal needs its digits, which databases otherwise round as they like; "
        f"write Field(max_digits=10, decimal_places=2), with at most {SQLITE_DECIMAL_DIGITS} digits on SQLite",
        field=field,
    )


def _name(kind: Any) -> str:
    """Give a live type the name under which the shared table knows it; empty when it has none."""
    origin = get_origin(kind)
    if origin is Literal:
        return _name(type(get_args(kind)[0])) if len({type(value) for value in get_args(kind)}) == 1 else ""
    kind = origin or kind
    if kind in _NAMES:
        return _NAMES[kind]
    if not isinstance(kind, type) or hasattr(kind, "__mapper__"):
        return ""
    for known, name in _NAMES.items():
        if isinstance(known, type) and issubclass(kind, known):
            return name
    if issubclass(kind, _JSON_CLASSES) or dataclasses.is_dataclass(kind) or typing.is_typeddict(kind):
        return "dict"
    return ""


def _alternatives(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [kind for argument in get_args(annotation) for kind in _alternatives(argument)]
    return [annotation]


def _limits(constraints: Iterable[object]) -> dict[str, int]:
    names = ("max_length", "max_digits", "decimal_places")
    return {n: value for item in constraints for n in names if isinstance(value := getattr(item, n, None), int)}


def _is_plain_json(annotation: Any) -> bool:
    """Whether what JSON gives back is what was stored, so that reading converts nothing."""
    kind = get_origin(annotation) or annotation
    return kind in _PLAIN_JSON and all(_is_plain_json(argument) for argument in get_args(annotation))


def _known(found: ColumnType | None) -> ColumnType:
    assert found is not None, "the shared table has this type"  # noqa: S101
    return found


def _shown(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
