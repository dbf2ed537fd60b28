"""What a manager notices and sends: one object for a row, one UPDATE for its changes, on the three databases."""

import gc
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder, Relationship, Repository
from fx_orm.errors import StaleEntityError


class Orchard(AbstractEntity, table=True):
    __tablename__ = "dirty_orchard"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)

    plants: list["Sapling"] = Relationship(back_populates="garden")


class Sapling(AbstractEntity, table=True):
    __tablename__ = "dirty_sapling"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    height: int = 0
    note: str | None = Field(default=None, max_length=80)
    traits: dict[str, Any] = Field(default_factory=dict)
    garden_id: int | None = Field(default=None, foreign_key="dirty_orchard.id")

    garden: Orchard | None = Relationship(back_populates="plants")


class Versioned(AbstractEntity, table=True):
    __tablename__ = "dirty_versioned"

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(max_length=40)
    version: int = Field(default=1, version=True)


class Pair(AbstractEntity, table=True):
    __tablename__ = "dirty_pair"

    left: int = Field(primary_key=True)
    right: int = Field(primary_key=True)
    text: str = Field(max_length=40)


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine]) -> sa.Engine:
    return engine_with(Orchard, Sapling, Versioned, Pair)


@pytest.fixture
def em(engine: sa.Engine) -> Iterator[EntityManager]:
    """A manager that knows nothing yet of a garden with two plants, two versioned texts and a pair."""
    with EntityManager(engine) as em:
        garden = Orchard(
            name="Front", plants=[Sapling(name="Rose", height=40), Sapling(name="Ivy", traits={"a": {"b": [1]}})]
        )
        em.persist_all([garden, Versioned(text="one"), Versioned(text="two"), Pair(left=1, right=2, text="pair")])
        em.commit()
        em.clear()
        yield em


