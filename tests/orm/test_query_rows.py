"""What queries give: rows and entities, the same on the three databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from fx_orm.errors import MultipleFoundError, NotFoundError, QueryError
from fx_orm.query_builder import QueryBuilder, Row
from tests.orm.shop_tables import TABLES, Kind, Label, Shelf, Ware, fill, shop


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    with shop(database_url) as session:
        yield session


def wares(session: Session) -> "QueryBuilder[Ware]":
    return QueryBuilder(Ware, manager=session)


def names(found: list[Ware]) -> list[str]:
    return sorted(ware.name for ware in found)


def test_entities_by_conditions_in_both_styles(session: Session) -> None:
    chained = wares(session).where("price", ">", 8).where("is_active", True).order_by("name").get()
    builder = wares(session)
    builder.where("price", ">", 8)
    builder.where("is_active", "=", True)
    builder.order_by("name")
    assert [ware.name for ware in chained] == ["Pot", "Sencha"]
    assert builder.get() == chained
    assert builder.get()[0] is chained[0]


def test_numbers_in_strings_are_numbers(session: Session) -> None:
    assert wares(session).where_in("id", ["1", 2]).where("price", "<", "1000.5").count() == 2


def test_entities_are_those_of_the_session_and_keep_their_changes(session: Session) -> None:
    ware = session.get(Ware, 1)
    assert ware is not None
    ware.note = "changed"
    session.autoflush = False
    assert wares(session).where("id", 1).one() is ware
    assert ware.note == "changed"
    assert session.is_modified(ware)


def test_pending_changes_are_seen_where_the_session_flushes_by_itself(session: Session) -> None:
    session.add(Ware(id=10, name="New", price=Decimal(1)))
    assert wares(session).where("name", "New").exists()


def test_expired_entities_are_filled_by_a_query(session: Session) -> None:
    ware = session.get(Ware, 1)
    session.expire_all()
    assert wares(session).where("id", 1).first() is ware
    assert "name" in ware.__dict__


def test_loaded_entities_are_whole(session: Session) -> None:
    session.expunge_all()
    ware = wares(session).find(5)
    assert ware is not None
    assert (ware.price, ware.extra, ware.kind, ware.shelf) == (Decimal("1.00"), {"a": [1]}, Kind.LEAF, None)
    ware.stock = 77
    session.commit()
    assert wares(session).where("stock", 77).value("name") == "Stray"


def test_conditions_combine_from_left_to_right(session: Session) -> None:
    found = (
        wares(session).where("name", "LIKE", "%a%").or_where("note", "LIKE", "%black%").where("is_active", "=", True)
    )
    assert names(found.get()) == ["Assam", "Sencha", "Stray"]


@pytest.mark.parametrize("form", ["callable", "other", "itself"])
def test_a_group_in_its_three_forms(session: Session, form: str) -> None:
    builder = wares(session).where("is_active", True)
    if form == "callable":
        builder.where_group(lambda q: q.where("stock", 0).or_where("price", ">", 20))
    elif form == "other":
        builder.where_group(QueryBuilder(Ware).where("stock", 0).or_where("price", ">", 20))
    else:
        builder.where_group(builder.where("stock", 0).or_where("price", ">", 20))
    builder.where("id", "<", 5)
    assert names(builder.get()) == ["Assam", "Pot"]


def test_lists_and_nulls(session: Session) -> None:
    assert names(wares(session).where_in("id", [1, 3]).get()) == ["Pot", "Sencha"]
    assert names(wares(session).where_in("id", (each for each in (1, 3))).get()) == ["Pot", "Sencha"]
    assert wares(session).where_in("id", []).get() == []
    assert wares(session).where_not_in("id", []).count() == 5
    assert names(wares(session).where_in("note", ["green", None]).get()) == ["Cup_50%", "Pot", "Sencha", "Stray"]
    assert names(wares(session).where_not_in("note", ["green", None]).get()) == ["Assam"]
    assert wares(session).where("note", None).count() == wares(session).where_null("note").count() == 3
    assert wares(session).where("note", "!=", None).count() == wares(session).where_not_null("note").count() == 2
    assert wares(session).where({"note": None, "is_active": False}).one().id == 4


def test_ranges_patterns_and_columns(session: Session) -> None:
    assert names(wares(session).where_between("price", 7, 10).get()) == ["Assam", "Sencha"]
    assert names(wares(session).where_contains("name", "50%").get()) == ["Cup_50%"]
    assert names(wares(session).where_starts_with("name", "Cup_").get()) == ["Cup_50%"]
    assert wares(session).where_contains("name", "_ea").get() == []
    assert names(wares(session).where("name", "ILIKE", "SENCHA").get()) == ["Sencha"]
    assert names(wares(session).where_column("stock", ">", "id").get()) == ["Cup_50%", "Sencha"]
    assert names(wares(session).where_not("kind", "LEAF").get()) == ["Cup_50%", "Pot"]
    assert names(wares(session).where_raw("price * stock > :value", value=60).get()) == ["Cup_50%"]


def test_booleans_and_enums_in_every_spelling(session: Session) -> None:
    for value in (True, 1):
        assert wares(session).where("is_active", value).count() == 4
    for text in ("is_active = true", "is_active = 1", "is_active", "is_active IS TRUE"):
        assert wares(session).where_raw(text).count() == 4
    for kind in (Kind.TOOL, "TOOL", "tool"):
        assert names(wares(session).where("kind", kind).get()) == ["Cup_50%", "Pot"]


def test_moments(session: Session) -> None:
    recent = wares(session).where("created_at", ">=", "DATE('now', '-30 days')")
    assert names(recent.get()) == ["Cup_50%", "Pot", "Sencha"]
    assert wares(session).where("created_at", "<=", "CURRENT_TIMESTAMP").count() == 5
    assert wares(session).where("created_at", ">", "DATETIME('now', '+1 hour')").count() == 0
    assert wares(session).where("created_at", ">", "DATE('now', 'start of year', '-5 years')").count() == 5
    assert wares(session).where("made_on", "2025-02-03").one().name == "Stray"
    assert wares(session).where("made_on", "<", "CURRENT_DATE").count() == 5
    assert wares(session).where("created_at", ">=", datetime.now() - timedelta(days=30)).count() == 3
    assert (
        wares(session).where_raw("created_at <= CURRENT_TIMESTAMP AND created_at > DATE('now', '-30 days')").count()
        == 3
    )
    assert wares(session).where("name", "CURRENT_TIMESTAMP").count() == 0


def test_rows_through_aliases_joins_and_stars(session: Session) -> None:
    rows = (
        QueryBuilder(session)
        .select(["p.*", "c.name as shelf_name"])
        .from_table("qb_ware p")
        .join("qb_shelf c", "p.shelf_id = c.id")
        .where("p.is_active", "=", True)
        .order_by("p.price", "DESC")
        .limit(2)
        .execute()
    )
    assert [(row.name, row["shelf_name"], row.price) for row in rows] == [
        ("Pot", "Tools", Decimal("30.00")),
        ("Sencha", "Tea", Decimal("9.50")),
    ]
    first = rows[0]
    assert isinstance(first, Row)
    assert (first.kind, first.is_active, first.extra, first.shelf_id) == (Kind.TOOL, True, {}, 2)


def test_join_with_three_arguments_and_by_relationship(session: Session) -> None:
    four = QueryBuilder(session).from_table("qb_ware p").join("qb_shelf c", "p.shelf_id", "=", "c.id")
    assert len(four.select("p.id").get()) == 4
    by_name = wares(session).join("shelf").where("shelf.name", "Tea")
    assert names(by_name.get()) == ["Assam", "Sencha"]
    many = wares(session).join("labels l").where("l.name", "new")
    assert names(many.get()) == ["Pot", "Sencha"]
    far = QueryBuilder(Label, manager=session).join("wares w").join("w.shelf s").where("s.name", "Tools")
    assert [label.name for label in far.get()] == ["new"]


def test_left_and_right_join(session: Session) -> None:
    rows = QueryBuilder(session).select("s.name", "w.name as ware").from_table("qb_shelf s")
    left = rows.clone().left_join("qb_ware w", "w.shelf_id = s.id").where_null("w.id").get()
    assert left == [{"name": "Empty", "ware": None}]
    right = rows.clone().right_join("qb_ware w", "w.shelf_id = s.id").where_null("s.id").get()
    assert right == [{"name": None, "ware": "Stray"}]
    assert (
        len(
            QueryBuilder(session)
            .select("s.id", "l.id as label")
            .from_table("qb_shelf s")
            .cross_join("qb_label l")
            .get()
        )
        == 6
    )


def test_distinct_gives_entities_with_json_once(session: Session) -> None:
    found = wares(session).join("labels").where_in("labels.name", ["new", "organic"]).distinct().order_by("name")
    assert [ware.name for ware in found.get()] == ["Pot", "Sencha"]
    assert found.count() == 2


def test_distinct_in_the_select_list(session: Session) -> None:
    rows = QueryBuilder(session).select(["DISTINCT kind"]).from_table("qb_ware").get()
    assert sorted(row.kind.value for row in rows) == ["leaf", "tool"]


def test_statistics_in_one_row(session: Session) -> None:
    row = (
        QueryBuilder(session)
        .select(
            [
                "COUNT(*) as total",
                "COUNT(CASE WHEN is_active = true THEN 1 END) as active",
                "COUNT(CASE WHEN is_active = 1 THEN 1 END) as also_active",
                "AVG(price) as average_price",
                "AVG(stock) as average_stock",
                "SUM(stock) as pieces",
                "MAX(price) as dearest",
            ]
        )
        .from_table("qb_ware")
        .first()
    )
    assert row is not None
    assert (row.total, row.active, row.also_active, row.pieces, row.dearest) == (5, 4, 4, 16, Decimal("30.00"))
    assert (row.average_price, row.average_stock) == (Decimal("11.95"), 3.2)
    assert {key: type(value) for key, value in row.items()} == {
        "total": int,
        "active": int,
        "also_active": int,
        "average_price": Decimal,
        "average_stock": float,
        "pieces": int,
        "dearest": Decimal,
    }


def test_groups_and_having(session: Session) -> None:
    builder = (
        QueryBuilder(session)
        .select(["s.name as shelf_name", "COUNT(w.id) as wares", "SUM(w.stock) as pieces"])
        .from_table("qb_shelf s")
        .left_join("qb_ware w", "s.id = w.shelf_id")
        .group_by("s.id", "s.name")
        .order_by("pieces", "DESC")
        .order_by("shelf_name")
    )
    rows = [row for row in builder.execute() if row.wares]
    assert [(row.shelf_name, row.wares, row.pieces) for row in rows] == [("Tools", 2, 11), ("Tea", 2, 5)]
    assert len(builder.clone().having("wares", ">", 1).get()) == 2
    assert len(builder.clone().having("SUM(w.stock) > :least", least=5).get()) == 1
    assert len(builder.clone().having("wares = 0").or_having("pieces", ">", 10).get()) == 2
    assert builder.count() == 3


def test_columns_that_the_groups_determine_may_be_selected(session: Session) -> None:
    rows = (
        QueryBuilder(session)
        .select(["w.*", "s.name as shelf_name", "COUNT(l.label_id) as labels"])
        .from_table("qb_ware w")
        .join("qb_shelf s", "w.shelf_id = s.id")
        .left_join("qb_ware_label l", "w.id = l.ware_id")
        .group_by("w.id")
        .order_by("w.name")
        .get()
    )
    assert [(row.name, row.shelf_name, row.labels) for row in rows] == [
        ("Assam", "Tea", 0),
        ("Cup_50%", "Tools", 0),
        ("Pot", "Tools", 1),
        ("Sencha", "Tea", 2),
    ]


def test_single_values(session: Session) -> None:
    assert wares(session).count() == 5
    assert wares(session).where("stock", ">", 100).exists() is False
    assert wares(session).limit(2).count() == 2
    assert wares(session).order_by("name").value("name") == "Assam"
    assert wares(session).order_by("id").limit(2).pluck("name") == ["Sencha", "Assam"]
    assert wares(session).where("id", "<", 3).pluck("name", "id") == {1: "Sencha", 2: "Assam"}
    assert wares(session).sum("stock") == 16
    assert wares(session).where("id", 99).sum("stock") is None
    assert wares(session).min("price") == Decimal("1.00")
    assert wares(session).max("created_at") >= wares(session).min("created_at")
    assert wares(session).avg("stock") == 3.2
    assert str(wares(session).avg("price")) == "11.950000"
    assert str(wares(session).where_in("id", [1, 2, 5]).avg("price")) == "5.916667"
    assert str(wares(session).sum("price")) == "59.75"


def test_one_find_and_first(session: Session) -> None:
    assert wares(session).where("id", 99).first() is None
    assert wares(session).find(99) is None
    with pytest.raises(NotFoundError, match=r"QueryBuilder.one\(\): no Ware fits the conditions"):
        wares(session).where("id", 99).one()
    with pytest.raises(MultipleFoundError, match=r"QueryBuilder.one\(\): more than one Ware fits the conditions"):
        wares(session).one()


def test_sub_queries(session: Session) -> None:
    tea = QueryBuilder(Shelf).select("id").where("name", "Tea")
    assert names(wares(session).where_in("shelf_id", tea).where("stock", 0).get()) == ["Assam"]
    assert names(wares(session).where_in("shelf_id", QueryBuilder(Shelf).where("name", "Tea")).get()) == [
        "Assam",
        "Sencha",
    ]
    dearest = QueryBuilder(Ware).select("MAX(price)")
    assert names(wares(session).where("price", "=", dearest).get()) == ["Pot"]
    assert names(wares(session).where("price", "<", QueryBuilder(Ware).select("AVG(price)")).get()) == [
        *("Assam", "Sencha", "Stray"),
    ]
    inner = (
        QueryBuilder().select("l.ware_id").from_table("qb_ware_label l").where_column("l.ware_id", "=", "qb_ware.id")
    )
    assert names(wares(session).where_exists(inner).get()) == ["Pot", "Sencha"]
    assert names(wares(session).where_not_exists(inner).where("stock", ">", 0).get()) == ["Cup_50%"]
    totals = QueryBuilder().select("shelf_id", "SUM(stock) as pieces").from_table("qb_ware").group_by("shelf_id")
    rows = (
        QueryBuilder(session)
        .select("s.name", "t.pieces")
        .from_table("qb_shelf s")
        .join(totals, "t.shelf_id = s.id", alias="t")
        .where("t.pieces", ">", 6)
        .get()
    )
    assert rows == [{"name": "Tools", "pieces": 11}]
    assert QueryBuilder(session).from_table(totals, alias="t").count() == 3
    named = QueryBuilder(session).with_cte("totals", totals).from_table("totals").where("pieces", 5).get()
    assert named == [{"shelf_id": 1, "pieces": 5}]
    common = QueryBuilder(session).with_cte("totals", totals).from_table("totals").where("pieces", ">", 4)
    assert (common.count(), common.exists(), common.max("pieces"), common.paginate().total) == (2, True, 11, 2)
    with_value = (
        QueryBuilder(session)
        .select("s.name", n=QueryBuilder().select("COUNT(*)").from_table("qb_ware"))
        .from_table("qb_shelf s")
    )
    assert {row.n for row in with_value.get()} == {5}


def test_union(session: Session) -> None:
    one = QueryBuilder(session).select("name").from_table("qb_shelf")
    two = QueryBuilder(session).select("name").from_table("qb_label").where("id", 2)
    assert [row.name for row in one.clone().union(two).order_by("name").get()] == ["Empty", "Tea", "Tools", "new"] or [
        row.name for row in one.clone().union(two).order_by("name").get()
    ] == ["Empty", "new", "Tea", "Tools"]
    assert one.clone().union_all(one).count() == 6
    assert one.clone().except_(one).get() == []


def test_relationships_loaded_along(session: Session) -> None:
    session.expunge_all()
    found = wares(session).with_("shelf", "labels").order_by("id").get()
    session.expunge_all()
    assert [ware.shelf.name if ware.shelf else None for ware in found] == ["Tea", "Tea", "Tools", "Tools", None]
    assert [len(ware.labels) for ware in found] == [2, 0, 1, 0, 0]


def test_changes(session: Session) -> None:
    assert (
        wares(session).insert([{"id": 11, "name": "A", "price": 1}, {"id": 12, "name": "B", "price": 2, "note": None}])
        == 2
    )
    assert wares(session).where_in("name", ["A", "B"]).pluck("is_active") == [True, True]
    loaded = wares(session).where("name", "A").one()
    assert wares(session).where("name", "A").update({"stock": 4, "kind": "tool"}) == 1
    assert (loaded.stock, loaded.kind) == (4, Kind.TOOL)
    assert wares(session).where("name", "A").increment("stock", 3) == 1
    assert wares(session).where("name", "A").value("stock") == 7
    assert wares(session).where_in("name", ["A", "B"]).delete() == 2
    assert QueryBuilder(session).from_table("qb_label").where("id", 2).update({"name": "newest"}) == 1
    with pytest.raises(QueryError) as caught:
        wares(session).delete()
    assert str(caught.value) == (
        "QueryBuilder.delete(): it has no condition and would change every row; say all_rows() if that is meant"
    )
    assert QueryBuilder(session).from_table("qb_ware_label").all_rows().delete() == 3


def test_a_table_of_no_entity_is_reflected(session: Session) -> None:
    session.connection().exec_driver_sql("CREATE TABLE qb_legacy (id INTEGER PRIMARY KEY, made DATE)")
    session.connection().exec_driver_sql("INSERT INTO qb_legacy VALUES (1, '2024-05-06')")
    rows = QueryBuilder(session).from_table("qb_legacy l").where("l.made", ">", "2024-01-01").get()
    assert rows[0].made.isoformat() == "2024-05-06"
    with pytest.raises(QueryError) as caught:
        QueryBuilder(session).from_table("qb_legaci").get()
    assert str(caught.value) == (
        'QueryBuilder.from_table("qb_legaci"): table "qb_legaci" does not exist; did you mean "qb_legacy"?'
    )


def test_union_of_entities_gives_entities(session: Session) -> None:
    cheap, dear = wares(session).where("price", "<", 5), wares(session).where("price", ">", 20)
    assert [ware.name for ware in cheap.clone().union_all(dear).order_by("name").get()] == ["Pot", "Stray"]
    found = cheap.union_all(dear).with_("shelf").order_by("name").get()
    assert found[0].shelf is not None
    assert found[0].shelf.name == "Tools"


def test_an_entitys_builder_may_stand_for_a_table(session: Session) -> None:
    active = QueryBuilder(Ware).where("is_active", True)
    rows = QueryBuilder(session).from_table(active, alias="a").select("a.name").where("a.stock", ">", 3).get()
    assert rows == [{"name": "Sencha"}]


class Price(BaseModel):
    name: str
    price: Decimal


@dataclass
class Stock:
    name: str
    stock: int


def test_rows_as_objects_of_other_classes(session: Session) -> None:
    assert wares(session).where("id", 3).as_(Price).get() == [Price(name="Pot", price=Decimal(30))]
    assert wares(session).select("name", "stock").where("id", 3).as_(Stock).first() == Stock("Pot", 2)
    with pytest.raises(QueryError) as caught:
        wares(session).select("name").as_(Stock).get()
    assert str(caught.value) == "QueryBuilder.as_(Stock): stock was not selected"


def test_pages_and_chunks_and_streams(session: Session) -> None:
    page = wares(session).order_by("id").paginate(2, 2)
    assert ([ware.id for ware in page], page.total, page.pages) == ([3, 4], 5, 3)
    chunks = wares(session).where("stock", 0).or_where("stock", ">", 1).chunk(2)
    assert [[ware.id for ware in chunk] for chunk in chunks] == [[1, 2], [3, 4], [5]]
    assert [ware.id for ware in wares(session).order_by("id").stream(2)] == [1, 2, 3, 4, 5]
    rows = QueryBuilder(session).select("id", "kind").from_table("qb_ware").order_by("id").stream(2)
    assert next(rows) == {"id": 1, "kind": Kind.LEAF}
    rows.close()  # type: ignore[attr-defined]


def test_streams_make_models_of_rows_too(session: Session) -> None:
    streamed = wares(session).as_(Stock).where("id", "<", 3).order_by("id").stream(1)
    assert list(streamed) == [Stock("Sencha", 5), Stock("Assam", 0)]


def test_chunks_hold_an_entity_once_that_a_join_finds_several_times(session: Session) -> None:
    joined = wares(session).join("labels")
    found = [ware.id for ware in joined.clone().order_by("id").get()]
    assert len(found) > len(set(found))
    chunks = [[ware.id for ware in chunk] for chunk in joined.chunk(1)]
    assert chunks == [[key] for key in sorted(set(found))]


def test_a_part_of_a_union_keeps_its_order_and_limit(session: Session) -> None:
    dearest = wares(session).select("name").order_by("price", "DESC").limit(1)
    both = wares(session).select("name").where("id", 1).union_all(dearest).order_by("name")
    assert both.pluck("name") == ["Pot", "Sencha"]
    nested = (
        wares(session)
        .select("id")
        .where("id", 1)
        .union(wares(session).select("id").where("id", 2).union(wares(session).select("id").where("id", 3)))
        .order_by("id")
    )
    assert nested.pluck("id") == [1, 2, 3]
    entities = wares(session).where("id", 1).union(wares(session).order_by("id", "DESC").limit(1)).order_by("id")
    assert [ware.id for ware in entities.get()] == [1, 5]


def test_explain_is_the_databases_own_words(session: Session) -> None:
    said = wares(session).where("name", "x").where("created_at", ">", "2024-01-01").where_in("id", [1, 2]).explain()
    assert "qb_ware" in str(said)
    assert said.database == session.connection().dialect.name
    if said.database == "sqlite":
        assert [step["detail"] for step in said.data] == said.text.splitlines()
    elif said.database == "postgresql":
        assert said.data[0]["Plan"]["Relation Name"] == "qb_ware"
    else:
        assert "query_block" in said.data


def test_windows_and_their_frames(session: Session) -> None:
    rows = (
        wares(session)
        .select(
            "id",
            "SUM(stock) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) as last_two",
            "SUM(stock) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) as so_far",
            "SUM(stock) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) as still",
            "ROW_NUMBER() OVER (PARTITION BY kind ORDER BY price DESC) as place",
        )
        .order_by("id")
        .get()
    )
    assert [(row.last_two, row.so_far, row.still) for row in rows] == [
        *((5, 5, 11), (5, 5, 11), (2, 7, 9), (11, 16, 0), (9, 16, None)),
    ]
    assert [row.place for row in rows] == [1, 2, 1, 2, 3]


def test_upsert_inserts_or_changes(session: Session) -> None:
    labels = QueryBuilder(Label, manager=session)
    assert labels.upsert([{"id": 1, "name": "bio"}, {"id": 7, "name": "rare"}], keys=["id"]) == 2
    assert labels.order_by("id").pluck("name") == ["bio", "new", "rare"]
    stock = wares(session).where("id", 1).value("stock")
    row = {"id": 1, "name": "Other", "price": Decimal(1), "stock": 99}
    wares(session).upsert(row, keys=["id"], update=["name"])
    assert wares(session).where("id", 1).one().name == "Other"
    assert wares(session).where("id", 1).value("stock") == stock
    with pytest.raises(QueryError) as caught:
        wares(session).upsert(row, keys=["idd"])
    assert str(caught.value) == ('QueryBuilder.upsert("idd"): table "qb_ware" has no column "idd"; did you mean "id"?')


def test_distinct_entities_in_the_order_of_what_they_determine(session: Session) -> None:
    found = wares(session).join("labels").join("shelf").distinct().order_by("shelf.name", "DESC").get()
    assert [ware.name for ware in found] == ["Pot", "Sencha"]


def test_values_of_what_was_selected(session: Session) -> None:
    totals = (
        QueryBuilder(session)
        .select("s.name", "SUM(w.stock) as pieces")
        .from_table("qb_shelf s")
        .join("qb_ware w", "w.shelf_id = s.id")
        .group_by("s.id")
        .order_by("pieces")
    )
    assert totals.pluck("pieces", "s.name") == {"Tea": 5, "Tools": 11}
    assert totals.value("pieces") == 5
    with pytest.raises(QueryError) as caught:
        totals.pluck("peices")
    assert str(caught.value) == 'QueryBuilder.pluck("peices"): "peices" is not selected; did you mean "pieces"?'


def test_one_parameter_in_two_places(session: Session) -> None:
    found = wares(session).where_raw("price > :least OR stock > :least", least=8).order_by("id")
    assert [ware.id for ware in found.get()] == [1, 3, 4]


def test_groups_where_mariadb_wants_every_column_named(server_databases: dict[str, str]) -> None:
    if "mariadb" not in server_databases:
        pytest.skip("no MariaDB")
    engine = sa.create_engine(
        server_databases["mariadb"], connect_args={"init_command": "SET SESSION sql_mode = 'ONLY_FULL_GROUP_BY'"}
    )
    SQLModel.metadata.drop_all(engine, tables=TABLES)
    SQLModel.metadata.create_all(engine, tables=TABLES)
    with Session(engine) as session:
        fill(session)
        once = wares(session).join("labels").join("shelf").distinct().order_by("shelf.name", "DESC")
        assert [ware.name for ware in once.get()] == ["Pot", "Sencha"]
        assert [ware.name for ware in once.with_("labels").get()] == ["Pot", "Sencha"]
        assert [ware.name for ware in once.cursor_paginate(1)] == ["Pot"]
        rows = (
            QueryBuilder(session)
            .select("w.*", "s.name as shelf_name", "COUNT(l.label_id) as labels")
            .from_table("qb_ware w")
            .join("qb_shelf s", "w.shelf_id = s.id")
            .left_join("qb_ware_label l", "w.id = l.ware_id")
            .group_by("w.id")
            .having("w.price", ">", 9)
            .order_by("w.stock")
            .get()
        )
        assert [(row.name, row.shelf_name, row.labels) for row in rows] == [
            *(("Pot", "Tools", 1), ("Sencha", "Tea", 2), ("Cup_50%", "Tools", 0)),
        ]
    SQLModel.metadata.drop_all(engine, tables=TABLES)
    engine.dispose()
