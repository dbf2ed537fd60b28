"""Stands between a relationship that is touched and SQLAlchemy's lazy loader.

SQLAlchemy's own loads, for a flush, a cascade or a merge, pass through as they are.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy.orm import Mapper, PassiveFlag, RelationshipProperty
from sqlalchemy.orm.base import LoaderCallableStatus
from sqlalchemy.orm.exc import DetachedInstanceError

from fx_orm.errors import DetachedError
from fx_orm.lazy_loading.batches import load_together, lookup
from fx_orm.lazy_loading.modes import permit, remember

_REFUSED_BY_SQLALCHEMY = ("raise", "raise_on_sql", "noload")

Loader = Callable[..., Any]


def attend(mapper: Mapper[Any], _class: object = None) -> None:
    """Attend to the relationships and expired fields of a configured class; may be done again."""
    manager: Any = mapper.class_manager
    for relationship in mapper.relationships:
        implementation = manager[relationship.key].impl
        load = implementation.callable_
        if load is None or getattr(load, "__name__", "") == "load_or_explain":
            continue
        if relationship.lazy not in _REFUSED_BY_SQLALCHEMY:
            load = _together(load, relationship)
        implementation.callable_ = _explained(load, relationship.key)
    if getattr(manager.expired_attribute_loader, "__name__", "") != "load_or_explain":
        manager.expired_attribute_loader = _explained(manager.expired_attribute_loader, None)


def _together(load: Loader, relationship: RelationshipProperty[Any]) -> Loader:
    attribute = relationship.key

    @cache
    def found_by() -> Any:
        return lookup(relationship)  # at the first use: by now the mappers of both sides are configured

    def load_for_program(state: Any, passive: Any = PassiveFlag.PASSIVE_OFF) -> Any:
        if passive != PassiveFlag.PASSIVE_OFF or not state.persistent:
            return load(state, passive)
        session, plain = state.session, found_by()
        if plain is not None and not plain.needs_query(session, state):
            return load(state, passive)
        origin = permit(state, attribute)
        if plain is not None and load_together(session, state, plain, origin):
            return LoaderCallableStatus.ATTR_WAS_SET
        loaded = load(state, passive)
        if origin is not None and not isinstance(loaded, LoaderCallableStatus):
            remember(loaded, origin)
        return loaded

    return load_for_program


def _explained(load: Loader, attribute: str | None) -> Loader:
    def load_or_explain(state: Any, *arguments: Any) -> Any:
        try:
            return load(state, *arguments)
        except DetachedInstanceError as error:
            if isinstance(error, DetachedError):
                raise
            raise _error(state, attribute, arguments) from error

    return load_or_explain


def _error(state: Any, attribute: str | None, arguments: tuple[Any, ...]) -> DetachedError:
    entity_class = state.class_
    if attribute is None:
        attribute = min(arguments[0] & set(state.mapper.column_attrs.keys()))  # of all that are missing
        remedy = "refresh() it before it is detached, or merge() it"
    else:
        remedy = f'load it along: with_("{attribute}")'
    return DetachedError(
        f"{entity_class.__name__}.{attribute} is not loaded, and this {entity_class.__name__} belongs to no entity "
        f"manager that could load it; {remedy}",
        entity=entity_class,
        attribute=attribute,
        remedy=remedy,
    )
