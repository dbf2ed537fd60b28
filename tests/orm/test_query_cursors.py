"""Pages by position on the three databases: every row once, in the order of the query, both ways; checked cursors."""

import base64
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

import fx_orm
from fx_orm import AbstractEntity, Field
from fx_orm.errors import QueryError, UnsupportedError
from fx_orm.pagination import CursorPage
from fx_orm.query_builder import QueryBuilder
from tests.orm.shop_tables import Shelf, Ware, WareLabel, shop


class PageSize(Enum):
    SMALL = "s"
    LARGE = "l"
    HUGE = "a"


class Mark(AbstractEntity, table=True):
    __tablename__ = "qb_mark"
    id: int | None = Field(default=None, primary_key=True)
    number: int | None = None
    text: str | None = Field(default=None, max_length=10)
    weight: float | None = None
    price: Decimal | None = Field(default=None, max_digits=8, decimal_places=2)
    made_at: datetime | None = None
    made_on: date | None = None
    takes: timedelta | None = None
    code: UUID | None = None
    size: PageSize | None = None
    good: bool | None = None


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    with shop(database_url) as session:
        yield session


@pytest.fixture
def marks(database_url: str) -> Iterator[Session]:
    engine = sa.create_engine(database_url)
    SQLModel.metadata.create_all(engine, tables=[Mark.__table__])  # type: ignore[attr-defined]
    with Session(engine) as session:
        yield session
    engine.dispose()


def walk(query: "QueryBuilder[Any]", per_page: int) -> list[CursorPage[Any]]:
    """Read all pages from the first to the last."""
    pages = [query.cursor_paginate(per_page)]
    while pages[-1].next_cursor is not None:
        pages.append(query.cursor_paginate(per_page, pages[-1].next_cursor))
    return pages


def walk_back(query: "QueryBuilder[Any]", per_page: int, cursor: str | None) -> list[list[Any]]:
    """Read the pages before a cursor, from the last to the first."""
    found = []
    while cursor is not None:
        page = query.cursor_paginate(per_page, cursor)
        found.append(page.items)
        cursor = page.previous_cursor
    return found


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "number": st.integers(-2, 2),
    "text": st.sampled_from(["a", "A", "b", "ä", "", "a "]),
    "weight": st.sampled_from([0.1, 0.3, 1 / 3, -2.5e10]),
    "price": st.sampled_from([Decimal("0.10"), Decimal("9.99"), Decimal("-3.00")]),
    "made_at": st.sampled_from([datetime(2024, 1, 1, 12, 0, 0, at) for at in (0, 1, 999999)]),
    "made_on": st.sampled_from([date(2024, 1, 1), date(2023, 5, 6)]),
    "takes": st.sampled_from([timedelta(seconds=1), timedelta(days=2, microseconds=7)]),
    "code": st.sampled_from([UUID(int=1), UUID(int=2**127)]),
    "size": st.sampled_from(list(PageSize)),
    "good": st.booleans(),
}
ROW = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})
ORDER = st.lists(
    st.tuples(st.sampled_from([*VALUES, "id"]), st.sampled_from(["ASC", "DESC"])),
    max_size=3,
    unique_by=lambda key: key[0],
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=14), added=st.lists(ROW, max_size=4), order=ORDER, per_page=st.integers(1, 5))
def test_every_row_comes_once_whatever_is_inserted_between_the_pages(
    marks: Session, rows: list[dict[str, Any]], added: list[dict[str, Any]], order: list[tuple[str, str]], per_page: int
) -> None:
    marks.rollback()
    query = QueryBuilder(Mark, manager=marks)
    query.clone().all_rows().delete()
    marks.expunge_all()
    marks.add_all([Mark(id=at * 10, **row) for at, row in enumerate(rows, 1)])
    marks.flush()
    for column, direction in order:
        query.order_by(column, direction)
    ids = [item.id for page in walk(query, per_page) for item in page]
    assert sorted(ids) == [at * 10 for at in range(1, len(rows) + 1)]
    if "size" not in dict(order):  # which MariaDB orders by number
        whole = query.clone().order_by("id", order[-1][1] if order else "ASC")
        assert [item.id for item in whole.get()] == ids

    page = query.cursor_paginate(per_page)
    seen = [item.id for item in page]
    for at, row in enumerate(added):
        marks.add(Mark(id=at * 10 + 5, **row))
    marks.flush()
    while page.next_cursor is not None:
        page = query.cursor_paginate(per_page, page.next_cursor)
        seen += [item.id for item in page]
    assert [key for key in seen if key % 10 == 0] == ids
    assert len(seen) == len(set(seen))

    everything = walk(query, per_page)
    back = walk_back(query, per_page, everything[-1].previous_cursor)
    listed = [item for page in everything for item in page]
    assert [item for items in reversed(back) for item in items] + everything[-1].items == listed


