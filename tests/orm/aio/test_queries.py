"""Query builders and repositories of both kinds do the same: one body of tests, on every driver."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
import pytest_asyncio
import sqlalchemy as sa

from fx_orm.aio import AsyncEntityManager, AsyncQueryBuilder
from fx_orm.errors import DuplicateKeyError, FxError, MultipleFoundError, NotFoundError, QueryError, UnsupportedError
from tests.orm.aio.both_modes import Opened
from tests.orm.aio.tables import Book, Draft, Shelf

pytestmark = pytest.mark.asyncio

TITLES = ["Anna", "Bovary", "Candide", "Dracula", "Emma"]


@pytest_asyncio.fixture
async def books(em: AsyncEntityManager) -> AsyncIterator[AsyncQueryBuilder[Book]]:
    """A query for five books, of which the first two stand on a shelf."""
    shelf = Shelf(name="A")
    em.persist_all(
        [
            Book(title=title, pages=100 * number, price=Decimal(number), shelf=shelf if number < 3 else None)
            for number, title in enumerate(TITLES, 1)
        ]
    )
    await em.commit()
    em.clear()
    return em.query_builder(Book)


async def test_the_ends_that_read(books: AsyncQueryBuilder[Book]) -> None:
    assert [book.title for book in await books.clone().order_by("title").get()] == TITLES
    assert await books.clone().select("COUNT(*) as n").execute() == [{"n": 5}]
    last = await books.clone().order_by("pages", "desc").first()
    assert last is not None
    assert last.title == "Emma"
    assert await books.clone().where("pages", 0).first() is None
    assert (await books.clone().where("title", "Emma").one()).id == 5
    with pytest.raises(NotFoundError, match="no Book fits the conditions"):
        await books.clone().where("pages", 0).one()
    with pytest.raises(MultipleFoundError, match="more than one Book fits the conditions"):
        await books.clone().one()
    found = await books.clone().where("pages", ">", 100).find(2)
    assert found is not None
    assert found.title == "Bovary"
    assert await books.clone().where("pages", ">", 200).find(2) is None
    assert await books.clone().order_by("pages").value("title") == "Anna"
    assert await books.clone().order_by("id").pluck("title") == TITLES
    assert await books.clone().where_in("id", [1, 2]).pluck("pages", key="title") == {"Anna": 100, "Bovary": 200}
    assert await books.clone().where("pages", 0).exists() is False
    assert await books.clone().where("pages", "<", 300).count() == 2
    assert (await books.clone().sum("pages"), await books.clone().min("pages"), await books.clone().max("pages")) == (
        1500,
        100,
        500,
    )
    assert await books.clone().where_in("id", [1, 2]).avg("price") == Decimal("1.5")


async def test_rows_models_and_joins(books: AsyncQueryBuilder[Book], em: AsyncEntityManager, db: Opened) -> None:
    @dataclass
    class Line:
        title: str
        shelf: str

    joined = db.query(em).from_table("aio_book book").join("aio_shelf shelf", "book.shelf_id = shelf.id")
    rows = joined.select("book.title", "shelf.name as shelf").order_by("book.title")
    assert await rows.get() == [{"title": "Anna", "shelf": "A"}, {"title": "Bovary", "shelf": "A"}]
    assert await rows.as_(Line).get() == [Line("Anna", "A"), Line("Bovary", "A")]
    grouped = books.clone().select("shelf_id", "COUNT(*) as n").group_by("shelf_id").having("n", ">", 2)
    assert await grouped.get() == [{"shelf_id": None, "n": 3}]
    among = books.clone().select("id").where("pages", ">", 300)
    assert await em.query_builder(Book).where_in("id", among).order_by("id").pluck("title") == ["Dracula", "Emma"]


async def test_relationships_come_along(books: AsyncQueryBuilder[Book]) -> None:
    found = await books.clone().with_("shelf.books").where("id", "<", 3).order_by("id").get()
    shelf = found[0].shelf
    assert shelf is not None
    assert sorted(book.title for book in shelf.books) == ["Anna", "Bovary"]
    assert found[1].shelf is shelf


async def test_pages(books: AsyncQueryBuilder[Book]) -> None:
    page = await books.clone().order_by("id").paginate(2, per_page=2)
    assert ([book.title for book in page], page.total, page.pages) == (["Candide", "Dracula"], 5, 3)
    first = await books.clone().order_by("price", "desc").cursor_paginate(2)
    second = await books.clone().order_by("price", "desc").cursor_paginate(2, first.next_cursor)
    before = await books.clone().order_by("price", "desc").cursor_paginate(2, second.previous_cursor)
    assert [[book.title for book in each] for each in (first, second, before)] == [
        ["Emma", "Dracula"],
        ["Candide", "Bovary"],
        ["Emma", "Dracula"],
    ]


async def test_streams_and_chunks(books: AsyncQueryBuilder[Book]) -> None:
    assert [book.title async for book in books.clone().order_by("id").stream(2)] == TITLES
    rows = books.clone().select("title").order_by("id").stream(5)
    assert [row["title"] async for row in rows] == TITLES
    assert [[book.title for book in part] async for part in books.clone().chunk(2)] == [
        ["Anna", "Bovary"],
        ["Candide", "Dracula"],
        ["Emma"],
    ]
    assert [book async for book in books.clone().where("pages", 0).stream()] == []


async def test_other_work_during_a_stream(books: AsyncQueryBuilder[Book], em: AsyncEntityManager, db: Opened) -> None:
    seen: list[str] = []
    async for book in books.clone().order_by("id").stream(2):
        seen.append(book.title)
        if db.mode.database != "mariadb":
            assert await em.query_builder(Shelf).count() == 1
        elif len(seen) < 4:
            with pytest.raises(UnsupportedError, match="on its connection nothing else is done before its end"):
                await em.query_builder(Shelf).count()
    assert seen == TITLES
    for end in (em.rollback, em.commit):
        rows = books.clone().select("title").order_by("id").stream(1)
        assert (await anext(rows))["title"] == "Anna"
        await end()
        with pytest.raises(FxError, match="this stream was read no further: the transaction that it began in was"):
            await anext(rows)


async def test_the_ends_that_change(books: AsyncQueryBuilder[Book], em: AsyncEntityManager, db: Opened) -> None:
    shelves = em.query_builder(Shelf)
    assert await shelves.clone().insert([{"name": "B"}, {"name": "C"}]) == 2
    assert await shelves.clone().upsert([{"name": "B"}, {"name": "D"}], keys=["name"], update=[]) == 2
    assert await books.clone().where("pages", ">", 300).update({"title": "long"}) == 2
    assert await books.clone().where("id", 1).increment("pages", 5) == 1
    assert await books.clone().where("id", 5).delete() == 1
    assert await em.query_builder(Draft).all_rows().force_delete() == 0
    assert db.rows("SELECT title, pages FROM aio_book ORDER BY id") == [
        ("Anna", 105),
        ("Bovary", 200),
        ("Candide", 300),
        ("long", 400),
    ]
    assert db.rows("SELECT name FROM aio_shelf ORDER BY name") == [("A",), ("B",), ("C",), ("D",)]
    with pytest.raises(QueryError, match=r"it has no condition and would change every row; say all_rows\(\)"):
        await books.clone().delete()
    with pytest.raises(DuplicateKeyError, match='table "aio_shelf" has a row with this "name" already'):
        await shelves.clone().insert({"name": "A"})


async def test_locks(books: AsyncQueryBuilder[Book], em: AsyncEntityManager, db: Opened) -> None:
    async with em.transaction():
        assert (await books.clone().where("id", 1).for_update().one()).title == "Anna"
    if db.mode.database == "sqlite":
        with pytest.raises(UnsupportedError):
            await books.clone().for_update(skip_locked=True).get()


async def test_the_sql_is_shown(books: AsyncQueryBuilder[Book]) -> None:
    query = books.clone().select("id").where("title", "Emma")
    sql, parameters = await query.to_sql("postgresql", values=True)
    assert " ".join(sql.split()) == "SELECT aio_book.id FROM aio_book WHERE aio_book.title = 'Emma'"
    assert parameters == ()
    sql, _ = await query.to_sql()
    assert " ".join(sql.split()).startswith("SELECT aio_book.id FROM aio_book WHERE aio_book.title = ")
    assert (await query.explain()).text


async def test_names_are_checked(books: AsyncQueryBuilder[Book]) -> None:
    with pytest.raises(QueryError) as error:
        await books.clone().where("titel", "Emma").get()
    assert str(error.value) == (
        'QueryBuilder.where("titel"): table "aio_book" has no column "titel"; did you mean "title"?'
    )


async def test_a_repository_reads(books: AsyncQueryBuilder[Book], em: AsyncEntityManager) -> None:
    repository = em.get_repository(Book)
    assert (await repository.get(1)).title == "Anna"
    assert await repository.find(99) is None
    assert [book.title for book in await repository.find_all(order_by="-title")] == TITLES[::-1]
    found = await repository.find_by({"shelf_id": 1}, order_by="title", limit=1, offset=1, with_="shelf")
    assert [(book.title, book.shelf is not None and book.shelf.name) for book in found] == [("Bovary", "A")]
    emma = await repository.find_one_by({"title": "Emma"})
    assert emma is not None
    assert await repository.get_one_by({"title": "Emma"}) is emma
    with pytest.raises(NotFoundError, match="there is no Book with title='Faust'"):
        await repository.get_one_by({"title": "Faust"})
    assert [book.title for book in await repository.find_many([3, 1, 99])] == ["Candide", "Anna"]
    first, last = await repository.first(), await repository.last({"shelf_id": None})
    assert first is not None
    assert last is not None
    assert (first.title, last.title) == ("Anna", "Emma")
    assert await repository.count({"pages": [100, 200]}) == 2
    assert await repository.exists({"pages": 0}) is False
    assert await repository.pluck("title", {"shelf_id": 1}, order_by="title") == ["Anna", "Bovary"]
    page = await repository.paginate(2, per_page=3)
    assert ([book.title for book in page], page.total) == (["Dracula", "Emma"], 5)
    cursor = (await repository.cursor_paginate(2, order_by="-pages")).next_cursor
    assert [book.title for book in await repository.cursor_paginate(2, cursor, order_by="-pages")] == [
        "Candide",
        "Bovary",
    ]
    assert [book.title async for book in repository.stream({"shelf_id": 1}, order_by="id", size=1)] == TITLES[:2]
    assert await repository.query_builder().where("pages", ">", 400).count() == 1
    assert await repository.get_query_builder().count() == 5
    assert await repository.using(em).count() == 5


async def test_a_repository_changes(books: AsyncQueryBuilder[Book], em: AsyncEntityManager, db: Opened) -> None:
    repository = em.get_repository(Book)
    assert (await repository.add(Book(title="Faust"))).id == 6
    assert (await repository.create({"title": "Germinal"}, pages=7)).id == 7
    assert await repository.update(7, {"pages": "8"}) is True
    assert await repository.update(99, {"pages": 8}) is False
    assert await repository.update_by({"shelf_id": 1}, {"pages": 1}) == 2
    assert await repository.insert_many([{"title": "Hamlet"}, {"title": "Iliad"}]) == 2
    assert await repository.update_many([{"id": 8, "pages": 80}, {"id": 9, "pages": 90}]) == 2
    assert await repository.delete(6) is True
    assert await repository.delete(await repository.get(5)) is True
    assert await repository.delete_by({"title": ["Dracula"]}) == 1
    assert await repository.force_delete(99) is False
    assert db.rows("SELECT title, pages FROM aio_book ORDER BY id") == [
        ("Anna", 1),
        ("Bovary", 1),
        ("Candide", 300),
        ("Germinal", 8),
        ("Hamlet", 80),
        ("Iliad", 90),
    ]
    with pytest.raises(ValueError, match="String should have at least 1 character"):
        await repository.create({"title": ""})
    assert await em.get_repository(Shelf).upsert({"name": "A"}, keys=["name"]) == 1


async def test_soft_deletion(em: AsyncEntityManager) -> None:
    drafts = em.get_repository(Draft)
    await drafts.insert_many([{"text": "a"}, {"text": "b"}])
    assert await drafts.delete(1) is True
    assert (await drafts.count(), await drafts.with_deleted().count()) == (1, 2)
    assert await drafts.find(1) is None
    deleted = await drafts.with_deleted().get(1)
    assert deleted.text == "a"
    assert await drafts.force_delete(1) is True
    assert await drafts.with_deleted().count() == 1


async def test_inside_a_transaction_changes_are_a_part_of_it(em: AsyncEntityManager, db: Opened) -> None:
    shelves = em.get_repository(Shelf)
    with pytest.raises(ZeroDivisionError):
        async with em.transaction():
            await shelves.create(name="A")
            await shelves.query_builder().insert({"name": "B"})
            _ = 1 / 0
    assert db.rows("SELECT name FROM aio_shelf") == []
    await shelves.create(name="A")
    assert db.rows("SELECT name FROM aio_shelf") == [("A",)]


async def test_a_builder_of_tables_alone(books: AsyncQueryBuilder[Book], em: AsyncEntityManager, db: Opened) -> None:
    rows = db.query(em).from_table("aio_book b").select("b.title").where("b.pages", ">", 400)
    assert await rows.get() == [{"title": "Emma"}]
    if db.mode.database == "postgresql":
        await em.exec_statement(sa.text("CREATE TABLE aio_plain (id integer, at timestamptz)"))
        await em.commit()
        assert await db.query(em).from_table("aio_plain").select("at").get() == []  # reflected
