"""Operators, values and arguments of the wrong kind: one message each, the same on every database, before any SQL."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from fx_orm.errors import QueryError
from fx_orm.query_builder import QueryBuilder
from tests.orm.shop_tables import Kind, Label, Shelf, Ware
from tests.orm.told import mistakes

Query = QueryBuilder[Any]


class Hue(Enum):
    RED = "GREEN"
    GREEN = "red"


class Path(TypeDecorator[Any]):
    """A type of a program's own, which knows by itself what it takes."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return "/".join(value)


class Things(SQLModel, table=True):
    __tablename__ = "ve_things"
    id: int | None = Field(default=None, primary_key=True)
    colour: Hue = Hue.RED
    size: float = 0
    token: uuid.UUID = Field(default_factory=uuid.uuid4)
    content: bytes = b""
    opens: time = time(8)
    lasts: timedelta = timedelta(0)
    noted: datetime | None = Field(default=None, sa_column=sa.Column(sa.DateTime()))
    small: int = Field(default=0, sa_column=sa.Column(sa.SmallInteger()))
    large: int = Field(default=0, sa_column=sa.Column(sa.BigInteger()))
    level: str = Field(default="low", sa_column=sa.Column(sa.Enum("low", "high", name="ve_level")))
    path: str = Field(default="", sa_column=sa.Column(Path(20)))


def wares() -> Query:
    return QueryBuilder(Ware)


def things() -> Query:
    return QueryBuilder(Things)


