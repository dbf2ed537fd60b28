"""Finding the class that a relationship names, among every table class: ours and plain SQLModel's."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlmodel import SQLModel

from fx_orm.errors import MappingError
from fx_orm.errors.nearest import did_you_mean

_forgotten: WeakSet[type] = WeakSet()
_successors: WeakKeyDictionary[type, type] = WeakKeyDictionary()


def forgotten(entity_class: type) -> None:
    """Never find this class again."""
    _forgotten.add(entity_class)


def succeeded(old: type, new: type) -> None:
    """Find the new class where the old one itself, not its name, stands in an annotation."""
    _successors[old] = new


def table_classes(base: type = SQLModel) -> Iterator[Any]:
    """Give every class that is mapped to a table."""
    subclass: type[Any]
    for subclass in base.__subclasses__():
        if "__mapper__" in subclass.__dict__ and subclass not in _forgotten:
            yield subclass
        yield from table_classes(subclass)


def resolve(target: str | type, owner: str, field: str, argument: str | None = None) -> Any:
    """Find a class by its name, which may lead through modules: `Category`, `category.Category`.

    Of several of one name, the one whose module is nearest to the owner's is meant.

    Args:
        target: the name; a class is given back as it is, unless it was defined again.
        owner: the class that declares the relationship, with its module.
        field: the relationship.
        argument: the keyword where the name stands, when it is not the annotation.

    Raises:
        MappingError: there is none, or several are equally near.
    """
    while not isinstance(target, str):
        if target not in _successors:
            return target
        target = _successors[target]
    known = list(table_classes())
    found: dict[int, list[Any]] = {}
    for entity_class in known:
        name = f"{entity_class.__module__}.{entity_class.__qualname__}"
        if f".{name}".endswith(f".{target}"):
            shared = takewhile(lambda pair: pair[0] == pair[1], zip(owner.split("."), name.split("."), strict=False))
            nearness = sum(1 for _ in shared)
            found.setdefault(nearness, []).append(entity_class)
    nearest = found[max(found)] if found else []
    if len(nearest) == 1:
        return nearest[0]
    place = f"{owner.rpartition('.')[2]}.{field}"
    written = f'{argument}="{target}"' if argument else f'"{target}"'
    if nearest:
        names = " or ".join(f'"{c.__module__}.{c.__qualname__}"' for c in nearest)
        raise MappingError(f"{place}: {written} is ambiguous; write {names}", entity=owner, field=field)
    hint = did_you_mean(target, {c.__name__ for c in known}) or "; is its module imported?"
    missing = f"{written}, but there is no such entity" if argument else f"there is no entity {written}"
    raise MappingError(f"{place}: {missing}{hint}", entity=owner, field=field, missing=target)
