"""The examples of the documented API, with their bodies as printed, on the three databases."""

# ruff: noqa: UP006, UP035, RUF013, FURB110 - the bodies are as printed

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Dict, List

import pytest
from sqlmodel import SQLModel

import fx_orm
from fx_orm import AbstractEntity, Field, QueryBuilder, Repository, database, scope
from fx_orm.config import settings


class ExCategory(AbstractEntity, table=True):
    __tablename__ = "categories"
    id: int | None = Field(default=None, primary_key=True)
    name: str


class ExTag(AbstractEntity, table=True):
    __tablename__ = "tags"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=50, unique=True)


class Product(AbstractEntity, table=True):
    __tablename__ = "products"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=255)
    description: str | None = Field(default=None)
    sku: str | None = Field(default=None, max_length=100)
    price: float = Field(gt=0)
    stock_quantity: int = Field(ge=0, default=0)
    view_count: int = Field(default=0)
    metadata: dict[str, Any] = Field(default_factory=dict)
    is_active: bool = Field(default=True)
    is_featured: bool = Field(default=False)
    created_at: datetime = Field(default_factory=datetime.now)
    category_id: int | None = Field(foreign_key="categories.id", nullable=True)


class ExProductTag(AbstractEntity, table=True):
    __tablename__ = "product_tags"
    product_id: int = Field(foreign_key="products.id", primary_key=True)
    tag_id: int = Field(foreign_key="tags.id", primary_key=True)


class ExRating(AbstractEntity, table=True):
    __tablename__ = "product_ratings"
    id: int | None = Field(default=None, primary_key=True)
    product_id: int = Field(foreign_key="products.id")
    rating: int