@pytest.fixture
def sent(em: EntityManager, engine: sa.Engine) -> Iterator[list[str]]:
    """The statements, without PostgreSQL's types of parameters, each parameter a question mark."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            statements.append(_plain(statement))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", note)


def _plain(statement: str) -> str:
    return re.sub(r"%\(\w+\)s(::\w+)?", "?", " ".join(statement.split()))


def changed_by(engine: sa.Engine, table: Any, key: int, **values: object) -> None:
    """Change a row as somebody else."""
    with engine.begin() as connection:
        connection.execute(sa.update(table).where(table.id == key).values(**values))


def test_many_changes_are_one_update_of_the_changed_columns(em: EntityManager, sent: list[str]) -> None:
    plant = em.get(Sapling, 1)
    for height in range(41, 51):
        plant.height = height
        assert em.find(Sapling, 1) is plant
        assert QueryBuilder(Sapling, manager=em).where("name", "Rose").first() is plant
    plant.note = "tall"
    plant.note = "taller"
    sent.clear()
    em.commit()
    assert sent == ["UPDATE dirty_sapling SET height=?, note=? WHERE dirty_sapling.id = ?"]


def test_nothing_changed_is_nothing_sent(em: EntityManager, sent: list[str]) -> None:
    plant = em.get(Sapling, 1)
    plant.height = 41
    plant.height = 40
    plant.name = "Rose"
    plant.traits["x"] = 1
    del plant.traits["x"]
    sent.clear()
    assert em.changes(plant) == {}
    assert em.unsaved() == []
    em.commit()
    assert sent == []


def test_several_entities_are_one_statement_each_kind(em: EntityManager, sent: list[str]) -> None:
    """Changes of the same columns go together; a foreign key follows from the relationship."""
    rose, ivy = em.get(Sapling, 1), em.get(Sapling, 2)
    rose.height, ivy.height = 1, 2
    rose.garden = None
    sent.clear()
    em.commit()
    assert sorted(sent) == [
        "UPDATE dirty_sapling SET height=? WHERE dirty_sapling.id = ?",
        "UPDATE dirty_sapling SET height=?, garden_id=? WHERE dirty_sapling.id = ?",
    ]


def test_changes_tells_old_and_new(em: EntityManager, engine: sa.Engine) -> None:
    ivy = em.get(Sapling, 2)
    assert em.changes(ivy) == {}
    ivy.note = "tall"
    assert em.changes(ivy) == {"note": (None, "tall")}
    ivy.note = None
    ivy.name = "Hedera"
    ivy.traits["a"]["b"].append(2)
    ivy.traits["c"] = True
    assert em.changes(ivy) == {
        "name": ("Ivy", "Hedera"),
        "traits": ({"a": {"b": [1]}}, {"a": {"b": [1, 2]}, "c": True}),
    }
    em.flush()
    assert em.changes(ivy) == {}
    ivy.traits.clear()
    assert em.changes(ivy) == {"traits": ({"a": {"b": [1, 2]}, "c": True}, {})}
    em.rollback()
    assert em.changes(ivy) == {}
    assert em.changes(Sapling(name="new")) == {}
    # What it was before is loaded for the answer where it is not known any more.
    ivy.name = "Hedera"
    em.commit()
    changed_by(engine, Sapling, 2, height=7)
    assert em.find(Sapling, 1) is not None
    ivy.height = 9
    ivy.name = "Hedera"
    assert em.changes(ivy) == {"height": (7, 9)}


def test_one_row_is_one_object_on_every_way(em: EntityManager) -> None:
    rose = em.get(Sapling, 1)
    pair = em.get(Pair, (1, 2))
    assert em.find(Sapling, "1") is rose
    assert em.get_reference(Sapling, 1) is rose
    assert em.find_existing_entity(Sapling(id=1, name="other")) is rose
    assert QueryBuilder(Sapling, manager=em).order_by("id").get()[0] is rose
    assert Repository(Sapling, em).find_by({"name": "Rose"}) == [rose]
    assert em.exec_statement(sa.select(Sapling).where(Sapling.id == 1)) == [rose]
    assert em.get(Orchard, 1).plants[0] is rose
    assert em.merge(Sapling(id=1, name="merged", garden_id=1)) is rose
    assert em.find(Pair, {"right": 2, "left": 1}) is pair
    with EntityManager(em.session.get_bind()) as other:  # type: ignore[arg-type]  # an engine, as we gave it one
        assert other.get(Sapling, 1) is not rose


def test_what_is_deleted_is_not_found_any_more(em: EntityManager) -> None:
    rose = em.get(Sapling, 1)
    em.remove(rose)
    em.commit()
    assert em.find(Sapling, 1) is None
    assert not em.contains(rose)
    ivy = em.get(Sapling, 2)
    em.close()
    assert em.get(Sapling, 2) is not ivy


def test_what_nobody_holds_is_let_go_of_unless_it_has_changed(em: EntityManager, engine: sa.Engine) -> None:
    em.get(Sapling, 1)
    em.get(Sapling, 2).height = 3
    gc.collect()
    assert {type(entity).__name__ for entity in em.session.identity_map.values()} == {"Sapling"}
    assert len(em.session.identity_map) == 1
    em.commit()
    gc.collect()
    assert len(em.session.identity_map) == 0
    assert em.get(Sapling, 2).height == 3


def test_a_conflict_names_the_entity(em: EntityManager, engine: sa.Engine) -> None:
    one = em.get(Versioned, 1)
    one.text = "mine"
    em.commit()
    one.text = "mine again"
    changed_by(engine, Versioned, 1, version=7)
    with pytest.raises(StaleEntityError) as error:
        em.commit()
    assert str(error.value) == (
        "Versioned 1 was changed or deleted by somebody else since it was loaded; load it again and decide anew"
    )
    found = error.value
    assert (found.table, found.entity, found.identity) == ("dirty_versioned", Versioned, 1)
    assert found.candidates == [(Versioned, 1)]
    again = em.get(found.entity, found.identity)
    assert (again.version, again.text) == (7, "mine")
    again.text = "both"
    em.commit()
    assert again.version == 8


def test_a_conflict_when_deleting(em: EntityManager, engine: sa.Engine) -> None:
    one, two = em.get(Versioned, 1), em.get(Versioned, 2)
    em.commit()
    em.remove(one)
    changed_by(engine, Versioned, 1, version=7)
    with pytest.raises(StaleEntityError, match=r"^Versioned 1 was changed or deleted by somebody else"):
        em.commit()
    assert em.get(Versioned, 1) is one
    two.text = "mine"
    with engine.begin() as connection:
        connection.execute(sa.delete(Versioned).where(Versioned.id == 2))
    with pytest.raises(StaleEntityError, match=r"^Versioned 2 was changed or deleted by somebody else"):
        em.commit()
    assert em.find(Versioned, 2) is None


def test_a_conflict_among_several_names_all_of_them(em: EntityManager, engine: sa.Engine) -> None:
    texts = em.exec_statement(sa.select(Versioned).order_by(Versioned.id))
    em.commit()
    for text in texts:
        text.text = "mine"
    changed_by(engine, Versioned, 2, version=7)
    with pytest.raises(StaleEntityError) as error:
        em.commit()
    assert str(error.value).startswith("one of Versioned 1, Versioned 2 was changed or deleted by somebody else")
    assert (error.value.entity, error.value.identity) == (None, None)
    assert error.value.candidates == [(Versioned, 1), (Versioned, 2)]


def test_without_a_version_the_last_one_wins_as_long_as_there_is_a_row(em: EntityManager, engine: sa.Engine) -> None:
    rose = em.get(Sapling, 1)
    em.commit()
    rose.height = 1
    changed_by(engine, Sapling, 1, note="theirs")
    em.commit()
    assert (em.get(Sapling, 1).height, rose.note) == (1, "theirs")
    em.commit()
    rose.height = 2
    with engine.begin() as connection:
        connection.execute(sa.delete(Sapling).where(Sapling.id == 1))
    with pytest.raises(StaleEntityError, match=r"^Sapling 1 was changed or deleted by somebody else"):
        em.commit()
