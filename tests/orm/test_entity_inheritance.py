"""Mixins, abstract entities, single-table and joined-table inheritance."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError
from sqlalchemy import JSON, Column, select, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from fx_orm import AbstractEntity, Field, MappingError, Relationship


class Group(AbstractEntity, table=True):
    __tablename__ = "inherited_group"
    id: int | None = Field(default=None, primary_key=True)
    name: str


class Stamped:
    """A plain class."""

    created_at: datetime = Field(default_factory=datetime.now)


class Base(AbstractEntity):
    """An abstract entity."""

    id: int | None = Field(default=None, primary_key=True)
    extra: dict[str, Any] = Field(default_factory=dict, sa_column=Column("extra_json", JSON))
    group_id: int | None = Field(foreign_key="inherited_group.id")
    group: Group | None = Relationship()


class One(Stamped, Base, table=True):
    __tablename__ = "inherited_one"
    name: str = Field(min_length=1)


class Two(Base, Stamped, table=True):
    __tablename__ = "inherited_two"


class Animal(AbstractEntity, table=True):
    __tablename__ = "inherited_animal"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = "animal"
    name: str = Field(min_length=1)
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal, table=True):
    barks: int = Field(gt=0)
    group_id: int | None = Field(foreign_key="inherited_group.id")
    group: Group | None = Relationship()
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "dog"}


class Cat(Animal, table=True):
    __tablename__ = "inherited_cat"
    id: int | None = Field(default=None, primary_key=True, foreign_key="inherited_animal.id")
    lives: int = 9
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "cat"}


class AnimalCard(Animal):
    shout: str = ""


def test_mixins_and_abstract_entities(sessions: Callable[..., Session]) -> None:
    session = sessions(Group, One, Two)
    session.add_all([One(name="a", group=Group(name="g")), Two(extra={"a": 1}, group=Group(name="h"))])
    session.commit()
    one, two = session.scalars(select(One)).one(), session.scalars(select(Two)).one()
    assert (one.group.name, two.group.name) == ("g", "h")
    assert one.created_at.tzinfo is UTC
    two.extra["b"] = 2
    session.commit()
    assert two.extra == {"a": 1, "b": 2}
    for entity, name in ((One, "inherited_one"), (Two, "inherited_two")):
        assert [index.name for index in entity.__table__.indexes] == [f"ix_{name}_group_id"]
    with pytest.raises(ValidationError):
        One(name="")


def test_single_and_joined_table(sessions: Callable[..., Session]) -> None:
    assert Dog.__table__ is Animal.__table__
    assert {"ix_inherited_animal_group_id"} == {index.name for index in Animal.__table__.indexes}
    session = sessions(Group, Animal, Cat)
    session.add_all([Animal(name="a"), Dog(name="d", barks=2, group=Group(name="g")), Cat(name="c")])
    session.commit()
    session.expunge_all()
    found = {animal.name: animal for animal in session.scalars(select(Animal))}
    assert {name: type(animal) for name, animal in found.items()} == {"a": Animal, "d": Dog, "c": Cat}
    dog, cat = found["d"], found["c"]
    assert (dog.kind, dog.barks, dog.group.name, cat.lives) == ("dog", 2, "g", 9)
    for wrong in ({"name": ""}, {"barks": 0}):
        with pytest.raises(ValidationError):
            dog.assign(wrong)
        with pytest.raises(ValidationError):
            Dog(**{"name": "d", "barks": 1, **wrong})
    dog.barks, cat.name, cat.lives = 3, "c2", 8
    session.commit()
    assert session.execute(text("SELECT barks FROM inherited_animal WHERE kind = 'dog'")).scalar_one() == 3
    assert cat.model_dump() == {"id": cat.id, "kind": "cat", "name": "c2", "lives": 8}
    assert Dog.model_validate({"name": "d", "barks": 1}).kind == "dog"


def test_a_child_in_its_parents_table_needs_no_target_of_a_relationship(declare: Callable[..., Any]) -> None:
    module = declare("""
class Party(AbstractEntity, table=True):
    __tablename__ = "forward_party"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "party"}
    id: int | None = Field(default=None, primary_key=True)
    kind: str = "party"
    letters: list["Letter"] = Relationship(back_populates="sender")

