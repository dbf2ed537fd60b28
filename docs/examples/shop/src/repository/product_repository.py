from datetime import datetime, timedelta
from typing import Any

from fx_orm import QueryBuilder, Repository
from src.entity.product import Product


class ProductRepository(Repository[Product]):
    """Products, and what the shop asks about them."""

    def __init__(self) -> None:
        super().__init__(Product)

    def find_by_sku(self, sku: str) -> Product | None:
        """Find a product by the number on its label."""
        return self.find_one_by({"sku": sku})

    def find_active(self) -> list[Product]:
        """Find the products that can be bought, by name."""
        return self.find_by({"is_active": True}, order_by="name")

    def search(self, text: str, limit: int = 50) -> list[Product]:
        """Find active products whose name or description contains a text."""
        return (
            self.query_builder()
            .where("name", "LIKE", f"%{text}%")
            .or_where("description", "LIKE", f"%{text}%")
            .where("is_active", "=", True)
            .order_by("name")
            .limit(limit)
            .get()
        )

    def find_recent(self, days: int = 7) -> list[Any]:
        """Find the active products of the last days, newest first, with the names of their categories."""
        since = datetime.now() - timedelta(days=days)
        return (
            QueryBuilder(self.db)
            .select(["p.*", "c.name as category_name"])
            .from_table("product p")
            .join("category c", "p.category_id = c.id")
            .where("p.created_at", ">=", since)
            .where("p.is_active", "=", True)
            .order_by("p.created_at", "DESC")
            .get()
        )

    def find_by_tag(self, tag: str, limit: int = 20) -> list[Any]:
        """Find the active products that carry a tag."""
        return (
            QueryBuilder(self.db)
            .select(["DISTINCT p.*", "t.name as tag_name"])
            .from_table("product p")
            .join("product_tag pt", "p.id = pt.product_id")
            .join("tag t", "pt.tag_id = t.id")
            .where("t.name", "=", tag)
            .where("p.is_active", "=", True)
            .order_by("p.name")
            .limit(limit)
            .execute()
        )

    def statistics(self) -> dict[str, Any]:
        """Count the products, the active ones and those in stock, and average their price."""
        row = (
            QueryBuilder(self.db)
            .select(
                [
                    "COUNT(*) as total_products",
                    "COUNT(CASE WHEN is_active = true THEN 1 END) as active_products",
                    "COUNT(CASE WHEN stock > 0 THEN 1 END) as in_stock_products",
                    "AVG(price) as average_price",
                ]
            )
            .from_table("product")
            .first()
        )
        return row or {}
