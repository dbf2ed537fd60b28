from fx_orm import Repository
from src.entity.order import Order, OrderStatus


class OrderRepository(Repository[Order]):
    """Orders."""

    def find_open(self) -> list[Order]:
        """Find the orders that nobody has paid yet, oldest first."""
        return self.find_by({"status": OrderStatus.OPEN}, order_by="placed_at")