class Person(Party, table=True):
    __mapper_args__ = {"polymorphic_identity": "person"}

class Letter(AbstractEntity, table=True):
    __tablename__ = "forward_letter"
    id: int | None = Field(default=None, primary_key=True)
    sender_id: int | None = Field(default=None, foreign_key="forward_party.id")
    sender: Person | None = Relationship(back_populates="letters")
""")
    assert module.Letter(sender=module.Person()).sender.letters


def test_a_plain_model_of_an_entity() -> None:
    card = AnimalCard(name="x", shout="y")
    card.name = "z"
    assert card.model_dump() == {"id": None, "kind": "animal", "name": "z", "shout": "y"}
    assert "shout" not in Animal.__table__.columns
    with pytest.raises(ValidationError):
        card.name = ""


KEY = "id: int | None = Field(default=None, primary_key=True)"
ROOT = f"""
class Root(AbstractEntity, table=True):
    {KEY}
    kind: str = "root"
    name: str = ""
    __mapper_args__ = {{"polymorphic_on": "kind", "polymorphic_identity": "root"}}
"""
PLAIN_ROOT = f"class Root(AbstractEntity, table=True):\n    {KEY}\n"
LEAF = '__mapper_args__ = {"polymorphic_identity": "leaf"}'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            f"{PLAIN_ROOT}class Leaf(Root, table=True):\n    number: int = 0",
            (
                'Leaf: nothing tells its rows from those of Root; write in Root kind: str = "root" and '
                '__mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "root"}'
            ),
        ),
        (
            f"{ROOT}class Leaf(Root, table=True):\n    number: int = 0",
            (
                "Leaf: nothing tells its rows from those of Root; "
                'write __mapper_args__ = {"polymorphic_identity": "leaf"}'
            ),
        ),
        (
            f"{ROOT}class Leaf(Root, table=True):\n    __mapper_args__ = {{'polymorphic_identity': 'root'}}",
            "Leaf: its rows are called 'root' as those of Root are; give it another name",
        ),
        (
            f"{ROOT}class Leaf(Root, table=True):\n    {KEY}\n    __mapper_args__ = {{'concrete': True}}",
            (
                "Leaf: a table that repeats its parent's (concrete=True) is not supported; "
                "derive both entities from a class without table=True"
            ),
        ),
        (
            f"{ROOT}class Leaf(Root, table=True):\n    {KEY}\n    {LEAF}",
            (
                "Leaf: a table of its own needs the key of its parent's; write id: int | None = "
                'Field(default=None, primary_key=True, foreign_key="root.id")'
            ),
        ),
        (
            f"{ROOT}class Leaf(Root, table=True):\n    __tablename__ = 'leaf'\n    {LEAF}",
            (
                "Leaf: a table of its own needs the key of its parent's; write id: int | None = "
                'Field(default=None, primary_key=True, foreign_key="root.id")'
            ),
        ),
        (
            f"{ROOT}class Leaf(Root, table=True):\n    name: int = 0\n    {LEAF}",
            "Leaf.name: Root has this field already, and one column is not declared twice; leave it out here",
        ),
        (
            (
                f"{ROOT}class Twig(Root, table=True):\n    size: int = 0\n"
                "    __mapper_args__ = {'polymorphic_identity': 'twig'}\n"
                f"class Leaf(Root, table=True):\n    size: int = 0\n    {LEAF}"
            ),
            (
                'Leaf.size: table "root" has a column "size" of another child of Root; '
                "declare the field in Root, or give it another name"
            ),
        ),
        (
            (
                f"{ROOT}class Other(AbstractEntity, table=True):\n    {KEY}\n"
                f"class Leaf(Root, Other, table=True):\n    {LEAF}"
            ),
            "Leaf: Root and Other have a table each, and an entity inherits from one; relate it to the other",
        ),
        (
            (
                f"from fx_orm import SQLModel\nclass Root(SQLModel, table=True):\n    {KEY}\n"
                f"class Leaf(Root, AbstractEntity, table=True):\n    {LEAF}"
            ),
            "Leaf: Root is a table of plain SQLModel; derive it from AbstractEntity",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(declare: Callable[..., Any], source: str, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        declare(source)
    assert str(caught.value) == message
    assert "leaf" not in SQLModel.metadata.tables