def test_a_row_that_was_deleted_leaves_no_gap(session: Session) -> None:
    query = QueryBuilder(Ware, manager=session).order_by("price")
    first = query.cursor_paginate(2)
    QueryBuilder(Ware, manager=session).where("id", first.items[-1].id).delete()
    second = query.cursor_paginate(2, first.next_cursor)
    assert [ware.name for page in (first, second) for ware in page] == ["Stray", "Assam", "Sencha", "Cup_50%"]


def test_an_empty_page_leads_back(session: Session) -> None:
    query = QueryBuilder(Ware, manager=session).where("id", "<", 3).order_by("id")
    first = query.cursor_paginate(1)
    QueryBuilder(Ware, manager=session).where("id", 2).delete()
    empty = query.cursor_paginate(1, first.next_cursor)
    assert (empty.items, empty.next_cursor, len(empty)) == ([], None, 0)
    back = query.cursor_paginate(1, empty.previous_cursor)
    assert [ware.id for ware in back] == [1]
    assert back.previous_cursor is None
    assert [ware.id for ware in query.cursor_paginate(1)] == [1]


def test_entities_over_joins_with_what_is_loaded_along(session: Session) -> None:
    joined = QueryBuilder(Ware, manager=session).left_join("shelf").order_by("shelf.name", "DESC").order_by("stock")
    assert [ware.id for page in walk(joined, 2) for ware in page] == [ware.id for ware in joined.get()]
    many = QueryBuilder(Ware, manager=session).left_join("labels").order_by("price").with_("labels")
    assert sorted(ware.id for page in walk(many, 2) for ware in page) == [1, 1, 2, 3, 4, 5]
    once = many.clone().distinct()
    assert [ware.id for page in walk(once, 2) for ware in page] == [5, 2, 1, 4, 3]


def test_rows_and_groups(session: Session) -> None:
    rows = QueryBuilder(session).select("w.name", "s.name as shelf").from_table("qb_ware w")
    rows.left_join("qb_shelf s", "w.shelf_id = s.id").order_by("shelf").order_by("w.price", "DESC")
    assert [row for page in walk(rows, 2) for row in page] == rows.get()
    groups = (
        QueryBuilder(session)
        .select("s.name", "COUNT(w.id) as wares")
        .from_table("qb_shelf s")
        .left_join("qb_ware w", "w.shelf_id = s.id")
        .group_by("s.id")
        .order_by("wares", "DESC")
    )
    found = [row for page in walk(groups, 1) for row in page]
    assert [row.wares for row in found] == [2, 2, 0]
    assert {row.name for row in found} == {"Tea", "Tools", "Empty"}
    of_link = QueryBuilder(WareLabel, manager=session)
    assert [(link.ware_id, link.label_id) for page in walk(of_link, 1) for link in page] == [(1, 1), (1, 2), (3, 2)]


def test_the_condition_uses_the_index_of_the_first_key() -> None:
    query = QueryBuilder(Ware).order_by("price", "DESC")
    engine = sa.create_engine("sqlite://")
    SQLModel.metadata.create_all(engine, tables=[Ware.__table__, Shelf.__table__])  # type: ignore[attr-defined]
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with Session(engine) as session:
        session.add_all([Ware(name="x", price=Decimal(at)) for at in range(3)])
        session.flush()
        query._manager = session
        query.cursor_paginate(1, query.cursor_paginate(1).next_cursor)
    engine.dispose()
    assert " ".join(statements[-1].partition("WHERE ")[2].split()) == (
        "qb_ware.price <= ? AND (qb_ware.price < ? OR qb_ware.price = ? AND qb_ware.id < ?) "
        "ORDER BY qb_ware.price DESC, qb_ware.id DESC LIMIT ? OFFSET ?"
    )


