"""What many entities have in common: `Timestamps`, and `SoftDelete`, by which a deleted row stays in its table.

A field of another name or type makes no soft delete: the class `SoftDelete` alone does. Which queries leave deleted
rows out is decided where they are built and run; here stands only who is concerned.
"""

from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, with_loader_criteria
from sqlalchemy.orm.attributes import set_attribute

from fx_orm.fields import Field

SHOWS_DELETED = "fx_orm_shows_deleted"
"""Execution option of a statement that says itself what becomes of deleted rows: nobody else leaves them out."""

_STAMP = "deleted_at"


def now() -> datetime:
    """Give the moment that a stamp is made of."""
    return datetime.now(UTC)


class Timestamps:
    """Adds `created_at` and `updated_at`, which a program need not set.

    `updated_at` is the moment of the insertion, and from then on of the last UPDATE that went through here.

    Example:
        >>> class Product(Timestamps, AbstractEntity, table=True): ...
    """

    __fx_columns_last__ = True

    created_at: datetime = Field(default_factory=now, guarded=True)
    updated_at: datetime = Field(default_factory=now, guarded=True, sa_column_kwargs={"onupdate": now})


class SoftDelete:
    """Adds `deleted_at`: deleting stamps the row, and queries leave stamped rows out until `with_deleted()` is said.

    A stamped row still fills its unique keys, and the database does nothing for the rows that point to it. To bring it
    back, set `deleted_at` to None; `force_delete` removes it.

    Example:
        >>> class Product(SoftDelete, AbstractEntity, table=True): ...
    """

    __fx_columns_last__ = True

    deleted_at: datetime | None = Field(default=None, guarded=True)


def stamp_of(mapper: Mapper[Any] | None) -> str | None:
    """Give the field that says when an entity was deleted; None when deleting removes the row."""
    return _STAMP if mapper is not None and issubclass(mapper.class_, SoftDelete) else None


def is_deleted(entity: object) -> bool:
    """Tell whether an entity is deleted, but its row still there."""
    return isinstance(entity, SoftDelete) and entity.deleted_at is not None


def stamp(entity: SoftDelete) -> None:
    """Delete an entity softly with the next flush; the moment of the first time stays."""
    if not is_deleted(entity):
        set_attribute(entity, _STAMP, now())  # past the validators: a row that breaks the rules can be deleted too


def without_deleted() -> list[Any]:
    """Make the options that leave deleted rows out of an ORM statement and of what it loads along."""
    return [_criteria(each) for each in _subclasses(SoftDelete) if _is_topmost(each)]


def _criteria(entity_class: Any) -> Any:
    found = _made.get(entity_class)
    if found is None:
        condition = entity_class.deleted_at.is_(None)
        found = _made[entity_class] = with_loader_criteria(
            entity_class, condition, include_aliases=True, propagate_to_loaders=False
        )
    return found


_made: WeakKeyDictionary[type, Any] = WeakKeyDictionary()


def _is_topmost(entity_class: Any) -> bool:
    """Whether it is a mapped class that inherits the stamp from no other mapped one, whose criterion is for both."""
    mapper = inspect(entity_class, raiseerr=False)
    return mapper is not None and stamp_of(mapper.inherits) is None


def _subclasses(of: type) -> list[type]:
    direct: list[type] = of.__subclasses__()
    return [each for one in direct for each in (one, *_subclasses(one))]
