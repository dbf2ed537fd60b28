"""What fields hold, on each database: the same value is stored, read and found."""

import time as clock
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, NaiveDatetime, ValidationError
from sqlalchemy import DateTime, create_engine, func, inspect, literal_column, select, text
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.orm import Session

from fx_orm import JSON, AbstractEntity, Column, Field
from fx_orm.column_types import Instant
from fx_orm.errors import MappingError
from fx_orm.migrations.type_text import type_text
from fx_orm.schema.column_types import column_type


class Colour(Enum):
    RED = "red"
    BLUE = "B"
    B = "blue"  # the name of one is the value of another


class Size(int, Enum):
    SMALL = 1
    LARGE = 2


class Address(BaseModel):
    street: str
    since: date


class Kinds(AbstractEntity, table=True):
    __tablename__ = "stored_kinds"
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    flag: bool | None = None
    number: int | None = None
    real: float | None = None
    word: str | None = None
    short: str | None = Field(max_length=20)
    blob: bytes | None = None
    day: date | None = None
    hour: time | None = None
    span: timedelta | None = None
    at: datetime | None = None
    wall: NaiveDatetime | None = None
    money: Decimal | None = Field(max_digits=15, decimal_places=2)
    colour: Colour | None = None
    size: Size | None = None
    answer: Literal["yes", "no"] | None = None
    key: uuid.UUID | None = None
    names: list[str] | None = None
    inner: dict[str, datetime] | None = None
    home: Address | None = None
    numbers: set[int] | None = None
    anything: dict[str, Any] | None = None
    document: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))


@pytest.fixture
def session(sessions: Callable[..., Session]) -> Session:
    return sessions(Kinds)


