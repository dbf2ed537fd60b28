"""Open the shop: fill it, sell something, and ask it three questions (`python main.py`, after the migrations)."""

import inspect
import textwrap
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from fx_orm import EntityManagerInterface, QueryBuilder
from src.entity.category import Category
from src.entity.product import Product
from src.entity.tag import Tag
from src.repository.product_repository import ProductRepository
from src.service.product_service import ProductService


def main() -> None:
    """Fill the shop, then show each question as Python, as SQL and as rows."""
    fill()
    for question in (cheap_or_plentiful, tagged_as_gift, sold_by_category):
        show(question)
    refuse()


def fill() -> None:
    """Store categories, products and an order: all of it, or nothing."""
    em = EntityManagerInterface()
    with em.transaction():
        gift, new = Tag(name="gift"), Tag(name="new")
        kitchen, garden = Category(name="Kitchen"), Category(name="Garden")
        pot = Product(name="Tea pot", sku="TP-0001", price=Decimal("34.50"), stock=12, category=kitchen, tags=[gift])
        cup = Product(name="Cup", sku="CU-0001", price=Decimal("7.90"), stock=80, category=kitchen, tags=[gift, new])
        hose = Product(name="Hose", sku="HO-0001", price=Decimal("24.00"), stock=51, category=garden)
        em.persist_all([pot, cup, hose])
        em.flush()
        ProductService(em).place_order("ada@example.org", {cup.id: 6, pot.id: 1})


def cheap_or_plentiful() -> Any:
    """Ask for active products that are cheap or plentiful."""
    return (
        ProductRepository()
        .query_builder()
        .where("price", "<", 20)
        .or_where("stock", ">=", 50)
        .where("is_active", "=", True)
        .order_by("name")
    )


def tagged_as_gift() -> Any:
    """Ask for gifts, dearest first."""
    return (
        QueryBuilder(ProductRepository().db)
        .select(["p.name", "p.price", "t.name as tag"])
        .from_table("product p")
        .join("product_tag pt", "p.id = pt.product_id")
        .join("tag t", "pt.tag_id = t.id")
        .where("t.name", "=", "gift")
        .order_by("p.price", "DESC")
    )


def sold_by_category() -> Any:
    """Ask what was sold, by category."""
    return (
        QueryBuilder(ProductRepository().db)
        .select(["c.name as category", "SUM(l.quantity) as pieces", "SUM(l.quantity * l.unit_price) as turnover"])
        .from_table("order_line l")
        .join("product p", "l.product_id = p.id")
        .join("category c", "p.category_id = c.id")
        .group_by("c.id", "c.name")
        .order_by("pieces", "DESC")
    )


def show(question: Callable[[], Any]) -> None:
    """Print a query as it is written, as the database gets it, and its rows."""
    lines = inspect.getsource(question).splitlines()
    print("\n".join("    " + line.strip() for line in lines[3:-1]) + "\n")
    sql, values = question().to_sql()
    print("  SQL    ", " ".join(sql.split()))
    print("  values ", values)
    for row in question().get():
        print("  row    ", textwrap.shorten(str(dict(row) if isinstance(row, dict) else row), 110, placeholder=" ..."))
    print()


def refuse() -> None:
    """Show that a product that breaks its rules is never made."""
    try:
        Product(name="", sku="nonsense", price=Decimal(-1), category_id=1)
    except ValidationError as error:
        print('  refused  Product(name="", sku="nonsense", price=-1)')
        for wrong in error.errors():
            print(f"           {wrong['loc'][0]}: {wrong['msg']}")


if __name__ == "__main__":
    main()
