"""ObjectManager: what entity managers promise, as a protocol that they, their interface and fakes satisfy.

It has no behaviour; annotate with it where a fake may come in.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa

from fx_orm import scope
from fx_orm.query_builder import QueryBuilder

T = TypeVar("T")
H = TypeVar("H", bound=Callable[[], object])


class ObjectManager(scope.SessionSource, Protocol):
    """The methods of an entity manager; `EntityManager` documents each."""

    def persist(self, entity: T) -> T:
        """Put an entity under management."""
        ...

    def persist_all(self, entities: Iterable[T]) -> list[T]:
        """Put several entities under management."""
        ...

    def remove(self, entity: object) -> None:
        """Delete an entity with the next flush."""
        ...

    def delete(self, entity: object) -> None:
        """Do the same as `remove`."""
        ...

    def force_delete(self, entity: object) -> None:
        """Remove an entity's row with the next flush, also where `remove` only stamps it."""
        ...

    def refresh(self, entity: object) -> None:
        """Load an entity's values again."""
        ...

    def load(self, entity: T, *attributes: str) -> T:
        """Load relationships of an entity, those that are not loaded yet."""
        ...

    def merge(self, entity: T) -> T:
        """Copy a detached entity's values into the managed one."""
        ...

    def detach(self, entity: object) -> None:
        """Let go of one entity."""
        ...

    def clear(self) -> None:
        """Let go of all entities."""
        ...

    def contains(self, entity: object) -> bool:
        """Tell whether an entity is managed here."""
        ...

    def changes(self, entity: object) -> dict[str, tuple[Any, Any]]:
        """Tell what the next flush would change in the row."""
        ...

    def find(self, entity_class: type[T], id: Any) -> T | None:
        """Find an entity by its primary key."""
        ...

    def get(self, entity_class: type[T], id: Any) -> T:
        """Find an entity by its primary key, or raise NotFoundError."""
        ...

    def find_existing_entity(self, entity: T) -> T | None:
        """Find the entity with the primary key of this one."""
        ...

    def get_reference(self, entity_class: type[T], id: Any) -> T:
        """Return an entity to point to, without loading it."""
        ...

    def query_builder(self, entity_class: type[T]) -> QueryBuilder[T]:
        """Start a query for entities of a class."""
        ...

    def transaction(
        self, *, isolation: str | None = None, read_only: bool = False, retries: int = 0
    ) -> AbstractContextManager[object]:
        """Open a block that commits when it is left, and rolls back when an exception leaves it."""
        ...

    def run(self, fn: Callable[[], T], *, retries: int = 3) -> T:
        """Call `fn` in a transaction, and again after a deadlock."""
        ...

    def after_commit(self, hook: H) -> H:
        """Call `hook` once the work under way is committed."""
        ...

    def flush(self) -> None:
        """Send what is pending."""
        ...

    def commit(self) -> None:
        """Send what is pending and commit."""
        ...

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        ...

    def exec_statement(self, statement: sa.Executable, params: Any = None) -> Any:
        """Run an SQLAlchemy statement."""
        ...

    def create_all_tables(self) -> None:
        """Create the missing tables of all entities."""
        ...

    def drop_all_tables(self) -> None:
        """Drop the tables of all entities."""
        ...


def current() -> ObjectManager:
    """Return the manager of the request, the task or the thread, as `scope.current()` finds it."""
    return cast("ObjectManager", scope.current())
