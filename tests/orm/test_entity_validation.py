"""Validation is real: in the constructor and at each assignment, never while loading."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import PrivateAttr, ValidationError, field_validator, model_validator
from sqlalchemy import event, inspect, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, validates

from fx_orm import AbstractEntity, Field, Relationship


class Rack(AbstractEntity, table=True):
    __tablename__ = "validated_rack"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=2)
    atlases: list["Atlas"] = Relationship(back_populates="rack")


class Atlas(AbstractEntity, table=True):
    __tablename__ = "validated_atlas"
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(min_length=1, max_length=50)
    isbn: str | None = Field(regex=r"^\d{4}$")
    pages: int = Field(default=1, gt=0)
    rack_id: int | None = Field(foreign_key="validated_rack.id")
    rack: Rack | None = Relationship(back_populates="atlases")


class Range(AbstractEntity, table=True):
    __tablename__ = "validated_range"
    id: int | None = Field(default=None, primary_key=True)
    low: int
    high: int
    label: str = ""
    _seen: list[str] = PrivateAttr(default_factory=list)

    @field_validator("low")
    @classmethod
    def no_seven(cls, value: int) -> int:
        if value == 7:
            raise ValueError("seven")
        return value

    @model_validator(mode="after")
    def ordered(self) -> "Range":
        if self.low > self.high:
            raise ValueError("low is above high")
        self.label = f"{self.low}..{self.high}"
        self._seen.append("after")
        return self

    @hybrid_property
    def middle(self) -> int:
        return (self.low + self.high) // 2


def stored(session: Session, entity: Any) -> Any:
    session.add(entity)
    session.commit()
    key = inspect(entity).identity
    session.expunge_all()
    return session.get(type(entity), key)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"title": ""},
        {"title": 1},
        {"title": "x", "pages": 0},
        {"title": "x", "isbn": "abc"},
        {"title": "x", "a": 1},
    ],
)
def test_the_constructor_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Atlas(**wrong)


def test_an_unknown_keyword_is_named() -> None:
    with pytest.raises(ValidationError, match=r"(?s)titel\n  Extra inputs are not permitted"):
        Atlas(title="x", titel="y")


def test_the_constructor_converts() -> None:
    atlas = Atlas(title="x", pages="12")
    assert (atlas.pages, atlas.isbn, atlas.rack_id) == (12, None, None)


def test_a_refused_assignment_leaves_the_old_value(sessions: Callable[..., Session]) -> None:
    session = sessions(Rack, Atlas)
    atlas = stored(session, Atlas(title="x", pages=2))
    for name, wrong in {"title": "", "pages": -5, "isbn": "abc"}.items():
        old = getattr(atlas, name)
        with pytest.raises(ValidationError, match=f"(?m)^{name}$"):
            setattr(atlas, name, wrong)
        assert getattr(atlas, name) == old
    assert not session.is_modified(atlas)
    assert atlas not in session.dirty
    with pytest.raises(ValidationError, match="no attribute"):
        atlas.nope = 1
    atlas.pages = "7"
    assert inspect(atlas).attrs.pages.history == ([7], (), [2])


def test_a_related_object_of_another_class_is_refused() -> None:
    rack, atlas = Rack(name="top"), Atlas(title="x")
    with pytest.raises(ValidationError, match="instance of Rack"):
        Atlas(title="x", rack=atlas)
    with pytest.raises(ValidationError, match="instance of Rack"):
        atlas.rack = atlas
    with pytest.raises(ValidationError, match="instance of Atlas"):
        rack.atlases = [atlas, rack]
    with pytest.raises(ValidationError, match="instance of Atlas"):
        rack.atlases.append(rack)
    assert (atlas.rack, rack.atlases) == (None, [])
    rack.atlases.append(atlas)
    assert atlas.rack is rack


def test_loading_does_not_validate(sessions: Callable[..., Session]) -> None:
    session = sessions(Rack, Atlas)
    session.execute(text("INSERT INTO validated_atlas (id, title, isbn, pages) VALUES (1, '', 'bad', -3)"))
    atlas = session.get(Atlas, 1)
    assert atlas is not None
    assert (atlas.title, atlas.isbn, atlas.pages) == ("", "bad", -3)
    atlas.pages = 3  # the other values are not looked at
    atlas.assign({"isbn": "1234"})
    session.commit()
    assert session.execute(text("SELECT pages, isbn FROM validated_atlas")).one() == (3, "1234")


def test_model_validators_see_the_whole_and_refusal_restores_it(sessions: Callable[..., Session]) -> None:
    session = sessions(Range)
    span = stored(session, Range(low=1, high=3))
    assert (span.label, span.middle) == ("1..3", 2)
    session.expire_all()
    span.high = 5
    assert span.label == "1..5"
    for name, value in {"low": 7, "high": 0}.items():
        with pytest.raises(ValidationError):
            setattr(span, name, value)
    assert (span.low, span.high, span.label) == (1, 5, "1..5")
    assert span._seen == ["after"]
    session.commit()
    assert session.execute(text("SELECT low, high, label FROM validated_range")).one() == (1, 5, "1..5")


def test_assign_is_all_or_nothing(sessions: Callable[..., Session]) -> None:
    session = sessions(Rack, Atlas, Range)
    span = stored(session, Range(low=1, high=3))
    span.assign({"low": 10, "high": 20})  # neither alone would do
    assert (span.low, span.high, span.label) == (10, 20, "10..20")
    for wrong in ({"low": 30, "high": 25}, {"high": 30, "low": 7}, {"low": 11, "hihg": 12}, {"low": "x", "high": "y"}):
        with pytest.raises(ValidationError):
            span.assign(wrong)
        assert (span.low, span.high, span.label) == (10, 20, "10..20")
    session.commit()
    assert session.execute(text("SELECT low, high, label FROM validated_range")).one() == (10, 20, "10..20")
    atlas = Atlas(title="x")
    with pytest.raises(ValidationError, match="2 validation errors for Atlas"):
        atlas.assign({"title": "", "pages": 0, "isbn": "1234"})
    with pytest.raises(ValidationError, match="instance of Rack"):
        atlas.assign({"title": "y", "rack": span})
    assert (atlas.title, atlas.isbn) == ("x", None)
    rack = Rack(name="top")
    atlas.assign({"title": "y", "rack": rack})
    assert (atlas.title, atlas.rack) == ("y", rack)


def test_opting_out(declare: Callable[..., Any]) -> None:
    loose = declare("""
