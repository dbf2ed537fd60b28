"""How fresh loaded state is, and what that costs: nothing is read again but what a new call may need to know anew."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from fx_orm import AbstractEntity, EntityManager, EntityManagerInterface, Field, Relationship


class Troop(AbstractEntity, table=True):
    __tablename__ = "fresh_troop"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)


class Member(AbstractEntity, table=True):
    __tablename__ = "fresh_member"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    goals: int = 0
    troop_id: int | None = Field(default=None, foreign_key="fresh_troop.id")

    troop: Troop | None = Relationship()


@pytest.fixture
def engine(configured_with: Callable[..., sa.Engine]) -> sa.Engine:
    """The configured database, with two members of one troop."""
    engine = configured_with(Troop, Member)
    with EntityManager(engine) as em, em.transaction():
        troop = Troop(name="Reds")
        em.persist_all([Member(name="Zoe", troop=troop), Member(name="Kim", troop=troop)])
    return engine


@pytest.fixture
def em(engine: sa.Engine) -> EntityManagerInterface:
    """The thread's own manager, which gives its connection back after each call."""
    return EntityManagerInterface()


@pytest.fixture
def selects(engine: sa.Engine) -> Iterator[list[str]]:
    """The tables that statements read, in order."""
    tables: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            tables.append(statement.partition("FROM fresh_")[2].split()[0])

    sa.event.listen(engine, "before_cursor_execute", note)
    yield tables
    sa.event.remove(engine, "before_cursor_execute", note)


def renamed_by_somebody(engine: sa.Engine, key: int, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(Member).where(Member.id == key).values(name=name))


def test_reading_values_after_a_call_asks_nothing(em: EntityManagerInterface, selects: list[str]) -> None:
    zoe = em.get(Member, 1)
    assert (zoe.name, zoe.goals) == ("Zoe", 0)
    with em.transaction():
        zoe.goals += 1
    assert (zoe.id, zoe.name, zoe.goals) == (1, "Zoe", 1)
    assert selects == ["member", "member"]  # found; and read again in the transaction, before it was changed


def test_a_call_sees_the_database_as_it_is_now(em: EntityManagerInterface, engine: sa.Engine) -> None:
    zoe = em.get(Member, 1)
    renamed_by_somebody(engine, 1, "Zoe B")
    assert zoe.name == "Zoe"
    assert em.get(Member, 2).name == "Kim"
    assert zoe.name == "Zoe B"


def test_calls_that_ask_the_database_nothing_leave_what_is_loaded(
    em: EntityManagerInterface, selects: list[str]
) -> None:
    zoe, kim = em.get(Member, 1), em.get(Member, 2)
    assert (zoe.name, kim.name) == ("Zoe", "Kim")
    selects.clear()
    em.persist(Member(name="Ada"))
    em.remove(kim)
    em.get_reference(Troop, 1)
    em.query_builder(Member).where("name", "Zoe")
    em.get_repository(Member)
    assert em.contains(zoe)
    assert (zoe.name, kim.name) == ("Zoe", "Kim")
    assert selects == []
    em.rollback()


def test_in_a_transaction_nothing_is_read_twice(em: EntityManagerInterface, selects: list[str]) -> None:
    with em.transaction():
        zoe = em.get(Member, 1)
        kim = em.get(Member, 2)
        assert em.get(Member, 1) is zoe
        zoe.goals += 1
        em.flush()
        assert (zoe.name, kim.name, zoe.goals) == ("Zoe", "Kim", 1)
        assert zoe.troop is kim.troop
        assert em.get(Troop, 1) is zoe.troop
    assert selects == ["member", "member", "troop"]


def test_a_change_that_is_not_flushed_is_not_read_over(
    em: EntityManagerInterface, engine: sa.Engine, selects: list[str]
) -> None:
    zoe = em.get(Member, 1)
    zoe.goals = 7
    renamed_by_somebody(engine, 2, "Kim B")
    assert em.get(Member, 2).name == "Kim B"
    assert (zoe.name, zoe.goals) == ("Zoe", 7)
    em.commit()
    assert em.get(Member, 1).goals == 7


def test_a_manager_of_its_own_keeps_its_transaction_between_calls(engine: sa.Engine, selects: list[str]) -> None:
    """Until it commits; then it sees the database anew."""
    with EntityManager(engine) as em:
        zoe = em.get(Member, 1)
        assert em.get(Member, 1) is zoe
        assert zoe.name == "Zoe"
        assert selects == ["member"]
        em.commit()
        renamed_by_somebody(engine, 1, "Zoe B")
        assert em.get(Member, 1).name == "Zoe B"
        assert selects == ["member", "member"]


def test_a_relationship_that_is_touched_between_calls_gives_its_connection_back(
    em: EntityManagerInterface, engine: sa.Engine, selects: list[str]
) -> None:
    zoe = em.get(Member, 1)
    assert zoe.troop is not None
    assert zoe.troop.name == "Reds"
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert selects == ["member", "troop"]


def test_a_value_that_is_set_to_what_it_was_holds_no_connection(
    em: EntityManagerInterface, engine: sa.Engine, selects: list[str]
) -> None:
    zoe = em.get(Member, 1)
    zoe.name = "Kim"
    zoe.name = "Zoe"
    assert em.find(Member, 2) is not None
    assert em.unsaved() == []
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    em.flush()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
