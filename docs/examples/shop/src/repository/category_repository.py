from typing import Any

from fx_orm import QueryBuilder, Repository
from src.entity.category import Category


class CategoryRepository(Repository[Category]):
    """Categories, and how their products sell."""

    def performance(self, limit: int = 10) -> list[Any]:
        """Count products and pieces in stock for each category, fullest first."""
        return (
            QueryBuilder(self.db)
            .select(["c.name as category_name", "COUNT(p.id) as products_count", "SUM(p.stock) as total_stock"])
            .from_table("category c")
            .left_join("product p", "c.id = p.category_id")
            .group_by("c.id", "c.name")
            .order_by("total_stock", "DESC")
            .limit(limit)
            .execute()
        )