# Said on every database.
WRONG = r"""
wares().where("name", 5)
    QueryBuilder.where("name"): 5 is no text
wares().where("name", 0)
    QueryBuilder.where("name"): 0 is no text
wares().where("name", True)
    QueryBuilder.where("name"): True is no text
wares().where("name", b"x")
    QueryBuilder.where("name"): an object of bytes is no text
wares().where("name", {"x": 1})
    QueryBuilder.where("name"): an object of dict is no text
wares().where("name", ["x"])
    QueryBuilder.where("name"): a list is compared by where_in()
wares().where("name", "a\0b")
    QueryBuilder.where("name"): a text with the character NUL cannot be stored on every database
wares().where("name", "ab\ud800")
    QueryBuilder.where("name"): a text with a half of a surrogate pair (at position 3) is none
wares().where_in("name", ["x", 5])
    QueryBuilder.where_in("name"): 5 is no text
wares().where_contains("name", "\0")
    QueryBuilder.where_contains("name"): a text with the character NUL cannot be stored on every database
wares().where("stock", 1.5)
    QueryBuilder.where("stock"): 1.5 is no whole number
wares().where("stock", "1_000")
    QueryBuilder.where("stock"): '1_000' is no whole number
wares().where("stock", "\u0661")
    QueryBuilder.where("stock"): '\u0661' is no whole number
wares().where("stock", Decimal("1E+1000000"))
    QueryBuilder.where("stock"): 1E+1000000 is no whole number
wares().where("stock", Decimal("sNaN"))
    QueryBuilder.where("stock"): sNaN is no whole number
wares().where("stock", object())
    QueryBuilder.where("stock"): an object of object is no whole number
wares().where("stock", 2**63)
    QueryBuilder.where("stock"): 9223372036854775808 is beyond what the column can hold (LEAST to MOST)
wares().where("price", float("nan"))
    QueryBuilder.where("price"): nan is no number
wares().where("price", Decimal("Infinity"))
    QueryBuilder.where("price"): Infinity is no number
wares().where("price", 10**400)
    QueryBuilder.where("price"): 100000000000000000000000000000000000000000000000000000000000... is no number
wares().where("price", b"1")
    QueryBuilder.where("price"): an object of bytes is no number
things().where("size", "wide")
    QueryBuilder.where("size"): 'wide' is no number
things().where("size", float("inf"))
    QueryBuilder.where("size"): inf is no number
wares().where("is_active", 2)
    QueryBuilder.where("is_active"): 2 is neither true nor false
wares().where("kind", Hue.RED)
    QueryBuilder.where("kind"): Hue.RED is no Kind; there is LEAF, TOOL
wares().where("kind", {})
    QueryBuilder.where("kind"): an object of dict is no Kind; there is LEAF, TOOL
things().where("colour", "GREEN")
    QueryBuilder.where("colour"): 'GREEN' is the name of Hue.GREEN and the value of Hue.RED; give the member
    itself
things().where("level", "middle")
    QueryBuilder.where("level"): 'middle' is none of low, high
things().where("token", "x")
    QueryBuilder.where("token"): 'x' is no UUID
things().where("token", 5)
    QueryBuilder.where("token"): 5 is no UUID
things().where("content", "x")
    QueryBuilder.where("content"): 'x' is no bytes
things().where("opens", "noon")
    QueryBuilder.where("opens"): 'noon' is neither ISO 8601 nor a time expression (CURRENT_TIMESTAMP, NOW(),
    CURRENT_DATE, DATE('now', '-30 days'))
things().where("opens", time(8, tzinfo=UTC))
    QueryBuilder.where("opens"): a time of day has no zone; write value.replace(tzinfo=None)
things().where("opens", ">", "NOW()")
    QueryBuilder.where("opens"): a time of day is compared with ISO 8601 such as '12:30', not with a moment
things().where("lasts", 60)
    QueryBuilder.where("lasts"): 60 is no span of time; write a timedelta
things().where("noted", datetime(2024, 1, 1, tzinfo=UTC))
    QueryBuilder.where("noted"): the column has no zone, and the moment has one; write value.replace(tzinfo=None)
wares().where("created_at", 5)
    QueryBuilder.where("created_at"): 5 is no date or time
wares().where("created_at", datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))))
    QueryBuilder.where("created_at"): 9999-12-31 23:59:59.999999-05:00 is in UTC before year 1 or after year 9999
wares().where("made_on", datetime(2024, 1, 1))
    QueryBuilder.where("made_on"): a date and time cannot be compared with a date; write value.date()
wares().where("extra", object())
    QueryBuilder.where("extra"): it cannot be written as JSON
wares().where("extra", {"a": float("nan")})
    QueryBuilder.where("extra"): it cannot be written as JSON
wares().where("extra", {"a": ["\0"]})
    QueryBuilder.where("extra"): a text with the character NUL cannot be stored on every database
wares().where_raw("COALESCE(:x, :y) = name", x=object(), y="y")
    QueryBuilder.where_raw("COALESCE(:x, :y) = name"): an object of object stands beside something of unknown type;
    CAST that, or give a text or number
wares().where_raw("COALESCE(:x, :y) = name", x={"x": 1}, y="y")
    QueryBuilder.where_raw("COALESCE(:x, :y) = name"): an object of dict stands beside something of unknown type;
    CAST that, or give a text or number
wares().where_raw("COALESCE(:x, :y) = name", x=2**63, y="y")
    QueryBuilder.where_raw("COALESCE(:x, :y) = name"): 9223372036854775808 is beyond what a database can hold
wares().where("price", "LIKE", "1%")
    QueryBuilder.where("price"): LIKE compares texts, and the column holds numbers
wares().where("made_on", "LIKE", "2024%")
    QueryBuilder.where("made_on"): LIKE compares texts, and the column holds dates
wares().where("kind", "NOT ILIKE", "L%")
    QueryBuilder.where("kind"): LIKE compares texts, and the column holds members of an Enum
wares().where_starts_with("id", "1")
    QueryBuilder.where_starts_with("id"): LIKE compares texts, and the column holds whole numbers
wares().where("name", "LIKE", 5)
    QueryBuilder.where("name"): LIKE takes a pattern, which is a text, not an object of int
wares().where("name", "ILIKE", ["a"])
    QueryBuilder.where("name"): ILIKE takes a pattern, which is a text, not an object of list
wares().where("extra", "<", {})
    QueryBuilder.where("extra"): < has no meaning for JSON that every database shares; write = or IN
wares().where_between("kind", Kind.LEAF, Kind.TOOL)
    QueryBuilder.where_between("kind"): BETWEEN has no meaning for members of an Enum that every database shares;
    write = or IN
wares().where("name", "IS", True)
    QueryBuilder.where("name"): the column holds texts: IS True has no meaning
wares().where("id", "IN", "12")
    QueryBuilder.where("id"): IN takes a list of values, not an object of str
wares().where("id", "BETWEEN", [1, 2, 3])
    QueryBuilder.where("id"): BETWEEN takes two values: the least and the greatest
wares().where("id", "BETWEEN", 1)
    QueryBuilder.where("id"): BETWEEN takes two values: the least and the greatest
wares().where_between("id", 1, 2, 3)
    QueryBuilder.where_between("id"): BETWEEN takes two values: the least and the greatest
wares().where_column("name", "=", "stock")
    QueryBuilder.where_column("name"): texts cannot be compared with whole numbers
wares().where_column("made_on", "=", "created_at")
    QueryBuilder.where_column("made_on"): dates cannot be compared with moments
wares().where("name", QueryBuilder(Shelf).select("id"))
    QueryBuilder.where("name"): texts cannot be compared with whole numbers
wares().where_in("name", QueryBuilder(Shelf))
    QueryBuilder.where_in("name"): texts cannot be compared with whole numbers
wares().where("id", 5, 5)
    QueryBuilder.where("id"): an operator is a string, not an object of int
wares().where("price", "≥", 5)
    QueryBuilder.where("price"): operator '\u2265' does not exist
wares().where("name", "lıke", "x")
    QueryBuilder.where("name"): operator 'l\u0131ke' does not exist; did you mean "LIKE"?
wares().where()
    QueryBuilder.where(): it takes a column and a value, and an operator between, not 0 arguments
wares().where(name="x")
    QueryBuilder.where(): a condition is not given by keyword; write where("name", value), or where({"name": value})
wares().where_not("id", 1, price=5)
    QueryBuilder.where_not(): a condition is not given by keyword; write where_not("price", value), or
    where_not({"price": value})
wares().order_by("-name")
    QueryBuilder.order_by("-name"): the direction is said apart: order_by("name", "DESC")
wares().order_by("qb_ware.name desc")
    QueryBuilder.order_by("qb_ware.name desc"): the direction is said apart: order_by("qb_ware.name", "DESC")
wares().latest("-name")
    QueryBuilder.latest("-name"): "-" cannot stand at position 1
wares().order_by("name", 5)
    QueryBuilder.order_by("name"): direction an object of int does not exist; write "ASC" or "DESC"
wares().order_by(5)
    QueryBuilder.order_by(): a name is a string, not an object of int
wares().limit(2**63)
    QueryBuilder.limit(): a number of rows is too large
wares().limit(True)
    QueryBuilder.limit(): a number of rows is a whole number, not an object of bool
wares().offset(-1)
    QueryBuilder.offset(): a number of rows is at least 0, not -1
wares().offset(1.5)
    QueryBuilder.offset(): a number of rows is a whole number, not an object of float
wares().for_update(nowait="yes")
    QueryBuilder.for_update(): nowait is True or False, not an object of str
wares().for_update(nowait=True, skip_locked=True)
    QueryBuilder.for_update(): skip_locked and nowait exclude each other
wares().when(True, "name")
    QueryBuilder.when(): a function is needed, not an object of str
wares().with_(5)
    QueryBuilder.with_(): a name is a string, not an object of int
wares().with_cte("a b", wares())
    QueryBuilder.with_cte("a b"): an alias is one name of letters, digits and _
wares().with_cte("stock", "SELECT 1")
    QueryBuilder.with_cte(): another builder is needed, not an object of str
wares().from_table("qb_ware", alias="x" * 59)
    QueryBuilder.from_table("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"): an alias has at most 58
    bytes, not 59
wares().select("id as " + "ä" * 30)
    QueryBuilder.select("id as ääääääääääääääääääääääääääääää"): an alias has at most 58 bytes, not 60
wares().select("id", **{"x; y": wares().select("MAX(id)")})
    QueryBuilder.select("x; y"): an alias is one name of letters, digits and _
wares().select("id", largest="MAX(id)")
    QueryBuilder.select(): another builder is needed, not an object of str
wares().union("qb_ware")
    QueryBuilder.union(): another builder is needed, not an object of str
wares().where_exists(Shelf)
    QueryBuilder.where_exists(): another builder is needed, not an object of EntityMetaclass
wares().as_(int)
    QueryBuilder.as_(): a Pydantic model or a dataclass is needed
wares().join("qb_shelf s", "s.id", "LIKE", "qb_ware.id")
    QueryBuilder.join("s.id"): LIKE does not compare two columns; write =, !=, <, <=, > or >=
wares().join("qb_shelf s", "s.name")
    QueryBuilder.join("s.name"): a condition is needed, and there are texts
"""
NAMES: dict[str, Any] = {
    **{each.__name__: each for each in (Decimal, datetime, time, timedelta, timezone, Shelf, Kind, Hue, QueryBuilder)},
    **{each.__name__: each for each in (wares, things)},
    "UTC": UTC,
}
LIMITS = {"sqlite": 63, "postgresql": 31, "mysql": 31}


