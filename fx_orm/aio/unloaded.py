"""Says what to write where code of an event loop touches what is not loaded, in the place of MissingGreenlet."""

from typing import Any

from sqlalchemy.orm import ORMExecuteState

from fx_orm.errors import DetachedError
from fx_orm.lazy_loading.batches import LOADS_TOGETHER


def unloaded(loading: ORMExecuteState) -> DetachedError:
    """Make the error for an attribute that would be loaded by touching it; `loading` is what it would send."""
    path: Any = loading.loader_strategy_path
    together = loading.execution_options.get(LOADS_TOGETHER)
    if together or (loading.is_relationship_load and path):
        entity, attribute = together or (path[-2].class_, path[-1].key)
        what = f"{entity.__name__}.{attribute} is"
        remedy = f'write with_("{attribute}") in the query, or before this await em.load(..., "{attribute}")'
    else:
        entity, missing = _columns(loading)
        attribute = missing[0]
        what = f"{', '.join(missing)} of {entity.__name__} {'are' if len(missing) > 1 else 'is'}"
        remedy = "before this await em.refresh(...)"
    return DetachedError(
        f"{what} not loaded, and asynchronous code cannot wait for it where it is touched; {remedy}",
        entity=entity,
        attribute=attribute,
        remedy=remedy,
    )


def _columns(loading: ORMExecuteState) -> tuple[type[Any], list[str]]:
    """Find whose columns are missing, and which."""
    options: Any = loading.load_options
    state = options._refresh_state  # noqa: SLF001 - it is nowhere else
    return state.class_, [each.key for each in state.mapper.column_attrs if each.key in state.unloaded]
