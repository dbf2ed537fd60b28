"""The settings `autocommit` and `autoflush`, both off where nothing is said, on the three databases."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import fx_orm
from fx_orm import AbstractEntity, EntityManagerInterface, Field, QueryBuilder, database, scope
from fx_orm.config import settings
from fx_orm.errors import DuplicateKeyError


class Cup(AbstractEntity, table=True):
    __tablename__ = "auto_cup"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40, unique=True)
    size: int = 1


@pytest.fixture
def em(database_url: str) -> Iterator[EntityManagerInterface]:
    fx_orm.configure(database=database_url)
    SQLModel.metadata.create_all(database.engine(settings()), tables=[Cup.__table__])
    em = EntityManagerInterface()
    yield em
    em.close()
    database.dispose()
    fx_orm.configure()


@pytest.fixture
def use(database_url: str) -> Callable[..., None]:
    """Configure the database with settings of the test."""

    def configure(**others: bool) -> None:
        fx_orm.configure(database={"url": database_url, **others})

    return configure


@pytest.fixture
def stored(em: EntityManagerInterface) -> Callable[[], list[tuple[str, int]]]:
    """The rows that another connection sees."""

    def read() -> list[tuple[str, int]]:
        with database.engine(settings()).connect() as connection:
            return [(row.name, row.size) for row in connection.execute(sa.select(Cup).order_by(Cup.id))]

    return read


def test_without_them_changes_wait(em: EntityManagerInterface, stored: Callable[[], list[tuple[str, int]]]) -> None:
    em.persist(Cup(name="blue"))
    assert QueryBuilder(Cup).count() == 0
    em.flush()
    assert QueryBuilder(Cup).count() == 1
    em.rollback()
    assert stored() == []


def test_autoflush_lets_queries_see_what_is_pending(
    em: EntityManagerInterface, use: Callable[..., None], stored: Callable[[], list[tuple[str, int]]]
) -> None:
    use(autoflush=True)
    questions: list[Callable[[], object]] = [
        QueryBuilder(Cup).where("name", "0").first,
        QueryBuilder(em).from_table("auto_cup").where("name", "1").first,
        lambda: em.exec_statement(sa.select(Cup.id).where(Cup.name == "2")),
        lambda: em.get_repository(Cup).find_one_by({"name": "3"}),
    ]
    for number, question in enumerate(questions):
        em.persist(Cup(name=str(number)))
        assert question()
    assert len(em.unsaved()) == 1
    em.rollback()
    assert stored() == []
    assert QueryBuilder(Cup).count() == 0


def test_a_flush_that_fails_before_a_query_leaves_the_manager_usable(
    em: EntityManagerInterface, use: Callable[..., None], stored: Callable[[], list[tuple[str, int]]]
) -> None:
    use(autoflush=True)
    em.get_repository(Cup).create({"name": "blue"})
    for question in (QueryBuilder(Cup).get, lambda: em.exec_statement(sa.select(Cup)), lambda: em.find(Cup, 1)):
        em.persist(Cup(name="blue"))
        with pytest.raises(DuplicateKeyError):
            question()
        assert em.unsaved() == []
    em.persist(Cup(name="red"))
    em.commit()
    assert stored() == [("blue", 1), ("red", 1)]


def test_autocommit_commits_what_is_flushed_or_changed_outside_of_transactions(
    em: EntityManagerInterface, use: Callable[..., None], stored: Callable[[], list[tuple[str, int]]]
) -> None:
    use(autocommit=True)
    cup = em.persist(Cup(name="blue"))
    assert stored() == []
    em.flush()
    assert stored() == [("blue", 1)]
    em.exec_statement(sa.update(Cup).values(size=2))
    assert stored() == [("blue", 2)]
    em.exec_statement(sa.text("UPDATE auto_cup SET size = 3"))
    assert stored() == [("blue", 3)]
    em.rollback()
    assert stored() == [("blue", 3)]
    assert em.unsaved() == []
    assert em.get(Cup, cup.id).size == 3


def test_autocommit_leaves_transactions_whole(
    em: EntityManagerInterface, use: Callable[..., None], stored: Callable[[], list[tuple[str, int]]]
) -> None:
    use(autocommit=True)
    with pytest.raises(ZeroDivisionError), em.transaction():
        em.persist(Cup(name="blue"))
        em.flush()
        em.exec_statement(sa.insert(Cup).values(name="red", size=1))
        em.get_repository(Cup).create({"name": "green"})
        assert stored() == []
        _ = 1 / 0
    assert stored() == []
    with em.transaction():
        em.persist(Cup(name="blue"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.persist(Cup(name="red"))
            _ = 1 / 0
    assert stored() == [("blue", 1)]


def test_autocommit_undoes_a_call_that_fails(
    em: EntityManagerInterface, use: Callable[..., None], stored: Callable[[], list[tuple[str, int]]]
) -> None:
    use(autocommit=True, autoflush=True)
    em.persist(Cup(name="blue"))
    with pytest.raises(sa.exc.DBAPIError):
        em.exec_statement(sa.text("SELECT nonsense FROM auto_cup"))
    assert em.unsaved() == []
    em.persist(Cup(name="red"))
    assert QueryBuilder(Cup).count() == 1
    assert stored() == [("red", 1)]


def test_hooks_run_after_each_of_these_commits(em: EntityManagerInterface, use: Callable[..., None]) -> None:
    use(autocommit=True)
    seen: list[str] = []
    em.after_commit(lambda: seen.append("flushed"))
    em.persist(Cup(name="blue"))
    em.flush()
    assert seen == ["flushed"]
    em.after_commit(lambda: seen.append("changed"))
    em.exec_statement(sa.update(Cup).values(size=2))
    assert seen == ["flushed", "changed"]


def test_a_manager_follows_when_only_these_change(em: EntityManagerInterface, use: Callable[..., None]) -> None:
    """With the next transaction: one that is open ends as it began."""
    manager = scope.current()
    em.persist(Cup(name="blue"))
    assert QueryBuilder(Cup).count() == 0
    use(autoflush=True)
    assert QueryBuilder(Cup).count() == 0
    em.rollback()
    em.persist(Cup(name="blue"))
    assert QueryBuilder(Cup).count() == 1
    assert scope.current() is manager
    em.rollback()
    use()
    em.persist(Cup(name="blue"))
    assert QueryBuilder(Cup).count() == 0