@pytest.mark.parametrize(("code", "message"), mistakes(WRONG), ids=[code[:80] for code, _ in mistakes(WRONG)])
@pytest.mark.parametrize("database", LIMITS)
def test_what_is_wrong_is_said_for_every_database(code: str, message: str, database: str) -> None:
    with pytest.raises(QueryError) as caught:
        eval(code, NAMES).to_sql(database)
    bits = LIMITS[database]
    assert str(caught.value) == message.replace("LEAST", str(-(2**bits))).replace("MOST", str(2**bits - 1))


@pytest.mark.parametrize(
    ("column", "value", "sent"),
    [
        ("stock", 2.0, 2),
        ("stock", Decimal("12.00"), 12),
        ("stock", " -7 ", -7),
        ("stock", True, 1),
        ("small", 2**15 - 1, 2**15 - 1),
        ("large", 2**63 - 1, 2**63 - 1),
        ("size", "1.5", 1.5),
        ("size", 3, 3),
        ("kind", "leaf", "LEAF"),
        ("kind", "TOOL", "TOOL"),
        ("colour", Hue.GREEN, "GREEN"),
        ("level", "low", "low"),
        ("noted", date(2024, 1, 2), "2024-01-02 00:00:00.000000"),
        ("opens", "12:30", "12:30:00.000000"),
        ("path", ("a", "b"), "a/b"),
        ("extra", {"on": date(2024, 1, 2), "text": "\\u0000"}, '{"on": "2024-01-02", "text": "\\\\u0000"}'),
        ("name", "\U0001f375 tea", "\U0001f375 tea"),
    ],
)
def test_a_value_that_fits_is_converted(column: str, value: Any, sent: Any) -> None:
    engine = sa.create_engine("sqlite://")
    query = wares() if column in Ware.model_fields else things()
    seen: list[Any] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[3]))
    SQLModel.metadata.create_all(engine, tables=[Ware.__table__, Things.__table__])  # type: ignore[attr-defined]
    with Session(engine) as session:
        query._manager = session
        query.where(column, value).get()
    engine.dispose()
    assert seen[-1] == (sent,)


