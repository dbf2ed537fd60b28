"""Relationships: every form of annotation, how targets are found, and what is wrong with one."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlmodel
from pydantic import ValidationError
from sqlalchemy import Column, inspect, select
from sqlalchemy.orm import Session, configure_mappers
from sqlmodel import SQLModel

from fx_orm import AbstractEntity, Field, Relationship
from fx_orm.errors import MappingError
from fx_orm.relationships.annotations import NoRelationshipError, related

ONE = None
FORMS = {
    "Target": ONE,
    "'Target'": ONE,
    "Target | None": ONE,
    "'Target | None'": ONE,
    "None | Target": ONE,
    "Optional[Target]": ONE,
    "Optional['Target']": ONE,
    "'Optional[Target]'": ONE,
    "'Optional[\"Target\"]'": ONE,
    "Union[Target, None]": ONE,
    "typing.Optional[Target]": ONE,
    "list[Target]": list,
    "list['Target']": list,
    "'list[Target]'": list,
    "List['Target']": list,
    "'List[\"Target\"]'": list,
    "set['Target']": set,
    "Set['Target']": set,
    "'set[Target]'": set,
}


@pytest.mark.parametrize("future", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_annotation(declare: Callable[..., Any], form: str, *, future: bool) -> None:
    collection = FORMS[form]
    key_of_the_target = 'owner_id: int | None = Field(foreign_key="owner.id")' if collection else ""
    key_of_the_owner = "" if collection else 'target_id: int | None = Field(foreign_key="target.id")'
    module = declare(
        f"""
