"""What a query costs: find, filter, load, load along, insert, beside SQLAlchemy's ORM and SQLModel on the same tables.

On SQLite in memory, and on PostgreSQL where a server answers (FX_TEST_POSTGRESQL, else the usual local address).
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import sqlmodel
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder, Relationship
from fx_orm.database import engine_for
from tests.benchmarks.measuring import Measured, measure

ROWS, AUTHORS, FINDS, FILTERS, TOUCHED = 10_000, 1_000, 1_000, 300, 1_000
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
POSTGRESQL = os.environ.get("FX_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
LIMIT = 20


class OurAuthor(AbstractEntity, table=True):
    __tablename__ = "bench_author"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)


class OurBook(AbstractEntity, table=True):
    __tablename__ = "bench_book"
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=80)
    level: int = Field(index=True)
    price: float
    active: bool = True
    note: str | None = Field(default=None, max_length=80)
    created_at: datetime
    author_id: int = Field(foreign_key="bench_author.id")
    author: OurAuthor = Relationship()


class TheirAuthor(sqlmodel.SQLModel, table=True):
    __tablename__ = "bench_author_sqlmodel"
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    name: str = sqlmodel.Field(max_length=80)


class TheirBook(sqlmodel.SQLModel, table=True):
    __tablename__ = "bench_book_sqlmodel"
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    title: str = sqlmodel.Field(max_length=80)
    level: int = sqlmodel.Field(index=True)
    price: float
    active: bool = True
    note: str | None = sqlmodel.Field(default=None, max_length=80)
    created_at: datetime = sqlmodel.Field(sa_type=sa.DateTime(timezone=True))  # type: ignore[call-overload]  # an instance
    author_id: int = sqlmodel.Field(foreign_key="bench_author_sqlmodel.id", index=True)
    author: TheirAuthor = sqlmodel.Relationship()


class Base(DeclarativeBase):
    """Of SQLAlchemy's own classes."""


class PlainAuthor(Base):
    __tablename__ = "bench_author_sqlalchemy"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))


class PlainBook(Base):
    __tablename__ = "bench_book_sqlalchemy"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(80))
    level: Mapped[int] = mapped_column(index=True)
    price: Mapped[float]
    active: Mapped[bool]
    note: Mapped[str | None] = mapped_column(sa.String(80))
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey(PlainAuthor.id), index=True)
    author: Mapped[PlainAuthor] = relationship()


ENTITIES = ((OurAuthor, OurBook), (TheirAuthor, TheirBook), (PlainAuthor, PlainBook))


def run() -> Iterator[Measured]:
    """Measure on each database that there is."""
    yield from _measured(engine_for(sa.make_url("sqlite:///:memory:")), "SQLite")
    engine = engine_for(sa.make_url(POSTGRESQL))
    try:
        engine.connect().close()
    except sa.exc.OperationalError:
        return
    yield from _measured(engine, "PostgreSQL")


def _measured(engine: sa.Engine, database: str) -> Iterator[Measured]:
    tables = [entity.__table__ for pair in ENTITIES for entity in pair]  # type: ignore[attr-defined]  # made by SQLAlchemy
    _drop(engine, tables)
    for table in tables:
        table.create(engine)
    try:
        with engine.begin() as connection:
            for author, book in ENTITIES:
                connection.execute(sa.insert(author), [{"id": at + 1, "name": f"Author {at}"} for at in range(AUTHORS)])
                connection.execute(sa.insert(book), [{"id": at + 1, **row(at)} for at in range(ROWS)])
        ways = {
            f"{database}: find by key": (FINDS, _finding(engine)),
            f"{database}: where, order, limit {LIMIT}": (FILTERS, _filtering(engine)),
            f"{database}: load 10,000 entities": (ROWS, _loading(engine)),
            f"{database}: load 10,000 with what they refer to": (ROWS, _loading_along(engine)),
            f"{database}: load 1,000, then touch what each refers to": (TOUCHED, _touching(engine)),
            f"{database}: the same, theirs by selectinload": (TOUCHED, _touching(engine, selectinload)),
            f"{database}: insert 10,000 dicts": (ROWS, _inserting(engine)),
        }
        for title, (count, alternatives) in ways.items():
            yield measure(title, count, alternatives, rounds=9)
    finally:
        _drop(engine, tables)
        engine.dispose()


