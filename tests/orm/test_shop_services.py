"""The example shop on the three databases: its services and repositories as a program uses them."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "docs" / "examples" / "shop"


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Run a program in the shop's folder, on the database of the test; returns what it prints, line by line."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run_program(program: str) -> list[str]:
        prologue = """
            from decimal import Decimal
            from fx_orm import EntityManagerInterface
            from src.entity.category import Category
            from src.entity.order import Order, OrderLine
            from src.entity.product import Product
            from src.entity.product_details import ProductDetails
            from src.entity.tag import Tag
            from src.repository.category_repository import CategoryRepository
            from src.repository.order_repository import OrderRepository
            from src.repository.product_repository import ProductRepository
            from src.service.product_service import ProductService
            em = EntityManagerInterface()
            em.create_all_tables()
            products = ProductRepository()
            service = ProductService(em)
            with em.transaction():
                garden, house = em.persist_all([Category(name="Garden"), Category(name="House")])
                spade = Product(name="Spade", sku="GA-0001", price=Decimal("19.90"), stock=3, category=garden)
                lamp = Product(name="Lamp", sku="HO-0001", price=Decimal("49.00"), stock=1, category=house)
                spade.tags.append(Tag(name="green"))
                em.persist_all([spade, lamp])
        """
        source = textwrap.dedent(prologue) + textwrap.dedent(program)
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", source], cwd=SHOP, capture_output=True, text=True, encoding="utf-8"
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()

    return run_program


def test_the_repositories_answer(run: Callable[[str], list[str]]) -> None:
    assert run(
        """
        print([product.name for product in products.find_active()])
        print(products.find_by_sku("HO-0001").price)
        print([product.name for product in products.search("Spa")])
        print([(row.name, row.category_name) for row in products.find_recent()])
        print([(row.name, row.tag_name) for row in products.find_by_tag("green")])
        print(products.statistics()["total_products"])
        print([(row.category_name, int(row.total_stock)) for row in CategoryRepository().performance()])
        """
    ) == [
        "['Lamp', 'Spade']",
        "49.00",
        "['Spade']",
        "[('Lamp', 'House'), ('Spade', 'Garden')]",
        "[('Spade', 'green')]",
        "2",
        "[('Garden', 3), ('House', 1)]",
    ]


def test_the_service_moves_products_or_none(run: Callable[[str], list[str]]) -> None:
    assert run(
        """
        print(service.transfer_products(garden.id, house.id, [spade.id, lamp.id]))
        print(products.get(spade.id).category.name)
        for wrong in (99, house.id):
            try:
                service.transfer_products(house.id, wrong, [lamp.id])
            except ValueError as error:
                em.rollback()
                print(error)
        print(em.unsaved())
        """
    ) == [
        "1",
        "House",
        "Invalid category specified",
        "Source and destination categories must be different",
        "[]",
    ]


def test_an_order_is_placed_whole_or_not_at_all(run: Callable[[str], list[str]]) -> None:
    assert run(
        """
        order = service.place_order("ann@example.org", {spade.id: 2, lamp.id: 1})
        print(order.id, [(line.quantity, str(line.unit_price)) for line in order.lines])
        try:
            service.place_order("bob@example.org", {spade.id: 1, lamp.id: 1})
        except ValueError as error:
            print(error)
        print(products.get(spade.id).stock, products.get(lamp.id).stock, len(OrderRepository().find_open()))
        """
    ) == [
        "1 [(2, '19.90'), (1, '49.00')]",
        "Only 0 of 'Lamp' left, 1 ordered",
        "1 0 1",
    ]
