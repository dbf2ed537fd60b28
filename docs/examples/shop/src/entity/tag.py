from typing import TYPE_CHECKING

from fx_orm import AbstractEntity, Field, Relationship
from src.entity.product_tag import ProductTag

if TYPE_CHECKING:
    from src.entity.product import Product


class Tag(AbstractEntity, table=True):
    """A word by which products are found."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=40, unique=True)

    products: list["Product"] = Relationship(back_populates="tags", link_table=ProductTag)