def _drop(engine: sa.Engine, tables: list[sa.Table]) -> None:
    for table in reversed(tables):
        table.drop(engine, checkfirst=True)


def row(number: int) -> dict[str, Any]:
    return {
        "title": f"Title {number}",
        "level": number % 100,
        "price": number + 0.5,
        "active": number % 2 == 0,
        "note": None if number % 3 else f"note {number}",
        "created_at": MOMENT,
        "author_id": number % AUTHORS + 1,
    }


def _finding(engine: sa.Engine) -> dict[str, Callable[[], object]]:
    def ours() -> object:
        with EntityManager(engine) as em:
            return [em.find(OurBook, key) for key in range(1, FINDS + 1)]

    def theirs(kind: Any) -> object:
        with Session(engine) as session:
            return [session.get(kind, key) for key in range(1, FINDS + 1)]

    return {"fx_orm": ours, "SQLAlchemy": lambda: theirs(PlainBook), "SQLModel": lambda: theirs(TheirBook)}


def _filtering(engine: sa.Engine) -> dict[str, Callable[[], object]]:
    def ours() -> object:
        with EntityManager(engine) as em:
            return [
                QueryBuilder(OurBook, manager=em).where("level", at % 100).where("price", ">", 100)
                .order_by("id").limit(LIMIT).get() for at in range(FILTERS)
            ]  # fmt: skip

    def theirs(book: Any) -> object:
        with Session(engine) as session:
            return [
                session.scalars(sa.select(book).where(book.level == at % 100).where(book.price > 100)
                .order_by(book.id).limit(LIMIT)).all() for at in range(FILTERS)
            ]  # fmt: skip

    return {"fx_orm": ours, "SQLAlchemy": lambda: theirs(PlainBook), "SQLModel": lambda: theirs(TheirBook)}


def _loading(engine: sa.Engine) -> dict[str, Callable[[], object]]:
    def ours() -> object:
        with EntityManager(engine) as em:
            return QueryBuilder(OurBook, manager=em).get()

    def theirs(book: Any) -> object:
        with Session(engine) as session:
            return session.scalars(sa.select(book)).all()

    return {"fx_orm": ours, "SQLAlchemy": lambda: theirs(PlainBook), "SQLModel": lambda: theirs(TheirBook)}


def _loading_along(engine: sa.Engine) -> dict[str, Callable[[], object]]:
    def ours() -> object:
        with EntityManager(engine) as em:
            return QueryBuilder(OurBook, manager=em).with_("author").get()

    def theirs(book: Any) -> object:
        with Session(engine) as session:
            return session.scalars(sa.select(book).options(selectinload(book.author))).all()

    return {"fx_orm": ours, "SQLAlchemy": lambda: theirs(PlainBook), "SQLModel": lambda: theirs(TheirBook)}


def _touching(engine: sa.Engine, along: Callable[[Any], Any] | None = None) -> dict[str, Callable[[], object]]:
    few = TOUCHED * AUTHORS // ROWS  # a tenth of the authors have written a tenth of the books

    def ours() -> object:
        with EntityManager(engine) as em:
            return [book.author.name for book in QueryBuilder(OurBook, manager=em).where("author_id", "<=", few).get()]

    def theirs(book: Any) -> object:
        query = sa.select(book).where(book.author_id <= few)
        with Session(engine) as session:
            found = session.scalars(query if along is None else query.options(along(book.author))).all()
            return [each.author.name for each in found]

    return {"fx_orm": ours, "SQLAlchemy": lambda: theirs(PlainBook), "SQLModel": lambda: theirs(TheirBook)}


def _inserting(engine: sa.Engine) -> dict[str, Callable[[], object]]:
    rows = [{"id": at, **row(at)} for at in range(ROWS + 1, 2 * ROWS + 1)]

    def ours() -> object:
        with EntityManager(engine) as em, em.transaction():
            QueryBuilder(OurBook, manager=em).insert(rows)
            return em.rollback()

    def theirs(book: Any) -> object:
        with Session(engine) as session:
            session.execute(sa.insert(book).execution_options(render_nulls=True), rows)
            return session.rollback()

    return {"fx_orm": ours, "SQLAlchemy": lambda: theirs(PlainBook), "SQLModel": lambda: theirs(TheirBook)}