# fmt: off
class ProductRepository(Repository):
    def __init__(self):
        super().__init__(Product)

    def search_products(self, query: str, limit: int = 50) -> List[Product]:
        return self.query_builder()\
            .where("name", "LIKE", f"%{query}%")\
            .or_where("description", "LIKE", f"%{query}%")\
            .where("is_active", "=", True)\
            .order_by("name")\
            .limit(limit)\
            .get()

    def get_featured_products(self, limit: int = 10) -> List[Product]:
        return self.query_builder()\
            .where("is_featured", "=", True)\
            .where("is_active", "=", True)\
            .order_by("created_at", "DESC")\
            .limit(limit)\
            .get()

    def get_recently_created(self, days: int = 7, limit: int = 20) -> List[Product]:
        qb = QueryBuilder(self.db)
        cutoff_date = datetime.now() - timedelta(days=days)
        return (qb.select(['p.*'])
                 .from_table('products p')
                 .where('p.created_at', '>=', cutoff_date)
                 .where('p.is_active', '=', True)
                 .order_by('p.created_at', 'DESC')
                 .limit(limit)
                 .get())

    def get_product_statistics(self) -> Dict[str, int]:
        qb = QueryBuilder(self.db)
        result = (qb.select([
                    'COUNT(*) as total_products',
                    'COUNT(CASE WHEN is_active = true THEN 1 END) as active_products',
                    'COUNT(CASE WHEN is_featured = true THEN 1 END) as featured_products',
                    'COUNT(CASE WHEN stock_quantity > 0 THEN 1 END) as in_stock_products',
                    'AVG(price) as average_price'
                  ])
                  .from_table('products')
                  .first())
        return result if result else {}

    def find_active_products(self, limit: int = None) -> List[Product]:
        qb = QueryBuilder(self.db)
        query = (qb.select(['p.*', 'c.name as category_name'])
                  .from_table('products p')
                  .join('categories c', 'p.category_id = c.id')
                  .where('p.is_active', '=', True)
                  .where('p.created_at', '<=', 'CURRENT_TIMESTAMP')
                  .order_by('p.created_at', 'DESC'))
        if limit:
            query = query.limit(limit)
        return query.execute()

    def find_products_by_tag(self, tag: str, limit: int = 20) -> List[Product]:
        return (QueryBuilder(self.db)
                .select(['DISTINCT p.*', 't.name as tag_name'])
                .from_table('products p')
                .join('product_tags pt', 'p.id = pt.product_id')
                .join('tags t', 'pt.tag_id = t.id')
                .where('t.name', '=', tag)
                .where('p.is_active', '=', True)
                .order_by('p.created_at', 'DESC')
                .limit(limit)
                .execute())

    def get_popular_products(self, days: int = 30, limit: int = 10) -> List[Dict[str, Any]]:
        return (QueryBuilder(self.db)
                .select([
                    'p.*',
                    'c.name as category_name',
                    'COUNT(pr.id) as ratings_count',
                    'AVG(pr.rating) as avg_rating'
                ])
                .from_table('products p')
                .join('categories c', 'p.category_id = c.id')
                .left_join('product_ratings pr', 'p.id = pr.product_id')
                .where('p.is_active', '=', True)
                .where('p.created_at', '>=', f"DATE('now', '-{days} days')")
                .group_by('p.id')
                .order_by('p.view_count', 'DESC')
                .limit(limit)
                .execute())

    def advanced_product_search(self, filters: Dict[str, Any]) -> List[Product]:
        qb = QueryBuilder(self.entity_class)
        if filters.get('search'):
            search_term = f"%{filters['search']}%"
            qb.where_group(
                qb.where('name', 'LIKE', search_term)
                .or_where('description', 'LIKE', search_term)
                .or_where('sku', 'LIKE', search_term)
            )
        if filters.get('category_id'):
            qb.where('category_id', '=', filters['category_id'])
        if filters.get('is_active') is not None:
            qb.where('is_active', '=', filters['is_active'])
        if filters.get('in_stock') is not None:
            if filters['in_stock']:
                qb.where('stock_quantity', '>', 0)
            else:
                qb.where('stock_quantity', '=', 0)
        if filters.get('min_price'):
            qb.where('price', '>=', filters['min_price'])
        if filters.get('created_after'):
            qb.where('created_at', '>=', filters['created_after'])
        if filters.get('category_name'):
            qb.join('categories', 'products.category_id', '=', 'categories.id')
            qb.where('categories.name', '=', filters['category_name'])
        if filters.get('tags'):
            tag_list = filters['tags'] if isinstance(filters['tags'], list) else [filters['tags']]
            qb.join('product_tags', 'products.id', '=', 'product_tags.product_id')
            qb.join('tags', 'product_tags.tag_id', '=', 'tags.id')
            qb.where_in('tags.name', tag_list)
            qb.distinct()
        sort_field = filters.get('sort_by', 'created_at')
        sort_order = filters.get('sort_order', 'DESC')
        if sort_field == 'popularity':
            qb.order_by('view_count', sort_order)
        elif sort_field == 'price_asc':
            qb.order_by('price', 'ASC')
        else:
            qb.order_by(sort_field, sort_order)
        if filters.get('limit'):
            qb.limit(filters['limit'])
        if filters.get('offset'):
            qb.offset(filters['offset'])
        return qb.get()

    def get_product_analytics_summary(self, date_from: str = None, date_to: str = None) -> Dict[str, Any]:
        qb = QueryBuilder(self.db)
        qb.select([
            'COUNT(*) as total_products',
            'AVG(price) as average_price',
            'SUM(stock_quantity) as total_stock',
            'COUNT(CASE WHEN is_active = 1 THEN 1 END) as active_products',
            'COUNT(CASE WHEN is_featured = 1 THEN 1 END) as featured_products'
        ]).from_table('products')
        if date_from:
            qb.where('created_at', '>=', date_from)
        if date_to:
            qb.where('created_at', '<=', date_to)
        result = qb.execute()
        return result[0] if result else {}

    def get_category_performance(self, limit: int = 10) -> List[Dict[str, Any]]:
        return (QueryBuilder(self.db)
                .select([
                    'c.name as category_name',
                    'COUNT(p.id) as products_count',
                    'AVG(p.price) as avg_price',
                    'SUM(p.view_count) as total_views',
                    'SUM(p.stock_quantity) as total_stock'
                ])
                .from_table('categories c')
                .left_join('products p', 'c.id = p.category_id')
                .where('p.is_active', '=', True)
                .group_by('c.id', 'c.name')
                .order_by('total_views', 'DESC')
                .limit(limit)
                .execute())
# fmt: on


