"""Entity managers of both kinds do the same: one body of tests, on every driver."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlmodel import select

from fx_orm.aio import AsyncEntityManager
from fx_orm.errors import (
    AfterCommitError,
    DuplicateKeyError,
    ForeignKeyError,
    FxError,
    NotFoundError,
    QueryError,
    StaleEntityError,
)
from tests.orm.aio.both_modes import Opened
from tests.orm.aio.tables import Book, Draft, Note, Seat, Shelf

pytestmark = pytest.mark.asyncio

SHELVES = "SELECT id, name FROM aio_shelf ORDER BY id"


async def test_what_is_persisted_is_there_after_commit(em: AsyncEntityManager, db: Opened) -> None:
    shelf = em.persist(Shelf(name="A"))
    assert em.contains(shelf)
    await em.flush()
    assert shelf.id == 1
    assert em.unsaved() == ["Shelf (new)"]
    await em.commit()
    assert em.unsaved() == []
    assert db.rows(SHELVES) == [(1, "A")]
    await em.rollback()
    assert db.rows(SHELVES) == [(1, "A")]


async def test_one_row_is_one_object(em: AsyncEntityManager) -> None:
    [shelf, _] = em.persist_all([Shelf(name="A"), Seat(row=1, place=2)])
    await em.commit()
    assert await em.find(Shelf, "1") is shelf
    assert await em.get(Shelf, {"id": 1}) is shelf
    assert await em.exec_statement(select(Shelf)) == [shelf]
    assert await em.find_existing_entity(Shelf(id=1, name="other")) is shelf
    assert await em.find_existing_entity(Shelf(name="new")) is None
    assert (await em.get(Seat, (1, 2))).taken_by is None
    assert await em.find(Seat, (2, 2)) is None
    with pytest.raises(NotFoundError, match="there is no Seat 2, 2"):
        await em.get(Seat, (2, 2))
    with pytest.raises(QueryError, match=r"Shelf\.id takes int, not 'one'"):
        await em.find(Shelf, "one")


async def test_values_of_every_type_come_back(em: AsyncEntityManager) -> None:
    moment = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    em.persist(Book(title="größer", price=Decimal("12.34"), extra={"a": [1, None]}, printed_at=moment))
    await em.commit()
    em.clear()
    book = await em.get(Book, 1)
    assert (book.title, book.price, book.extra, book.printed_at) == (
        "größer",
        Decimal("12.34"),
        {"a": [1, None]},
        moment,
    )
    book.extra["a"].append(2)
    await em.commit()
    em.clear()
    assert (await em.get(Book, 1)).extra == {"a": [1, None, 2]}


async def test_changes_are_noticed_and_sent(em: AsyncEntityManager, db: Opened) -> None:
    em.persist(Book(title="One", pages=1))
    await em.commit()
    book = await em.get(Book, 1)
    book.title = "Two"
    assert await em.changes(book) == {"title": ("One", "Two")}
    await em.commit()
    assert await em.changes(book) == {}
    book.title = "Three"
    await em.refresh(book)
    assert book.title == "Two"
    assert db.rows("SELECT title FROM aio_book") == [("Two",)]


async def test_merge_detach_clear_reference(em: AsyncEntityManager, db: Opened) -> None:
    shelf = em.persist(Shelf(name="A"))
    await em.commit()
    em.detach(shelf)
    assert not em.contains(shelf)
    shelf.name = "B"
    merged = await em.merge(shelf)
    assert merged is not shelf
    await em.commit()
    assert db.rows(SHELVES) == [(1, "B")]
    em.clear()
    assert not em.contains(merged)
    reference = em.get_reference(Shelf, 1)
    em.persist(Book(title="One", shelf=reference))
    await em.commit()
    assert db.rows("SELECT shelf_id FROM aio_book") == [(1,)]
    assert (await em.get(Shelf, 1)) is reference
    assert reference.name == "B"


async def test_remove_and_soft_delete(em: AsyncEntityManager, db: Opened) -> None:
    shelf, draft = em.persist_all([Shelf(name="A"), Draft(text="x")])
    await em.commit()
    await em.remove(shelf)
    await em.delete(draft)
    await em.commit()
    assert db.rows(SHELVES) == []
    assert await em.find(Draft, 1) is None
    assert db.rows("SELECT count(*) FROM aio_draft") == [(1,)]
    await em.force_delete(draft)
    await em.commit()
    assert db.rows("SELECT count(*) FROM aio_draft") == [(0,)]
    with pytest.raises(NotFoundError, match="this Shelf was never persisted"):
        await em.remove(Shelf(name="x"))


async def test_relationships_are_loaded_by_name(em: AsyncEntityManager) -> None:
    em.persist(Shelf(name="A", books=[Book(title="One"), Book(title="Two")]))
    em.persist(Seat(row=1, place=1, taken_by=1))
    await em.commit()
    em.clear()
    book = await em.load(await em.get(Book, 1), "shelf.books")
    assert book.shelf is not None
    assert sorted(each.title for each in book.shelf.books) == ["One", "Two"]
    seat = await em.load(await em.get(Seat, (1, 1)), "shelf")
    assert seat.shelf is book.shelf
    with pytest.raises(QueryError) as error:
        await em.load(book, "shelf.bokos")
    assert str(error.value) == 'load("shelf.bokos"): Shelf has no attribute "bokos"; did you mean "books"?'


async def test_an_exception_rolls_back_and_values_are_those_from_before(em: AsyncEntityManager, db: Opened) -> None:
    kept, changed = em.persist_all([Shelf(name="A"), Shelf(name="B")])
    await em.commit()
    new = Shelf(name="C")
    with pytest.raises(ZeroDivisionError):
        async with em.transaction():
            changed.name = "B2"
            em.persist(new)
            await em.flush()
            _ = 1 / 0
    assert (kept.name, changed.name, new.name) == ("A", "B", "C")
    assert not em.contains(new)
    assert db.rows(SHELVES) == [(1, "A"), (2, "B")]
    async with em.transaction():
        changed.name = "B3"
    assert db.rows(SHELVES) == [(1, "A"), (2, "B3")]


async def test_savepoints(em: AsyncEntityManager, db: Opened) -> None:
    shelf = em.persist(Shelf(name="before"))
    await em.commit()
    async with em.transaction():
        shelf.name = "outer"
        with pytest.raises(ZeroDivisionError):
            async with em.transaction():
                shelf.name = "inner"
                em.persist(Shelf(name="lost"))
                await em.flush()
                _ = 1 / 0
        assert shelf.name == "outer"
        with pytest.raises(DuplicateKeyError):
            async with em.transaction():
                em.persist(Shelf(name="outer"))
        em.persist(Shelf(name="after"))
    assert [name for _, name in db.rows(SHELVES)] == ["outer", "after"]
    with pytest.raises(ZeroDivisionError):
        async with em.transaction():
            async with em.transaction():
                shelf.name = "inner"
            _ = 1 / 0
    assert shelf.name == "outer"
    assert [name for _, name in db.rows(SHELVES)] == ["outer", "after"]


async def test_commit_and_rollback_inside_a_block(em: AsyncEntityManager, db: Opened) -> None:
    with pytest.raises(FxError, match=r"commit\(\) inside transaction\(\): the block commits when it is left"):
        async with em.transaction():
            em.persist(Shelf(name="A"))
            await em.commit()
    async with em.transaction():
        em.persist(Shelf(name="A"))
        await em.rollback()
    assert db.rows(SHELVES) == []


async def test_read_only_and_isolation(em: AsyncEntityManager, db: Opened) -> None:
    em.persist(Shelf(name="A"))
    await em.commit()
    with pytest.raises(FxError, match=r"this transaction is read only, but there are changes: Shelf 1 \(changed\)"):
        async with em.transaction(read_only=True):
            (await em.get(Shelf, 1)).name = "B"
    with pytest.raises(sa.exc.DBAPIError):
        async with em.transaction(read_only=True):
            await em.exec_statement(sa.update(Shelf).values(name="B"))
    question = {
        "postgresql": "SHOW transaction_isolation",
        "mariadb": "SELECT REPLACE(@@tx_isolation, '-', ' ')",
        "sqlite": "SELECT 'serializable'",
    }[db.mode.database]
    async with em.transaction(isolation="serializable"):
        assert [level.lower() for level in await em.exec_statement(sa.text(question))] == ["serializable"]
    with pytest.raises(QueryError, match='there is no such level; did you mean "SERIALIZABLE"'):
        async with em.transaction(isolation="SERIALISABLE"):
            pass


async def test_a_decorator_and_run(em: AsyncEntityManager, db: Opened) -> None:
    @em.transaction()
    async def put_up(name: str) -> Shelf:
        return em.persist(Shelf(name=name))

    assert (await put_up("A")).id == 1

    async def fail() -> None:
        em.persist(Shelf(name="B"))
        await em.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await em.run(fail)

    async def give() -> int:
        em.persist(Shelf(name="C"))
        await em.flush()
        return len(await em.exec_statement(select(Shelf)))

    assert await em.run(give) == 2
    assert [name for _, name in db.rows(SHELVES)] == ["A", "C"]
    with pytest.raises(FxError, match="a with block cannot be repeated"):
        async with em.transaction(retries=1):
            pass


async def test_hooks_run_after_the_commit(em: AsyncEntityManager) -> None:
    called: list[object] = []
    with pytest.raises(ZeroDivisionError):
        async with em.transaction():
            em.persist(Shelf(name="A"))
            em.after_commit(lambda: called.append("lost"))
            _ = 1 / 0
    async with em.transaction():
        em.persist(Shelf(name="B"))
        em.after_commit(lambda: called.append("first"))
        em.after_commit(lambda: called.append("second"))
        assert called == []
    assert called == ["first", "second"]
    with pytest.raises(AfterCommitError, match="everything is committed, but the hook"):
        async with em.transaction():
            em.persist(Shelf(name="C"))
            em.after_commit(lambda: 1 / 0)
    with pytest.raises(FxError, match="this cannot be called; give a function without arguments"):
        em.after_commit("hook")  # type: ignore[type-var]


async def test_a_manager_is_usable_after_every_error(em: AsyncEntityManager, db: Opened) -> None:
    em.persist(Shelf(name="A"))
    await em.commit()
    em.persist(Shelf(name="A"))
    with pytest.raises(DuplicateKeyError) as duplicate:
        await em.flush()
    assert str(duplicate.value) == 'table "aio_shelf" has a row with this "name" already'
    assert (duplicate.value.table, duplicate.value.columns) == ("aio_shelf", ("name",))
    assert type(duplicate.value.__cause__) is sa.exc.IntegrityError

    em.persist(Book(title="One", shelf_id=99))
    with pytest.raises(ForeignKeyError) as foreign:
        await em.commit()
    named = "foreign key" if db.mode.database == "sqlite" else '"shelf_id"'
    assert str(foreign.value) == f'table "aio_book" would have a row whose {named} points to no row'

    em.persist(Book(title="One", shelf_id=1))
    await em.commit()
    with pytest.raises(ForeignKeyError) as referred:
        await em.exec_statement(sa.delete(Shelf))
    assert str(referred.value) == (
        'rows of other tables still point to this row of table "aio_shelf"; delete those first, or declare ondelete='
    )
    await em.rollback()

    with pytest.raises(sa.exc.DBAPIError):
        await em.exec_statement(sa.text("SELECT nonsense FROM aio_shelf"))
    assert [shelf.name for shelf in await em.exec_statement(select(Shelf))] == ["A"]


async def test_a_swallowed_error_is_not_committed_silently(em: AsyncEntityManager, db: Opened) -> None:
    em.persist(Shelf(name="A"))
    await em.commit()
    with pytest.raises(FxError, match="nothing was committed: a statement of this transaction failed"):
        async with em.transaction():
            em.persist(Shelf(name="B"))
            await em.flush()
            em.persist(Shelf(name="A"))
            with pytest.raises(DuplicateKeyError):
                await em.flush()
    assert [name for _, name in db.rows(SHELVES)] == ["A"]


async def test_an_error_in_a_statement_breaks_the_transaction_of_postgresql(em: AsyncEntityManager, db: Opened) -> None:
    em.persist(Shelf(name="A"))
    await em.flush()
    with pytest.raises(sa.exc.DBAPIError):
        await em.exec_statement(sa.text("SELECT nonsense FROM aio_shelf"))
    if db.mode.database != "postgresql":
        await em.commit()
        assert db.rows(SHELVES) == [(1, "A")]
        return
    with pytest.raises(FxError, match="this transaction was broken by an earlier error and runs nothing more"):
        await em.exec_statement(select(Shelf))
    with pytest.raises(FxError, match="nothing was committed: a statement of this transaction failed"):
        await em.commit()
    assert db.rows(SHELVES) == []


async def test_a_stale_entity_is_not_overwritten(em: AsyncEntityManager, db: Opened) -> None:
    note = em.persist(Note(text="one"))
    await em.commit()
    note.text = "mine"
    async with db.manager() as other, other.transaction():
        (await other.get(Note, 1)).text = "theirs"
    with pytest.raises(StaleEntityError, match="Note 1 was changed or deleted by somebody else"):
        await em.commit()
    await em.refresh(note)
    assert note.text == "theirs"
    note.text = "both"
    await em.commit()
    assert db.rows("SELECT text, version FROM aio_note") == [("both", 3)]


async def test_values_that_the_database_makes_are_there(em: AsyncEntityManager) -> None:
    note = em.persist(Note(text="one"))
    await em.commit()
    assert note.made_by == "the database"
    note.text = "two"
    await em.commit()
    assert note.made_by == "an update"


async def test_a_manager_that_gives_its_connection_back(db: Opened) -> None:
    async with db.manager(release_when_idle=True) as em:
        em.persist(Shelf(name="A"))
        await em.commit()
        assert db.checked_out == 0
        shelf = await em.get(Shelf, 1)
        assert db.checked_out == 0
        shelf.name = "B"
        await em.flush()
        assert db.checked_out == 1
        await em.rollback()
        assert db.checked_out == 0
        assert (await em.get(Shelf, 1)).name == "A"
        assert em.unsaved() == []


async def test_deadlocks_are_run_again(db: Opened) -> None:
    """Two connections lock two rows crosswise; the one that is refused does its work at the second attempt."""
    if db.mode.database == "sqlite" or not db.mode.asynchronous:
        pytest.skip("it takes two transactions at once, of a database that has deadlocks")
    async with db.manager() as em:
        em.persist_all([Book(title="one"), Book(title="two")])
        await em.commit()
    both = asyncio.Barrier(2)
    attempts: list[str] = []

    async def add(name: str, first: int, second: int) -> None:
        async with db.manager() as mine:

            async def work() -> None:
                attempts.append(name)
                await mine.exec_statement(sa.update(Book).where(Book.id == first).values(pages=Book.pages + 1))
                if attempts.count(name) == 1:
                    await both.wait()
                await mine.exec_statement(sa.update(Book).where(Book.id == second).values(pages=Book.pages + 1))

            await mine.run(work, retries=3)

    await asyncio.gather(add("one", 1, 2), add("two", 2, 1))
    assert len(attempts) == 3
    assert db.rows("SELECT pages FROM aio_book") == [(2,), (2,)]
