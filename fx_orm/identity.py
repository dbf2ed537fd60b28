"""Primary keys as people give them: a value, a tuple, a dict, a model; as the mapper wants them: one tuple."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, inspect
from sqlalchemy.orm import InstanceState, Mapper

from fx_orm.errors import MappingError, QueryError
from fx_orm.errors.calls import kind_of, shortened
from fx_orm.errors.nearest import did_you_mean

Identity = tuple[Any, ...]


def mapper_of(entity_class: object) -> Mapper[Any]:
    """Return the mapper of an entity class. Raises MappingError for anything else."""
    if isinstance(entity_class, type):
        found: Any = entity_class.__dict__.get("__mapper__")  # what `inspect()` finds, by a longer way
        if not isinstance(found, Mapper) or not found.class_manager.is_mapped:
            found = inspect(entity_class, raiseerr=False)
        if isinstance(found, Mapper):
            return found
    raise MappingError(
        f"{_name(entity_class)} is not an entity; declare it as "
        f"`class {_name(entity_class)}(AbstractEntity, table=True)`",
        entity=entity_class,
    )


def state_of(entity: object) -> InstanceState[Any]:
    """Return what SQLAlchemy knows of one entity. Raises MappingError for an object that is none."""
    found: object = getattr(entity, "_sa_instance_state", None)  # what `inspect()` finds, by a longer way
    if not isinstance(found, InstanceState):
        what = f"the class {entity.__name__}" if isinstance(entity, type) else f"an object of {type(entity).__name__}"
        raise MappingError(f"{what} is not an entity; give an object of a class with `table=True`", entity=entity)
    return found


def read_identity(mapper: Mapper[Any], given: Any) -> Identity | None:
    """Read a primary key; None where a part of it is None: no row has such a key.

    Values are converted as the entity's fields would (`"2"` is 2 for an int). Raises QueryError for what does not fit.
    """
    if type(given) is _kind(mapper):
        return (given,)
    names = key_names(mapper)
    entity = mapper.class_.__name__
    if isinstance(given, BaseModel):
        if hasattr(type(given), "__mapper__") and not isinstance(given, mapper.class_):
            raise QueryError(f"{kind_of(given)} is no {entity}, and no key of one", entity=mapper.class_)
        given = given.model_dump(include=set(names))
    if isinstance(given, Mapping):
        given = _from_mapping(given, names, entity)
    if len(names) == 1 and not (isinstance(given, Sequence) and not isinstance(given, (str, bytes))):
        given = (given,)
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)) or len(given) != len(names):
        raise QueryError(
            f"the primary key of {entity} is ({', '.join(names)}); give a tuple or a dict of {len(names)}, "
            f"not {_shown(given)}",
            entity=mapper.class_,
            name=given,
        )
    if any(value is None for value in given):
        return None
    return tuple(
        _convert(name, column, value, entity)
        for name, column, value in zip(names, mapper.primary_key, given, strict=True)
    )


def key_names(mapper: Mapper[Any]) -> list[str]:
    """Return the fields of the primary key, in its order."""
    names = _names.get(mapper)
    if names is None:
        names = _names[mapper] = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    return list(names)


def _kind(mapper: Mapper[Any]) -> type[Any]:
    """Return the class of a primary key of one column, `_Nothing` for what is read with more care: several, lists."""
    kind = _kinds.get(mapper)
    if kind is None:
        kind = _Nothing
        if len(mapper.primary_key) == 1:
            with suppress(NotImplementedError):
                kind = mapper.primary_key[0].type.python_type
        _kinds[mapper] = kind = kind if kind in (int, str, UUID) else _Nothing
    return kind


def _from_mapping(given: Mapping[Any, Any], names: list[str], entity: str) -> Identity:
    for name in given:
        if name not in names:
            written = name if isinstance(name, str) else kind_of(name)
            raise QueryError(
                f'the primary key of {entity} has no field "{shortened(written)}"'
                f"{did_you_mean(written, names) or '; it is (' + ', '.join(names) + ')'}",
                name=name,
            )
    return tuple(given.get(name) for name in names)


def _convert(name: str, column: ColumnElement[Any], value: Any, entity: str) -> Any:
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return value
    if isinstance(value, kind):
        return value
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        raise QueryError(f"{entity}.{name} takes {kind.__name__}, not {_shown(value)}", name=name) from None


def _shown(value: object) -> str:
    """Show a value in a message, unless it is more than one."""
    if isinstance(value, (str, int, float)):
        return shortened(repr(value))
    return ", ".join(map(_shown, value)) if isinstance(value, tuple) and len(value) < _FEW else kind_of(value)


_FEW = 6


def _name(thing: object) -> str:
    return thing.__name__ if isinstance(thing, type) else type(thing).__name__


class _Nothing:
    """The class of no value."""


_names: WeakKeyDictionary[Mapper[Any], list[str]] = WeakKeyDictionary()
_kinds: WeakKeyDictionary[Mapper[Any], type[Any]] = WeakKeyDictionary()
