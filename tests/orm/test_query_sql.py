"""The exact SQL of queries on each database, and that values never are part of it."""

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest

from fx_orm.query_builder import QueryBuilder
from tests.orm.shop_tables import Label, Shelf, Ware


def ware() -> "QueryBuilder[Any]":
    return QueryBuilder(Ware).select("id")


def search() -> "QueryBuilder[Any]":
    return ware().where("name", "LIKE", "%a%").or_where("note", "LIKE", "%b%").where("is_active", "=", True)


def with_shelf() -> "QueryBuilder[Any]":
    return (
        QueryBuilder()
        .select(["w.name", "s.name as shelf_name"])
        .from_table("qb_ware w")
        .join("qb_shelf s", "w.shelf_id = s.id")
        .where("w.created_at", "<=", "CURRENT_TIMESTAMP")
        .order_by("w.price", "DESC")
    )


def popular() -> "QueryBuilder[Any]":
    return (
        QueryBuilder()
        .select(["w.name", "s.name as shelf", "COUNT(l.label_id) as labels"])
        .from_table("qb_ware w")
        .join("qb_shelf s", "w.shelf_id", "=", "s.id")
        .left_join("qb_ware_label l", "w.id = l.ware_id")
        .where("w.created_at", ">=", "DATE('now', '-30 days')")
        .group_by("w.id")
        .order_by("labels", "DESC")
    )


def statistics() -> "QueryBuilder[Any]":
    return (
        QueryBuilder()
        .select("COUNT(CASE WHEN is_active = 1 THEN 1 END) as active", "SUM(price) / 2 as half")
        .from_table("qb_ware")
    )


def grouped() -> "QueryBuilder[Any]":
    return ware().where("is_active", False).or_where_group(lambda q: q.where_in("id", [1, 2]).or_where_null("note"))


def itself() -> "QueryBuilder[Any]":
    query = ware().where("id", ">", 0)
    query.where_group(query.where("stock", 0).or_where("price", ">", 9)).where("id", "<", 9)
    return query


def many_to_many() -> "QueryBuilder[Any]":
    return ware().join("labels").where_contains("labels.name", "5%")


def same_table_inside() -> "QueryBuilder[Any]":
    return ware().where_in("shelf_id", QueryBuilder(Ware).select("shelf_id").where("stock", 0))


def union() -> "QueryBuilder[Any]":
    return QueryBuilder(Shelf).select("name").union(QueryBuilder(Label).select("name")).order_by("name")