@pytest.fixture
def small() -> Iterator["QueryBuilder[Ware]"]:
    with shop("sqlite://") as session:
        yield QueryBuilder(Ware, manager=session).order_by("name")


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_cursor_that_is_none_is_refused(small: "QueryBuilder[Ware]") -> None:
    cursor = small.cursor_paginate(2).next_cursor
    assert cursor is not None
    order = base64.urlsafe_b64decode(cursor + "==").decode().split('"')[1]
    damaged = (
        "QueryBuilder.cursor_paginate(): the cursor is damaged; take the one of a page, or None for the first page"
    )
    for text in (
        *("", "x", "é", cursor[:-4], encoded("[]"), encoded("null"), encoded("{}"), encoded('["a",0,0]')),
        *(encoded(f'["{order}",0,0,["x",{value}]]') for value in ('"1"', "1.5", str(2**70), "{}", '["list","x"]')),
        *(encoded(f'["{order}",0,0,[{value},1]]') for value in ("1", '"\\u0000"', '["date","2024-01-01"]')),
        encoded(f'["{order}",2,0,["x",1]]'),
    ):
        with pytest.raises(QueryError) as caught:
            small.cursor_paginate(2, text)
        assert str(caught.value) == damaged, text


def test_a_cursor_of_another_order_is_refused(small: "QueryBuilder[Ware]") -> None:
    cursor = small.cursor_paginate(2).next_cursor
    for other in (small.clone().order_by("id", "DESC"), QueryBuilder(Ware, manager=small._manager).order_by("note")):
        with pytest.raises(QueryError) as caught:
            other.cursor_paginate(2, cursor)
        assert (
            str(caught.value) == "QueryBuilder.cursor_paginate(): the cursor is one of another query or another order"
        )
    more = small.clone().where("id", ">", 0)
    assert [ware.name for ware in more.cursor_paginate(2, cursor)] == ["Pot", "Sencha"]


def test_with_a_secret_only_signed_cursors_are_taken(small: "QueryBuilder[Ware]") -> None:
    plain = small.cursor_paginate(2).next_cursor
    try:
        fx_orm.configure(secret="a secret of some length")
        signed = small.cursor_paginate(2).next_cursor
        assert signed is not None
        assert [ware.name for ware in small.cursor_paginate(2, signed)] == ["Pot", "Sencha"]
        content, _, signature = signed.partition(".")
        forged = encoded(base64.urlsafe_b64decode(content + "==").decode().replace("Cup_50%", "Cup_51%"))
        for text in (plain, f"{forged}.{signature}", content + "."):
            with pytest.raises(QueryError) as caught:
                small.cursor_paginate(2, text)
            assert str(caught.value) == (
                "QueryBuilder.cursor_paginate(): the cursor is not signed with the secret that is configured"
            )
    finally:
        fx_orm.configure()
    with pytest.raises(QueryError) as caught:
        small.cursor_paginate(2, signed)
    assert str(caught.value) == (
        "QueryBuilder.cursor_paginate(): the cursor is signed, and no secret is configured to check it"
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda q: q.cursor_paginate(0), "(): per_page is at least 1, not 0"),
        (lambda q: q.cursor_paginate(1, 3), "(): a cursor is a string, not an object of int"),
        (lambda q: q.limit(3).cursor_paginate(), "(): it sets the limit itself: without limit() and offset()"),
        (lambda q: q.order_by("extra").cursor_paginate(), '("extra"): a column of this type has no order'),
        (
            lambda q: q.select("name").distinct().cursor_paginate(),
            "(): the rows of distinct() have no key; let it stand for a table, or use paginate()",
        ),
        (
            lambda q: q.union(q.clone()).cursor_paginate(),
            "(): the rows of a union have no key; let it stand for a table, or use paginate()",
        ),
        (
            lambda q: q.order_by(Ware.price.desc()).cursor_paginate(),  # type: ignore[attr-defined]
            '(): the direction is said by order_by(column, "DESC")',
        ),
        (
            lambda q: QueryBuilder(q._manager).from_table(q.select("name"), alias="n").cursor_paginate(),
            '(): "n" has no primary key that tells its rows apart',
        ),
    ],
)
def test_what_is_wrong_is_said(small: "QueryBuilder[Ware]", wrong: Any, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        wrong(small)
    assert str(caught.value) == f"QueryBuilder.cursor_paginate{message}"


def test_a_number_of_single_precision_has_no_place_in_the_order(marks: Session) -> None:
    database = marks.connection().dialect.name
    kind = {"postgresql": "REAL", "sqlite": "FLOAT"}.get(database, "FLOAT")
    marks.connection().exec_driver_sql(f"CREATE TABLE qb_single (id INTEGER PRIMARY KEY, weight {kind})")
    marks.connection().exec_driver_sql("INSERT INTO qb_single VALUES (1, 0.1), (2, 0.1), (3, 9.7)")
    query = QueryBuilder(marks).from_table("qb_single").order_by("weight")
    if database == "sqlite":
        assert [row.id for page in walk(query, 1) for row in page] == [1, 2, 3]
        return
    with pytest.raises(UnsupportedError, match="a number of single precision equals nothing that is sent to it"):
        query.cursor_paginate(1)
