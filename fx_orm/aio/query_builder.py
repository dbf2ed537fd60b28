"""AsyncQueryBuilder: the chain of QueryBuilder, whose ends are awaited."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar, cast, overload

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fx_orm.aio.bridge import AsyncSource
from fx_orm.aio.current import managers
from fx_orm.aio.streams import Stream
from fx_orm.aio.synchronous import SynchronousManager
from fx_orm.errors import QueryError
from fx_orm.errors.calls import kind_of
from fx_orm.pagination import CursorPage, Page
from fx_orm.query_builder import Explanation, QueryBuilder, Row
from fx_orm.query_builder.recording import Draft, Recorder
from fx_orm.query_builder.selecting import Selecting

T = TypeVar("T")
M = TypeVar("M")
R = TypeVar("R")


class AsyncQueryBuilder(Selecting, Generic[T]):
    """A query being written: `QueryBuilder` for code of an event loop.

    The methods that say what is asked for are QueryBuilder's; those that ask are awaited. Without a manager it uses the
    current asynchronous one when it runs. `QueryBuilder` documents each method.

    Example:
        await AsyncQueryBuilder(Product).where("price", ">", 10).order_by("name").limit(20).get()
    """

    @overload
    def __init__(self, source: type[T], *, manager: AsyncSource | None = None) -> None: ...
    @overload
    def __init__(
        self: "AsyncQueryBuilder[Row]", source: AsyncSource | None = None, *, manager: AsyncSource | None = None
    ) -> None: ...
    def __init__(self, source: Any = None, *, manager: AsyncSource | None = None) -> None:
        """Bind the builder to an entity, to an asynchronous manager, to both or to none.

        Raises:
            QueryError: the source is neither.
        """
        if hasattr(source, "bridge"):
            if manager is not None:
                raise QueryError("AsyncQueryBuilder(): two managers are given, by position and by name")
            source, manager = None, source
        elif isinstance(source, Session) or hasattr(source, "reading"):
            raise QueryError(f"AsyncQueryBuilder(): {kind_of(source)} is synchronous; write QueryBuilder()")
        super().__init__(QueryBuilder(source).draft.entity)
        self._manager = manager

    # What is read

    def select(self, /, *items: "str | Iterable[Any] | Any", **queries: Recorder) -> "AsyncQueryBuilder[Row]":
        """Choose what is read, in place of what was chosen before: the results are rows then."""
        _synchronous(self.draft, None).select(*items, **queries)
        return cast("AsyncQueryBuilder[Row]", self)

    def add_select(self, /, *items: "str | Iterable[Any] | Any", **queries: Recorder) -> "AsyncQueryBuilder[Row]":
        """Choose more; arguments as in `select`."""
        _synchronous(self.draft, None).add_select(*items, **queries)
        return cast("AsyncQueryBuilder[Row]", self)

    def as_(self, model: type[M]) -> "AsyncQueryBuilder[M]":
        """Make each row an object of a Pydantic model, which validates it, or of a dataclass."""
        _synchronous(self.draft, None).as_(model)
        return cast("AsyncQueryBuilder[M]", self)

    def all_rows(self) -> Self:
        """Say that `update` or `delete` without a condition is meant."""
        _synchronous(self.draft, None).all_rows()
        return self

    # The ends that read

    async def get(self) -> list[T]:
        """Read everything: entities of a builder that is bound to one and selects nothing else, otherwise rows."""
        return await self._run(lambda query: query.get())

    async def execute(self) -> list[T]:
        """Read everything; the same as `get`."""
        return await self._run(lambda query: query.execute())

    async def first(self) -> T | None:
        """Read the first one, or None."""
        return await self._run(lambda query: query.first())

    async def one(self) -> T:
        """Read the only one. Raises NotFoundError without one, MultipleFoundError with several."""
        return await self._run(lambda query: query.one())

    async def find(self, key: Any) -> T | None:
        """Read the one with a primary key that fits the conditions too, or None; several columns: a tuple or a dict."""
        return await self._run(lambda query: query.find(key))

    async def value(self, column: str) -> Any:
        """Read one column of the first row, or None when there is no row."""
        return await self._run(lambda query: query.value(column))

    @overload
    async def pluck(self, column: str, key: None = None) -> list[Any]: ...
    @overload
    async def pluck(self, column: str, key: str) -> dict[Any, Any]: ...
    async def pluck(self, column: str, key: str | None = None) -> list[Any] | dict[Any, Any]:
        """Read one column of all rows as a list; with `key`, a dict from that column to this one."""
        return await self._run(lambda query: query.pluck(column, key))

    async def exists(self) -> bool:
        """Ask whether there is any row."""
        return await self._run(lambda query: query.exists())

    async def count(self) -> int:
        """Count the rows, or the entities, that `get` would give."""
        return await self._run(lambda query: query.count())

    async def sum(self, column: str) -> Any:
        """Add a column up; None when there is no row."""
        return await self._run(lambda query: query.sum(column))

    async def avg(self, column: str) -> Any:
        """Average a column; None when there is no row."""
        return await self._run(lambda query: query.avg(column))

    async def min(self, column: str) -> Any:
        """Find the least value of a column; None when there is no row."""
        return await self._run(lambda query: query.min(column))

    async def max(self, column: str) -> Any:
        """Find the greatest value of a column; None when there is no row."""
        return await self._run(lambda query: query.max(column))

    async def paginate(self, page: int = 1, per_page: int = 20) -> Page[T]:
        """Read one page, counted from 1, and how many there are in all; order the query, or pages may repeat rows."""
        return await self._run(lambda query: query.paginate(page, per_page))

    async def cursor_paginate(self, per_page: int = 20, cursor: str | None = None) -> CursorPage[T]:
        """Read the page that a cursor of another page leads to, the first one without a cursor."""
        return await self._run(lambda query: query.cursor_paginate(per_page, cursor))

    def chunk(self, size: int = 1000) -> Stream[list[T]]:
        """Read entities in lists of at most `size`, by primary key: rows changed meanwhile are not missed or repeated.

        Example:
            async for products in AsyncQueryBuilder(Product).chunk(500):
                ...
        """
        draft = self.draft.copy()
        return self._source().bridge.stream(lambda em: _synchronous(draft, em).chunk(size), 1)

    def stream(self, size: int = 1000) -> Stream[T]:
        """Read one after the other, `size` at a time from the server; the connection is in use until the end.

        Example:
            async for product in AsyncQueryBuilder(Product).stream():
                ...
        """
        draft = self.draft.copy()
        return self._source().bridge.stream(lambda em: _synchronous(draft, em).stream(size), size)

    async def to_sql(self, dialect: str | sa.Dialect | None = None, *, values: bool = False) -> tuple[str, Any]:
        """Return the SQL and its parameters, without running it: for a database by name, else for the one in use."""
        return await self._run(lambda query: query.to_sql(dialect, values=values))

    async def explain(self) -> Explanation:
        """Ask the database how it would run the query, as text and as data; the query is not run."""
        return await self._run(lambda query: query.explain())

    # The ends that change

    async def insert(self, values: "Mapping[str, Any] | Sequence[Mapping[str, Any]]") -> int:
        """Insert one row or several, `{"column": value}`; return how many."""
        return await self._run(lambda query: query.insert(values))

    async def upsert(
        self,
        rows: "Mapping[str, Any] | Sequence[Mapping[str, Any]]",
        *,
        keys: Sequence[str],
        update: Sequence[str] | None = None,
    ) -> int:
        """Insert rows, or change those that exist with the same `keys` (columns of a unique key); return how many."""
        return await self._run(lambda query: query.upsert(rows, keys=keys, update=update))

    async def update(self, values: Mapping[str, Any]) -> int:
        """Change the rows that the conditions leave; return how many. Raises QueryError without any condition."""
        return await self._run(lambda query: query.update(values))

    async def increment(self, column: str, by: "int | float | Decimal" = 1) -> int:
        """Add to a column in the database itself; return how many rows changed."""
        return await self._run(lambda query: query.increment(column, by))

    async def delete(self) -> int:
        """Delete the rows that the conditions leave; return how many. Raises QueryError without any condition."""
        return await self._run(lambda query: query.delete())

    async def force_delete(self) -> int:
        """Remove the rows that the conditions leave, of a `SoftDelete` entity too; return how many."""
        return await self._run(lambda query: query.force_delete())

    def __repr__(self) -> str:
        return repr(_synchronous(self.draft, None)).replace("QueryBuilder", "AsyncQueryBuilder")

    def _source(self) -> AsyncSource:
        return managers.get() if self._manager is None else self._manager

    async def _run(self, end: Callable[[QueryBuilder[T]], R]) -> R:
        return await self._source().bridge.run_sync(lambda em: end(_synchronous(self.draft, em)))


def _synchronous(draft: Draft, manager: SynchronousManager | None) -> QueryBuilder[Any]:
    """Return the synchronous builder of the same query: what is said to one, both know."""
    query: QueryBuilder[Any] = QueryBuilder(None, manager=manager)
    query.draft = draft
    return query
