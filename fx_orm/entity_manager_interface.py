"""EntityManagerInterface: stands for the entity manager of whoever calls: the request, the task or the thread.

Services keep one for their whole life, and share it between threads; it keeps nothing itself.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fx_orm.object_manager import ObjectManager, current
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository import Repository, repository_of

P = ParamSpec("P")
T = TypeVar("T")
H = TypeVar("H", bound=Callable[[], object])


class EntityManagerInterface:
    """Each call goes to the manager given here, else to the current one: of the request, else of the task or thread.

    `EntityManager` documents the methods.

    Example:
        class ProductService:
            def __init__(self, entity_manager: EntityManagerInterface) -> None:
                self.em = entity_manager
    """

    def __init__(self, entity_manager: ObjectManager | None = None) -> None:
        self._given = entity_manager

    @property
    def entity_manager(self) -> ObjectManager:
        """The manager that a call would go to now."""
        return self._given if self._given is not None else current()

    @property
    def session(self) -> Session:
        """The session of the current manager; do not keep it."""
        return self.entity_manager.session

    def persist(self, entity: T) -> T:
        """Put a new entity, or a detached one, under management; sent with the next flush. Returns it."""
        return self.entity_manager.persist(entity)

    def persist_all(self, entities: Iterable[T]) -> list[T]:
        """Persist several entities."""
        return self.entity_manager.persist_all(entities)

    def remove(self, entity: object) -> None:
        """Delete an entity with the next flush."""
        self.entity_manager.remove(entity)

    def delete(self, entity: object) -> None:
        """Do the same as `remove`."""
        self.entity_manager.delete(entity)

    def force_delete(self, entity: object) -> None:
        """Remove an entity's row with the next flush, also where `remove` only stamps it."""
        self.entity_manager.force_delete(entity)

    def refresh(self, entity: object) -> None:
        """Load an entity's values again; unflushed changes are lost."""
        self.entity_manager.refresh(entity)

    def load(self, entity: T, *attributes: str) -> T:
        """Load relationships of an entity, those that are not loaded yet: `"category"`, `"lines.product"`."""
        return self.entity_manager.load(entity, *attributes)

    def merge(self, entity: T) -> T:
        """Copy a detached entity's values into the managed one with its primary key. Returns that one."""
        return self.entity_manager.merge(entity)

    def detach(self, entity: object) -> None:
        """Let go of one entity; its changes are not sent."""
        self.entity_manager.detach(entity)

    def clear(self) -> None:
        """Let go of all entities; changes that were not flushed are not sent."""
        self.entity_manager.clear()

    def contains(self, entity: object) -> bool:
        """Tell whether an entity is managed by the current manager."""
        return self.entity_manager.contains(entity)

    def changes(self, entity: object) -> dict[str, tuple[Any, Any]]:
        """Tell what the next flush would change in the row: field -> (value before, value now)."""
        return self.entity_manager.changes(entity)

    def find(self, entity_class: type[T], id: Any) -> T | None:
        """Find an entity by its primary key, None when there is none."""
        return self.entity_manager.find(entity_class, id)

    def get(self, entity_class: type[T], id: Any) -> T:
        """Find an entity by its primary key. Raises NotFoundError when there is none."""
        return self.entity_manager.get(entity_class, id)

    def find_existing_entity(self, entity: T) -> T | None:
        """Find the entity with the primary key of this one."""
        return self.entity_manager.find_existing_entity(entity)

    def get_reference(self, entity_class: type[T], id: Any) -> T:
        """Return an entity to point to, without loading it."""
        return self.entity_manager.get_reference(entity_class, id)

    def query_builder(self, entity_class: type[T]) -> QueryBuilder[T]:
        """Start a query for entities of a class."""
        return self.entity_manager.query_builder(entity_class)

    def get_repository(self, entity_class: type[T]) -> Repository[T]:
        """Return the repository of an entity: its own class where one is declared."""
        return repository_of(entity_class, self._given)

    def transaction(
        self, *, isolation: str | None = None, read_only: bool = False, retries: int = 0
    ) -> "CurrentTransaction":
        """Open a block that commits when it is left, and rolls everything back when an exception leaves it."""

        def begin() -> AbstractContextManager[object]:
            return self.entity_manager.transaction(isolation=isolation, read_only=read_only, retries=retries)

        return CurrentTransaction(begin)

    def run(self, fn: Callable[[], T], *, retries: int = 3) -> T:
        """Call `fn` in a transaction, and again after a deadlock or a failed serialization."""
        return self.entity_manager.run(fn, retries=retries)

    def after_commit(self, hook: H) -> H:
        """Call `hook` once the work under way is committed, never after a rollback. Returns it."""
        return self.entity_manager.after_commit(hook)

    def flush(self) -> None:
        """Send what is pending; generated keys are known then."""
        self.entity_manager.flush()

    def commit(self) -> None:
        """Send what is pending and commit."""
        self.entity_manager.commit()

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        self.entity_manager.rollback()

    def close(self) -> None:
        """Close the current manager; its next use opens it again."""
        self.entity_manager.close()

    def exec_statement(self, statement: sa.Executable, params: Any = None) -> Any:
        """Run an SQLAlchemy statement; returns the list of its rows, or how many rows it changed."""
        return self.entity_manager.exec_statement(statement, params)

    def create_all_tables(self) -> None:
        """Create the missing tables of all entities that are imported; migrations are the better way."""
        self.entity_manager.create_all_tables()

    def drop_all_tables(self) -> None:
        """Drop the tables of all entities that are imported, with their rows."""
        self.entity_manager.drop_all_tables()

    @contextmanager
    def reading(self) -> Generator[Session]:
        """Lend the current manager's session for a query."""
        with self.entity_manager.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Generator[Session]:
        """Lend the current manager's session for a change."""
        with self.entity_manager.writing() as session:
            yield session

    def unsaved(self) -> list[str]:
        """Describe for people what the current manager would lose by `close()`."""
        return self.entity_manager.unsaved()


class CurrentTransaction:
    """A block of whichever manager is current when it is entered, or when the decorated function is called."""

    def __init__(self, begin: Callable[[], AbstractContextManager[object]]) -> None:
        self._begin = begin
        self._block: AbstractContextManager[object] | None = None

    def __enter__(self) -> object:
        self._block = self._begin()
        return self._block.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._block is not None:
            self._block.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Put each call of `function` into such a block."""

        @wraps(function)
        def in_transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            block: Any = self._begin()
            result: T = block(function)(*args, **kwargs)
            return result

        return in_transaction
