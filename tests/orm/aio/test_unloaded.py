"""What is not loaded cannot be waited for where it is touched: what entities show then, and what is said otherwise."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import MissingGreenlet
from sqlmodel import select

from fx_orm.aio import AsyncEntityManager
from fx_orm.errors import DetachedError, FxError
from tests.orm.aio.both_modes import Opened, asynchronous_only
from tests.orm.aio.tables import Book, Note, Seat, Shelf

pytestmark = [pytest.mark.asyncio, asynchronous_only]


async def shelf_with_book(em: AsyncEntityManager) -> None:
    em.persist(Shelf(name="A", books=[Book(title="One")]))
    em.persist(Seat(row=1, place=1, taken_by=1))
    await em.commit()
    em.clear()


async def test_an_unloaded_relationship_names_the_remedy(em: AsyncEntityManager) -> None:
    await shelf_with_book(em)
    book = await em.get(Book, 1)
    with pytest.raises(DetachedError) as error:
        _ = book.shelf
    assert str(error.value) == (
        "Book.shelf is not loaded, and asynchronous code cannot wait for it where it is touched; "
        'write with_("shelf") in the query, or before this await em.load(..., "shelf")'
    )
    assert (error.value.entity, error.value.attribute) == (Book, "shelf")
    assert not isinstance(error.value, MissingGreenlet)
    with pytest.raises(DetachedError, match=r"Shelf\.books is not loaded"):
        (await em.get(Shelf, 1)).books.append(Book(title="Two"))
    em.clear()
    with pytest.raises(DetachedError, match=r"Seat\.shelf is not loaded"):  # of a plain SQLModel class
        _ = (await em.get(Seat, (1, 1))).shelf


async def test_what_the_manager_has_already_needs_no_waiting(em: AsyncEntityManager) -> None:
    await shelf_with_book(em)
    shelf = await em.get(Shelf, 1)
    book = await em.get(Book, 1)
    assert book.shelf is shelf
    with pytest.raises(DetachedError):
        _ = shelf.books
    assert (await em.load(shelf, "books")).books == [book]
    assert shelf.books == [book]


async def test_a_reference_and_a_detached_entity(em: AsyncEntityManager) -> None:
    await shelf_with_book(em)
    reference = em.get_reference(Shelf, 1)
    assert reference.id == 1
    with pytest.raises(DetachedError) as error:
        _ = reference.name
    assert str(error.value) == (
        "name of Shelf is not loaded, and asynchronous code cannot wait for it where it is touched; "
        "before this await em.refresh(...)"
    )
    await em.refresh(reference)
    assert reference.name == "A"
    book = await em.get(Book, 1)
    em.detach(book)
    with pytest.raises(DetachedError, match="belongs to no entity manager that could load it"):
        _ = book.shelf


async def test_values_stay_readable_until_a_call_reads_them_anew(em: AsyncEntityManager, db: Opened) -> None:
    await shelf_with_book(em)
    book = await em.load(await em.get(Book, 1), "shelf.books")
    shelf = book.shelf
    assert shelf is not None
    await em.commit()
    db.change("UPDATE aio_book SET title = 'Two'")
    db.change("UPDATE aio_shelf SET name = 'B'")
    assert (book.title, shelf.name, shelf.books) == ("One", "A", [book])
    assert await em.query_builder(Shelf).count() == 1
    assert (book.title, shelf.name, shelf.books) == ("One", "A", [book])
    assert await em.find(Book, 1) is book
    assert (book.title, shelf.name, shelf.books) == ("Two", "A", [book])
    assert await em.query_builder(Shelf).with_("books").get() == [shelf]
    assert (shelf.name, shelf.books) == ("B", [book])


async def test_each_way_to_read_anew(db: Opened) -> None:
    """With a manager that ends its transaction with each call, nothing is known for sure afterwards."""
    async with db.manager(release_when_idle=True) as em:
        await shelf_with_book(em)
        note = em.persist(Note(text="n"))
        await em.commit()
        shelf = await em.get(Shelf, 1)
        for number in range(4):
            db.change(f"UPDATE aio_shelf SET name = 'S{number}'")
            db.change(f"UPDATE aio_note SET text = 'N{number}'")
            before = (shelf.name, note.text)
            await em.exec_statement(sa.text("SELECT 1"))
            assert (shelf.name, note.text) == before
            if number == 0:
                await em.find(Shelf, 1)
                await em.find(Note, 1)
            elif number == 1:
                await em.query_builder(Shelf).get()
                await em.query_builder(Note).get()  # with a version: by SQLAlchemy's own loader
            elif number == 2:
                await em.refresh(shelf)
                await em.load(note, "text")
            else:
                assert [each async for each in em.query_builder(Shelf).stream()] == [shelf]
                assert [each async for each in em.query_builder(Note).stream()] == [note]
            assert (shelf.name, note.text) == (f"S{number}", f"N{number}")


async def test_a_change_of_what_is_shown_is_sent_as_one(em: AsyncEntityManager, db: Opened) -> None:
    await shelf_with_book(em)
    note = em.persist(Note(text="one"))
    await em.commit()
    book = await em.get(Book, 1)
    await em.commit()
    await em.exec_statement(sa.text("SELECT 1"))
    book.title = "Two"
    note.text = "mine"
    assert await em.changes(book) == {"title": ("One", "Two")}
    await em.commit()
    assert db.rows("SELECT title FROM aio_book") == [("Two",)]
    assert db.rows("SELECT text, version FROM aio_note") == [("mine", 2)]


async def test_a_change_of_what_somebody_changed_meanwhile_is_refused(em: AsyncEntityManager, db: Opened) -> None:
    note = em.persist(Note(text="one"))
    await em.commit()
    await em.exec_statement(sa.text("SELECT 1"))
    db.change("UPDATE aio_note SET text = 'theirs', version = 2")
    note.text = "mine"
    await em.find(Note, 1)
    with pytest.raises(FxError, match="Note 1 was changed or deleted by somebody else since it was loaded"):
        await em.commit()
    await em.find(Note, 1)
    assert note.text == "theirs"


async def test_a_row_that_is_gone(em: AsyncEntityManager, db: Opened) -> None:
    note = em.persist(Note(text="one"))
    await em.commit()
    db.change("DELETE FROM aio_note")
    assert await em.find(Note, 1) is None
    assert note.text == "one"
    assert not em.contains(note)


async def test_values_after_close_and_after_an_error(db: Opened) -> None:
    async with db.manager() as em:
        await shelf_with_book(em)
        book = await em.get(Book, 1)
        shelf = await em.get(Shelf, 1)
        await em.commit()
        await em.find(Book, 1)
        book.pages = 3
        em.persist(Shelf(name="A"))
        with pytest.raises(sa.exc.IntegrityError):
            await em.commit()
        assert (book.pages, shelf.name) == (0, "A")
    assert (book.title, shelf.name) == ("One", "A")


async def test_a_deleted_entity_after_a_rollback(em: AsyncEntityManager) -> None:
    note = em.persist(Note(text="one"))
    await em.commit()
    with pytest.raises(ZeroDivisionError):
        async with em.transaction():
            await em.remove(note)
            await em.flush()
            _ = 1 / 0
    assert (note.text, note.version) == ("one", 1)
    note.text = "two"
    await em.commit()
    await em.refresh(note)
    assert (note.text, note.version) == ("two", 2)


async def test_synchronous_code_loads_by_touching(em: AsyncEntityManager) -> None:
    await shelf_with_book(em)
    book = await em.get(Book, 1)

    def names() -> tuple[str, list[str]]:
        assert book.shelf is not None
        return book.shelf.name, [each.title for each in book.shelf.books]

    assert await em.run_sync(lambda _: names()) == ("A", ["One"])
    assert await em.run_sync(lambda manager: manager.get(Book, 1)) is book
    assert await em.run_sync(lambda manager: manager.wait_for(em.find(Book, 1))) is book


async def test_the_synchronous_manager_is_for_synchronous_code(em: AsyncEntityManager) -> None:
    with pytest.raises(FxError) as error:
        em.sync_manager.find(Shelf, 1)
    assert str(error.value) == (
        "sync_manager talks to the database, which asynchronous code must wait for; "
        "call it in a function that `await em.run_sync(function)` runs"
    )
    assert await em.find(Shelf, 1) is None


async def test_sqlalchemys_session_is_there(em: AsyncEntityManager) -> None:
    await shelf_with_book(em)
    book = await em.get(Book, 1)
    assert (await em.session.exec(select(Book))).all() == [book]
    assert book in em.session
