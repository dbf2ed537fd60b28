"""Each way to ask a repository wrongly has its one message, on every database, before anything is sent."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from fx_orm import AbstractEntity, Field
from fx_orm.database import engine_for
from fx_orm.entity_manager import EntityManager
from fx_orm.errors import FxError, NotFoundError
from fx_orm.repository import Repository
from tests.orm.shop_tables import Label, Shelf, Ware, WareLabel
from tests.orm.told import mistakes


class Key(BaseModel):
    id: int


class Account(AbstractEntity, table=True):
    __tablename__ = "re_account"
    id: int | None = Field(default=None, primary_key=True)
    pin: str = Field(default="", max_length=20, secret=True)


WRONG = r"""
wares.find_by({"nmae": 1})
    Repository.find_by("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.find_one_by({"nmae": 1})
    Repository.find_one_by("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.get_one_by({"nmae": 1})
    Repository.find_one_by("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.first({"nmae": 1})
    Repository.first("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.last({"nmae": 1})
    Repository.last("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.count({"nmae": 1})
    Repository.count("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.exists({"nmae": 1})
    Repository.exists("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.pluck("nmae")
    Repository.pluck("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.pluck("name", {"nmae": 1})
    Repository.pluck("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.paginate(1, 10, {"nmae": 1})
    Repository.paginate("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.cursor_paginate(10, None, {"nmae": 1})
    Repository.cursor_paginate("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.stream({"nmae": 1})
    Repository.stream("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.delete_by({"nmae": 1})
    Repository.delete_by("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.update_by({"nmae": 1}, {"stock": 1})
    Repository.update_by("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.update_by({"id": 1}, {"stok": 1})
    Repository.update_by("stok"): Ware has no field "stok"; did you mean "stock"?
wares.update_by({"id": 1}, {"shelf": None})
    Repository.update_by("shelf"): Ware.shelf is a relationship; use 'shelf_id'
wares.find_by({"shelf": 1})
    Repository.find_by("shelf"): Ware.shelf is a relationship; use 'shelf_id'
wares.find_by({5: 1})
    Repository.find_by(): a field is named by a string, not an object of int
wares.find_by("name")
    Repository.find_by(): criteria are a dict such as {"name": value}, not an object of str
wares.find_by([])
    Repository.find_by(): criteria are a dict such as {"name": value}, not an object of list
wares.find_by(0)
    Repository.find_by(): criteria are a dict such as {"name": value}, not an object of int
wares.find_by({"stock": "many"})
    QueryBuilder.where("stock"): 'many' is no whole number
wares.find_by({"name": 0})
    QueryBuilder.where("name"): 0 is no text
wares.find_by({"name": ["a", 0]})
    QueryBuilder.where_in("name"): 0 is no text
wares.find_by({}, order_by="-nmae")
    Repository.find_by("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.find_by({}, order_by={"name": "dsc"})
    Repository.find_by("name"): "dsc" is no direction; did you mean "desc"?
wares.find_by({}, order_by={"name": "sideways"})
    Repository.find_by("name"): "sideways" is no direction; it is asc or desc
wares.find_by({}, order_by={"name": 1})
    Repository.find_by("name"): a direction is asc or desc, not an object of int
wares.find_by({}, order_by={5: "asc"})
    Repository.find_by(): a field is named by a string, not an object of int
wares.find_by({}, order_by=5)
    Repository.find_by(): order_by is a list of fields, not an object of int
wares.find_all(["name", ("id", "asc")])
    Repository.find_by(): order_by takes "-price" and {"price": "desc"}, or a list of those, not an object of tuple
wares.find_by({}, limit="5")
    QueryBuilder.limit(): a number of rows is a whole number, not an object of str
wares.find_by({}, offset=-1)
    QueryBuilder.offset(): a number of rows is at least 0, not -1
wares.find_by({}, with_="shelv")
    QueryBuilder.with_("shelv"): Ware has no relationship "shelv"; did you mean "shelf"?
wares.find_by({}, with_=5)
    Repository.find_by(): with_ is a list of names of relationships, not an object of int
wares.paginate(0)
    Repository.paginate(): page is at least 1, not 0
wares.paginate(1, 0)
    Repository.paginate(): per_page is at least 1, not 0
wares.paginate("1")
    Repository.paginate(): page is a whole number, not an object of str
wares.paginate(2**62, 4)
    QueryBuilder.offset(): a number of rows is too large
wares.cursor_paginate(0)
    QueryBuilder.cursor_paginate(): per_page is at least 1, not 0
wares.cursor_paginate(5, "x y")
    QueryBuilder.cursor_paginate(): the cursor is damaged; take the one of a page, or None for the first page
wares.stream(size=0)
    QueryBuilder.stream(): size is at least 1, not 0
wares.find("one")
    Ware.id takes int, not 'one'
wares.find({"idd": 1})
    the primary key of Ware has no field "idd"; did you mean "id"?
wares.find((1, 2))
    the primary key of Ware is (id); give a tuple or a dict of 1, not 1, 2
wares.find(shelf)
    an object of Shelf is no Ware, and no key of one
wares.delete(shelf)
    an object of Shelf is no Ware, and no key of one
links.find(1)
    the primary key of WareLabel is (ware_id, label_id); give a tuple or a dict of 2, not 1
links.find({"ware_id": 1, "lable_id": 1})
    the primary key of WareLabel has no field "lable_id"; did you mean "label_id"?
wares.get(99)
    there is no Ware 99
wares.get_one_by({"name": "elm", "stock": 1})
    there is no Ware with name='elm', stock=1
accounts.get_one_by({"pin": "1234"})
    there is no Account with pin=***
wares.find_many(5)
    Repository.find_many(): ids is a list of primary keys, not an object of int
wares.find_many("12")
    Repository.find_many(): ids is a list of primary keys, not an object of str
wares.find_many([1, "x"])
    Ware.id takes int, not 'x'
wares.add(shelf)
    Repository.add(): an object of Shelf is no Ware
wares.add({"name": "x"})
    Repository.add(): an object of dict is no Ware
wares.create("name")
    Repository.create(): values are a dict or a model, not an object of str
wares.create({"nmae": 1})
    Repository.create("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.create(nmae=1)
    Repository.create("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.create({"name": "x"}, name="y")
    Repository.create("name"): it is given twice: in the dict, and by keyword
wares.create(shelf)
    Repository.create(): an object of Shelf is an entity; give its values in a dict
wares.update(1, {"nmae": "x"})
    Repository.update("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.update(1, "name")
    Repository.update(): values are a dict or a model, not an object of str
wares.insert_many("name")
    Repository.insert_many(): rows is a list of dicts or models, not an object of str
wares.insert_many({"name": "x"})
    Repository.insert_many(): rows is a list of dicts or models, not an object of dict
wares.insert_many(["name"])
    Repository.insert_many(): values are a dict or a model, not an object of str
wares.insert_many([{"nmae": "x"}])
    Repository.insert_many("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.update_many([{"stock": 1}])
    Repository.update_many(): a row has no "id", the key of Ware
wares.update_many([{"id": 1, "stock": 1}, {"id": "1", "stock": 2}])
    Repository.update_many(): two rows are of the same Ware, 1
wares.update_many([{"id": 1, "stok": 1}])
    Repository.update_many("stok"): Ware has no field "stok"; did you mean "stock"?
links.update_many([{"ware_id": 1}])
    Repository.update_many(): a row has no "ware_id, label_id", the key of WareLabel
wares.upsert("name", keys=["id"])
    Repository.upsert(): rows is a list of dicts or models, not an object of str
wares.upsert({"nmae": "x"}, keys=["id"])
    Repository.upsert("nmae"): Ware has no field "nmae"; did you mean "name"?
wares.upsert({"id": 1, "name": "x", "price": 1, "shelf": None}, keys=["id"])
    Repository.upsert("shelf"): Ware.shelf is a relationship; use 'shelf_id'
wares.upsert({"id": 1, "name": "x", "price": 1}, keys=["idd"])
    QueryBuilder.upsert("idd"): table "qb_ware" has no column "idd"; did you mean "id"?
wares.upsert({"id": 1, "name": "x", "price": 1}, keys="id")
    QueryBuilder.upsert(): keys is a list of columns: keys=["name"]
wares.delete_by({})
    Repository.delete_by(): the criteria are empty and every Ware would change; write
    query_builder().all_rows().delete() if that is meant
Repository(str)
    str is not an entity; declare it as `class str(AbstractEntity, table=True)`
Repository("ware")
    str is not an entity; declare it as `class str(AbstractEntity, table=True)`
Repository(Ware, "manager")
    Repository(): an object of str is no entity manager
wares.using("manager")
    Repository(): an object of str is no entity manager
"""


@pytest.fixture
def em(database_url: str) -> Iterator[EntityManager]:
    manager = EntityManager(engine_for(sa.make_url(database_url)))
    with manager.transaction():
        tables = [each.__table__ for each in (Shelf, Ware, Label, WareLabel, Account)]  # type: ignore[attr-defined]
        Ware.metadata.create_all(manager.session.connection(), tables=tables)
    yield manager
    manager.close()


def test_each_mistake_is_told(em: EntityManager) -> None:
    names: dict[str, Any] = {
        "wares": Repository(Ware, em),
        "links": Repository(WareLabel, em),
        "accounts": Repository(Account, em),
        "shelf": Shelf(id=1, name="x"),
        "Repository": Repository,
        "Ware": Ware,
    }
    sent: list[str] = []
    sa.event.listen(em.session.get_bind(), "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    for code, message in mistakes(WRONG):
        sent.clear()
        with pytest.raises(FxError) as caught:
            eval(code, names)
        assert str(caught.value) == message, code
        asked = [statement for statement in sent if not statement.startswith("BEGIN")]
        assert isinstance(caught.value, NotFoundError) or asked == [], code


def test_what_the_fields_refuse_is_pydantics(em: EntityManager) -> None:
    wares = Repository(Ware, em)
    wares.create({"name": "tea", "price": 1})
    changes: list[Callable[[], Any]] = [
        lambda: wares.create({"name": 5, "price": 1}),
        lambda: wares.update(1, {"price": "cheap"}),
        lambda: wares.update_by({"id": 1}, {"name": "x" * 81}),
        lambda: wares.update_by({"id": 1}, {"kind": "leef"}),
        lambda: wares.update_many([{"id": 1, "price": "cheap"}]),
        lambda: wares.insert_many([{"name": "x" * 81, "price": 1}]),
        lambda: wares.upsert({"id": 1, "name": "x", "price": "1.234"}, keys=["id"]),
    ]
    for change in changes:
        with pytest.raises(ValidationError):
            change()
    assert wares.update_by({"id": 1}, {"price": "2.50", "kind": "tool"}) == 1
    assert (wares.get(1).name, str(wares.get(1).price), wares.get(1).kind.name) == ("tea", "2.50", "TOOL")


def test_keys_are_converted_wherever_they_are_given(em: EntityManager) -> None:
    wares = Repository(Ware, em)
    wares.insert_many([{"id": at, "name": f"ware {at}", "price": at} for at in (1, 2, 3)])
    assert [ware.id for ware in wares.find_many(["3", 1, Key(id=2), {"id": "1"}, None, 99])] == [3, 1, 2]
    assert wares.update_many([{"id": "2", "stock": 5}, {"id": 3, "stock": 7}]) == 2
    assert wares.pluck("stock", order_by="id") == [0, 5, 7]
