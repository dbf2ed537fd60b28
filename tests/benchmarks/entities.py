"""What an entity costs: to construct, to change, to dump, to load, beside the libraries below it.

Everything is the same eight fields on one in-memory SQLite database. SQLModel does not validate a table class; ours
does.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import sqlmodel
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder
from fx_orm.database import engine_for
from tests.benchmarks.measuring import Measured, measure

ROWS = 10_000
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class OursItem(AbstractEntity, table=True):
    __tablename__ = "ours"
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(min_length=1, max_length=200)
    level: int = Field(ge=0)
    price: float = Field(gt=0)
    active: bool = True
    note: str | None = None
    created_at: datetime
    author_id: int


class SQLModelItem(sqlmodel.SQLModel, table=True):
    __tablename__ = "theirs"
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    title: str = sqlmodel.Field(min_length=1, max_length=200)
    level: int = sqlmodel.Field(ge=0)
    price: float = sqlmodel.Field(gt=0)
    active: bool = True
    note: str | None = None
    created_at: datetime
    author_id: int


class PlainModel(BaseModel):
    id: int | None = None
    title: str
    level: int
    price: float
    active: bool = True
    note: str | None = None
    created_at: datetime
    author_id: int


class Base(DeclarativeBase):
    """Of SQLAlchemy's own classes."""


class DeclarativeItem(Base):
    __tablename__ = "declarative"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    level: Mapped[int]
    price: Mapped[float]
    active: Mapped[bool]
    note: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    author_id: Mapped[int]


def run() -> Iterator[Measured]:
    """Measure one thing after the other."""
    rows = [_row(number) for number in range(ROWS)]
    classes: dict[str, Any] = {
        "fx_orm": OursItem,
        "SQLModel": SQLModelItem,
        "SQLAlchemy": DeclarativeItem,
        "Pydantic": PlainModel,
    }
    yield measure("construct", ROWS, {name: _constructing(kind, rows) for name, kind in classes.items()})
    yield from _using({name: [kind(**row) for row in rows] for name, kind in classes.items()})
    yield from _loading(rows)  # after the others are gone: the garbage collector walks all that is alive


def _using(entities: dict[str, list[Any]]) -> Iterator[Measured]:
    yield measure("set an attribute", ROWS, {name: _setting(made) for name, made in entities.items()})
    dumped = {name: made for name, made in entities.items() if name != "SQLAlchemy"}
    yield measure("model_dump", ROWS, {name: _dumping(made) for name, made in dumped.items()})


def _row(number: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "title": f"Title {number}",
        "level": number % 10,
        "price": number + 0.5,
        "active": number % 2 == 0,
        "note": None if number % 3 else f"note {number}",
        "created_at": MOMENT,
        "author_id": number % 100,
    }


def _constructing(kind: Any, rows: list[dict[str, Any]]) -> Callable[[], object]:
    return lambda: [kind(**row) for row in rows]


def _setting(entities: list[Any]) -> Callable[[], object]:
    def change() -> None:
        for entity in entities:
            entity.level = 5

    return change


def _dumping(entities: list[Any]) -> Callable[[], object]:
    return lambda: [entity.model_dump() for entity in entities]


def _loading(rows: list[dict[str, Any]]) -> Iterator[Measured]:
    engine = engine_for(sa.make_url("sqlite:///:memory:"))
    tables = [item.__table__ for item in (OursItem, SQLModelItem)]  # type: ignore[attr-defined]  # made by SQLAlchemy
    sqlmodel.SQLModel.metadata.create_all(engine, tables)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for table in (*tables, DeclarativeItem.__table__):
            connection.execute(sa.insert(table), rows)

    def ours() -> object:
        with EntityManager(engine) as em:
            return QueryBuilder(OursItem, manager=em).get()

    def theirs() -> object:
        with sqlmodel.Session(engine) as session:
            return session.exec(sqlmodel.select(SQLModelItem)).all()

    def declarative() -> object:
        with Session(engine) as session:
            return session.scalars(sa.select(DeclarativeItem)).all()

    def ours_found() -> object:
        with EntityManager(engine) as em:
            return [em.find(OursItem, number) for number in range(1, 501)]

    def theirs_found() -> object:
        with sqlmodel.Session(engine) as session:
            return [session.get(SQLModelItem, number) for number in range(1, 501)]

    def ours_asked() -> object:
        with EntityManager(engine) as em:
            return [
                QueryBuilder(OursItem, manager=em).where("author_id", number % 100).where("level", ">", 3)
                .order_by("title").limit(5).get() for number in range(200)
            ]  # fmt: skip

    def theirs_asked() -> object:
        item: Any = SQLModelItem
        with sqlmodel.Session(engine) as session:
            return [
                session.exec(sqlmodel.select(item).where(item.author_id == number % 100).where(item.level > 3)
                .order_by(item.title).limit(5)).all() for number in range(200)
            ]  # fmt: skip

    yield measure("load 10,000", ROWS, {"fx_orm": ours, "SQLModel": theirs, "SQLAlchemy": declarative})
    yield measure("find by key", 500, {"fx_orm": ours_found, "SQLModel": theirs_found})
    yield measure("where, order, limit 5", 200, {"fx_orm": ours_asked, "SQLModel": theirs_asked})
    engine.dispose()
