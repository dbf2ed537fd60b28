"""Entities as Python objects: copied, pickled, dumped, compared, shown, and beside other Pydantic models."""

import asyncio
import copy
import logging
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError, StaleDataError
from sqlmodel import SQLModel

from fx_orm import AbstractEntity, DetachedError, DuplicateKeyError, EntityManager, Field, Relationship
from fx_orm.database import engine_for


class Label(AbstractEntity, table=True):
    __tablename__ = "object_label"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    item_id: int | None = Field(foreign_key="object_item.id")
    item: "Item | None" = Relationship(back_populates="labels")


class Item(AbstractEntity, table=True):
    __tablename__ = "object_item"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=50, description="Shown to customers")
    metadata: dict[str, Any] = Field(default_factory=dict)
    level: int = 0
    token: str = Field(default="", secret=True)
    labels: set[Label] = Relationship(back_populates="item")


@pytest.fixture
def session(sessions: Callable[..., Session]) -> Session:
    return sessions(Item, Label)


def stored(session: Session, entity: Any) -> Any:
    session.add(entity)
    session.commit()
    key = inspect(entity).identity
    session.expunge_all()
    return session.get(type(entity), key)


def test_copies_are_new_rows(session: Session) -> None:
    item = stored(session, Item(name="x", metadata={"a": [1]}, labels={Label(name="t")}))
    assert len(item.labels) == 1
    for twin in (copy.copy(item), copy.deepcopy(item), item.model_copy(), item.model_copy(deep=True)):
        assert inspect(twin).transient
        assert twin == item
        assert twin.labels == set()
    assert copy.deepcopy(item).metadata["a"] is not item.metadata["a"]
    session.add(item.model_copy(update={"id": None, "name": "twin"}))
    session.commit()
    assert [found.name for found in session.scalars(select(Item).order_by(Item.id))] == ["x", "twin"]


def test_pickle(session: Session) -> None:
    item = stored(session, Item(name="x", metadata={"a": [1]}, labels={Label(name="t")}))
    assert len(item.labels) == 1
    again = pickle.loads(pickle.dumps(item))
    assert again == item
    assert inspect(again).detached
    assert {label.name for label in again.labels} == {"t"}
    session.expunge_all()
    session.add(again)
    again.metadata["a"].append(2)
    assert again in session.dirty


def test_dump_and_validate(session: Session) -> None:
    item = stored(session, Item(name="x", level=3))
    session.commit()
    assert item.model_dump() == {"id": item.id, "name": "x", "metadata": {}, "level": 3, "token": ""}
    assert list(item.model_dump()) == list(Item.model_fields) == list(Item.__table__.columns.keys())
    session.commit()
    assert TypeAdapter(Item).validate_json(item.model_dump_json()) == item
    assert item.model_dump(exclude_unset=True)["name"] == "x"
    assert Item.model_validate(item) == item
    assert Item.model_validate({"name": "n"}, update={"level": "4"}).level == 4
    with pytest.raises(ValidationError):
        Item.model_validate({"name": "n", "level": "4"}, strict=True)
    constructed = Item.model_construct(name="")  # not validated
    session.add(constructed)
    session.commit()
    assert constructed.id is not None


def test_equality_and_repr(session: Session) -> None:
    assert Item(name="a") == Item(name="a") != Item(name="b")
    assert Item(name="a") != Label(name="a")
    one, other = stored(session, Item(name="a")), Item(name="b", id=99, token="s3cret")
    session.add(other)
    session.commit()
    assert repr(one) == f"Item(id={inspect(one).identity[0]}, ...)"  # showing does not load
    assert one != other
    assert one == one
    assert other.token == "s3cret"
    assert repr(other) == "Item(id=99, name='b', metadata={}, level=0, token='***')"
    assert "s3cret" not in f"{other}"
    assert len({one, other}) == 2


def test_a_field_may_be_called_metadata() -> None:
    assert Item.table_metadata is SQLModel.metadata is Item.__table__.metadata
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Item(name="x", metadata={"a": 1}).metadata == {"a": 1}


def test_merge_refresh_expire(session: Session) -> None:
    item = stored(session, Item(name="x"))
    assert session.merge(Item(id=item.id, name="y")) is item
    assert item.name == "y"
    session.flush()
    session.execute(text("UPDATE object_item SET name = 'z'"))
    session.refresh(item)
    assert item.name == "z"
    session.expire(item, ["name"])
    assert "name" not in item.__dict__
    assert item.name == "z"


