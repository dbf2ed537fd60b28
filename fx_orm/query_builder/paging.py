"""The ends of a chain that read a result in parts: pages by number, pages by position, chunks, streams."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from fx_orm.config import settings
from fx_orm.pagination import CursorPage, Page
from fx_orm.query import execution
from fx_orm.query.messages import wrong
from fx_orm.query.rows import into
from fx_orm.query.shapes import Seek, Shape
from fx_orm.query_builder.cursors import Position, check_position, order_of, read_cursor, write_cursor
from fx_orm.query_builder.recording import whole_number
from fx_orm.query_builder.results import Results, with_all_columns

T = TypeVar("T")


class Paging(Results[T], Generic[T]):
    """The methods that read a result in parts."""

    def paginate(self, page: int = 1, per_page: int = 20) -> Page[T]:
        """Read one page, counted from 1, and how many there are in all; order the query, or pages may repeat rows.

        Example:
            >>> page = QueryBuilder(Product).order_by("id").paginate(1, per_page=2)
            >>> [product.name for product in page], page.total, page.pages
            (['Tea pot', 'Cup'], 3, 2)
        """
        whole_number("paginate", "page", page, least=1)
        whole_number("paginate", "per_page", per_page, least=1)
        whole_number("paginate", "page", page * per_page, least=1)
        if self.draft.limit is not None or self.draft.offset is not None:
            raise wrong("paginate", None, "it sets the limit itself: without limit() and offset()")
        total = self.count()
        return Page(self.clone().limit(per_page).offset((page - 1) * per_page).get(), total, page, per_page)

    def cursor_paginate(self, per_page: int = 20, cursor: str | None = None) -> CursorPage[T]:
        """Read the page that a cursor of another page leads to, the first one without a cursor.

        Rows are told apart by primary keys, which complete the order: a page begins behind the row where the other one
        ended, whatever was inserted or deleted meanwhile, and costs the same far into the result. A cursor holds the
        values of the order's columns, readable; it is signed when the setting `secret` is given.

        Raises:
            QueryError: the cursor is damaged, of another order or not signed; the rows have no key.

        Example:
            >>> page = QueryBuilder(Product).order_by("price").cursor_paginate(2)
            >>> [product.name for product in page]
            ['Cup', 'Hose']
            >>> page = QueryBuilder(Product).order_by("price").cursor_paginate(2, page.next_cursor)
            >>> [product.name for product in page]
            ['Tea pot']
        """
        whole_number("cursor_paginate", "per_page", per_page, least=1)
        shape = self.draft.shape()
        if shape.limit is not None or shape.offset is not None:
            raise wrong("cursor_paginate", None, "it sets the limit itself: without limit() and offset()")
        shape = replace(shape if self.draft.model is None else with_all_columns(shape), seek=Seek())
        secret = settings().secret
        given = None if cursor is None else read_cursor(cursor, secret)
        with self._reading() as session:
            keys = execution.order_of_pages(session, shape, keep=self.draft.keep)
            order = order_of(shape.entity, keys)
            if given is not None:
                check_position(given, order, keys)
            found = execution.page(session, *self._sought(shape, given, per_page + 1), keep=self.draft.keep)
        has_more, found = len(found) > per_page, found[:per_page]
        if given is not None and given.backwards:
            found.reverse()
        items: list[Any] = [item for item, _ in found]
        if self.draft.model is not None:
            items = [into(self.draft.model, row) for row in items]
        before, after = _around(order, [values for _, values in found], given, has_more=has_more)
        return CursorPage(
            cast("list[T]", items),
            per_page,
            None if after is None else write_cursor(after, secret),
            None if before is None else write_cursor(before, secret),
        )

    def _sought(self, shape: Shape, position: Position | None, count: int) -> tuple[Shape, list[Any]]:
        """Put the position and the limit into the shape, and their values behind those of the query."""
        values = list(self.draft.values)
        if position is not None:
            slots = [None if value is None else len(values) + at for at, value in enumerate(position.values)]
            values += position.values
            shape = replace(shape, seek=Seek(tuple(slots), position.backwards, position.inclusive))
        return replace(shape, limit=len(values)), [*values, count]

    def chunk(self, size: int = 1000) -> Iterator[list[T]]:
        """Read entities in lists of at most `size`, by primary key: rows changed meanwhile are not missed or repeated.

        Each list is a query of its own, and each entity is in one list, also where a join finds it several times. The
        builder is bound to an entity with one key column, and has no order of its own.

        Example:
            >>> [len(part) for part in QueryBuilder(Product).chunk(2)]
            [2, 1]
        """
        whole_number("chunk", "size", size, least=1)
        draft = self.draft
        others = draft.items or draft.orders or draft.combinations or draft.model
        if draft.entity is None or others or draft.limit is not None or draft.offset is not None:
            refused = "select, order_by, limit, offset, union and as_"
            raise wrong("chunk", None, f"it reads entities by primary key: without {refused}")
        mapper: Mapper[Any] = sa.inspect(draft.entity)
        if len(mapper.primary_key) != 1:
            raise wrong("chunk", None, f"{draft.entity.__name__} has a primary key of several columns")
        return self._chunks(mapper.get_property_by_column(mapper.primary_key[0]).key, size)

    def _chunks(self, key: str, size: int) -> Iterator[list[T]]:
        query = self.clone().order_by(key).limit(size)
        if query.draft.joins:
            query.distinct()
        last: Any = None
        while True:
            step = query.clone()
            if last is not None:
                step.draft.enclose(0, "AND", negated=False)
                step.where(key, ">", last)
            found = step.get()
            if found:
                yield found
            if len(found) < size:
                return
            last = getattr(found[-1], key)

    def stream(self, size: int = 1000) -> Iterator[T]:
        """Read one after the other, `size` at a time from the server; the connection is in use until the end.

        Example:
            >>> sum(product.stock for product in QueryBuilder(Product).stream(size=500))
            143
        """
        whole_number("stream", "size", size, least=1)
        return self._streamed(size)

    def _streamed(self, size: int) -> Iterator[T]:
        shape, model = self.draft.shape(), self.draft.model
        if model is not None:
            shape = with_all_columns(shape)
        with self._reading() as session:
            for found in execution.stream(session, shape, self.draft.values, size, keep=self.draft.keep):
                yield cast("T", found if model is None else into(model, found))


def _around(
    order: str, found: list[tuple[Any, ...]], given: Position | None, *, has_more: bool
) -> tuple[Position | None, Position | None]:
    """Say where the pages before and after this one are; an empty page lies where it was looked for."""
    backwards = given is not None and given.backwards
    if found:
        before, after = Position(order, found[0], backwards=True), Position(order, found[-1])
    elif given is not None:
        before = Position(order, given.values, backwards=True, inclusive=not given.inclusive)
        after = replace(before, backwards=False)
    else:
        return None, None
    return (
        before if given is not None and (has_more or not backwards) else None,
        after if has_more or backwards else None,
    )