# A query, then its SQL on each database (lines that go on are indented), and the values that are bound.
STATEMENTS = """
search
  sqlite: SELECT qb_ware.id FROM qb_ware WHERE (qb_ware.name LIKE ? OR qb_ware.note LIKE ?) AND
      qb_ware.is_active = ?
  postgresql: SELECT qb_ware.id FROM qb_ware WHERE (qb_ware.name LIKE %(v0)s::VARCHAR OR qb_ware.note LIKE
      %(v1)s::VARCHAR) AND qb_ware.is_active = %(v2)s
  mysql: SELECT qb_ware.id FROM qb_ware WHERE (qb_ware.name LIKE %s OR qb_ware.note LIKE %s) AND
      qb_ware.is_active = %s
  values: ['%a%', '%b%', True]
with_shelf
  sqlite: SELECT w.name, s.name AS shelf_name FROM qb_ware AS w JOIN qb_shelf AS s ON w.shelf_id = s.id WHERE
      w.created_at <= strftime('%Y-%m-%d %H:%M:%f000', 'now') ORDER BY w.price DESC
  postgresql: SELECT w.name, s.name AS shelf_name FROM qb_ware AS w JOIN qb_shelf AS s ON w.shelf_id = s.id WHERE
      w.created_at <= CURRENT_TIMESTAMP ORDER BY w.price DESC
  mysql: SELECT w.name, s.name AS shelf_name FROM qb_ware AS w INNER JOIN qb_shelf AS s ON w.shelf_id = s.id
      WHERE w.created_at <= UTC_TIMESTAMP(6) ORDER BY w.price DESC
  values: []
popular
  sqlite: SELECT w.name, s.name AS shelf, count(l.label_id) AS labels FROM qb_ware AS w JOIN qb_shelf AS s ON
      w.shelf_id = s.id LEFT OUTER JOIN qb_ware_label AS l ON w.id = l.ware_id WHERE w.created_at >=
      strftime('%Y-%m-%d 00:00:00.000000', 'now', '-30 day') GROUP BY w.id ORDER BY labels DESC
  postgresql: SELECT w.name, s.name AS shelf, count(l.label_id) AS labels FROM qb_ware AS w JOIN qb_shelf AS s ON
      w.shelf_id = s.id LEFT OUTER JOIN qb_ware_label AS l ON w.id = l.ware_id WHERE w.created_at >=
      ((date_trunc('day', (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') + INTERVAL '-30 day')) AT TIME ZONE
      'UTC') GROUP BY w.id, s.id ORDER BY labels DESC
  mysql: SELECT w.name, s.name AS shelf, count(l.label_id) AS labels FROM qb_ware AS w INNER JOIN qb_shelf AS
      s ON w.shelf_id = s.id LEFT OUTER JOIN qb_ware_label AS l ON w.id = l.ware_id WHERE w.created_at >=
      CAST((UTC_TIMESTAMP(6) + INTERVAL -30 DAY) AS DATE) GROUP BY w.id ORDER BY labels DESC
  values: []
statistics
  sqlite: SELECT count(CASE WHEN (qb_ware.is_active = 1) THEN 1 END) AS active, sum(qb_ware.price) / (2 + 0.0)
      AS half FROM qb_ware
  postgresql: SELECT count(CASE WHEN (qb_ware.is_active = true) THEN 1 END) AS active, sum(qb_ware.price) / CAST(2
      AS NUMERIC) AS half FROM qb_ware
  mysql: SELECT count(CASE WHEN (qb_ware.is_active = true) THEN 1 END) AS active, sum(qb_ware.price) / 2 AS
      half FROM qb_ware
  values: []
grouped
  sqlite: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.is_active = ? OR qb_ware.id IN (?, ?) OR qb_ware.note
      IS NULL
  postgresql: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.is_active = %(v0)s OR qb_ware.id IN (%(v1_1)s::INTEGER,
      %(v1_2)s::INTEGER) OR qb_ware.note IS NULL
  mysql: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.is_active = %s OR qb_ware.id IN (%s, %s) OR
      qb_ware.note IS NULL
  values: [False, 1, 2]
itself
  sqlite: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.id > ? AND (qb_ware.stock = ? OR qb_ware.price > ?) AND
      qb_ware.id < ?
  postgresql: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.id > %(v0)s::INTEGER AND (qb_ware.stock =
      %(v1)s::INTEGER OR qb_ware.price > %(v2)s) AND qb_ware.id < %(v3)s::INTEGER
  mysql: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.id > %s AND (qb_ware.stock = %s OR qb_ware.price > %s)
      AND qb_ware.id < %s
  values: [0, 0, 9, 9]
many_to_many
  sqlite: SELECT qb_ware.id FROM qb_ware JOIN qb_ware_label AS labels_link ON qb_ware.id = labels_link.ware_id
      JOIN qb_label AS labels ON labels.id = labels_link.label_id WHERE labels.name LIKE ? ESCAPE '/'
  postgresql: SELECT qb_ware.id FROM qb_ware JOIN qb_ware_label AS labels_link ON qb_ware.id = labels_link.ware_id
      JOIN qb_label AS labels ON labels.id = labels_link.label_id WHERE labels.name LIKE %(v0)s::VARCHAR
      ESCAPE '/'
  mysql: SELECT qb_ware.id FROM qb_ware INNER JOIN qb_ware_label AS labels_link ON qb_ware.id =
      labels_link.ware_id INNER JOIN qb_label AS labels ON labels.id = labels_link.label_id WHERE
      labels.name LIKE %s ESCAPE '/'
  values: ['%5/%%']
same_table_inside
  sqlite: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.shelf_id IN (SELECT qb_ware.shelf_id FROM qb_ware WHERE
      qb_ware.stock = ?)
  postgresql: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.shelf_id IN (SELECT qb_ware.shelf_id FROM qb_ware WHERE
      qb_ware.stock = %(v0)s::INTEGER)
  mysql: SELECT qb_ware.id FROM qb_ware WHERE qb_ware.shelf_id IN (SELECT qb_ware.shelf_id FROM qb_ware WHERE
      qb_ware.stock = %s)
  values: [0]
union
  sqlite: SELECT qb_shelf.name FROM qb_shelf UNION SELECT qb_label.name FROM qb_label ORDER BY name
  postgresql: SELECT qb_shelf.name FROM qb_shelf UNION SELECT qb_label.name FROM qb_label ORDER BY name
  mysql: SELECT qb_shelf.name FROM qb_shelf UNION SELECT qb_label.name FROM qb_label ORDER BY name
  values: []
"""
QUERIES: list[Callable[[], "QueryBuilder[Any]"]] = [
    *(search, with_shelf, popular, statistics, grouped, itself, many_to_many, same_table_inside, union),
]


