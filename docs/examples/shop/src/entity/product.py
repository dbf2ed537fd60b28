from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from fx_orm import AbstractEntity, Field, Relationship
from src.entity.product_tag import ProductTag

if TYPE_CHECKING:
    from src.entity.category import Category
    from src.entity.order import OrderLine
    from src.entity.product_details import ProductDetails
    from src.entity.tag import Tag


class Product(AbstractEntity, table=True):
    """Something that can be bought."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=255)
    sku: str = Field(regex=r"^[A-Z]{2}-\d{4}$", max_length=20, unique=True)
    description: str | None = Field(default=None, max_length=2000)
    price: Decimal = Field(gt=0, max_digits=10, decimal_places=2)
    stock: int = Field(default=0, ge=0)
    is_active: bool = Field(default=True)
    attributes: dict[str, str] = Field(default_factory=dict)
    created_at: datetime = Field(default_factory=datetime.now, index=True)
    category_id: int = Field(foreign_key="category.id")

    category: "Category" = Relationship(back_populates="products")
    tags: list["Tag"] = Relationship(back_populates="products", link_table=ProductTag)
    details: "ProductDetails | None" = Relationship(back_populates="product", cascade_delete=True)
    order_lines: list["OrderLine"] = Relationship(back_populates="product")
