"""Typical use of repositories, for type checkers: what must be accepted, and, marked, what must be refused."""

from collections.abc import Iterator
from typing import Any, assert_type

from fx_orm import AbstractEntity, EntityManager, EntityManagerInterface, Field, QueryBuilder, Repository
from fx_orm.object_manager import ObjectManager
from fx_orm.pagination import CursorPage, Page


class Stone(AbstractEntity, table=True):
    __tablename__ = "typed_stone"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    weight: int = 0


class Pebble(AbstractEntity, table=True):
    __tablename__ = "typed_pebble"

    id: int | None = Field(default=None, primary_key=True)


class StoneRepository(Repository[Stone]):
    def heavy(self) -> list[Stone]:
        return self.query_builder().where("weight", ">", 100).order_by("name").get()

    def find_by_name(self, name: str) -> Stone | None:
        return self.find_one_by({"name": name})

    def names(self) -> "list[Any]":
        return [row["name"] for row in QueryBuilder(self.db).select("name").from_table("typed_stone").get()]


def reads(stones: StoneRepository) -> None:
    assert_type(Repository[Stone]().find(1), Stone | None)
    assert_type(Repository(Stone).find(1), Stone | None)
    assert_type(stones.find(1), Stone | None)
    assert_type(stones.get((1, 2)), Stone)
    assert_type(stones.find_all(order_by="-name"), list[Stone])
    assert_type(stones.find_by({"weight": [1, 2]}, order_by=["name", {"weight": "desc"}], limit=3), list[Stone])
    assert_type(stones.find_by({}, with_=["quarry"]), list[Stone])
    assert_type(stones.find_one_by({"name": "flint"}), Stone | None)
    assert_type(stones.get_one_by({"name": "flint"}, with_="quarry"), Stone)
    assert_type(stones.find_many([1, 2]), list[Stone])
    assert_type(stones.count({"weight": None}), int)
    assert_type(stones.exists(), bool)
    assert_type(stones.first(), Stone | None)
    assert_type(stones.last({"weight": 3}), Stone | None)
    assert_type(stones.pluck("name"), list[Any])
    assert_type(stones.paginate(1, 20), Page[Stone])
    assert_type(stones.cursor_paginate(20, None, order_by="name"), CursorPage[Stone])
    assert_type(stones.stream(size=100), Iterator[Stone])
    assert_type(stones.query_builder(), QueryBuilder[Stone])
    assert_type(stones.get_query_builder().limit(3).get(), list[Stone])
    assert_type(stones.heavy(), list[Stone])
    assert_type(stones.entity_class, type[Stone])
    assert_type(stones.db, ObjectManager)
    assert_type(stones.entity_manager, ObjectManager)


def changes(stones: StoneRepository) -> None:
    assert_type(stones.add(Stone(name="flint")), Stone)
    assert_type(stones.create({"name": "flint"}, weight=3), Stone)
    assert_type(stones.create(Stone.CreateModel(name="flint")), Stone)
    assert_type(stones.update(1, {"weight": 3}), bool)
    assert_type(stones.update(1, Stone.PatchModel(weight=3)), bool)
    assert_type(stones.update_by({"name": "flint"}, {"weight": 3}), int)
    assert_type(stones.delete(1), bool)
    assert_type(stones.delete(Stone(name="flint")), bool)
    assert_type(stones.delete_by({"name": "flint"}), int)
    assert_type(stones.force_delete(1), bool)
    assert_type(stones.insert_many([{"name": "flint"}, Stone(name="slate")]), int)
    assert_type(stones.update_many([{"id": 1, "weight": 3}]), int)
    assert_type(stones.upsert([{"name": "flint"}], keys=["name"], update=["weight"]), int)


def managers(manager: EntityManager, interface: EntityManagerInterface, stones: StoneRepository) -> None:
    assert_type(manager.get_repository(Stone), Repository[Stone])
    assert_type(interface.get_repository(Stone).find_all(), list[Stone])
    assert_type(stones.using(manager), StoneRepository)
    assert_type(stones.with_deleted(), StoneRepository)
    assert_type(Repository(Stone, manager), Repository[Stone])


Repository("stone")  # refused
StoneRepository().find()  # refused
StoneRepository().find_by("name")  # refused
StoneRepository().find_by({}, order_by=3)  # refused
StoneRepository().find_by({}, limit="3")  # refused
StoneRepository().find_bye({})  # refused
StoneRepository().add(Pebble())  # refused
StoneRepository().update(1)  # refused
StoneRepository().upsert({"name": "flint"})  # refused
StoneRepository().paginate(page="first")  # refused
