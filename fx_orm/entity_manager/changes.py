"""What has changed in an entity since it was loaded."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstanceState, Session


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


def _row(session: Session, state: InstanceState[Any], names: list[str]) -> dict[str, Any]:
    mapper = state.mapper
    columns = [getattr(mapper.class_, name) for name in names]
    keys = zip(mapper.primary_key, state.identity or (), strict=True)
    found = session.execute(sa.select(*columns).where(*(column == value for column, value in keys))).first()
    return {} if found is None else dict(zip(names, found, strict=True))
