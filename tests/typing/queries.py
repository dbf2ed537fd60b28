"""Typical use of the query builder, for type checkers: what must be accepted, and, marked, what must be refused."""

from typing import Any, assert_type

from sqlalchemy.orm import Session

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder
from fx_orm.query_builder import Row


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


QueryBuilder(3)  # refused
QueryBuilder(Plant).where("name")  # refused
QueryBuilder(Plant).limit("3")  # refused
QueryBuilder(Plant).whare("name", 3)  # refused
