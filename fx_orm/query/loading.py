"""Rows of a Core SELECT become entities of a session: SQLAlchemy's identity map and states, without its loader.

The loader of the ORM is left out for its cost per statement, and used where this one does not do all that it does
(`covered`). What is in the session already stays: changed values are never overwritten, expired ones are filled.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from fx_orm.lazy_loading.batches import new_run
from fx_orm.query.garbage import undisturbed
from fx_orm.scope import INERT_LISTENERS

Load = Callable[[Session, Sequence[Sequence[Any]]], list[Any]]

_LAZY = ("select", "raise", "raise_on_sql")


def covered(mapper: Mapper[Any]) -> bool:
    """Whether this loader does all that SQLAlchemy's does: no inheritance, versions, eager or deferred loading."""
    found = _covered.get(mapper)
    if found is None:
        found = _covered[mapper] = not (
            mapper.polymorphic_on is not None
            or mapper.inherits is not None
            or mapper.always_refresh
            or mapper.version_id_col is not None
            or any(relationship.lazy not in _LAZY for relationship in mapper.relationships)
            or any(attribute.deferred or len(attribute.columns) != 1 for attribute in mapper.column_attrs)
        )
    return found


def session_covered(session: Session) -> bool:
    """Whether nobody listens to what this loader leaves out: the ORM's statements, entities becoming persistent."""
    dispatch: Any = session.dispatch
    if dispatch.loaded_as_persistent:
        return False
    listeners = dispatch.do_orm_execute
    return not listeners or len(list(listeners)) <= session.info.get(INERT_LISTENERS, 0)


def loader(mapper: Mapper[Any]) -> Load:
    """Make the function that loads rows of `mapper`'s columns, in the order of its `column_attrs`."""
    keys = [attribute.key for attribute in mapper.column_attrs]
    key_places = [keys.index(mapper.get_property_by_column(column).key) for column in mapper.primary_key]
    single = key_places[0] if len(key_places) == 1 else None
    identity_class = mapper.identity_key_from_primary_key((0,) * len(key_places))[0]
    entity_class: Any = mapper.class_
    manager: Any = mapper.class_manager
    # What `manager.new_instance()` does, without its two calls and the search for the state that it has made.
    new, make_state, put_state = entity_class.__new__, manager._state_constructor, manager._state_setter  # noqa: SLF001
    put, values_of = object.__setattr__, reader(keys)
    begins_empty = new is object.__new__  # another `__new__` may put something into the object

    def load(session: Session, rows: Sequence[Sequence[Any]]) -> list[Any]:
        with undisturbed(len(rows)):
            return fill(session, rows)

    def fill(session: Session, rows: Sequence[Sequence[Any]]) -> list[Any]:
        identity_map: Any = session.identity_map
        # `identity_map.add`, without its search for what `known` has not found.
        known, add = identity_map.get, identity_map._add_unpresent  # noqa: SLF001
        session_id, listeners = session.hash_key, manager.dispatch.load
        loaded = listeners or None  # asked once: whether there are any is a call
        entities: list[Any] = []
        run = new_run() if len(rows) > 1 else None  # by it those that were loaded together are known
        for row in rows:
            key = (row[single],) if single is not None else tuple([row[place] for place in key_places])
            identity = (identity_class, key, None)
            entity = known(identity)
            if entity is None:
                entity = new(entity_class)
                if begins_empty:
                    put(entity, "__dict__", values_of(row))
                else:
                    entity.__dict__.update(values_of(row))
                state = make_state(entity, manager)
                put_state(entity, state)
                state.key = identity
                state.session_id = session_id
                state.runid = run
                add(state, identity)
                if loaded is not None:
                    loaded(state, None)
            else:
                state = instance_state(entity)
                if run is not None:
                    state.runid = run
                if state.expired_attributes:
                    _fill(entity, state, values_of(row))
            entities.append(entity)
        return entities

    return load


def reader(keys: Sequence[str]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Make the function that gives a row's values by these keys."""
    # Written out for these keys, as dataclasses do: `dict(zip(keys, row))` takes twice as long, for every row.
    values = ", ".join(f"{key!r}: row[{place}]" for place, key in enumerate(keys))
    made: Callable[[Sequence[Any]], dict[str, Any]] = eval(f"lambda row: {{{values}}}")  # noqa: S307  # keys are quoted
    return made


def _fill(entity: Any, state: Any, values: dict[str, Any]) -> None:
    unloaded = [key for key in values if key in state.unloaded]
    for key in unloaded:
        set_committed_value(entity, key, values[key])
    if unloaded:
        state.manager.dispatch.refresh(state, None, unloaded)


_covered: "weakref.WeakKeyDictionary[Mapper[Any], bool]" = weakref.WeakKeyDictionary()
