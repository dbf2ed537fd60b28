"""Relationships that were not loaded along, where touching cannot wait: refused by name, loaded for all by `load()`."""

import pytest
import sqlalchemy as sa

from fx_orm import DetachedError, EntityManager, LazyLoadError, LazyLoadWarning
from fx_orm.aio import AsyncEntityManager
from tests.orm.aio.both_modes import Opened, asynchronous_only
from tests.orm.aio.tables import Book, Shelf

pytestmark = pytest.mark.asyncio


async def filled(em: AsyncEntityManager) -> list[Book]:
    em.persist_all([Shelf(name=name, books=[Book(title=f"{name}{n}") for n in range(3)]) for name in "AB"])
    await em.commit()
    em.clear()
    return await em.query_builder(Book).order_by("id").get()


@asynchronous_only
async def test_a_touch_is_refused_by_name(em: AsyncEntityManager) -> None:
    books = await filled(em)
    with pytest.raises(DetachedError) as caught:
        _ = books[0].shelf
    assert str(caught.value) == (
        "Book.shelf is not loaded, and asynchronous code cannot wait for it where it is touched; "
        'write with_("shelf") in the query, or before this await em.load(..., "shelf")'
    )
    assert (caught.value.entity, caught.value.attribute) == (Book, "shelf")
    await em.query_builder(Book).lazy("raise").get()
    with pytest.raises(LazyLoadError, match=r'with_\("shelf"\) in the query for Book'):
        _ = books[0].shelf


async def test_loading_is_for_all_that_were_loaded_together(em: AsyncEntityManager, db: Opened) -> None:
    books = await filled(em)
    sent: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *all_: sent.append(all_[2]))
    await em.load(books[0], "shelf")
    assert [sql.split()[0] for sql in sent] == ["SELECT"]
    assert [book.shelf and book.shelf.name for book in books] == [*"AAABBB"]
    assert len(sent) == 1


async def test_what_is_asked_for_is_never_refused(em: AsyncEntityManager) -> None:
    await filled(em)
    (book,) = await em.get_repository(Book).find_by({"title": "A0"}, lazy="raise")
    assert (await em.load(book, "shelf.books")).shelf is not None
    assert book.shelf is not None
    assert len(book.shelf.books) == 3
    one = await em.get_repository(Book).find_one_by({"title": "B0"}, lazy="warn")
    assert one is await em.get_repository(Book).get_one_by({"title": "B0"}, lazy="warn")
    assert one is not None
    assert (await em.load(one, "shelf")).shelf is not None


@asynchronous_only
async def test_synchronous_code_inside_loads_in_batches(em: AsyncEntityManager) -> None:
    books = await filled(em)

    def names(_: EntityManager) -> list[str | None]:
        return [book.shelf and book.shelf.name for book in books]

    assert await em.run_sync(names) == [*"AAABBB"]
    em.clear()
    books = await em.query_builder(Book).lazy("warn").get()
    with pytest.warns(LazyLoadWarning) as caught:
        await em.run_sync(names)
    assert {each.filename for each in caught} == {__file__}
