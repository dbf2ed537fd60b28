"""What is wrong with an entity is said when its class is made, with the remedy, and leaves nothing half made."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Integer, Table, inspect
from sqlalchemy.orm import Session, configure_mappers
from sqlmodel import SQLModel

from fx_orm.errors import MappingError

KEY = "id: int | None = Field(default=None, primary_key=True)"
CLASS = "class Wrong(AbstractEntity, table=True):\n    "


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "name: str",
            "Wrong has no primary key; write id: int | None = Field(default=None, primary_key=True)",
        ),
        (
            f"{KEY}\n    price: Decimal",
            (
                "Wrong.price: a Decimal needs its digits, which databases otherwise round as they like; "
                "write Field(max_digits=10, decimal_places=2), with at most 15 digits on SQLite"
            ),
        ),
        (
            f"{KEY}\n    thing: object",
            "Wrong.thing: no column type for object; write Field(sa_type=...) or another annotation",
        ),
        (
            f"{KEY}\n    thing: int | str",
            "Wrong.thing: no column type for int | str; write Field(sa_type=...) or another annotation",
        ),
        (
            f"{KEY}\n    owner: 'Owner'",
            (
                "Wrong.owner: the type Owner is not known at run time; import it outside `if TYPE_CHECKING`, "
                "or write Relationship() if it is an entity"
            ),
        ),
        (
            f"{KEY}\n    owner: Right",
            "Wrong.owner: an entity is no column; write owner: Right = Relationship() and a field with foreign_key=",
        ),
        (
            f"{KEY}\n    owner: dict[str, int] = Relationship()",
            "Wrong.owner: dict[str, int] is no relationship; write Target, Target | None, list[Target] or set[Target]",
        ),
        (
            f"{KEY}\n    right_id: int = Field(foreign_key='right.id', ondelete='SET NULL')",
            'Wrong.right_id: ondelete="SET NULL" needs a column that can be NULL; write right_id: int | None',
        ),
        (
            f"{KEY}\n    right_id: int = Field(foreign_key='right')",
            'Wrong.right_id: foreign_key="right" names no column; write foreign_key="right.id"',
        ),
        (
            f"{KEY}\n    version: str = Field(version=True)",
            "Wrong.version: version=True counts in an int; write version: int = Field(default=1, version=True)",
        ),
        (
            f"__tablename__ = 'right'\n    {KEY}",
            (
                'Wrong: table "right" belongs to declared.right.Right already; '
                "write another __tablename__, or import the module under one name"
            ),
        ),
    ],
)
def test_wrong_at_class_creation(declare: Callable[..., Any], body: str, message: str) -> None:
    right = declare(f"class Right(AbstractEntity, table=True):\n    {KEY}", "declared.right").Right
    with pytest.raises(MappingError) as caught:
        declare(f"from declared.right import Right\n{CLASS}{body}")
    assert str(caught.value) == message
    assert "wrong" not in SQLModel.metadata.tables
    # The mistake corrected, the process goes on.
    declare(f"{CLASS}{KEY}")
    configure_mappers()
    assert right().id is None


def test_a_pattern_that_cannot_be_compiled(declare: Callable[..., Any]) -> None:
    for pattern, problem in (("(", "unclosed group"), (r"a(?=b)", "look-around, including look-ahead and look-behind")):
        with pytest.raises(MappingError) as caught:
            declare(f"{CLASS}{KEY}\n    name: str | None = Field(regex=r'{pattern}')")
        expected = f'Wrong.name: regex="{pattern}" is no regular expression: {problem}'
        assert str(caught.value).removesuffix(", is not supported") == expected
    config = 'model_config = {"regex_engine": "python-re"}'
    right = declare(f"{CLASS}{KEY}\n    {config}\n    name: str = Field(regex=r'a(?=b)')").Wrong
    assert right(name="ab").name == "ab"


def test_a_table_that_is_declared_without_a_class(declare: Callable[..., Any]) -> None:
    table = Table("wrong", SQLModel.metadata, Column("id", Integer))
    try:
        with pytest.raises(MappingError) as caught:
            declare(f"{CLASS}{KEY}")
        assert str(caught.value) == 'Wrong: table "wrong" is declared already; write another __tablename__'
    finally:
        SQLModel.metadata.remove(table)


def test_what_only_sqlalchemy_sees_is_said_in_its_words(declare: Callable[..., Any]) -> None:
    with pytest.raises(MappingError) as caught:
        declare(f"{CLASS}{KEY}\n    __mapper_args__ = {{'polymorphic_on': 'kind'}}")
    assert str(caught.value) == (
        "Wrong: Can't determine polymorphic_on value 'kind' - no attribute is mapped to this name."
    )
    assert "wrong" not in SQLModel.metadata.tables


def test_two_targets_that_are_equally_near(declare: Callable[..., Any]) -> None:
    for module in ("declared.one", "declared.two"):
        table = module.replace(".", "_")
        declare(f"class Team(AbstractEntity, table=True):\n    __tablename__ = '{table}'\n    {KEY}", module)
    player = declare(
        f"class Player(AbstractEntity, table=True):\n    {KEY}\n"
        "    team_id: int | None = Field(foreign_key='declared_one.id')\n    team: 'Team' = Relationship()",
        "declared.player",
    ).Player
    with pytest.raises(MappingError) as caught:
        player()
    assert str(caught.value) == ('Player.team: "Team" is ambiguous; write "declared.one.Team" or "declared.two.Team"')


PAIR = """
class Rack(AbstractEntity, table=True):
    __tablename__ = "redefined_rack"
    id: int | None = Field(default=None, primary_key=True)
    {name}: str = ""
    atlases: list["Atlas"] = Relationship(back_populates="rack")
"""
BOOK = """
class Atlas(AbstractEntity, table=True):
    __tablename__ = "redefined_atlas"
    id: int | None = Field(default=None, primary_key=True)
    rack_id: int | None = Field(foreign_key="redefined_rack.id")
    rack: "Rack | None" = Relationship(back_populates="atlases")
"""


def test_the_same_class_again_takes_the_place_of_the_old_one(
    declare: Callable[..., Any], sessions: Callable[..., Session]
) -> None:
    atlas = declare(BOOK, "declared.atlas").Atlas
    old = declare(PAIR.format(name="name"), "declared.rack").Rack
    assert isinstance(atlas(rack=old()).rack, old)
    rack = declare(PAIR.format(name="title"), "declared.rack").Rack
    assert rack is not old
    assert inspect(atlas).relationships["rack"].mapper.class_ is rack
    session = sessions(rack, atlas)
    session.add(atlas(rack=rack(title="top")))
    session.commit()
    assert session.get(rack, 1).atlases[0].rack.title == "top"


def test_a_class_with_a_relationship_again(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    rack = declare(PAIR.format(name="name"), "declared.rack").Rack
    old = declare(BOOK, "declared.atlas").Atlas
    assert rack(atlases=[old()]).atlases
    atlas = declare(BOOK, "declared.atlas").Atlas
    session = sessions(rack, atlas)
    session.add(rack(atlases=[atlas(), atlas()]))
    session.commit()
    assert [type(b) for b in session.get(rack, 1).atlases] == [atlas, atlas]
