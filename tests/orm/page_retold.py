"""The queries of the documented repositories again: chained where they are printed in steps, else in steps.

Questions that a repository answers by itself (`find_by`) are told by a builder, in both styles.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fx_orm import EntityManagerInterface, QueryBuilder
from tests.orm.page_repositories import Product


def db() -> EntityManagerInterface:
    return EntityManagerInterface()


def find_by_name_chained(name: str) -> Product | None:
    return QueryBuilder(Product).where("name", name).first()


def find_by_name_in_steps(name: str) -> Product | None:
    qb = QueryBuilder(Product)
    qb.where("name", "=", name)
    return qb.first()


def find_active_products_chained() -> list[Product]:
    return QueryBuilder(Product).where("is_active", True).get()


def find_active_products_in_steps() -> list[Product]:
    qb = QueryBuilder(Product)
    qb.where("is_active", "=", True)
    return qb.get()


def find_by_category_chained(category_id: int) -> list[Product]:
    return QueryBuilder(Product).where({"category_id": category_id}).get()


def find_by_category_in_steps(category_id: int) -> list[Product]:
    qb = QueryBuilder(Product)
    qb.where("category_id", category_id)
    return qb.execute()


def search_products(query: str, limit: int = 50) -> list[Product]:
    qb = QueryBuilder(Product)
    qb.where("name", "LIKE", f"%{query}%")
    qb.or_where("description", "LIKE", f"%{query}%")
    qb.where("is_active", "=", True)
    qb.order_by("name")
    qb.limit(limit)
    return qb.get()


def get_featured_products(limit: int = 10) -> list[Product]:
    qb = QueryBuilder(Product)
    qb.where("is_featured", "=", True)
    qb.where("is_active", "=", True)
    qb.order_by("created_at", "DESC")
    qb.limit(limit)
    return qb.get()


def update_last_updated(product_id: int) -> bool:
    em = db()
    with em.transaction():
        product = em.find(Product, product_id)
        if product is not None:
            product.updated_at = datetime.now()
    return product is not None


def get_recently_created(days: int = 7, limit: int = 20) -> list[Any]:
    qb = QueryBuilder(db())
    qb.select(["p.*"])
    qb.from_table("products p")
    qb.where("p.created_at", ">=", datetime.now() - timedelta(days=days))
    qb.where("p.is_active", "=", True)
    qb.order_by("p.created_at", "DESC")
    qb.limit(limit)
    return qb.get()


def get_product_statistics() -> Any:
    qb = QueryBuilder(db())
    qb.from_table("products")
    qb.select("COUNT(*) as total_products")
    qb.add_select("COUNT(CASE WHEN is_active = true THEN 1 END) as active_products")
    qb.add_select("COUNT(CASE WHEN is_featured = true THEN 1 END) as featured_products")
    qb.add_select("COUNT(CASE WHEN stock_quantity > 0 THEN 1 END) as in_stock_products")
    qb.add_select("AVG(price) as average_price")
    return qb.first()


def find_active_products_with_category(limit: int | None = None) -> list[Any]:
    qb = QueryBuilder(db())
    qb.select(["p.*", "c.name as category_name"])
    qb.from_table("products p")
    qb.join("categories c", "p.category_id = c.id")
    qb.where("p.is_active", "=", True)
    qb.where("p.created_at", "<=", "CURRENT_TIMESTAMP")
    qb.order_by("p.created_at", "DESC")
    qb.limit(limit)
    return qb.execute()


def find_products_by_tag(tag: str, limit: int = 20) -> list[Any]:
    qb = QueryBuilder(db())
    qb.select(["DISTINCT p.*", "t.name as tag_name"])
    qb.from_table("products p")
    qb.join("product_tags pt", "p.id = pt.product_id")
    qb.join("tags t", "pt.tag_id = t.id")
    qb.where("t.name", "=", tag)
    qb.where("p.is_active", "=", True)
    qb.order_by("p.created_at", "DESC")
    qb.limit(limit)
    return qb.execute()


def get_popular_products(days: int = 30, limit: int = 10) -> list[Any]:
    qb = QueryBuilder(db())
    qb.select(["p.*", "c.name as category_name", "COUNT(pr.id) as ratings_count", "AVG(pr.rating) as avg_rating"])
    qb.from_table("products p")
    qb.join("categories c", "p.category_id = c.id")
    qb.left_join("product_ratings pr", "p.id = pr.product_id")
    qb.where("p.is_active", "=", True)
    qb.where("p.created_at", ">=", f"DATE('now', '-{days} days')")
    qb.group_by("p.id")
    qb.order_by("p.view_count", "DESC")
    qb.limit(limit)
    return qb.execute()


def advanced_product_search(filters: dict[str, Any]) -> list[Product]:
    """One chain: `when` asks for each condition only if its filter is there."""
    given = filters.get
    search = f"%{given('search')}%"
    tags: list[Any] = given("tags") if isinstance(given("tags"), list) else [given("tags")]
    key, way = given("sort_by", "created_at"), given("sort_order", "DESC")
    key, way = {"popularity": ("view_count", way), "price_asc": ("price", "ASC"), "price_desc": ("price", "DESC")}.get(
        key, (key, way)
    )
    return (
        QueryBuilder(Product)
        .when(
            given("search"),
            lambda q: q.where_group(
                lambda group: (
                    group.where("name", "LIKE", search)
                    .or_where("description", "LIKE", search)
                    .or_where("sku", "LIKE", search)
                )
            ),
        )
        .when(given("category_id"), equal("category_id", given("category_id")))
        .when(given("sku"), equal("sku", given("sku")))
        .when(given("is_active") is not None, equal("is_active", given("is_active")))
        .when(given("is_featured") is not None, equal("is_featured", given("is_featured")))
        .when(given("in_stock") is not None, lambda q: q.where("stock_quantity", ">" if given("in_stock") else "=", 0))
        .when(given("min_price"), lambda q: q.where("price", ">=", given("min_price")))
        .when(given("max_price"), lambda q: q.where("price", "<=", given("max_price")))
        .when(given("created_after"), lambda q: q.where("created_at", ">=", given("created_after")))
        .when(given("created_before"), lambda q: q.where("created_at", "<=", given("created_before")))
        .when(
            given("category_name"),
            lambda q: q.join("categories", "products.category_id", "=", "categories.id").where(
                "categories.name", given("category_name")
            ),
        )
        .when(
            given("tags"),
            lambda q: (
                q.join("product_tags", "products.id", "=", "product_tags.product_id")
                .join("tags", "product_tags.tag_id", "=", "tags.id")
                .where_in("tags.name", tags)
                .distinct()
            ),
        )
        .when(given("min_stock"), lambda q: q.where("stock_quantity", ">=", given("min_stock")))
        .order_by(key, way)
        .limit(given("limit"))
        .offset(given("offset"))
        .get()
    )


def equal(column: str, value: Any) -> Callable[[QueryBuilder[Product]], object]:
    return lambda query: query.where(column, value)


def get_product_analytics_summary(date_from: str | None = None, date_to: str | None = None) -> Any:
    return (
        QueryBuilder(db())
        .select(
            "COUNT(*) as total_products",
            "AVG(price) as average_price",
            "SUM(stock_quantity) as total_stock",
            "COUNT(CASE WHEN is_active = 1 THEN 1 END) as active_products",
            "COUNT(CASE WHEN is_featured = 1 THEN 1 END) as featured_products",
        )
        .from_table("products")
        .when(date_from, lambda q: q.where("created_at", ">=", date_from))
        .when(date_to, lambda q: q.where("created_at", "<=", date_to))
        .execute()[0]
    )


def get_category_performance(limit: int = 10) -> list[Any]:
    qb = QueryBuilder(db())
    qb.select(
        [
            "c.name as category_name",
            "COUNT(p.id) as products_count",
            "AVG(p.price) as avg_price",
            "SUM(p.view_count) as total_views",
            "SUM(p.stock_quantity) as total_stock",
        ]
    )
    qb.from_table("categories c")
    qb.left_join("products p", "c.id = p.category_id")
    qb.where("p.is_active", "=", True)
    qb.group_by("c.id", "c.name")
    qb.order_by("total_views", "DESC")
    qb.limit(limit)
    return qb.execute()
