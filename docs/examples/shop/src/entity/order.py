from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from fx_orm import AbstractEntity, Field, Relationship

if TYPE_CHECKING:
    from src.entity.product import Product


class OrderStatus(Enum):
    """How far an order has come."""

    OPEN = "open"
    PAID = "paid"
    SHIPPED = "shipped"


class Order(AbstractEntity, table=True):
    """What one customer buys at one time. `order` is a word of SQL, so the table is called `customer_order`."""

    __tablename__ = "customer_order"

    id: int | None = Field(default=None, primary_key=True)
    customer_email: str = Field(regex=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=255, index=True)
    status: OrderStatus = Field(default=OrderStatus.OPEN)
    placed_at: datetime = Field(default_factory=datetime.now)

    lines: list["OrderLine"] = Relationship(back_populates="order", cascade_delete=True)


class OrderLine(AbstractEntity, table=True):
    """One product of an order, at the price of that day."""

    id: int | None = Field(default=None, primary_key=True)
    quantity: int = Field(default=1, gt=0)
    unit_price: Decimal = Field(gt=0, max_digits=10, decimal_places=2)
    order_id: int = Field(foreign_key="customer_order.id", ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id")

    order: "Order" = Relationship(back_populates="lines")
    product: "Product" = Relationship(back_populates="order_lines")
