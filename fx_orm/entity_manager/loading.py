"""Loading what an entity has not loaded yet, by name."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Mapper

from fx_orm.errors import QueryError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.identity import state_of
from fx_orm.lazy_loading.modes import on_request


def load(entity: object, path: str) -> None:
    """Load an attribute, and those that it leads to: `"lines.product"`. Raises QueryError for an unknown name."""
    reached: list[object] = [entity]
    with on_request():
        for name in path.split("."):
            reached = [found for each in reached for found in _loaded(each, name, path)]


def _loaded(entity: object, name: str, path: str) -> Iterable[object]:
    mapper: Mapper[Any] = state_of(entity).mapper
    if name not in mapper.attrs:
        remedy = did_you_mean(name, mapper.attrs.keys())
        raise QueryError(
            f'load("{path}"): {type(entity).__name__} has no attribute "{name}"{remedy}', entity=type(entity), name=name
        )
    value = getattr(entity, name)
    if value is None:
        return []
    return list(value) if name in mapper.relationships and mapper.relationships[name].uselist else [value]
