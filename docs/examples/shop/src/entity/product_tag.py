from datetime import datetime

from fx_orm import AbstractEntity, Field


class ProductTag(AbstractEntity, table=True):
    """Which product carries which tag, since when, and whether it is the one shown first."""

    product_id: int = Field(foreign_key="product.id", primary_key=True, ondelete="CASCADE")
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, ondelete="CASCADE")
    assigned_at: datetime = Field(default_factory=datetime.now)
    is_primary: bool = Field(default=False)
