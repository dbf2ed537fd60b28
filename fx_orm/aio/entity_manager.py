"""AsyncEntityManager: the methods of EntityManager, awaited where they talk to the database."""

from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.orm.session import Session

from fx_orm.aio.bridge import Bridge
from fx_orm.aio.query_builder import AsyncQueryBuilder
from fx_orm.aio.repository import AsyncRepository, async_repository_of
from fx_orm.aio.synchronous import SynchronousManager
from fx_orm.aio.transaction import AsyncTransaction

H = TypeVar("H", bound=Callable[[], object])
T = TypeVar("T")


class AsyncEntityManager:
    """A unit of work for code of an event loop: EntityManager's methods, over EntityManager's code.

    It is opened by its first use and closed by `await close()`, or by `async with`. One task uses it at a time; each
    request or task has one of its own. `engine` is SQLAlchemy's `AsyncEngine`; by default the configured database, by a
    driver for asyncio and a pool of the running loop. With `release_when_idle` a call that leaves nothing uncommitted
    gives its connection back.

    Values stay readable after `commit()` and after every other call, as they were loaded; a call that finds the entity
    again, `refresh()` or a query read them anew. What was never loaded is not loaded by touching it: `with_()` in the
    query, or `await load(entity, "relationship")` does it, and without them the touch raises DetachedError.

    Example:
        async with AsyncEntityManager() as em:
            em.persist(Category(name="Garden"))
            await em.commit()
    """

    def __init__(self, engine: AsyncEngine | None = None, *, release_when_idle: bool = False) -> None:
        self._bridge = Bridge(engine, release_when_idle=release_when_idle)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def bridge(self) -> Bridge:
        """What runs the synchronous code; queries and repositories use it."""
        return self._bridge

    @property
    def session(self) -> AsyncSession:
        """SQLModel's AsyncSession over the session underneath; the program is responsible for what it does with it."""
        session = self.sync_manager.session
        return AsyncSession(sync_session_class=cast("type[Session]", lambda **_: session))

    @property
    def sync_manager(self) -> SynchronousManager:
        """The synchronous manager underneath, for functions that `run_sync` runs."""
        return self.bridge.manager

    async def run_sync(self, function: Callable[[SynchronousManager], T]) -> T:
        """Run synchronous code, which gets the synchronous manager and may load by touching what is not loaded.

        The event loop goes on with other tasks while it waits for the database.

        Example:
            await em.run_sync(lambda em: [product.category.name for product in em.get_repository(Product).find_all()])
        """
        return await self.bridge.run_sync(function)

    # What becomes of entities

    def persist(self, entity: T) -> T:
        """Put a new entity, or a detached one, under management; sent with the next flush. Returns it."""
        return self.bridge.now(lambda em: em.persist(entity))

    def persist_all(self, entities: Iterable[T]) -> list[T]:
        """Persist several entities."""
        return self.bridge.now(lambda em: em.persist_all(entities))

    async def remove(self, entity: object) -> None:
        """Delete an entity with the next flush; see `EntityManager.remove`."""
        await self.bridge.run_sync(lambda em: em.remove(entity))

    async def delete(self, entity: object) -> None:
        """Do the same as `remove`."""
        await self.bridge.run_sync(lambda em: em.delete(entity))

    async def force_delete(self, entity: object) -> None:
        """Remove an entity's row with the next flush, also where `remove` only stamps it."""
        await self.bridge.run_sync(lambda em: em.force_delete(entity))

    async def refresh(self, entity: object) -> None:
        """Load an entity's values again; unflushed changes are lost. Raises NotFoundError when its row is gone."""
        await self.bridge.run_sync(lambda em: em.refresh(entity))

    async def load(self, entity: T, *attributes: str) -> T:
        """Load relationships of an entity, and deferred fields; see `EntityManager.load`. Returns the entity.

        Example:
            lines = (await em.load(order, "lines.product")).lines
        """
        return await self.bridge.run_sync(lambda em: em.load(entity, *attributes))

    async def merge(self, entity: T) -> T:
        """Copy a detached entity's values into the managed one with its primary key, loaded first. Returns that one."""
        return await self.bridge.run_sync(lambda em: em.merge(entity))

    def detach(self, entity: object) -> None:
        """Let go of one entity; its changes are not sent."""
        self.bridge.now(lambda em: em.detach(entity))

    def clear(self) -> None:
        """Let go of all entities; changes that were not flushed are not sent."""
        self.bridge.now(lambda em: em.clear())

    def contains(self, entity: object) -> bool:
        """Tell whether an entity is managed here."""
        return self.bridge.now(lambda em: em.contains(entity))

    async def changes(self, entity: object) -> dict[str, tuple[Any, Any]]:
        """Tell what the next flush would change in the row: field -> (value before, value now)."""
        return await self.bridge.run_sync(lambda em: em.changes(entity))

    # Finding

    async def find(self, entity_class: type[T], id: Any) -> T | None:
        """Find an entity by its primary key, None when there is none; the one that is loaded already, if it is."""
        return await self.bridge.run_sync(lambda em: em.find(entity_class, id))

    async def get(self, entity_class: type[T], id: Any) -> T:
        """Find an entity by its primary key. Raises NotFoundError when there is none."""
        return await self.bridge.run_sync(lambda em: em.get(entity_class, id))

    async def find_existing_entity(self, entity: T) -> T | None:
        """Find the entity with the primary key of this one, None when it has none yet or there is none."""
        return await self.bridge.run_sync(lambda em: em.find_existing_entity(entity))

    def get_reference(self, entity_class: type[T], id: Any) -> T:
        """Return an entity to point to, without loading it; `await refresh()` loads its other values."""
        return self.bridge.now(lambda em: em.get_reference(entity_class, id))

    def query_builder(self, entity_class: type[T]) -> AsyncQueryBuilder[T]:
        """Start a query for entities of a class, run by this manager."""
        return AsyncQueryBuilder(entity_class, manager=self)

    def get_repository(self, entity_class: type[T]) -> AsyncRepository[T]:
        """Return the repository of an entity, working with this manager: its own class where one is declared."""
        return async_repository_of(entity_class, self)

    # The unit of work

    def transaction(
        self, *, isolation: str | None = None, read_only: bool = False, retries: int = 0
    ) -> AsyncTransaction:
        """Open a block that commits when it is left, and rolls everything back when an exception leaves it.

        Inside another one it is a savepoint. It can decorate an asynchronous function, which with `retries` is run
        again after a deadlock. See `EntityManager.transaction`.

        Example:
            async with em.transaction():
                em.persist(order)
        """
        return AsyncTransaction(
            self, lambda em: em.transaction(isolation=isolation, read_only=read_only, retries=retries)
        )

    async def run(self, fn: Callable[[], Awaitable[T]], *, retries: int = 3) -> T:
        """Await `fn()` in a transaction, and again after a deadlock or a failed serialization, after a growing pause.

        `fn` must load what it changes itself: each attempt begins with nothing. Returns what `fn` returns.
        """
        return await self.bridge.run_sync(lambda em: em.run(lambda: em.wait_for(fn()), retries=retries))

    def after_commit(self, hook: H) -> H:
        """Call `hook` once the work under way is committed; what it gives is awaited when it can be.

        See `EntityManager.after_commit`.

        Example:
            async with em.transaction():
                em.persist(order)
                em.after_commit(lambda: send_letter(order.id))
        """
        self.bridge.now(lambda em: em.after_commit(em.awaiting(hook)))
        return hook

    async def flush(self) -> None:
        """Send what is pending; generated keys are known then. A failure rolls back, as for any error."""
        await self.bridge.run_sync(lambda em: em.flush())

    async def commit(self) -> None:
        """Send what is pending and commit. Raises FxError inside `transaction()`, which commits by itself."""
        await self.bridge.run_sync(lambda em: em.commit())

    async def rollback(self) -> None:
        """Undo everything since the last commit. Inside `transaction()` the block will undo all when it is left.

        Entities show the values that they had before.
        """
        await self.bridge.run_sync(lambda em: em.rollback())

    async def close(self) -> None:
        """Give the connection back and let go of all entities; what is not committed is undone. It stays usable."""
        await self.bridge.close()

    async def exec_statement(self, statement: sa.Executable, params: Any = None) -> Any:
        """Run an SQLAlchemy statement; returns the list of its rows, or how many rows it changed."""
        return await self.bridge.run_sync(lambda em: em.exec_statement(statement, params))

    async def create_all_tables(self) -> None:
        """Create the missing tables of all entities that are imported; migrations are the better way."""
        await self.bridge.run_sync(lambda em: em.create_all_tables())

    async def drop_all_tables(self) -> None:
        """Drop the tables of all entities that are imported, with their rows."""
        await self.bridge.run_sync(lambda em: em.drop_all_tables())

    def unsaved(self) -> list[str]:
        """Describe for people what would be lost by `close()`."""
        return self.bridge.now(lambda em: em.unsaved())
