"""Every repository and query builder example of the documentation, in its order and with its number.

Each runs as it is printed, chained on one expression, and in steps on a variable: with the same rows, the same
statements and the same values on the three databases. The exact statements are in `page_statements.sql`.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import fx_orm
from fx_orm import EntityManagerInterface, database, scope
from fx_orm.config import settings
from tests.orm import page_retold as retold
from tests.orm.page_repositories import (
    AdvancedProductRepository,
    ExCategory,
    ExProductTag,
    ExRating,
    ExTag,
    Product,
    ProductRepository,
    QueryBuilderProductRepository,
)

STATEMENTS = Path(__file__).with_name("page_statements.sql").read_text(encoding="utf-8")
ENTITIES = (ExCategory, ExTag, Product, ExProductTag, ExRating)
NOW = datetime.now()


def names(found: Any) -> list[str]:
    return [each["name"] if isinstance(each, dict) else each.name for each in found]


def sorted_names(found: Any) -> list[str]:
    return sorted(names(found))


@dataclass(frozen=True)
class Example:
    """An example: how it is told, and what it finds (as `shown` puts it)."""

    title: str
    tellings: dict[str, Callable[[], Any]]
    finds: Any
    shown: Callable[[Any], Any] = names


def told(
    printed: Callable[[], Any], *, chained: Callable[[], Any] | None = None, in_steps: Callable[[], Any] | None = None
) -> dict[str, Callable[[], Any]]:
    """Name the tellings; the printed one is in the style of which there is no other."""
    tellings = {"as_printed": printed, "chained": chained, "in_steps": in_steps}
    return {style: telling for style, telling in tellings.items() if telling is not None}


def as_it_is(result: Any) -> Any:
    return result


def columns(*names: str) -> Callable[[Any], Any]:
    return lambda result: [tuple(row[name] for name in names) for row in result]


def base() -> ProductRepository:
    return ProductRepository()


def built() -> QueryBuilderProductRepository:
    return QueryBuilderProductRepository()


def advanced() -> AdvancedProductRepository:
    return AdvancedProductRepository()


EXAMPLES = [
    Example(
        "01 find_by_name",
        told(
            lambda: base().find_by_name("Pot"),
            chained=lambda: retold.find_by_name_chained("Pot"),
            in_steps=lambda: retold.find_by_name_in_steps("Pot"),
        ),
        ("Pot", True),
        lambda product: (product.name, isinstance(product, Product)),
    ),
    Example(
        "02 find_active_products",
        told(
            lambda: base().find_active_products(),
            chained=retold.find_active_products_chained,
            in_steps=retold.find_active_products_in_steps,
        ),
        ["Assam", "Pot", "Sencha"],
        sorted_names,
    ),
    Example(
        "03 find_by_category",
        told(
            lambda: base().find_by_category(1),
            chained=lambda: retold.find_by_category_chained(1),
            in_steps=lambda: retold.find_by_category_in_steps(1),
        ),
        ["Assam", "Sencha"],
        sorted_names,
    ),
    Example(
        "04 search_products",
        told(lambda: base().search_products("en"), in_steps=lambda: retold.search_products("en")),
        ["Sencha"],
    ),
    Example(
        "05 get_featured_products",
        told(lambda: base().get_featured_products(), in_steps=retold.get_featured_products),
        ["Sencha"],
    ),
    Example(
        "06 update_last_updated",
        told(lambda: base().update_last_updated(2), in_steps=lambda: retold.update_last_updated(2)),
        True,
        as_it_is,
    ),
    Example(
        "07 get_recently_created",
        told(lambda: base().get_recently_created(), in_steps=retold.get_recently_created),
        ["Sencha", "Assam"],
    ),
    Example(
        "08 get_product_statistics",
        told(lambda: base().get_product_statistics(), in_steps=retold.get_product_statistics),
        {
            "total_products": 4,
            "active_products": 3,
            "featured_products": 1,
            "in_stock_products": 2,
            "average_price": 12.75,
        },
        as_it_is,
    ),
    Example(
        "09 find_active_products with categories",
        told(
            lambda: built().find_active_products(limit=2),
            in_steps=lambda: retold.find_active_products_with_category(limit=2),
        ),
        [("Sencha", "Tea", {"leaf": "flat"}), ("Assam", "Tea", {})],
        columns("name", "category_name", "metadata"),
    ),
    Example(
        "09 find_active_products with categories, all",
        told(lambda: built().find_active_products(), in_steps=retold.find_active_products_with_category),
        ["Sencha", "Assam", "Pot"],
    ),
    Example(
        "10 find_products_by_tag",
        told(lambda: built().find_products_by_tag("new"), in_steps=lambda: retold.find_products_by_tag("new")),
        [("Sencha", "new")],
        columns("name", "tag_name"),
    ),
    Example(
        "11 get_popular_products",
        told(lambda: built().get_popular_products(), in_steps=retold.get_popular_products),
        [("Assam", "Tea", 0, None), ("Sencha", "Tea", 2, 4.5)],
        columns("name", "category_name", "ratings_count", "avg_rating"),
    ),
    Example(
        "13 get_product_analytics_summary",
        told(
            lambda: advanced().get_product_analytics_summary(),
            chained=retold.get_product_analytics_summary,
        ),
        {
            "total_products": 4,
            "average_price": 12.75,
            "total_stock": 7,
            "active_products": 3,
            "featured_products": 1,
        },
        as_it_is,
    ),
    Example(
        "13 get_product_analytics_summary between dates",
        told(
            lambda: advanced().get_product_analytics_summary("2999-01-01", "2999-12-31T23:59:59"),
            chained=lambda: retold.get_product_analytics_summary("2999-01-01", "2999-12-31T23:59:59"),
        ),
        {"total_products": 0, "average_price": None, "total_stock": None, "active_products": 0, "featured_products": 0},
        as_it_is,
    ),
    Example(
        "14 get_category_performance",
        told(lambda: advanced().get_category_performance(), in_steps=retold.get_category_performance),
        [("Tea", 2, 8, 11, 5), ("Pots", 1, 30, 1, 2)],
        columns("category_name", "products_count", "avg_price", "total_views", "total_stock"),
    ),
]
SEARCHES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["Sencha", "Assam", "Gone", "Pot"]),
    "search": ({"search": "en"}, ["Sencha"]),
    "category_id": ({"category_id": 1}, ["Sencha", "Assam"]),
    "sku": ({"sku": "TE-2"}, ["Assam"]),
    "is_active": ({"is_active": False}, ["Gone"]),
    "is_featured": ({"is_featured": True}, ["Sencha"]),
    "in_stock": ({"in_stock": True}, ["Sencha", "Pot"]),
    "out of stock": ({"in_stock": False}, ["Assam", "Gone"]),
    "min_price": ({"min_price": 9}, ["Sencha", "Pot"]),
    "max_price": ({"max_price": 7.5}, ["Assam", "Gone"]),
    "created_after": ({"created_after": NOW - timedelta(days=7)}, ["Sencha", "Assam", "Gone"]),
    "created_before": ({"created_before": "2999-01-01"}, ["Sencha", "Assam", "Gone", "Pot"]),
    "category_name": ({"category_name": "Pots"}, ["Gone", "Pot"]),
    "tags": ({"tags": ["new", "rare"]}, ["Sencha", "Gone"]),
    "one tag": ({"tags": "rare"}, ["Sencha"]),
    "min_stock": ({"min_stock": 3}, ["Sencha"]),
    "popularity": ({"sort_by": "popularity"}, ["Assam", "Sencha", "Gone", "Pot"]),
    "price_asc": ({"sort_by": "price_asc"}, ["Gone", "Assam", "Sencha", "Pot"]),
    "price_desc": ({"sort_by": "price_desc"}, ["Pot", "Sencha", "Assam", "Gone"]),
    "another order": ({"sort_by": "name", "sort_order": "asc"}, ["Assam", "Gone", "Pot", "Sencha"]),
    "limit": ({"limit": 2}, ["Sencha", "Assam"]),
    "limit and offset": ({"limit": 2, "offset": 1}, ["Assam", "Gone"]),
    "offset": ({"offset": 3}, ["Pot"]),
    "several": (
        {"search": "TE-", "is_active": True, "category_name": "Tea", "tags": "new", "min_price": 5, "limit": 5},
        ["Sencha"],
    ),
}
EXAMPLES += [
    Example(
        f"12 advanced_product_search: {what}",
        told(
            lambda filters=filters: advanced().advanced_product_search(filters),
            chained=lambda filters=filters: retold.advanced_product_search(filters),
        ),
        finds,
    )
    for what, (filters, finds) in SEARCHES.items()
]
EXAMPLES.sort(key=lambda example: example.title[:2])


@pytest.fixture(scope="module")
def engine(module_database_url: str) -> Iterator[sa.Engine]:
    """A filled database for all examples: none of them changes what another one finds."""
    fx_orm.configure(database=module_database_url)
    engine = database.engine(settings())
    SQLModel.metadata.create_all(engine, [entity.__table__ for entity in ENTITIES])  # type: ignore[attr-defined]
    fill()
    yield engine
    database.dispose()
    fx_orm.configure()


def fill() -> None:
    em = EntityManagerInterface()
    with em.transaction():
        em.persist_all([ExCategory(id=1, name="Tea"), ExCategory(id=2, name="Pots")])
        em.persist_all([ExTag(id=1, name="new"), ExTag(id=2, name="rare")])
        em.flush()
        ages = [timedelta(hours=1), timedelta(hours=2), timedelta(days=60), timedelta(hours=3)]
        first, second, third, fourth = ({"id": at, "created_at": NOW - age} for at, age in enumerate(ages, 1))
        em.persist_all(
            [
                Product(
                    **first, name="Sencha", description="green", sku="TE-1", price=9, stock_quantity=5, view_count=3,
                    metadata={"leaf": "flat"}, is_featured=True, category_id=1,
                ),
                Product(**second, name="Assam", description="black", sku="TE-2", price=7, view_count=8, category_id=1),
                Product(**third, name="Pot", price=30, stock_quantity=2, view_count=1, category_id=2),
                Product(**fourth, name="Gone", price=5, is_active=False, view_count=2, category_id=2),
            ]
        )  # fmt: skip
        em.flush()
        em.persist_all([ExProductTag(product_id=at, tag_id=tag) for at, tag in ((1, 1), (1, 2), (4, 1))])
        em.persist_all([ExRating(id=1, product_id=1, rating=4), ExRating(id=2, product_id=1, rating=5)])
    scope.current().close()


@pytest.fixture
def sent(engine: sa.Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that a test sends, with their values; without SQLite's BEGIN."""
    heard: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            heard.append((" ".join(statement.split()), list(values.values() if isinstance(values, dict) else values)))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield heard
    sa.event.remove(engine, "before_cursor_execute", note)
    scope.current().close()


