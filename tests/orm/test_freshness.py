"""How fresh loaded state is, and what that costs: nothing is read again but what a new call may need to know anew."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import fx_orm
from fx_orm import AbstractEntity, EntityManager, EntityManagerInterface, Field, Relationship, database, scope
from fx_orm.config import settings


class Team(AbstractEntity, table=True):
    __tablename__ = "fresh_team"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)


class Player(AbstractEntity, table=True):
    __tablename__ = "fresh_player"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    goals: int = 0
    team_id: int | None = Field(default=None, foreign_key="fresh_team.id")

    team: Team | None = Relationship()


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The configured database, with two players of one team."""
    fx_orm.configure(database=database_url)
    engine = database.engine(settings())
    SQLModel.metadata.create_all(engine, tables=[Team.__table__, Player.__table__])
    with EntityManager(engine) as em, em.transaction():
        team = Team(name="Reds")
        em.persist_all([Player(name="Zoe", team=team), Player(name="Kim", team=team)])
    yield engine
    scope.current().close()
    database.dispose()
    fx_orm.configure()


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
        connection.execute(sa.update(Player).where(Player.id == key).values(name=name))


def test_reading_values_after_a_call_asks_nothing(em: EntityManagerInterface, selects: list[str]) -> None:
    zoe = em.get(Player, 1)
    assert (zoe.name, zoe.goals) == ("Zoe", 0)
    with em.transaction():
        zoe.goals += 1
    assert (zoe.id, zoe.name, zoe.goals) == (1, "Zoe", 1)
    assert selects == ["player", "player"]  # found; and read again in the transaction, before it was changed


def test_a_call_sees_the_database_as_it_is_now(em: EntityManagerInterface, engine: sa.Engine) -> None:
    zoe = em.get(Player, 1)
    renamed_by_somebody(engine, 1, "Zoe B")
    assert zoe.name == "Zoe"
    assert em.get(Player, 2).name == "Kim"
    assert zoe.name == "Zoe B"


def test_calls_that_ask_the_database_nothing_leave_what_is_loaded(
    em: EntityManagerInterface, selects: list[str]
) -> None:
    zoe, kim = em.get(Player, 1), em.get(Player, 2)
    assert (zoe.name, kim.name) == ("Zoe", "Kim")
    selects.clear()
    em.persist(Player(name="Ada"))
    em.remove(kim)
    em.get_reference(Team, 1)
    em.query_builder(Player).where("name", "Zoe")
    em.get_repository(Player)
    assert em.contains(zoe)
    assert (zoe.name, kim.name) == ("Zoe", "Kim")
    assert selects == []
    em.rollback()


def test_in_a_transaction_nothing_is_read_twice(em: EntityManagerInterface, selects: list[str]) -> None:
    with em.transaction():
        zoe = em.get(Player, 1)
        kim = em.get(Player, 2)
        assert em.get(Player, 1) is zoe
        zoe.goals += 1
        em.flush()
        assert (zoe.name, kim.name, zoe.goals) == ("Zoe", "Kim", 1)
        assert zoe.team is kim.team
        assert em.get(Team, 1) is zoe.team
    assert selects == ["player", "player", "team"]


def test_a_change_that_is_not_flushed_is_not_read_over(
    em: EntityManagerInterface, engine: sa.Engine, selects: list[str]
) -> None:
    zoe = em.get(Player, 1)
    zoe.goals = 7
    renamed_by_somebody(engine, 2, "Kim B")
    assert em.get(Player, 2).name == "Kim B"
    assert (zoe.name, zoe.goals) == ("Zoe", 7)
    em.commit()
    assert em.get(Player, 1).goals == 7


def test_a_manager_of_its_own_keeps_its_transaction_between_calls(engine: sa.Engine, selects: list[str]) -> None:
    """Until it commits; then it sees the database anew."""
    with EntityManager(engine) as em:
        zoe = em.get(Player, 1)
        assert em.get(Player, 1) is zoe
        assert zoe.name == "Zoe"
        assert selects == ["player"]
        em.commit()
        renamed_by_somebody(engine, 1, "Zoe B")
        assert em.get(Player, 1).name == "Zoe B"
        assert selects == ["player", "player"]


def test_a_relationship_that_is_touched_between_calls_gives_its_connection_back(
    em: EntityManagerInterface, engine: sa.Engine, selects: list[str]
) -> None:
    zoe = em.get(Player, 1)
    assert zoe.team is not None
    assert zoe.team.name == "Reds"
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert selects == ["player", "team"]


def test_a_value_that_is_set_to_what_it_was_holds_no_connection(
    em: EntityManagerInterface, engine: sa.Engine, selects: list[str]
) -> None:
    zoe = em.get(Player, 1)
    zoe.name = "Kim"
    zoe.name = "Zoe"
    assert em.find(Player, 2) is not None
    assert em.unsaved() == []
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    em.flush()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