def test_a_detached_entity_says_what_was_not_loaded(session: Session) -> None:
    item = stored(session, Item(name="x", labels={Label(name="a")}))
    label = session.scalars(select(Label)).one()
    session.expunge_all()
    for entity, attribute in ((item, "labels"), (label, "item")):
        name = type(entity).__name__
        with pytest.raises(DetachedError) as caught:
            getattr(entity, attribute)
        assert str(caught.value) == (
            f"{name}.{attribute} is not loaded, and this {name} belongs to no entity manager that could load it; "
            f'load it along: with_("{attribute}")'
        )
        assert (caught.value.entity, caught.value.attribute) == (type(entity), attribute)
        assert isinstance(caught.value, DetachedInstanceError)
    session.add(item)
    assert len(item.labels) == 1  # attached, it loads
    session.expire(item, ["name"])
    session.expunge(item)
    with pytest.raises(DetachedError, match=r"^Item.name is not loaded, .*; refresh\(\) it before it is detached"):
        item.name  # noqa: B018


def test_a_secret_is_shown_nowhere(
    declare: Callable[..., Any], database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    account = declare("""
from pydantic import model_validator

class Account(AbstractEntity, table=True):
    __tablename__ = "object_account"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=20)
    password: str = Field(secret=True, min_length=8, max_length=60)

    @model_validator(mode="after")
    def check(self):
        if self.name == self.password:
            raise ValueError("too simple")
        return self
""").Account
    entity = account(name="ann", password="correct horse")
    for shown in (repr(entity), str(entity), repr(account.CreateModel(name="x", password="correct horse"))):
        assert "horse" not in shown
    model = account.CreateModel
    for refused in (
        lambda: account(name="ann", password="horse"),
        lambda: setattr(entity, "password", "horse"),
        lambda: entity.assign({"password": "horse"}),
        lambda: account(name="horses and carts", password="horses and carts"),
        lambda: model(name="x", password="horse"),
    ):
        with pytest.raises(ValidationError) as caught:
            refused()
        assert "horse" not in str(caught.value)
    engine = engine_for(sqlalchemy.make_url(database_url), log_sql=True)
    with caplog.at_level(logging.DEBUG), EntityManager(engine) as em:
        SQLModel.metadata.create_all(engine, [account.__table__])
        em.persist(entity)
        em.commit()
        em.persist(account(name="ann", password="correct horse"))
        with pytest.raises(DuplicateKeyError) as duplicate:
            em.commit()
    engine.dispose()
    assert "INSERT INTO object_account" in caplog.text
    assert "horse" not in caplog.text + str(duplicate.value)


def test_inside_other_models() -> None:
    class Cart(BaseModel):
        items: list[Item]

    cart = Cart.model_validate({"items": [{"name": "x", "level": "2"}]})
    assert inspect(cart.items[0]).transient
    assert cart.model_dump()["items"][0]["level"] == 2
    assert Cart.model_validate_json(cart.model_dump_json()) == cart
    with pytest.raises(ValidationError):
        Cart.model_validate({"items": [{"name": ""}]})


def test_in_fastapi() -> None:
    app = FastAPI()

    @app.post("/items")
    def create(item: Item.CreateModel) -> Item:  # type: ignore[valid-type]
        return Item.model_validate(item.model_dump())

    @app.patch("/items")
    def patch(changes: Item.PatchModel) -> Item:  # type: ignore[valid-type]
        item = Item(name="old", level=1)
        item.assign(changes.model_dump(exclude_unset=True))
        return item

    async def talk() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            answer = await client.post("/items", json={"name": "x"})
            assert answer.json() == {"id": None, "name": "x", "metadata": {}, "level": 0, "token": ""}
            for body in ({"name": ""}, {"name": "x", "nme": "y"}):
                assert (await client.post("/items", json=body)).status_code == 422
            assert (await client.patch("/items", json={"level": 7})).json()["name"] == "old"
            assert (await client.patch("/items", json={"name": None})).status_code == 422
            assert (await client.get("/openapi.json")).status_code == 200

    asyncio.run(talk())


def test_version_counts_changes(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    counted = declare("""
class Counted(AbstractEntity, table=True):
    __tablename__ = "object_counted"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int = Field(default=1, version=True)
""").Counted
    session = sessions(counted)
    entity = counted(name="a")
    session.add(entity)
    session.commit()
    assert entity.version == 1
    entity.name = "b"
    session.commit()
    assert entity.version == 2
    session.execute(text("UPDATE object_counted SET version = 99"))
    entity.name = "c"
    with pytest.raises(StaleDataError):
        session.commit()
