"""Says what to do when a detached entity is asked for what was never loaded, in the place of SQLAlchemy's own words.

It loads nothing itself: where loading works, nothing changes.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import DetachedInstanceError

from fx_orm.errors import DetachedError


def explain_detachment(mapper: Mapper[Any], _class: object = None) -> None:
    """Let the relationships and expired fields of a configured class raise `DetachedError`; may be done again."""
    manager: Any = mapper.class_manager
    for relationship in mapper.relationships:
        implementation = manager[relationship.key].impl
        if implementation.callable_ is not None:
            implementation.callable_ = _explained(implementation.callable_, relationship.key)
    manager.expired_attribute_loader = _explained(manager.expired_attribute_loader, None)


def _explained(load: Callable[..., Any], attribute: str | None) -> Callable[..., Any]:
    if getattr(load, "__name__", "") == "load_or_explain":
        return load

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