class Target(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    {key_of_the_target}
class Owner(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    {key_of_the_owner}
    related: {form} = Relationship()
""",
        future=future,
    )
    target = module.Target()
    owner = module.Owner(related=collection([target]) if collection else target)
    relationship = inspect(module.Owner).relationships["related"]
    assert relationship.mapper.class_ is module.Target
    assert relationship.uselist == bool(collection)
    assert owner.related == (collection([target]) if collection else target)
    assert list(module.Owner.model_fields) == (["id"] if collection else ["id", "target_id"])


@pytest.mark.parametrize("annotation", [dict[str, int], "dict[str, Target]", "A | B", "list[A, B]", list, 3, "x["])
def test_what_is_no_relationship(annotation: Any) -> None:
    with pytest.raises(NoRelationshipError, match="is no relationship; write Target, "):
        related(annotation)


def test_modules_that_import_each_other_only_for_type_checkers(declare: Callable[..., Any]) -> None:
    first = declare(
        """
class First(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    second_id: int | None = Field(foreign_key="second.id")
    second: "second.Second" = Relationship(back_populates="firsts")
""",
        "declared.first",
    ).First
    second = declare(
        """
class Second(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    firsts: list["declared.first.First"] = Relationship(back_populates="second")
""",
        "declared.second",
    ).Second
    assert inspect(first).relationships["second"].mapper.class_ is second
    assert inspect(second).relationships["firsts"].mapper.class_ is first


def test_the_nearest_of_two_classes_of_one_name(declare: Callable[..., Any]) -> None:
    team = """
class Team(AbstractEntity, table=True):
    __tablename__ = "{name}_team"
    id: int | None = Field(default=None, primary_key=True)
"""
    player = """
class Player(AbstractEntity, table=True):
    __tablename__ = "{name}_player"
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(foreign_key="{name}_team.id")
    team: "Team" = Relationship()
"""
    football, chess = (declare(team.format(name=n), f"declared.{n}.team") for n in ("football", "chess"))
    one, other = (declare(player.format(name=n), f"declared.{n}.player") for n in ("football", "chess"))
    assert inspect(one.Player).relationships["team"].mapper.class_ is football.Team
    assert inspect(other.Player).relationships["team"].mapper.class_ is chess.Team


def test_a_tree(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    node = declare("""
class Node(AbstractEntity, table=True):
    __tablename__ = "related_node"
    id: int | None = Field(default=None, primary_key=True)
    parent_id: int | None = Field(foreign_key="related_node.id", ondelete="CASCADE")
    parent: "Node | None" = Relationship(back_populates="children")
    children: list["Node"] = Relationship(back_populates="parent")
""").Node
    session = sessions(node)
    root = node(children=[node(), node()])
    session.add(root)
    session.commit()
    assert [child.parent for child in root.children] == [root, root]
    assert root.parent is None


def test_link_table_by_name(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    module = declare("""
class Pupil(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    courses: set["Course"] = Relationship(back_populates="pupils", link_table="Enrolment")
class Course(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    pupils: list[Pupil] = Relationship(back_populates="courses", link_model="Enrolment")
class Enrolment(AbstractEntity, table=True):
    pupil_id: int = Field(foreign_key="pupil.id", primary_key=True)
    course_id: int = Field(foreign_key="course.id", primary_key=True)
""")
    session = sessions(module.Pupil, module.Course, module.Enrolment)
    pupil, course = module.Pupil(), module.Course()
    pupil.courses.add(course)
    session.add(pupil)
    session.commit()
    assert course.pupils == [pupil]
    assert session.scalars(sqlmodel.select(module.Enrolment)).one().course_id == course.id


class Plain(SQLModel, table=True):
    """SQLModel's own, beside ours."""

    __tablename__ = "related_plain"
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    ours_id: int | None = sqlmodel.Field(default=None, foreign_key="related_ours.id")
    ours: "Ours" = sqlmodel.Relationship(back_populates="plains")


class Ours(AbstractEntity, table=True):
    __tablename__ = "related_ours"
    id: int | None = Field(default=None, primary_key=True)
    plains: list[Plain] = Relationship(back_populates="ours")


def test_beside_a_plain_sqlmodel_table(sessions: Callable[..., Session]) -> None:
    session = sessions(Ours, Plain)
    ours = Ours(plains=[Plain(), Plain()])
    session.add(ours)
    session.commit()
    assert [plain.ours for plain in ours.plains] == [ours, ours]
    # The names of their constraints are not ours to choose.
    assert all(constraint.name is None for constraint in Plain.__table__.constraints)


class PlainOwner(SQLModel, table=True):
    """The other way round: ours points to SQLModel's."""

    __tablename__ = "related_plain_owner"
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    owned: list["Owned"] = sqlmodel.Relationship(back_populates="owner")


class Owned(AbstractEntity, table=True):
    __tablename__ = "related_owned"
    id: int | None = Field(default=None, primary_key=True)
    owner_id: int | None = Field(foreign_key="related_plain_owner.id")
    owner: PlainOwner | None = Relationship(back_populates="owned")


def test_ours_points_to_a_plain_sqlmodel_table(sessions: Callable[..., Session]) -> None:
    session = sessions(PlainOwner, Owned)
    session.add_all([Owned(owner=PlainOwner(id=1)), PlainOwner(id=2, owned=[Owned(), Owned()])])
    session.commit()
    session.expunge_all()
    assert [len(session.get_one(PlainOwner, key).owned) for key in (1, 2)] == [1, 2]
    owned = session.scalars(select(Owned).where(Owned.owner_id == 2)).first()
    assert owned is not None
    assert owned.owner is session.get(PlainOwner, 2)
    with pytest.raises(ValidationError, match="instance of PlainOwner"):
        owned.owner = owned


PAIR = """
class Rack(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    {many}
class Atlas(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    rack_id: int | None = Field(foreign_key="rack.id")
    {one}
"""
MANY = 'atlases: list["Atlas"] = Relationship(back_populates="rack")'
ONE_BACK = 'rack: "Rack" = Relationship(back_populates="atlases")'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            PAIR.format(many=MANY, one='rack: "Rak" = Relationship(back_populates="atlases")'),
            'Atlas.rack: there is no entity "Rak"; did you mean "Rack"?',
        ),
        (
            PAIR.format(many="", one='rack: "Xyzzyqwk" = Relationship()'),
            'Atlas.rack: there is no entity "Xyzzyqwk"; is its module imported?',
        ),
        (
            PAIR.format(many=MANY, one='rack: "Rack" = Relationship(back_populates="atlses")'),
            'Atlas.rack: back_populates="atlses", but Rack has no relationship "atlses"; did you mean "atlases"?',
        ),
        (
            PAIR.format(many='atlases: list["Atlas"] = Relationship()', one=ONE_BACK),
            (
                'Atlas.rack: back_populates="atlases", but Rack.atlases says no back_populates; '
                'write Relationship(back_populates="rack") there'
            ),
        ),
        (
            PAIR.format(many='atlases: list["Rack"] = Relationship(back_populates="rack")', one=ONE_BACK),
            'Atlas.rack: back_populates="atlases", but Rack.atlases leads to Rack, not to Atlas',
        ),
        (
            PAIR.format(many=MANY, one=ONE_BACK).replace('"rack.id"', '"racks.id"'),
            'Atlas.rack_id: foreign_key="racks.id", but there is no table "racks"; did you mean "rack"?',
        ),
        (
            PAIR.format(many=MANY, one=ONE_BACK).replace('"rack.id"', '"rack.idd"'),
            'Atlas.rack_id: foreign_key="rack.idd", but table "rack" has no column "idd"; did you mean "id"?',
        ),
        (
            PAIR.format(many=MANY, one=ONE_BACK).replace('Field(foreign_key="rack.id")', "None"),
            (
                'Atlas.rack: no foreign key leads from "atlas" to "rack" or back; '
                'write Field(foreign_key="rack.id") in Atlas, or its like on the other side'
            ),
        ),
        (
            PAIR.format(many=MANY, one=f'old_id: int | None = Field(foreign_key="rack.id")\n    {ONE_BACK}'),
            (
                'Atlas.rack: several foreign keys join "atlas" and "rack" ("atlas.old_id", "atlas.rack_id"); '
                'write Relationship(sa_relationship_kwargs={"foreign_keys": "Atlas.old_id"}), or the other one'
            ),
        ),
        (
            PAIR.format(many="", one='stands: list["Rack"] = Relationship(link_table="Quuz")'),
            'Atlas.stands: link_table="Quuz", but there is no such entity; is its module imported?',
        ),
        (
            PAIR.format(many="", one='stands: list["Rack"] = Relationship(link_table="Atlas")'),
            (
                'Atlas.stands: link table "atlas" has no foreign key to "atlas"; '
                'write atlas_id: int = Field(foreign_key="atlas.id", primary_key=True) in its entity'
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_when_mappers_are_configured(
    declare: Callable[..., Any], source: str, message: str
) -> None:
    declare(source)
    with pytest.raises(MappingError) as caught:
        configure_mappers()
    assert str(caught.value) == message
    with pytest.raises(MappingError):
        configure_mappers()  # and again, not only once


def test_the_missing_module_may_come_later(declare: Callable[..., Any]) -> None:
    player = declare("""
class Player(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    club_id: int | None = Field(foreign_key="club.id")
    club: "Club" = Relationship()
""").Player
    with pytest.raises(MappingError, match=r'Player\.club_id: foreign_key="club\.id", but there is no table "club"'):
        player()
    club = declare(
        """
class Club(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
""",
        "declared.club",
    ).Club
    assert isinstance(player(club=club()).club, club)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "Relationship(link_table='A', link_model='B')",
            "Relationship: link_table= and link_model= are the same; write one of them",
        ),
        (
            "Relationship(sa_relationship=object(), sa_relationship_kwargs={})",
            "Relationship: sa_relationship= takes no sa_relationship_args= or sa_relationship_kwargs=",
        ),
        (
            "Field(sa_column=Column(), unique=True, index=True)",
            "Field: sa_column= already says unique, index; write it on the column",
        ),
        ("Field(regex='a', pattern='b')", "Field: regex= and pattern= are the same; write one of them"),
        (
            "Field(ondelete='CASCADE')",
            'Field: ondelete="CASCADE" without foreign_key=; write foreign_key="table.column" too',
        ),
    ],
)
def test_arguments_that_exclude_each_other(call: str, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        eval(call, {"Field": Field, "Relationship": Relationship, "Column": Column})
    assert str(caught.value) == message
