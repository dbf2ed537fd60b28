"""AsyncObjectManager: what asynchronous entity managers promise, as a protocol.

It has no behaviour. `fx_orm.object_manager` is its synchronous counterpart.
"""

from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from fx_orm.aio.bridge import AsyncSource
from fx_orm.aio.current import managers
from fx_orm.aio.query_builder import AsyncQueryBuilder
from fx_orm.aio.synchronous import SynchronousManager

H = TypeVar("H", bound=Callable[[], object])
T = TypeVar("T")


class AsyncObjectManager(AsyncSource, Protocol):
    """The methods of an asynchronous entity manager; `EntityManager` documents each."""

    @property
    def session(self) -> AsyncSession:
        """The one session of this manager."""
        ...

    @property
    def sync_manager(self) -> SynchronousManager:
        """The synchronous manager underneath."""
        ...

    async def run_sync(self, function: Callable[[SynchronousManager], T]) -> T:
        """Run synchronous code with `sync_manager`."""
        ...

    def persist(self, entity: T) -> T:
        """Put an entity under management."""
        ...

    def persist_all(self, entities: Iterable[T]) -> list[T]:
        """Put several entities under management."""
        ...

    async def remove(self, entity: object) -> None:
        """Delete an entity with the next flush."""
        ...

    async def delete(self, entity: object) -> None:
        """Do the same as `remove`."""
        ...

    async def force_delete(self, entity: object) -> None:
        """Remove an entity's row with the next flush, also where `remove` only stamps it."""
        ...

    async def refresh(self, entity: object) -> None:
        """Load an entity's values again."""
        ...

    async def load(self, entity: T, *attributes: str) -> T:
        """Load relationships of an entity, those that are not loaded yet."""
        ...

    async def merge(self, entity: T) -> T:
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

    async def changes(self, entity: object) -> dict[str, tuple[Any, Any]]:
        """Tell what the next flush would change in the row."""
        ...

    async def find(self, entity_class: type[T], id: Any) -> T | None:
        """Find an entity by its primary key."""
        ...

    async def get(self, entity_class: type[T], id: Any) -> T:
        """Find an entity by its primary key, or raise NotFoundError."""
        ...

    async def find_existing_entity(self, entity: T) -> T | None:
        """Find the entity with the primary key of this one."""
        ...

    def get_reference(self, entity_class: type[T], id: Any) -> T:
        """Return an entity to point to, without loading it."""
        ...

    def query_builder(self, entity_class: type[T]) -> AsyncQueryBuilder[T]:
        """Start a query for entities of a class."""
        ...

    def transaction(
        self, *, isolation: str | None = None, read_only: bool = False, retries: int = 0
    ) -> AbstractAsyncContextManager[object]:
        """Open a block that commits when it is left, and rolls back when an exception leaves it."""
        ...

    async def run(self, fn: Callable[[], Awaitable[T]], *, retries: int = 3) -> T:
        """Await `fn` in a transaction, and again after a deadlock."""
        ...

    def after_commit(self, hook: H) -> H:
        """Call `hook` once the work under way is committed."""
        ...

    async def flush(self) -> None:
        """Send what is pending."""
        ...

    async def commit(self) -> None:
        """Send what is pending and commit."""
        ...

    async def rollback(self) -> None:
        """Undo everything since the last commit."""
        ...

    async def close(self) -> None:
        """Give the connection back and forget the entities."""
        ...

    async def exec_statement(self, statement: sa.Executable, params: Any = None) -> Any:
        """Run an SQLAlchemy statement."""
        ...

    async def create_all_tables(self) -> None:
        """Create the missing tables of all entities."""
        ...

    async def drop_all_tables(self) -> None:
        """Drop the tables of all entities."""
        ...


def current() -> AsyncObjectManager:
    """Return the asynchronous manager of the enclosing `use()`, else the one of the running task.

    A task has one as soon as it asks. It gives its connection back whenever it is idle, and is closed with the task. A
    task that was started inside `use()` is not inside it: it gets its own.
    """
    return cast("AsyncObjectManager", managers.get())


@contextmanager
def use(manager: AsyncObjectManager) -> Generator[AsyncObjectManager]:
    """Make `manager` the current one inside the block, which neither commits nor closes it.

    Example:
        async with AsyncEntityManager() as em:
            with use(em):
                await handle(request)
    """
    with managers.use(lambda: manager):
        yield manager
