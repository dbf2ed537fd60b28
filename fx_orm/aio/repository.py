"""AsyncRepository: the methods of Repository, awaited."""

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar

from fx_orm.aio.object_manager import AsyncObjectManager, current
from fx_orm.aio.query_builder import AsyncQueryBuilder
from fx_orm.aio.streams import Stream
from fx_orm.aio.synchronous import SynchronousManager
from fx_orm.config import Lazy
from fx_orm.pagination import CursorPage, Page
from fx_orm.repository import OfEntity, Repository, declared_repository, remember
from fx_orm.repository.criteria import Criteria, OrderBy, Values
from fx_orm.repository.ownership import checked_manager

T = TypeVar("T")
R = TypeVar("R")


class AsyncRepository(OfEntity[T]):
    """Finds, counts and changes the entities of one class: `Repository` for code of an event loop.

    Criteria, orders and values are Repository's, which documents each method. Without a manager it uses the current
    asynchronous one: of the request, else of the task.

    Example:
        class ProductRepository(AsyncRepository[Product]):
            async def find_active(self) -> list[Product]:
                return await self.find_by({"is_active": True}, order_by="name")
    """

    def __init__(self, entity_class: type[T] | None = None, entity_manager: AsyncObjectManager | None = None) -> None:
        super().__init__(entity_class)
        self._given_manager = None if entity_manager is None else checked_manager(entity_manager)
        if entity_class is not None and type(self) is not AsyncRepository:
            remember(type(self), entity_class)

    @property
    def entity_manager(self) -> AsyncObjectManager:
        """The manager in use: the one given, else the one of the request or task."""
        return self._given_manager if self._given_manager is not None else current()

    @entity_manager.setter
    def entity_manager(self, entity_manager: AsyncObjectManager) -> None:
        self._given_manager = checked_manager(entity_manager)

    @property
    def db(self) -> AsyncObjectManager:
        """The same as `entity_manager`, for `AsyncQueryBuilder(self.db)`."""
        return self.entity_manager

    def using(self, entity_manager: AsyncObjectManager) -> Self:
        """Return a copy of this repository that works with this manager."""
        other = copy.copy(self)
        other.entity_manager = entity_manager
        return other

    def query_builder(self) -> AsyncQueryBuilder[T]:
        """Start a query for these entities."""
        query: AsyncQueryBuilder[T] = AsyncQueryBuilder(self.entity_class, manager=self._given_manager)
        return query.with_deleted() if self.shows_deleted else query

    def get_query_builder(self) -> AsyncQueryBuilder[T]:
        """Do the same as `query_builder`."""
        return self.query_builder()

    # Questions

    async def find(self, id: Any) -> T | None:
        """Find an entity by its primary key (a tuple or a dict for a composite one), None when there is none."""
        return await self._run(lambda repository: repository.find(id))

    async def get(self, id: Any) -> T:
        """Find an entity by its primary key. Raises NotFoundError when there is none."""
        return await self._run(lambda repository: repository.get(id))

    async def find_all(self, order_by: OrderBy | None = None) -> list[T]:
        """Find all entities."""
        return await self._run(lambda repository: repository.find_all(order_by))

    async def find_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        limit: int | None = None,
        offset: int | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> list[T]:
        """Find the entities that meet all criteria; `with_` names relationships to load along."""
        return await self._run(lambda repository: repository.find_by(criteria, order_by, limit, offset, with_, lazy))

    async def find_one_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> T | None:
        """Find the first entity that meets all criteria, None when there is none."""
        return await self._run(lambda repository: repository.find_one_by(criteria, order_by, with_, lazy))

    async def get_one_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> T:
        """Find the first entity that meets all criteria. Raises NotFoundError when there is none."""
        return await self._run(lambda repository: repository.get_one_by(criteria, order_by, with_, lazy))

    async def find_many(self, ids: Iterable[Any]) -> list[T]:
        """Find the entities with these primary keys, in this order; keys without a row are left out."""
        return await self._run(lambda repository: repository.find_many(ids))

    async def first(self, criteria: Criteria | None = None, order_by: OrderBy | None = None) -> T | None:
        """Find the first entity, by default the one with the lowest primary key."""
        return await self._run(lambda repository: repository.first(criteria, order_by))

    async def last(self, criteria: Criteria | None = None) -> T | None:
        """Find the entity with the highest primary key."""
        return await self._run(lambda repository: repository.last(criteria))

    async def count(self, criteria: Criteria | None = None) -> int:
        """Count the entities that meet all criteria."""
        return await self._run(lambda repository: repository.count(criteria))

    async def exists(self, criteria: Criteria | None = None) -> bool:
        """Tell whether an entity meets all criteria."""
        return await self._run(lambda repository: repository.exists(criteria))

    async def pluck(self, field: str, criteria: Criteria | None = None, order_by: OrderBy | None = None) -> list[Any]:
        """Return one field's values of the entities that meet all criteria."""
        return await self._run(lambda repository: repository.pluck(field, criteria, order_by))

    async def paginate(
        self, page: int = 1, per_page: int = 20, criteria: Criteria | None = None, order_by: OrderBy | None = None
    ) -> Page[T]:
        """Find one page of the entities that meet all criteria, by default in the order of the primary key."""
        return await self._run(lambda repository: repository.paginate(page, per_page, criteria, order_by))

    async def cursor_paginate(
        self,
        per_page: int = 20,
        cursor: str | None = None,
        criteria: Criteria | None = None,
        order_by: OrderBy | None = None,
    ) -> CursorPage[T]:
        """Find the page that a cursor of another page leads to, the first one without."""
        return await self._run(lambda repository: repository.cursor_paginate(per_page, cursor, criteria, order_by))

    def stream(self, criteria: Criteria | None = None, order_by: OrderBy | None = None, size: int = 1000) -> Stream[T]:
        """Find the entities that meet all criteria one after the other, `size` at a time from the database.

        Example:
            async for product in products.stream({"category_id": 1}):
                ...
        """
        return self.entity_manager.bridge.stream(
            lambda em: self._synchronous(em).stream(criteria, order_by, size), size
        )

    # Changes

    async def add(self, entity: T) -> T:
        """Save an entity that was made elsewhere. Returns it, with its generated key."""
        return await self._run(lambda repository: repository.add(entity))

    async def create(self, data: Values | None = None, /, **fields: Any) -> T:
        """Make an entity of a dict or a model, validated as the entity's class does, and save it."""
        return await self._run(lambda repository: repository.create(data, **fields))

    async def update(self, id: Any, data: Values) -> bool:
        """Change fields of one entity, validated as the entity does, all or none; False when there is none."""
        return await self._run(lambda repository: repository.update(id, data))

    async def update_by(self, criteria: Criteria, data: Values) -> int:
        """Change fields of all entities that meet the criteria, in one statement. Returns how many."""
        return await self._run(lambda repository: repository.update_by(criteria, data))

    async def delete(self, entity_or_id: Any) -> bool:
        """Delete an entity, or the one with a primary key; False when there is none."""
        return await self._run(lambda repository: repository.delete(entity_or_id))

    async def force_delete(self, entity_or_id: Any) -> bool:
        """Remove the row of an entity, also of one that is deleted softly already; False when there is none."""
        return await self._run(lambda repository: repository.force_delete(entity_or_id))

    async def delete_by(self, criteria: Criteria) -> int:
        """Delete all entities that meet the criteria, in one statement. Returns how many."""
        return await self._run(lambda repository: repository.delete_by(criteria))

    async def insert_many(self, rows: Iterable[Values | T]) -> int:
        """Save many rows, dicts or models, validated as entities are; one statement for all. Returns how many."""
        return await self._run(lambda repository: repository.insert_many(rows))

    async def update_many(self, rows: Iterable[Values]) -> int:
        """Change several entities, each to values of its own: dicts or models that hold the primary key too."""
        return await self._run(lambda repository: repository.update_many(rows))

    async def upsert(
        self, rows: Values | Iterable[Values], *, keys: Sequence[str], update: Sequence[str] | None = None
    ) -> int:
        """Insert rows, validated as entities are, or change those that exist with the same `keys`. Returns how many."""
        return await self._run(lambda repository: repository.upsert(rows, keys=keys, update=update))

    async def _run(self, end: Callable[[Repository[T]], R]) -> R:
        return await self.entity_manager.bridge.run_sync(lambda em: end(self._synchronous(em)))

    def _synchronous(self, manager: SynchronousManager) -> Repository[T]:
        repository = Repository(self.entity_class, manager)
        return repository.with_deleted() if self.shows_deleted else repository


def async_repository_of(entity_class: type[T], entity_manager: AsyncObjectManager | None = None) -> AsyncRepository[T]:
    """Return the asynchronous repository of an entity: its own class where one is declared.

    Raises MappingError where several are declared.
    """
    declared = declared_repository(AsyncRepository, entity_class)
    if declared is None:
        return AsyncRepository(entity_class, entity_manager)
    repository: AsyncRepository[T] = declared()
    return repository if entity_manager is None else repository.using(entity_manager)