def expected(title: str, database_name: str) -> list[tuple[str, Any]]:
    """Read the statements of an example on a database, each with its values, from `page_statements.sql`."""
    block = STATEMENTS.partition(f"\n-- {title}\n")[2].partition("\n\n")[0]
    text = block.partition(f"-- {database_name}\n")[2].partition("\n-- ")[0]
    for name in ("p", "products"):
        text = text.replace(f"{{{name}}}", ", ".join(f"{name}.{column.name}" for column in sa.inspect(Product).columns))
    found = re.findall(r"(.+?);\n--: ([^\n]*)", text, re.DOTALL)
    return [(" ".join(statement.split()), ast.literal_eval(values)) for statement, values in found]


def comparable(value: object) -> object:
    """Put a moment, as a driver is given it, as "moment": which one it is changes from day to day."""
    is_moment = re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", str(value))
    return "moment" if is_moment or isinstance(value, datetime) else value


TOLD = [(example, style) for example in EXAMPLES for style in example.tellings]


@pytest.mark.parametrize(("example", "style"), TOLD, ids=[f"{example.title}-{style}" for example, style in TOLD])
def test_example(example: Example, style: str, sent: list[tuple[str, Any]], database_name: str) -> None:
    found = example.tellings[style]()
    assert example.shown(found) == example.finds
    assert [(statement, [comparable(value) for value in values]) for statement, values in sent] == expected(
        example.title, database_name
    )


def test_a_search_for_less_than_two_letters_asks_nothing(sent: list[tuple[str, Any]]) -> None:
    assert ProductRepository().search_products(" x ") == []
    assert sent == []


def test_a_change_of_a_product_that_is_not_there_is_false(engine: sa.Engine) -> None:
    assert ProductRepository().update_last_updated(99) is False


def test_the_change_is_saved(engine: sa.Engine) -> None:
    before = datetime.now(UTC)
    assert ProductRepository().update_last_updated(2) is True
    with engine.connect() as connection:
        moment = connection.execute(sa.select(Product.updated_at).where(Product.id == 2)).scalar_one()
    assert moment is not None
    assert before <= moment <= datetime.now(UTC)
