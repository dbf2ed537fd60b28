from typing import TYPE_CHECKING

from fx_orm import AbstractEntity, Field, Relationship

if TYPE_CHECKING:
    from src.entity.product import Product


class ProductDetails(AbstractEntity, table=True):
    """What only the product's own page shows: one row for each product at most."""

    id: int | None = Field(default=None, primary_key=True)
    specifications: str | None = Field(default=None, max_length=2000)
    warranty_months: int = Field(default=24, ge=0)
    product_id: int = Field(foreign_key="product.id", unique=True, ondelete="CASCADE")

    product: "Product" = Relationship(back_populates="details")
