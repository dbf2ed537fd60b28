from decimal import Decimal

from fx_orm import EntityManagerInterface
from src.entity.category import Category
from src.entity.order import Order, OrderLine
from src.entity.product import Product


class ProductService:
    """Moves products between categories and sells them."""

    def __init__(self, entity_manager: EntityManagerInterface) -> None:
        self.em = entity_manager

    def calculate_discounted_price(self, product: Product, discount: Decimal) -> Decimal:
        """Take a discount (a share from 0 to 1) off a product's price."""
        return product.price * (1 - discount)

    def transfer_products(self, from_category_id: int, to_category_id: int, product_ids: list[int]) -> int:
        """Move the products that lie in the first category to the second; say how many moved."""
        if from_category_id == to_category_id:
            raise ValueError("Source and destination categories must be different")
        moved = 0
        with self.em.transaction():
            if not self.em.find(Category, from_category_id) or not self.em.find(Category, to_category_id):
                raise ValueError("Invalid category specified")
            for product_id in product_ids:
                product = self.em.find(Product, product_id)
                if product and product.category_id == from_category_id:
                    product.category_id = to_category_id  # noticed by the entity manager: no persist needed
                    moved += 1
        return moved

    def place_order(self, customer_email: str, basket: dict[int, int]) -> Order:
        """Order products (id -> quantity); takes them from the stock, or orders nothing when one runs short."""
        with self.em.transaction():
            order = Order(customer_email=customer_email)
            for product_id, quantity in basket.items():
                product = self.em.get(Product, product_id)
                if product.stock < quantity:
                    raise ValueError(f"Only {product.stock} of {product.name!r} left, {quantity} ordered")
                product.stock -= quantity
                order.lines.append(OrderLine(quantity=quantity, unit_price=product.price, product=product))
            self.em.persist(order)
        return order
