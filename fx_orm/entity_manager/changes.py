"""What has changed in an entity since it was loaded, and what of a session's entities a flush would send."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstanceState, Session

from fx_orm.identity import state_of


def changes_of(session: Session, state: InstanceState[Any]) -> dict[str, tuple[Any, Any]]:
    """Tell the changed fields of an entity that has a row, with the values before and now.

    The values before are read from the database where they were expired before they were set.
    """
    changed: dict[str, tuple[Any, Any]] = {}
    unknown: list[str] = []
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.added and not (history.deleted and not history.unchanged):
            continue
        changed[attribute.key] = next(iter(history.deleted), None), next(iter(history.added), None)
        if not history.deleted:
            unknown.append(attribute.key)
    if unknown:
        before = _row(session, state, unknown)
        for name, value in before.items():
            state.committed_state[name] = value
            history = state.attrs[name].history
            if history.added:
                changed[name] = value, changed[name][1]
            else:
                del changed[name]
    return changed


@dataclass(frozen=True, slots=True)
class Change:
    """An entity that a flush sends, and what becomes of its row: new, changed or deleted."""

    entity: object
    word: str

    @property
    def state(self) -> InstanceState[Any]:
        """What SQLAlchemy knows of the entity."""
        return state_of(self.entity)

    def __str__(self) -> str:
        return f"{self.state.mapper.class_.__name__ if self.word == 'new' else described(self.state)} ({self.word})"


def has_changes(session: Session) -> bool:
    """Tell whether a flush would send anything."""
    if session.new or session.deleted:
        return True
    return any(_is_changed(session, entity) for entity in session.dirty)


def changes_in(session: Session) -> list[Change]:
    """Return what a flush would send."""
    return [
        *(Change(entity, "new") for entity in session.new),
        *(Change(entity, "changed") for entity in session.dirty if _is_changed(session, entity)),
        *(Change(entity, "deleted") for entity in session.deleted),
    ]


def described(state: InstanceState[Any]) -> str:
    """Name an entity for people: its class and its primary key."""
    name = state.mapper.class_.__name__
    return name if state.identity is None else f"{name} {', '.join(map(str, state.identity))}"


def _is_changed(session: Session, entity: object) -> bool:
    """Look at what was touched; `Session.is_modified` alone looks at every attribute, which takes long."""
    state = state_of(entity)
    columns, values = state.mapper.columns, state.dict
    for name, before in state.committed_state.items():
        column = columns.get(name)
        if column is None:
            if session.is_modified(entity):  # a relationship was touched
                return True
        elif name not in values or column.type.compare_values(values[name], before) is not True:
            return True
    return False


def _row(session: Session, state: InstanceState[Any], names: list[str]) -> dict[str, Any]:
    mapper = state.mapper
    columns = [getattr(mapper.class_, name) for name in names]
    keys = zip(mapper.primary_key, state.identity or (), strict=True)
    found = session.execute(sa.select(*columns).where(*(column == value for column, value in keys))).first()
    return {} if found is None else dict(zip(names, found, strict=True))