@pytest.fixture
def products(database_url: str) -> Iterator[ProductRepository]:
    fx_orm.configure(database=database_url)
    tables = [entity.__table__ for entity in (ExCategory, ExTag, Product, ExProductTag, ExRating)]
    SQLModel.metadata.create_all(database.engine(settings()), tables=tables)
    repository = ProductRepository()
    em = repository.entity_manager
    with em.transaction():
        em.persist_all([ExCategory(id=1, name="Tea"), ExCategory(id=2, name="Pots"), ExTag(id=1, name="new")])
        em.flush()
        old = datetime.now() - timedelta(days=60)
        em.persist_all(
            [
                Product(
                    id=1, name="Sencha", description="green", sku="TE-1", price=9, stock_quantity=5, view_count=3,
                    is_featured=True, category_id=1,
                ),
                Product(id=2, name="Assam", description="black", sku="TE-2", price=7, view_count=8, category_id=1),
                Product(id=3, name="Pot", price=30, stock_quantity=2, view_count=1, category_id=2, created_at=old),
                Product(id=4, name="Gone", price=5, is_active=False, category_id=2),
            ]
        )  # fmt: skip
        em.flush()
        em.persist_all([ExProductTag(product_id=1, tag_id=1), ExProductTag(product_id=4, tag_id=1)])
        em.persist_all([ExRating(id=1, product_id=1, rating=4), ExRating(id=2, product_id=1, rating=5)])
    yield repository
    scope.current().close()
    database.dispose()
    fx_orm.configure()


def names(found: Any) -> list[str]:
    return [each["name"] if isinstance(each, dict) else each.name for each in found]


def test_entities_are_found(products: ProductRepository) -> None:
    assert names(products.search_products("a")) == ["Assam", "Sencha"]
    assert names(products.search_products("green")) == ["Sencha"]
    assert names(products.get_featured_products()) == ["Sencha"]
    assert all(isinstance(product, Product) for product in products.search_products("a"))


def test_rows_are_found(products: ProductRepository) -> None:
    assert sorted(names(products.get_recently_created())) == ["Assam", "Sencha"]
    active = products.find_active_products(limit=3)
    assert {(row.name, row["category_name"]) for row in active} == {
        ("Sencha", "Tea"),
        ("Assam", "Tea"),
        ("Pot", "Pots"),
    }
    assert [(row.name, row.tag_name) for row in products.find_products_by_tag("new")] == [("Sencha", "new")]
    assert active[0].metadata == {}


def test_statistics(products: ProductRepository) -> None:
    assert products.get_product_statistics() == {
        "total_products": 4,
        "active_products": 3,
        "featured_products": 1,
        "in_stock_products": 2,
        "average_price": 12.75,
    }
    summary = products.get_product_analytics_summary(date_from="2020-01-01", date_to="2999-12-31T23:59:59")
    assert (summary["total_products"], summary["total_stock"], summary["active_products"]) == (4, 7, 3)
    assert products.get_product_analytics_summary(date_from="2999-01-01")["total_products"] == 0


def test_groups(products: ProductRepository) -> None:
    popular = products.get_popular_products()
    assert [(row["name"], row["category_name"], row["ratings_count"], row["avg_rating"]) for row in popular] == [
        ("Assam", "Tea", 0, None),
        ("Sencha", "Tea", 2, 4.5),
    ]
    performance = products.get_category_performance()
    assert [(row["category_name"], row["products_count"], row["total_views"]) for row in performance] == [
        ("Tea", 2, 11),
        ("Pots", 1, 1),
    ]
    assert performance[0]["avg_price"] == 8


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"search": "TE-", "is_active": True, "sort_by": "name", "sort_order": "ASC"}, ["Assam", "Sencha"]),
        ({"search": "on", "is_active": False}, ["Gone"]),
        ({"category_name": "Tea", "sort_by": "price_asc"}, ["Assam", "Sencha"]),
        ({"tags": ["new", "other"], "sort_by": "popularity"}, ["Sencha", "Gone"]),
        ({"tags": "new", "is_active": True}, ["Sencha"]),
        ({"in_stock": True, "min_price": 10}, ["Pot"]),
        ({"created_after": datetime.now() - timedelta(days=7), "sort_by": "popularity", "limit": 1}, ["Assam"]),
        ({"sort_by": "price_asc", "limit": 2, "offset": 1}, ["Assam", "Sencha"]),
    ],
)
def test_the_advanced_search(products: ProductRepository, filters: dict[str, Any], found: list[str]) -> None:
    assert names(products.advanced_product_search(filters)) == found