CHANGES: dict[str, tuple[Callable[[Query], Any], str]] = {
    "too long": (
        lambda q: q.all_rows().update({"name": "x" * 81}),
        'update("name"): it takes 80 characters, not 81',
    ),
    "too long in a row": (
        lambda q: q.insert([{"name": "x", "price": 1}, {"name": "ä" * 81, "price": 1}]),
        'insert("name"): it takes 80 characters, not 81',
    ),
    "too long in an upsert": (
        lambda q: q.upsert({"id": 1, "name": "x" * 81, "price": 1}, keys=["id"]),
        'upsert("name"): it takes 80 characters, not 81',
    ),
    "number for text": (lambda q: q.all_rows().update({"name": 5}), 'update("name"): 5 is no text'),
    "digits behind": (
        lambda q: q.all_rows().update({"price": "1.234"}),
        "update(\"price\"): it takes 2 digits behind the point, not '1.234'",
    ),
    "digits before": (
        lambda q: q.all_rows().update({"price": 10**8}),
        'update("price"): it takes 8 digits before the point, not 100000000',
    ),
    "member": (
        lambda q: q.all_rows().update({"kind": "leef"}),
        "update(\"kind\"): 'leef' is no Kind; there is LEAF, TOOL",
    ),
    "whole number": (lambda q: q.insert({"name": "x", "price": 1, "stock": 1.5}), 'insert("stock"): 1.5 is no whole'),
    "list": (lambda q: q.all_rows().update({"stock": [1]}), 'update("stock"): an object of list is no whole number'),
    "unknown": (
        lambda q: q.all_rows().update({"nmae": 1}),
        'update("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?',
    ),
    "unknown in a row": (
        lambda q: q.insert([{"name": "x", "price": 1}, {"nmae": "x"}]),
        'insert("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?',
    ),
    "nothing": (lambda q: q.all_rows().update({}), "update(): no column is given a value"),
    "no dict": (lambda q: q.all_rows().update("name"), "update(): values are given by column: {...}, not an object of"),
    "no string": (
        lambda q: q.all_rows().update({5: 1}),
        "update(): a column is named by a string, not an object",
    ),
    "rows": (
        lambda q: q.insert("name"),
        "insert(): a row is a dict {column: value}, several are a list of them, not an object of str",
    ),
    "row": (lambda q: q.insert(["name"]), "insert(): values are given by column: {...}, not an object of str"),
    "keys": (lambda q: q.upsert({"id": 1}, keys="id"), 'upsert(): keys is a list of columns: keys=["name"]'),
    "keys inside": (lambda q: q.upsert({"id": 1}, keys=[5]), 'upsert(): keys is a list of columns: keys=["name"]'),
    "no keys": (lambda q: q.upsert({"id": 1}, keys=[]), 'upsert(): keys is a list of columns: keys=["name"]'),
    "keys not unique": (
        lambda q: q.upsert({"id": 1, "name": "x", "price": 1}, keys=["name"]),
        'upsert(): no primary or unique key of "qb_ware" has the columns name; there is: id',
    ),
    "keys unknown": (
        lambda q: q.upsert({"id": 1}, keys=["idd"]),
        'upsert("idd"): table "qb_ware" has no column "idd"; did you mean "id"?',
    ),
    "keys missing": (lambda q: q.upsert({"name": "x"}, keys=["id"]), 'upsert("id"): every row needs a value for each'),
    "update of an upsert": (
        lambda q: q.upsert({"id": 1}, keys=["id"], update="name"),
        'upsert(): update is a list of columns: update=["name"]',
    ),
    "update without a value": (
        lambda q: q.upsert({"id": 1, "name": "x", "price": 1}, keys=["id"], update=["note"]),
        'upsert("note"): update names it, and a row has no value for it',
    ),
    "increment": (lambda q: q.all_rows().increment("stock", "5"), 'increment("stock"): by is a number, not an object'),
    "increment of text": (
        lambda q: q.all_rows().increment("name"),
        'increment("name"): the column holds texts, not numbers',
    ),
    "increment by a half": (
        lambda q: q.all_rows().increment("stock", 0.5),
        'increment("stock"): 0.5 is no whole',
    ),
    "increment nothing": (
        lambda q: q.all_rows().increment("stokc"),
        'increment("stokc"): table "qb_ware" has no column "stokc"; did you mean "stock"?',
    ),
    "condition": (lambda q: q.increment("stock"), "increment(): it has no condition and would change every row"),
    "delete": (lambda q: q.delete(), "delete(): it has no condition and would change every row; say all_rows()"),
    "force_delete": (lambda q: q.force_delete(), "force_delete(): it has no condition and would change every row"),
    "value in a condition": (
        lambda q: q.where("stock", "x").update({"name": "y"}),
        "where(\"stock\"): 'x' is no whole number",
    ),
    "limit": (lambda q: q.where("id", 1).limit(1).update({"name": "y"}), "update(): limit() does not go with it"),
    "group": (lambda q: q.where("id", 1).group_by("id").delete(), "delete(): it changes one table, without group_by()"),
}


def test_a_wrong_change_is_told_before_it_is_sent(sessions: Callable[..., Session]) -> None:
    session = sessions(Shelf, Label, Ware)
    session.connection()
    sent: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    for mistake, (change, message) in CHANGES.items():
        with pytest.raises(QueryError) as caught:
            change(QueryBuilder(Ware, manager=session))
        assert str(caught.value).startswith(f"QueryBuilder.{message}"), mistake
        assert sent == [], mistake


def test_one_column_is_not_given_twice() -> None:
    class Doubled(SQLModel, table=True):
        __tablename__ = "ve_doubled"
        id: int | None = Field(default=None, primary_key=True)
        title: str = Field(default="", sa_column=sa.Column("name", sa.String(20)))

    engine = sa.create_engine("sqlite://")
    with Session(engine) as session, pytest.raises(QueryError) as caught:
        QueryBuilder(Doubled, manager=session).insert({"title": "a", "name": "b"})
    engine.dispose()
    assert str(caught.value) == 'QueryBuilder.insert("name"): the same column is given as "title" too'
