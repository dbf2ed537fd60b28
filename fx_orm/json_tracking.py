"""JSON values that notice changes in place, at any depth: `product.attributes["a"]["b"].append(1)` is an UPDATE.

A value read from an entity is a dict or list that knows its holder and tells it. Not noticed: changes in place of a set
or of a Pydantic model inside a JSON column; assign those anew. Values are not validated when they change in place.
"""

from collections.abc import Iterable
from typing import Any, Self, SupportsIndex, cast
from weakref import ref

from sqlalchemy import event, inspect
from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.attributes import flag_modified


def watch(entity_class: type, field: str) -> None:
    """Track the values of a JSON field from the moment they are set or loaded."""

    def loaded(entity: Any, *_: object) -> None:
        values = entity.__dict__
        if field in values:
            values[field] = tracked(values[field], _Field(entity, field))

    def assigned(entity: Any, value: Any, *_: object) -> Any:
        return tracked(value, _Field(entity, field))

    for happening in ("load", "refresh", "refresh_flush"):
        event.listen(entity_class, happening, loaded, propagate=True)
    event.listen(getattr(entity_class, field), "set", assigned, retval=True, propagate=True)


def attach(entity: Any) -> None:
    """Make an entity the holder of its tracked values, after unpickling or copying has given them to it."""
    for name, value in entity.__dict__.items():
        if isinstance(value, TrackedDict | TrackedList):
            value.holder = _Field(entity, name)


def tracked(value: Any, holder: "_Holder | None") -> Any:
    """Make a tracked copy of a dict or list, with all the dicts and lists in it; anything else stays as it is."""
    if isinstance(value, dict):
        made = TrackedDict()
        for key, item in value.items():
            dict.__setitem__(made, key, tracked(item, made))
        made.holder = holder
        return made
    if isinstance(value, list):
        items = TrackedList()
        list.extend(items, [tracked(item, items) for item in value])
        items.holder = holder
        return items
    return value


def is_same(value: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON: for Python 1, 1.0 and True are equal, in JSON they are not."""
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(is_same(item, other[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(is_same, value, other))
    return bool(value == other) and (type(value) is type(other) or not isinstance(value, bool | int | float))


class TrackedDict(dict[Any, Any]):
    """A dict that reports to its holder before each change."""

    holder: "_Holder | None" = None

    def changing(self) -> None:
        """Tell the holder that a change comes."""
        if self.holder is not None:
            self.holder.changing()

    def __setitem__(self, key: Any, value: Any) -> None:
        self.changing()
        super().__setitem__(key, tracked(value, self))

    def __delitem__(self, key: Any) -> None:
        self.changing()
        super().__delitem__(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Give the value of a key, which gets the default when it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, *arguments: Any) -> Any:
        """Remove a key and give its value, or the default."""
        self.changing()
        return super().pop(*arguments)

    def popitem(self) -> tuple[Any, Any]:
        """Remove the key that came last and give it with its value."""
        self.changing()
        return super().popitem()

    def clear(self) -> None:
        """Remove every key."""
        self.changing()
        super().clear()

    def update(self, *arguments: Any, **values: Any) -> None:
        """Set several keys."""
        self.changing()
        for key, value in dict(*arguments, **values).items():
            super().__setitem__(key, tracked(value, self))

    def __ior__(self, other: Any) -> "TrackedDict":  # type: ignore[misc]  # typeshed's is an overload
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (dict(self),)


class TrackedList(list[Any]):
    """A list that reports to its holder before each change."""

    holder: "_Holder | None" = None

    def changing(self) -> None:
        """Tell the holder that a change comes."""
        if self.holder is not None:
            self.holder.changing()

    def __setitem__(self, at: Any, value: Any) -> None:
        self.changing()
        super().__setitem__(at, [tracked(v, self) for v in value] if isinstance(at, slice) else tracked(value, self))

    def __delitem__(self, at: SupportsIndex | slice) -> None:
        self.changing()
        super().__delitem__(at)

    def append(self, value: Any) -> None:
        """Add a value at the end."""
        self.changing()
        super().append(tracked(value, self))

    def insert(self, at: SupportsIndex, value: Any) -> None:
        """Put a value before the one at this place."""
        self.changing()
        super().insert(at, tracked(value, self))

    def extend(self, values: Iterable[Any]) -> None:
        """Add several values at the end."""
        self.changing()
        super().extend([tracked(value, self) for value in values])

    def __iadd__(self, values: Iterable[Any]) -> Self:  # type: ignore[misc]  # typeshed's __add__ is an overload
        self.extend(values)
        return self

    def __imul__(self, times: SupportsIndex) -> Self:
        values = list(self) * times  # not the same containers again, which have one holder each
        super().clear()
        self.extend(values)
        return self

    def pop(self, at: SupportsIndex = -1) -> Any:
        """Remove the value at this place and give it."""
        self.changing()
        return super().pop(at)

    def remove(self, value: Any) -> None:
        """Remove the first value that equals this one."""
        self.changing()
        super().remove(value)

    def clear(self) -> None:
        """Remove every value."""
        self.changing()
        super().clear()

    def reverse(self) -> None:
        """Turn the order round."""
        self.changing()
        super().reverse()

    def sort(self, **options: Any) -> None:
        """Sort in place."""
        self.changing()
        super().sort(**options)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (list(self),)


class _Field:
    """The end of the chain: the entity's field, which becomes dirty."""

    __slots__ = ("entity", "name")

    def __init__(self, entity: Any, name: str) -> None:
        self.entity = ref(entity)
        self.name = name

    def changing(self) -> None:
        """Make the field dirty, with a copy of what it was."""
        entity: Any = self.entity()
        if entity is None:
            return
        values, before = entity.__dict__, cast("InstanceState[Any]", inspect(entity)).committed_state
        if self.name in values and not self._holds(values[self.name]):  # replaced: it belongs to nobody
            if self._holds(before.get(self.name)):
                before[self.name] = _plain(before[self.name])
        elif self.name not in values or self.name not in before:
            flag_modified(entity, self.name)  # raises for a value that a commit has expired: no silent loss
            before[self.name] = _plain(values[self.name])

    def _holds(self, value: Any) -> bool:
        return getattr(value, "holder", None) is self


_Holder = TrackedDict | TrackedList | _Field


def _plain(value: Any) -> Any:
    """Copy the dicts and lists of a value, untracked."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _restored(value: Any) -> Any:
    """Unpickle or copy a value without the entity that it belonged to."""
    return tracked(value, None)
