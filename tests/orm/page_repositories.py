"""The repositories of the documented API with their bodies as printed, and the entities that they need.

The page has two classes called ProductRepository: the second one, on query builders, is `QueryBuilderProductRepository`
here.
"""

# ruff: noqa: UP006, UP035, UP045, RUF013, FURB110 - the bodies are as printed

from datetime import datetime
from typing import Any, Dict, List, Optional

from fx_orm import Field
from fx_orm.abstract_entity import AbstractEntity
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository import Repository


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
    updated_at: datetime | None = Field(default=None)
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
    """
    Product repository providing specialized product data access methods
    Extends base repository with product-specific functionality
    """

    def __init__(self):
        super().__init__(Product)

    def find_by_name(self, name: str) -> Optional[Product]:
        """Find a product by its name"""
        return self.find_one_by({"name": name})

    def find_active_products(self) -> List[Product]:
        """Retrieve all active products from the database"""
        return self.find_by({"is_active": True})

    def find_by_category(self, category_id: int) -> List[Product]:
        """Get all products in a specific category"""
        return self.find_by({"category_id": category_id})

    def search_products(self, query: str, limit: int = 50) -> List[Product]:
        """
        Search products by name or description
        Uses the Query Builder for flexible text matching
        """
        if not query or len(query.strip()) < 2:
            return []

        # Using Query Builder instead of raw SQL
        return self.query_builder()\
            .where("name", "LIKE", f"%{query}%")\
            .or_where("description", "LIKE", f"%{query}%")\
            .where("is_active", "=", True)\
            .order_by("name")\
            .limit(limit)\
            .get()

    def get_featured_products(self, limit: int = 10) -> List[Product]:
        """Get featured products for homepage display"""
        return self.query_builder()\
            .where("is_featured", "=", True)\
            .where("is_active", "=", True)\
            .order_by("created_at", "DESC")\
            .limit(limit)\
            .get()

    def update_last_updated(self, product_id: int) -> bool:
        """Update product's last updated timestamp"""
        from datetime import datetime
        return self.update(product_id, {"updated_at": datetime.now()})

    def get_recently_created(self, days: int = 7, limit: int = 20) -> List[Product]:
        """Get products created within the specified number of days using Query Builder"""
        qb = QueryBuilder(self.db)
        from datetime import datetime, timedelta

        cutoff_date = datetime.now() - timedelta(days=days)
        return (qb.select(['p.*'])
                 .from_table('products p')
                 .where('p.created_at', '>=', cutoff_date)
                 .where('p.is_active', '=', True)
                 .order_by('p.created_at', 'DESC')
                 .limit(limit)
                 .get())

    def get_product_statistics(self) -> Dict[str, int]:
        """Get comprehensive product statistics using Query Builder aggregations"""
        qb = QueryBuilder(self.db)

        # Using Query Builder for complex aggregations
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


class QueryBuilderProductRepository(Repository):
    """
    Product repository demonstrating Query Builder usage
    Shows how to avoid raw SQL with fluent query construction
    """

    def __init__(self):
        super().__init__(Product)

    def find_active_products(self, limit: int = None) -> List[Product]:
        """
        Get all active products with category information
        Using Query Builder instead of raw SQL for maintainability
        """
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
        """
        Find products by tag using Query Builder
        Demonstrates JOIN operations without raw SQL
        """
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
        """
        Get most popular products based on views and ratings
        Using Query Builder for analytics instead of complex raw SQL
        """
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


class AdvancedProductRepository(Repository):
    """
    Repository demonstrating advanced querying techniques
    with the Query Builder - no raw SQL needed
    """

    def __init__(self):
        super().__init__(Product)

    def advanced_product_search(self, filters: Dict[str, Any]) -> List[Product]:
        """
        Complex product search with dynamic filtering using Query Builder
        Demonstrates flexible query construction without raw SQL
        """
        qb = QueryBuilder(self.entity_class)

        # Text search with multiple fields using Query Builder
        if filters.get('search'):
            search_term = f"%{filters['search']}%"
            qb.where_group(
                qb.where('name', 'LIKE', search_term)
                .or_where('description', 'LIKE', search_term)
                .or_where('sku', 'LIKE', search_term)
            )

        # Exact matches using fluent interface
        if filters.get('category_id'):
            qb.where('category_id', '=', filters['category_id'])

        if filters.get('sku'):
            qb.where('sku', '=', filters['sku'])

        # Boolean filters with Query Builder
        if filters.get('is_active') is not None:
            qb.where('is_active', '=', filters['is_active'])

        if filters.get('is_featured') is not None:
            qb.where('is_featured', '=', filters['is_featured'])

        if filters.get('in_stock') is not None:
            if filters['in_stock']:
                qb.where('stock_quantity', '>', 0)
            else:
                qb.where('stock_quantity', '=', 0)

        # Price range filtering
        if filters.get('min_price'):
            qb.where('price', '>=', filters['min_price'])

        if filters.get('max_price'):
            qb.where('price', '<=', filters['max_price'])

        # Date range filters using Query Builder
        if filters.get('created_after'):
            qb.where('created_at', '>=', filters['created_after'])

        if filters.get('created_before'):
            qb.where('created_at', '<=', filters['created_before'])

        # Category-based filtering with JOIN
        if filters.get('category_name'):
            qb.join('categories', 'products.category_id', '=', 'categories.id')
            qb.where('categories.name', '=', filters['category_name'])

        # Tag-based filtering with complex JOINs
        if filters.get('tags'):
            tag_list = filters['tags'] if isinstance(filters['tags'], list) else [filters['tags']]
            qb.join('product_tags', 'products.id', '=', 'product_tags.product_id')
            qb.join('tags', 'product_tags.tag_id', '=', 'tags.id')
            qb.where_in('tags.name', tag_list)
            qb.distinct()

        # Stock level filtering
        if filters.get('min_stock'):
            qb.where('stock_quantity', '>=', filters['min_stock'])

        # Sorting options with Query Builder
        sort_field = filters.get('sort_by', 'created_at')
        sort_order = filters.get('sort_order', 'DESC')

        if sort_field == 'popularity':
            qb.order_by('view_count', sort_order)
        elif sort_field == 'price_asc':
            qb.order_by('price', 'ASC')
        elif sort_field == 'price_desc':
            qb.order_by('price', 'DESC')
        else:
            qb.order_by(sort_field, sort_order)

        # Pagination support
        if filters.get('limit'):
            qb.limit(filters['limit'])

        if filters.get('offset'):
            qb.offset(filters['offset'])

        return qb.get()

    def get_product_analytics_summary(self, date_from: str = None, date_to: str = None) -> Dict[str, Any]:
        """
        Product analytics using Query Builder aggregation methods
        Replaces complex raw SQL with maintainable Query Builder calls
        """
        qb = QueryBuilder(self.db)

        # Base query with aggregations
        qb.select([
            'COUNT(*) as total_products',
            'AVG(price) as average_price',
            'SUM(stock_quantity) as total_stock',
            'COUNT(CASE WHEN is_active = 1 THEN 1 END) as active_products',
            'COUNT(CASE WHEN is_featured = 1 THEN 1 END) as featured_products'
        ]).from_table('products')

        # Date filtering if provided
        if date_from:
            qb.where('created_at', '>=', date_from)

        if date_to:
            qb.where('created_at', '<=', date_to)

        result = qb.execute()
        return result[0] if result else {}

    def get_category_performance(self, limit: int = 10) -> List[Dict[str, Any]]:
        """
        Category performance analysis using Query Builder
        Shows how to replace complex analytics SQL with Query Builder
        """
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