def expected(query: str) -> dict[str, str]:
    """Read what the block above says of a query."""
    block = re.split(r"^(?=\w)", STATEMENTS, flags=re.MULTILINE)
    lines = next(part for part in block if part.split("\n")[0] == query)
    joined = re.sub(r"\n {6}", " ", lines)
    return dict(line.strip().split(": ", 1) for line in joined.split("\n")[1:] if line.strip())


@pytest.mark.parametrize("query", QUERIES)
def test_the_statement_on_each_database(query: Callable[[], "QueryBuilder[Any]"]) -> None:
    wanted = expected(query.__name__)
    values = ast.literal_eval(wanted["values"])
    assert query().to_sql("sqlite") == (wanted["sqlite"], tuple(values))
    assert query().to_sql("mysql") == (wanted["mysql"], tuple(values))
    text, parameters = query().to_sql("postgresql")
    assert (text, list(parameters.values())) == (wanted["postgresql"], values)


def test_values_may_be_shown_in_the_text_for_people() -> None:
    text, _ = ware().where("name", "it's").where_in("id", [1, 2]).to_sql("postgresql", values=True)
    assert (
        " ".join(text.split()) == "SELECT qb_ware.id FROM qb_ware WHERE qb_ware.name = 'it''s' AND qb_ware.id IN (1, 2)"
    )


def test_a_builder_is_told_in_any_order() -> None:
    one = QueryBuilder().select("w.id").from_table("qb_ware w").where("w.id", 1)
    other = QueryBuilder().where("w.id", 1).from_table("qb_ware w").select("w.id")
    assert one.to_sql("sqlite") == other.to_sql("sqlite")


def test_a_clone_grows_apart() -> None:
    one = QueryBuilder(Ware).where("id", 1)
    other = one.clone().where("id", 2).order_by("name").with_("shelf")
    assert one.to_sql("sqlite")[1] == (1,)
    assert other.to_sql("sqlite")[1] == (1, 2)
    assert len(one.draft.orders) == 0


def test_a_query_embedded_stays_as_it_was() -> None:
    inner = QueryBuilder(Shelf).select("id").where("name", "Tea")
    outer = ware().where_in("shelf_id", inner)
    before = outer.to_sql("sqlite")
    inner.where("id", 1)
    assert outer.to_sql("sqlite") == before


