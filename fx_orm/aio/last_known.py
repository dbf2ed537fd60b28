"""What entities show while nothing can load them: the values that they had.

In synchronous code a value from an ended transaction is read again when it is touched. Code of an event loop cannot
wait there: it sees the last known value, until a call that it awaits reads the entity anew.
"""

from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.base import NO_VALUE

State = InstanceState[Any]
Values = dict[str, Any]


class LastKnown:
    """Values that the session has expired, put back while no synchronous code runs.

    The session takes them for expired all the time: whatever it loads replaces them.
    """

    def __init__(self) -> None:
        self._hidden: dict[State, Values] = {}
        self._shown: WeakSet[State] = WeakSet()

    def keep(self, states: Iterable[State]) -> None:
        """Take the values of entities that expire now."""
        for state in states:
            current = state.dict
            values = {key: current.pop(key) for key in state.manager if key in current}
            if values:
                self._hidden[state] = {**self._hidden.get(state, {}), **values}

    def keep_instead(self, changed: dict[State, Values]) -> None:
        """Take other values than those that entities have, which expire now."""
        self._hidden |= changed

    def columns_of(self, state: State) -> Values:
        """Return the values of an entity's columns that it had before any change that is not flushed."""
        values = {**self._hidden.get(state, {}), **state.dict, **state.committed_state}
        columns = state.mapper.column_attrs.keys()
        return {key: values[key] for key in columns if key in values and values[key] is not NO_VALUE}

    def hide(self) -> None:
        """Take the values that were put back, so that the session loads anew."""
        if not self._shown:
            return
        shown, self._shown = self._shown, WeakSet()
        for state in shown:
            if state.modified:
                _take_for_current(state)
        self.keep(state for state in shown if state.expired)

    def show(self) -> None:
        """Put back what was not loaded meanwhile."""
        if not self._hidden:
            return
        hidden, self._hidden = self._hidden, {}
        for state, values in hidden.items():
            current = state.dict
            missing = values.keys() - current.keys() - state.committed_state.keys()
            current.update((key, values[key]) for key in missing)
            if missing:
                self._shown.add(state)


class BeforeChanges:
    """The values that entities had before a transaction, and each savepoint in it, changed them."""

    def __init__(self, last_known: LastKnown) -> None:
        self._last_known = last_known
        self._levels: list[dict[State, Values]] = [{}]

    def note(self, states: Iterable[State]) -> None:
        """Remember the values of entities that are going to be changed or deleted, but for what is noted already."""
        for state in states:
            if state not in self._levels[-1]:
                self._levels[-1][state] = self._last_known.columns_of(state)

    def forget(self) -> dict[State, Values]:
        """Return what was noted since the transaction or savepoint began, for one that is rolled back."""
        noted, self._levels[-1] = self._levels[-1], {}
        return noted

    def begin_savepoint(self) -> None:
        """Note separately what is changed from now on."""
        self._levels.append({})

    def end_savepoint(self) -> None:
        """Count what was noted since the savepoint to what is around it."""
        noted = self._levels.pop()
        self._levels[-1] = {**noted, **self._levels[-1]}

    def end(self) -> None:
        """Begin with nothing, for the next transaction."""
        self._levels = [{}]


def _take_for_current(state: State) -> None:
    """Let the values of a changed entity count as loaded: the change was made of what the program saw."""
    state.expired_attributes -= state.dict.keys()
    state.expired = bool(state.expired_attributes & set(state.mapper.column_attrs.keys()))
