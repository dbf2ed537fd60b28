from typing import TYPE_CHECKING

from fx_orm import AbstractEntity, Field, Relationship

if TYPE_CHECKING:
    from src.entity.product import Product


class Category(AbstractEntity, table=True):
    """A shelf of the shop; a category may lie inside another."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=80, unique=True)
    parent_id: int | None = Field(default=None, foreign_key="category.id", ondelete="SET NULL")

    products: list["Product"] = Relationship(back_populates="category")