def test_a_look_up_of_where_group_changes_nothing() -> None:
    query = ware().where("id", 1)
    before = query.to_sql("sqlite")
    assert query.where_group is not None  # what a debugger does
    assert query.to_sql("sqlite") == before
    query.where_group(query.where("id", 2).or_where("id", 3))
    assert query.to_sql("sqlite")[0].endswith("WHERE qb_ware.id = ? AND (qb_ware.id = ? OR qb_ware.id = ?)")


def test_groups_of_the_builder_itself_nest() -> None:
    query = ware()
    query.where_group(query.where("id", 1).or_where_group(query.where("id", 2).where("stock", 3)))
    query.where("id", "<", 9)
    assert query.to_sql("sqlite")[0].endswith(
        "WHERE (qb_ware.id = ? OR qb_ware.id = ? AND qb_ware.stock = ?) AND qb_ware.id < ?"
    )


ALTERNATIVES: dict[str, Callable[["QueryBuilder[Any]"], object]] = {
    "qb_ware.id != ?": lambda q: q.or_where_not("id", 2),
    "NOT (qb_ware.id = ? AND qb_ware.stock = ?)": lambda q: q.or_where_not({"id": 2, "stock": 3}),
    "qb_ware.id IN (?, ?)": lambda q: q.or_where_in("id", [2, 3]),
    "(qb_ware.id NOT IN (?, ?))": lambda q: q.or_where_not_in("id", [2, 3]),
    "qb_ware.note IS NULL": lambda q: q.or_where_null("note"),
    "qb_ware.note IS NOT NULL": lambda q: q.or_where_not_null("note"),
    "qb_ware.stock BETWEEN ? AND ?": lambda q: q.or_where_between("stock", 2, 3),
    "qb_ware.name LIKE ? ESCAPE '/'": lambda q: q.or_where_contains("name", "x"),
    "qb_ware.note LIKE ? ESCAPE '/'": lambda q: q.or_where_starts_with("note", "x"),
    "qb_ware.note LIKE ? ESCAPE '/' OR qb_ware.name LIKE ? ESCAPE '/'": (
        lambda q: q.or_where_ends_with("note", "x").or_where_ends_with("name", "x")
    ),
    "qb_ware.stock < qb_ware.id": lambda q: q.or_where_column("stock", "<", "id"),
    "qb_ware.stock + qb_ware.id > ?": lambda q: q.or_where_raw("stock + id > :least", least=3),
    "(EXISTS (SELECT qb_shelf.id FROM qb_shelf))": lambda q: q.or_where_exists(QueryBuilder(Shelf).select("id")),
    "NOT (EXISTS (SELECT qb_shelf.id FROM qb_shelf))": lambda q: q.or_where_not_exists(
        QueryBuilder(Shelf).select("id")
    ),
}


@pytest.mark.parametrize("condition", ALTERNATIVES)
def test_every_condition_may_be_an_alternative(condition: str) -> None:
    query = ware().where("id", 1).where("stock", 1)
    ALTERNATIVES[condition](query)
    sql, _ = query.where("id", 9).to_sql("sqlite")
    assert sql == (
        f"SELECT qb_ware.id FROM qb_ware WHERE (qb_ware.id = ? AND qb_ware.stock = ? OR {condition}) AND qb_ware.id = ?"
    )


def test_a_builder_stands_for_a_value() -> None:
    dearest = QueryBuilder(Ware).select("MAX(price) as dearest").where("stock", ">", 1)
    query = ware().where("price", "=", dearest).or_where("shelf_id", "NOT IN", QueryBuilder(Shelf))
    sql, values = query.to_sql("sqlite")
    assert values == (1,)
    assert sql == (
        "SELECT qb_ware.id FROM qb_ware WHERE qb_ware.price = (SELECT max(qb_ware.price) AS dearest FROM qb_ware "
        "WHERE qb_ware.stock > ?) OR (qb_ware.shelf_id NOT IN (SELECT qb_shelf.id FROM qb_shelf))"
    )