class Loose(AbstractEntity, table=True):
    model_config = {"validate_assignment": False}
    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(gt=0)
""").Loose(number=1)
    loose.number = -1
    assert loose.number == -1


def test_a_constructor_of_its_own(declare: Callable[..., Any]) -> None:
    own = declare("""
class Own(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str

    def __init__(self, name, **data):
        super().__init__(name=name.upper(), **data)
""").Own
    assert (own("x").name, own("x", id=3).id, own.model_validate({"name": "y"}).name) == ("X", 3, "y")
    with pytest.raises(ValidationError):
        own("x", nme=1)


class Heard(AbstractEntity, table=True):
    __tablename__ = "validated_heard"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    slug: str = ""

    @validates("name")
    def _name(self, key: str, value: str) -> str:
        self.slug = value.lower()  # assigns while SQLAlchemy assigns
        return value.upper()


def test_sqlalchemys_events_are_heard() -> None:
    heard = Heard(name="aB")
    assert (heard.name, heard.slug) == ("AB", "ab")
    heard.name = "cD"
    assert (heard.name, heard.slug) == ("CD", "cd")
    calls: list[Any] = []
    event.listen(Heard.slug, "set", lambda target, value, old, initiator: calls.append(value))  # after the first object
    event.listen(Heard, "init", lambda target, args, kwargs: calls.append("init"))
    event.listen(Heard, "init_failure", lambda target, args, kwargs: calls.append("failure"))
    Heard(name="x", slug="s")
    with pytest.raises(ValidationError):
        Heard(name=1)
    assert calls == ["init", "x", "s", "init", "failure"]


def test_a_required_key_may_come_with_its_relationship(declare: Callable[..., Any]) -> None:
    module = declare("""
class Author(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    texts: list["Text"] = Relationship(back_populates="author")

class Text(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    author_id: int = Field(foreign_key="author.id")
    editor_id: int = Field(foreign_key="editor.id")
    author: Author = Relationship(back_populates="texts")

class Editor(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
""")
    line = module.Text(author=module.Author(), editor_id=1)
    assert line.author_id is None
    with pytest.raises(ValidationError, match="editor_id"):  # no relationship will bring this one
        module.Text(author=module.Author())
    with pytest.raises(ValidationError, match="author_id"):
        line.author_id = None
