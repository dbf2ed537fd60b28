"""Typical use of the query builder, for type checkers: what must be accepted, and, marked, what must be refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_type

from pydantic import BaseModel
from sqlalchemy.orm import Session

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder
from fx_orm.pagination import CursorPage, Page
from fx_orm.query_builder import Explanation, Row


class Plant(AbstractEntity, table=True):
    __tablename__ = "typed_plant"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    height: int = 0


def reads(manager: EntityManager, session: Session) -> None:
    bound = QueryBuilder(Plant)
    assert_type(bound, QueryBuilder[Plant])
    assert_type(bound.where("height", ">", 3).where({"name": "oak"}).order_by("name", "DESC").get(), list[Plant])
    assert_type(bound.where("name", "oak").first(), Plant | None)
    assert_type(bound.where(Plant.height > 3).one(), Plant)
    assert_type(bound.find(1), Plant | None)
    assert_type(bound.where_group(lambda q: q.where("name", "oak").or_where("height", 3)), QueryBuilder[Plant])
    assert_type(bound.where_group(bound.where("name", "oak")).limit(3).execute(), list[Plant])
    assert_type(bound.select("name").get(), list[Row])
    assert_type(bound.select(["name", "COUNT(*) as n"]).first(), Row | None)
    assert_type(bound.count(), int)
    assert_type(bound.exists(), bool)
    assert_type(QueryBuilder(manager).from_table("typed_plant p").get(), list[Row])
    assert_type(QueryBuilder(session).from_table("typed_plant p").one().name, Any)
    assert_type(QueryBuilder(), QueryBuilder[Row])
    assert_type(
        QueryBuilder(Plant, manager=session).where_in("id", QueryBuilder(Plant).select("id")).get(), list[Plant]
    )
    assert_type(manager.query_builder(Plant).get(), list[Plant])
    assert_type(bound.to_sql("postgresql"), tuple[str, Any])
    assert_type(bound.explain(), Explanation)
    assert_type(bound.explain().text, str)


class Heading(BaseModel):
    name: str


@dataclass
class Size:
    height: int


def ends(bound: QueryBuilder[Plant]) -> None:
    rows = bound.select("name")
    assert_type(bound.execute(), list[Plant])
    assert_type(rows.one(), Row)
    assert_type(rows.one()["name"], Any)
    assert_type(bound.value("name"), Any)
    assert_type(bound.pluck("name"), list[Any])
    assert_type(bound.pluck("name", key="id"), dict[Any, Any])
    assert_type(bound.sum("height"), Any)
    assert_type(bound.avg("height"), Any)
    assert_type(bound.min("height"), Any)
    assert_type(bound.max("height"), Any)
    assert_type(bound.paginate(2, per_page=5), Page[Plant])
    assert_type(bound.paginate().items, list[Plant])
    assert_type(rows.paginate(), Page[Row])
    assert_type(bound.cursor_paginate(5, "cursor"), CursorPage[Plant])
    assert_type(bound.cursor_paginate().next_cursor, str | None)
    assert_type([plant.name for plant in bound.cursor_paginate()], list[str])
    assert_type(bound.chunk(100), Iterator[list[Plant]])
    assert_type(bound.stream(), Iterator[Plant])
    assert_type(rows.stream(size=10), Iterator[Row])
    assert_type(bound.as_(Heading).get(), list[Heading])
    assert_type(rows.as_(Size).first(), Size | None)
    assert_type(bound.as_(Size).paginate(), Page[Size])


def changes(bound: QueryBuilder[Plant]) -> None:
    assert_type(bound.insert({"name": "oak"}), int)
    assert_type(bound.insert([{"name": "oak"}, {"name": "elm"}]), int)
    assert_type(bound.upsert({"name": "oak"}, keys=["name"], update=["height"]), int)
    assert_type(bound.where("id", 1).update({"height": 3}), int)
    assert_type(bound.where("id", 1).increment("height", 2), int)
    assert_type(bound.all_rows().delete(), int)
    assert_type(bound.force_delete(), int)


def chains(bound: QueryBuilder[Plant]) -> None:
    assert_type(
        bound.clone()
        .or_where("name", "LIKE", "o%")
        .where_not("height", 3)
        .where_in("id", [1, 2])
        .where_null("name")
        .where_between("height", 1, 9)
        .where_between("height", (1, 9))
        .where_contains("name", "a")
        .where_column("height", ">", "id")
        .where_exists(QueryBuilder(Plant))
        .where_raw("height > :least", least=3)
        .when(bound, lambda query: query.where("id", 1), lambda query: query.limit(3))
        .join("shelf")
        .left_join("shelf s", "s.id", "=", "typed_plant.shelf_id")
        .having("COUNT(*) > 1")
        .order_by(Plant.height, "DESC")
        .latest()
        .limit(3)
        .offset(None)
        .distinct()
        .union(QueryBuilder(Plant))
        .with_cte("tall", QueryBuilder(Plant))
        .with_("shelf", "shelf.parent")
        .for_update(skip_locked=True)
        .with_deleted(),
        QueryBuilder[Plant],
    )


QueryBuilder(3)  # refused
QueryBuilder(Plant).where("name")  # refused
QueryBuilder(Plant).limit("3")  # refused
QueryBuilder(Plant).whare("name", 3)  # refused
QueryBuilder(Plant).where_in("id", 3)  # refused
QueryBuilder(Plant).where_between("height", 1)  # refused
QueryBuilder(Plant).upsert({"name": "oak"})  # refused
QueryBuilder(Plant).for_update(skip=True)  # refused
QueryBuilder(Plant).where_exists("typed_plant")  # refused
QueryBuilder(Plant).union([1])  # refused