def read_again(session: Session, entity: Kinds) -> Any:
    session.add(entity)
    session.commit()
    key = inspect(entity).identity
    session.expunge_all()
    return session.get(Kinds, key)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("flag", value) for value in (True, False)),
        *(("number", value) for value in (0, -(2**31), 2**31 - 1)),
        *(("real", value) for value in (0.1, -1e300, 1.7976931348623157e308, 5e-324, 123456789.12345679)),
        *(("word", value) for value in ("", "x" * 255, "naïve ☃ 🎈", "'; DROP TABLE x; --", " spaces ")),
        *(("blob", value) for value in (b"", b"\x00\xff", bytes(range(256)) * 1000)),
        *(("day", value) for value in (date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31))),
        *(("hour", value) for value in (time(0), time(23, 59, 59, 999999), time(12, 30, 15, 1))),
        *(
            ("span", value)
            for value in (timedelta(0), timedelta(days=-3, microseconds=7), timedelta(days=700, hours=5))
        ),
        ("at", datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("at", datetime(1, 1, 1, tzinfo=UTC)),
        ("at", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("wall", datetime(2024, 3, 31, 2, 30, 0, 1)),
        *(("money", Decimal(value)) for value in ("0.00", "-0.01", "9999999999999.99", "1.5")),
        *(("colour", value) for value in Colour),
        ("size", Size.LARGE),
        ("answer", "yes"),
        ("key", uuid.UUID(int=0)),
        ("key", uuid.UUID("12345678123456781234567812345678")),
        *(("names", value) for value in ([], ["a", ""])),
        ("inner", {"a": datetime(2024, 1, 1, tzinfo=UTC)}),
        ("home", Address(street="x", since=date(2024, 1, 1))),
        ("numbers", {1, 2}),
        ("anything", {"a": [None, True, 1.5, {"b": "ß"}], "": {}}),
    ],
)
def test_round_trip(session: Session, field: str, value: Any) -> None:
    entity = Kinds(**{field: value})
    assert getattr(entity, field) == value
    found = read_again(session, entity)
    assert getattr(found, field) == value
    assert type(getattr(found, field)).__mro__[-2] is type(value).__mro__[-2]
    column = getattr(Kinds, field)
    if field not in ("names", "inner", "home", "numbers", "anything"):
        assert session.scalars(select(Kinds).where(column == value)).all() == [found]


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01 00:00:00.000000"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "9999-12-31 23:59:59.999999"),
        (datetime(2024, 7, 1, 12, tzinfo=timezone(timedelta(hours=-5))), "2024-07-01 17:00:00.000000"),
    ],
)
def test_sqlite_holds_moments_as_sqlalchemy_writes_them(moment: datetime, written: str) -> None:
    engine = create_engine("sqlite://")
    ours, theirs = (
        kind.dialect_impl(engine.dialect).bind_processor(engine.dialect) for kind in (Instant(), DateTime())
    )
    assert ours is not None
    assert theirs is not None
    assert ours(moment) == theirs(moment.astimezone(UTC)) == written


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-07-01 12:00:00", datetime(2024, 7, 1, 12, tzinfo=UTC)),  # by CURRENT_TIMESTAMP
        ("2024-07-01", datetime(2024, 7, 1, tzinfo=UTC)),
        ("2024-07-01 12:00:00+02:00", datetime(2024, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_sqlite_reads_moments_that_others_wrote(written: str, moment: datetime) -> None:
    with create_engine("sqlite://").connect() as connection:
        assert connection.scalar(select(literal_column(f"'{written}'", Instant()))) == moment


def test_null_in_each(session: Session) -> None:
    found = read_again(session, Kinds())
    nullable = [name for name in Kinds.model_fields if name != "id"]
    assert [getattr(found, name) for name in nullable] == [None] * len(nullable)
    for name in nullable:
        assert session.scalars(select(Kinds).where(getattr(Kinds, name).is_(None))).all() == [found]


def test_a_moment_is_utc_before_and_after_the_flush(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    clock.tzset()
    try:
        found = Kinds(at=datetime(2024, 7, 1, 12))
        assert found.at == datetime(2024, 7, 1, 16, tzinfo=UTC)
        monkeypatch.setenv("TZ", "Asia/Tokyo")  # the zone was read at the assignment
        clock.tzset()
        found = read_again(session, found)
        assert found.at == datetime(2024, 7, 1, 16, tzinfo=UTC)
        assert found.at.tzinfo is UTC
        found.at = datetime(2024, 7, 1, 10, tzinfo=timezone(timedelta(hours=2)))
        assert (found.at, found.at.tzinfo) == (datetime(2024, 7, 1, 8, tzinfo=UTC), UTC)
        session.commit()
        assert session.scalars(select(Kinds).where(Kinds.at == datetime(2024, 7, 1, 17))).one() is found
        with pytest.raises(ValidationError, match="before year 1"):
            found.at = datetime(1, 1, 1)
    finally:
        monkeypatch.undo()
        clock.tzset()


def test_what_would_be_lost_is_refused() -> None:
    with pytest.raises(ValidationError, match="no zone in the database"):
        Kinds(hour=time(12, tzinfo=UTC))
    with pytest.raises(ValidationError, match="timezone info"):
        Kinds(wall=datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(ValidationError, match="no more than 2 decimal places"):
        Kinds(money="1.005")


def test_an_enum_is_found_by_member_name_and_value(session: Session) -> None:
    red = read_again(session, Kinds(colour=Colour.RED))
    assert session.execute(text("SELECT colour FROM stored_kinds")).scalar_one() == "RED"
    for given in (Colour.RED, "RED", "red"):
        assert session.scalars(select(Kinds).where(Kinds.colour == given)).all() == [red]
    with pytest.raises(StatementError, match="'green' is no Colour: RED, BLUE, B"):
        session.scalars(select(Kinds).where(Kinds.colour == "green"))
    with pytest.raises(StatementError, match="give the member itself"):
        session.scalars(select(Kinds).where(Kinds.colour.in_(["B"])))


def test_json_that_is_written_out_can_be_compared(session: Session) -> None:
    session.add_all([Kinds(document={"a": [1]}), Kinds(document={"a": [1]})])
    session.flush()
    assert session.scalars(select(Kinds.document).distinct()).all() == [{"a": [1]}]


def test_sums_of_decimals_are_exact(session: Session) -> None:
    session.add_all([Kinds(money=value) for value in ("0.10", "0.20", "9", "10")])
    session.commit()
    assert session.scalar(select(func.sum(Kinds.money))) == Decimal("19.30")
    assert [str(m) for m in session.scalars(select(Kinds.money).order_by(Kinds.money))] == [
        "0.10",
        "0.20",
        "9.00",
        "10.00",
    ]


def test_json_notices_changes_at_any_depth(session: Session) -> None:
    found = read_again(session, Kinds(anything={"a": {"b": [1, {"c": 2}]}}, names=["x"]))
    found.anything["a"]["b"][1]["c"] = 3
    assert found in session.dirty
    session.commit()
    for change in (
        lambda: found.anything["a"]["b"].append(4),
        lambda: found.anything["a"]["b"].extend([5]),
        lambda: found.anything["a"].update(d=6),
        lambda: found.anything.setdefault("e", {}).update(f=7),
        lambda: found.anything["a"]["b"].pop(0),
        lambda: found.names.insert(0, "z"),
        lambda: found.names.sort(),
        lambda: found.names.__setitem__(slice(0, 1), ["y", "y"]),
        lambda: found.names.remove("z"),
        lambda: found.names.reverse(),
        lambda: found.names.extend(["q", "r", "s"]),
        lambda: found.names.pop(),
        lambda: found.names.__delitem__(0),
        lambda: found.names.__imul__(2),
        lambda: found.names.clear(),
        lambda: found.anything.update(x=1, y=2),
        lambda: found.anything.pop("x"),
        lambda: found.anything.__delitem__("y"),
        lambda: found.anything.update(z=1),
        lambda: found.anything.popitem(),
        lambda: found.anything["e"].clear(),
    ):
        change()
        assert found in session.dirty
        session.commit()
        assert found not in session.dirty
    assert found.anything == {"a": {"b": [{"c": 3}, 4, 5], "d": 6}, "e": {}}
    assert found.names == []
    found.anything |= {"g": 8}
    found.names += ["h"]
    replaced = found.anything
    session.commit()
    assert (found.anything["g"], found.names) == (8, ["h"])
    replaced["lost"] = True  # replaced by what has been loaded since: belongs to nobody
    assert found not in session.dirty
    replaced = found.anything
    session.commit()
    with pytest.raises(InvalidRequestError, match="anything"):  # expired and not read again: no silent loss
        replaced["lost"] = True


def test_json_that_was_changed_in_place_tells_what_it_was(session: Session) -> None:
    found = read_again(session, Kinds(anything={"a": {"b": [1]}}, names=["x"]))
    found.anything["a"]["b"].append(2)
    found.anything["c"] = 3
    found.names = ["y"]
    found.names.append("z")
    history = inspect(found).attrs
    assert history.anything.history == ([{"a": {"b": [1, 2]}, "c": 3}], (), [{"a": {"b": [1]}}])
    assert history.names.history == ([["y", "z"]], (), [["x"]])
    session.commit()
    assert (found.anything, found.names) == ({"a": {"b": [1, 2]}, "c": 3}, ["y", "z"])


def test_json_that_is_as_before_is_no_change_and_other_kinds_of_number_are(session: Session) -> None:
    found = read_again(session, Kinds(anything={"a": 1, "b": [1]}, document={"a": 1}))
    found.anything["a"] = 2
    found.anything["b"].append(2)
    found.anything["a"] = 1
    found.anything["b"].pop()
    with pytest.raises(KeyError):
        found.anything.pop("x")
    assert not session.is_modified(found)
    found.anything["b"][0] = True
    found.document = {"a": 1.0}
    session.commit()
    session.expire_all()
    assert str((found.anything, found.document)) == "({'a': 1, 'b': [True]}, {'a': 1.0})"


def test_json_that_was_replaced_may_change_without_harm(session: Session) -> None:
    found = read_again(session, Kinds(anything={"a": 1}))
    before = found.anything
    found.anything = {"a": 2}
    before["a"] = 2
    assert inspect(found).attrs.anything.history.deleted == [{"a": 1}]
    session.commit()
    session.expire_all()
    assert found.anything == {"a": 2}


def test_json_may_be_asked_by_key(session: Session) -> None:
    found = read_again(session, Kinds(anything={"a": 1, "b": "x"}))
    assert session.scalars(select(Kinds).where(Kinds.anything["b"].as_string() == "x")).all() == [found]


def test_live_types_are_written_as_the_shared_table_says() -> None:
    columns = Kinds.__table__.columns
    expected = {
        "flag": column_type("bool"),
        "number": column_type("int | None"),
        "real": column_type("float"),
        "word": column_type("str"),
        "short": column_type("str", max_length=20),
        "blob": column_type("bytes"),
        "day": column_type("date"),
        "hour": column_type("time"),
        "span": column_type("timedelta"),
        "at": column_type("datetime"),
        "wall": column_type("NaiveDatetime"),
        "money": column_type("Decimal", max_digits=15, decimal_places=2),
        "colour": column_type("Colour", enum_members=["RED", "BLUE", "B"]),
        "key": column_type("UUID"),
        "names": column_type("list[str]"),
        "home": column_type("dict"),
    }
    assert {name: type_text(columns[name].type, name) for name in expected} == {
        name: str(found) for name, found in expected.items()
    }


def test_more_digits_than_sqlite_keeps(
    declare: Callable[..., Any], sessions: Callable[..., Session], database_name: str
) -> None:
    wide = declare("""
class Wide(AbstractEntity, table=True):
    __tablename__ = "stored_wide"
    id: int | None = Field(default=None, primary_key=True)
    price: Decimal = Field(max_digits=20, decimal_places=4)
""").Wide
    if database_name == "sqlite":
        with pytest.raises(MappingError) as caught:
            sessions(wide)
        assert str(caught.value) == (
            "Wide.price: SQLite keeps 15 digits of a Decimal, not max_digits=20; "
            "write max_digits=15 or less, or use a str"
        )
        return
    session = sessions(wide)
    session.add(wide(price="1234567890123456.7891"))
    session.commit()
    assert session.scalars(select(wide.price)).one() == Decimal("1234567890123456.7891")


def test_other_annotations_of_moments_and_words(declare: Callable[..., Any]) -> None:
    table = declare("""
from pydantic import AwareDatetime, PositiveInt
class Odd(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    aware: AwareDatetime
    positive: PositiveInt
    annotated: typing.Annotated[str, "a note"]
""").Odd.__table__
    assert [str(column.type) for column in table.columns] == ["INTEGER", "DATETIME", "INTEGER", "VARCHAR"]
