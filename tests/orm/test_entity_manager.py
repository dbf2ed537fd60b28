"""EntityManager on the three databases: identity, changes, what is sent, what errors leave behind."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
import sqlalchemy as sa
from sqlmodel import Field, Relationship, SQLModel, select

from fx_orm import AbstractEntity
from fx_orm.entity_manager import EntityManager
from fx_orm.errors import (
    DatabaseUnavailable,
    DuplicateKeyError,
    ForeignKeyError,
    FxError,
    MappingError,
    NotFoundError,
    QueryError,
    StaleEntityError,
)


class Shelf(AbstractEntity, table=True):
    __tablename__ = "unit_shelf"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40, unique=True)

    books: list["Book"] = Relationship(back_populates="shelf")


class Book(AbstractEntity, table=True):
    __tablename__ = "unit_book"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=80)
    pages: int = 0
    shelf_id: int | None = Field(default=None, foreign_key="unit_shelf.id")

    shelf: Shelf | None = Relationship(back_populates="books")


class Place(SQLModel, table=True):
    __tablename__ = "unit_place"

    room: int = Field(primary_key=True)
    row: int = Field(primary_key=True)
    label: str = Field(default="", max_length=20)


class Note(SQLModel, table=True):
    __tablename__ = "unit_note"

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(max_length=80)
    version: int | None = Field(default=None, sa_column=(_version := sa.Column(sa.Integer, nullable=False)))

    __mapper_args__: ClassVar[dict[str, object]] = {"version_id_col": _version}


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine]) -> sa.Engine:
    return engine_with(Shelf, Book, Place, Note)


@pytest.fixture
def statements(em: EntityManager, engine: sa.Engine) -> Iterator[list[str]]:
    """What is sent to the database, without its spelling of parameters."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def rows(engine: sa.Engine, model: type[SQLModel]) -> list[tuple[object, ...]]:
    """The rows as another connection sees them."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*model.__table__.columns))]


def test_what_is_persisted_is_there_after_commit_and_not_before(em: EntityManager, engine: sa.Engine) -> None:
    shelf = em.persist(Shelf(name="A"))
    em.flush()
    assert shelf.id == 1
    assert em.unsaved() == ["Shelf (new)"]
    if engine.dialect.name != "sqlite":
        assert rows(engine, Shelf) == []
    em.commit()
    assert em.unsaved() == []
    assert rows(engine, Shelf) == [(1, "A")]


def test_one_row_is_one_object(em: EntityManager) -> None:
    [shelf] = em.persist_all([Shelf(name="A")])
    em.commit()
    assert em.find(Shelf, 1) is shelf
    assert em.find(Shelf, "1") is shelf
    assert em.get(Shelf, {"id": 1}) is shelf
    assert em.exec_statement(select(Shelf)) == [shelf]
    assert em.find_existing_entity(Shelf(id=1, name="other")) is shelf
    assert em.find_existing_entity(Shelf(name="new")) is None


def test_an_update_names_the_changed_columns_only(em: EntityManager, statements: list[str]) -> None:
    em.persist(Book(title="One", pages=1))
    em.commit()
    book = em.get(Book, 1)
    book.title = "Two"
    book.title = "Three"
    book.pages = 1
    assert em.changes(book) == {"title": ("One", "Three")}
    statements.clear()
    em.commit()
    assert statements == [
        {
            "sqlite": "UPDATE unit_book SET title=? WHERE unit_book.id = ?",
            "postgresql": "UPDATE unit_book SET title=%(title)s::VARCHAR "
            "WHERE unit_book.id = %(unit_book_id)s::INTEGER",
            "mysql": "UPDATE unit_book SET title=%(title)s WHERE unit_book.id = %(unit_book_id)s",
        }[em.session.get_bind().dialect.name]
    ]
    assert em.changes(book) == {}


def test_values_stay_readable_and_the_next_transaction_sees_the_database_anew(
    em: EntityManager, engine: sa.Engine, statements: list[str]
) -> None:
    shelf = em.persist(Shelf(name="A"))
    em.commit()
    statements.clear()
    assert (shelf.id, shelf.name) == (1, "A")
    assert statements == []
    with engine.begin() as connection:
        connection.execute(sa.update(Shelf).values(name="B"))
    assert em.get(Shelf, 1).name == "B"
    assert shelf.name == "B"


def test_composite_keys(em: EntityManager) -> None:
    em.persist_all([Place(room=1, row=2, label="x"), Place(room=2, row=1, label="y")])
    em.commit()
    em.clear()
    assert em.get(Place, (1, 2)).label == "x"
    assert em.get(Place, {"row": 1, "room": 2}).label == "y"
    assert em.find(Place, (1, 1)) is None
    assert em.find(Place, (1, None)) is None
    with pytest.raises(QueryError) as error:
        em.find(Place, 1)
    assert str(error.value) == "the primary key of Place is (room, row); give a tuple or a dict of 2, not 1"
    with pytest.raises(QueryError) as error:
        em.find(Place, {"room": 1, "raw": 2})
    assert str(error.value) == 'the primary key of Place has no field "raw"; did you mean "row"?'


def test_what_is_not_found_or_not_an_entity(em: EntityManager) -> None:
    assert em.find(Shelf, 1) is None
    assert em.find(Shelf, None) is None
    with pytest.raises(NotFoundError) as missing:
        em.get(Shelf, 1)
    assert str(missing.value) == "there is no Shelf 1"
    with pytest.raises(QueryError) as wrong:
        em.find(Shelf, "one")
    assert str(wrong.value) == "Shelf.id takes int, not 'one'"
    with pytest.raises(MappingError) as no_entity:
        em.find(str, 1)
    assert str(no_entity.value) == "str is not an entity; declare it as `class str(AbstractEntity, table=True)`"
    with pytest.raises(MappingError) as no_object:
        em.persist("text")
    assert str(no_object.value) == "an object of str is not an entity; give an object of a class with `table=True`"


def test_remove(em: EntityManager, engine: sa.Engine) -> None:
    shelf = em.persist(Shelf(name="A"))
    em.commit()
    em.remove(shelf)
    em.remove(em.persist(Shelf(name="never sent")))
    em.commit()
    assert rows(engine, Shelf) == []
    assert em.find(Shelf, 1) is None
    with pytest.raises(NotFoundError) as error:
        em.delete(Shelf(name="x"))
    assert str(error.value) == "this Shelf was never persisted"


def test_refresh_merge_detach_clear(em: EntityManager, engine: sa.Engine) -> None:
    shelf = em.persist(Shelf(name="A"))
    em.commit()
    shelf.name = "B"
    em.refresh(shelf)
    assert shelf.name == "A"
    em.detach(shelf)
    assert not em.contains(shelf)
    shelf.name = "C"
    merged = em.merge(shelf)
    assert merged is not shelf
    assert em.contains(merged)
    em.commit()
    assert rows(engine, Shelf) == [(1, "C")]
    em.clear()
    assert not em.contains(merged)
    with engine.begin() as connection:
        connection.execute(sa.delete(Shelf))
    again = em.merge(shelf)
    em.rollback()
    assert not em.contains(again)


def test_a_reference_points_without_loading(em: EntityManager, statements: list[str], engine: sa.Engine) -> None:
    em.persist(Shelf(name="A"))
    em.commit()
    em.clear()
    statements.clear()
    shelf = em.get_reference(Shelf, 1)
    assert shelf.id == 1
    assert statements == []
    em.persist(Book(title="One", shelf=shelf))
    em.commit()
    assert rows(engine, Book) == [(1, "One", 0, 1)]
    assert shelf.name == "A"
    assert em.get_reference(Shelf, 1) is shelf


def test_usable_after_every_error(em: EntityManager, engine: sa.Engine) -> None:
    em.persist(Shelf(name="A"))
    em.commit()
    em.persist(Shelf(name="A"))
    with pytest.raises(DuplicateKeyError) as duplicate:
        em.flush()
    assert str(duplicate.value) == 'table "unit_shelf" has a row with this "name" already'
    assert duplicate.value.columns == ("name",)
    assert isinstance(duplicate.value, sa.exc.IntegrityError)
    assert type(duplicate.value.__cause__) is sa.exc.IntegrityError
    assert duplicate.value.__cause__.__cause__ is duplicate.value.orig

    em.persist(Book(title="One", shelf_id=99))
    with pytest.raises(ForeignKeyError) as foreign:
        em.commit()
    assert 'table "unit_book" would have a row whose' in str(foreign.value)

    with pytest.raises(sa.exc.DBAPIError):
        em.exec_statement(sa.text("SELECT nonsense FROM unit_shelf"))
    assert [shelf.name for shelf in em.exec_statement(select(Shelf))] == ["A"]
    em.persist(Book(title="Two", shelf_id=1))
    em.commit()
    assert [row[1] for row in rows(engine, Book)] == ["Two"]


def test_rows_that_others_point_to_stay(em: EntityManager, engine: sa.Engine) -> None:
    em.persist(Book(title="One", shelf=Shelf(name="A")))
    em.commit()
    with pytest.raises(ForeignKeyError) as error:
        em.exec_statement(sa.delete(Shelf))
    assert str(error.value) == (
        'rows of other tables still point to this row of table "unit_shelf"; delete those first, or declare ondelete='
    )
    em.rollback()
    assert len(rows(engine, Shelf)) == 1


def test_exec_statement(em: EntityManager, engine: sa.Engine) -> None:
    em.persist_all([Shelf(name="A"), Shelf(name="B")])
    em.commit()
    assert em.exec_statement(sa.text("SELECT count(*) FROM unit_shelf")) == [2]
    assert em.exec_statement(select(Shelf.id, Shelf.name).order_by(Shelf.id)) == [(1, "A"), (2, "B")]
    assert em.exec_statement(sa.update(Shelf).where(Shelf.id == 1), {"name": "C"}) == 1
    em.rollback()
    assert [row[1] for row in rows(engine, Shelf)] == ["A", "B"]


def test_a_manager_is_usable_after_close(em: EntityManager) -> None:
    em.persist(Shelf(name="A"))
    em.close()
    assert em.exec_statement(select(Shelf)) == []


def test_commit_does_not_pass_over_a_swallowed_error(em: EntityManager, engine: sa.Engine) -> None:
    """PostgreSQL answers COMMIT with a silent rollback then; the others go on as if nothing had been."""
    em.persist(Shelf(name="A"))
    em.flush()
    with pytest.raises(sa.exc.DBAPIError):
        em.exec_statement(sa.text("SELECT nonsense FROM unit_shelf"))
    if engine.dialect.name != "postgresql":
        em.commit()
        assert len(rows(engine, Shelf)) == 1
        return
    with pytest.raises(FxError, match="this transaction was broken by an earlier error and runs nothing more"):
        em.exec_statement(select(Shelf))
    with pytest.raises(FxError, match="nothing was committed: a statement of this transaction failed"):
        em.commit()
    assert em.exec_statement(select(Shelf)) == []


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(em: EntityManager, engine: sa.Engine) -> None:
    note = em.persist(Note(text="one"))
    em.commit()
    note.text = "mine"
    with EntityManager(engine) as other, other.transaction():
        other.get(Note, 1).text = "theirs"
    with pytest.raises(StaleEntityError) as error:
        em.commit()
    assert str(error.value) == (
        "Note 1 was changed or deleted by somebody else since it was loaded; load it again and decide anew"
    )
    assert isinstance(error.value, sa.orm.exc.StaleDataError)
    assert note.text == "theirs"
    note.text = "both"
    em.commit()
    assert rows(engine, Note) == [(1, "both", 3)]


def test_a_connection_that_breaks(em: EntityManager, engine: sa.Engine) -> None:
    kill = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}.get(engine.dialect.name)
    if kill is None:
        return
    own = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}[engine.dialect.name]
    with pytest.raises(DatabaseUnavailable) as error, em.transaction():
        em.persist(Shelf(name="A"))
        em.flush()
        [number] = em.exec_statement(sa.text(own))
        with engine.connect() as killer:
            killer.exec_driver_sql(kill.format(number))
        em.exec_statement(select(Shelf))
    assert str(error.value).endswith(": the connection broke; run the work again")
    with em.transaction():
        em.persist(Shelf(name="B"))
    assert [row[1] for row in rows(engine, Shelf)] == ["B"]
