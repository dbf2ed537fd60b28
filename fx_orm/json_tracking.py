"""JSON values that notice changes in place, at any depth: `product.attributes["a"]["b"].append(1)` is an UPDATE.

A value read from an entity is a dict or list that knows its holder and tells it. Not noticed: changes in place of a set
or of a Pydantic model inside a JSON column; assign those anew. Values are not validated when they change in place.
"""

from collections.abc import Iterable
from typing import Any, Self, SupportsIndex
from weakref import ref

from sqlalchemy import event
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


class TrackedDict(dict[Any, Any]):
    """A dict that reports each change to its holder."""

    holder: "_Holder | None" = None

    def changed(self) -> None:
        """Pass a change on to the holder."""
        if self.holder is not None:
            self.holder.changed()

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, tracked(value, self))
        self.changed()

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self.changed()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Give the value of a key, which gets the default when it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, *arguments: Any) -> Any:
        """Remove a key and give its value, or the default."""
        value = super().pop(*arguments)
        self.changed()
        return value

    def popitem(self) -> tuple[Any, Any]:
        """Remove the key that came last and give it with its value."""
        item = super().popitem()
        self.changed()
        return item

    def clear(self) -> None:
        """Remove every key."""
        super().clear()
        self.changed()

    def update(self, *arguments: Any, **values: Any) -> None:
        """Set several keys."""
        for key, value in dict(*arguments, **values).items():
            super().__setitem__(key, tracked(value, self))
        self.changed()

    def __ior__(self, other: Any) -> "TrackedDict":  # type: ignore[misc]  # typeshed's is an overload
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (dict(self),)


class TrackedList(list[Any]):
    """A list that reports each change to its holder."""

    holder: "_Holder | None" = None

    def changed(self) -> None:
        """Pass a change on to the holder."""
        if self.holder is not None:
            self.holder.changed()

    def __setitem__(self, at: Any, value: Any) -> None:
        super().__setitem__(at, [tracked(v, self) for v in value] if isinstance(at, slice) else tracked(value, self))
        self.changed()

    def __delitem__(self, at: SupportsIndex | slice) -> None:
        super().__delitem__(at)
        self.changed()

    def append(self, value: Any) -> None:
        """Add a value at the end."""
        super().append(tracked(value, self))
        self.changed()

    def insert(self, at: SupportsIndex, value: Any) -> None:
        """Put a value before the one at this place."""
        super().insert(at, tracked(value, self))
        self.changed()

    def extend(self, values: Iterable[Any]) -> None:
        """Add several values at the end."""
        super().extend([tracked(value, self) for value in values])
        self.changed()

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
        value = super().pop(at)
        self.changed()
        return value

    def remove(self, value: Any) -> None:
        """Remove the first value that equals this one."""
        super().remove(value)
        self.changed()

    def clear(self) -> None:
        """Remove every value."""
        super().clear()
        self.changed()

    def reverse(self) -> None:
        """Turn the order round."""
        super().reverse()
        self.changed()

    def sort(self, **options: Any) -> None:
        """Sort in place."""
        super().sort(**options)
        self.changed()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (list(self),)


class _Field:
    """The end of the chain: the entity's field, which becomes dirty."""

    __slots__ = ("entity", "name")

    def __init__(self, entity: Any, name: str) -> None:
        self.entity = ref(entity)
        self.name = name

    def changed(self) -> None:
        entity: Any = self.entity()
        if entity is not None and (self.name not in entity.__dict__ or self._is_current(entity)):
            flag_modified(entity, self.name)  # raises for a value that a commit has expired: no change is lost silently

    def _is_current(self, entity: Any) -> bool:
        """Whether the reporting value is still the field's: one that was replaced belongs to nobody."""
        held = getattr(entity.__dict__[self.name], "holder", None)
        return held is self


_Holder = TrackedDict | TrackedList | _Field


def _restored(value: Any) -> Any:
    """Unpickle or copy a value without the entity that it belonged to."""
    return tracked(value, None)
