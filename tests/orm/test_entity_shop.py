"""The example shop's entities on each database: declared, stored, loaded, changed, related."""

import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from tests.orm.declared import imported

SHOP = Path(__file__).parents[2] / "docs" / "examples" / "shop"
MODULES = {
    "Product": "product",
    "Category": "category",
    "Tag": "tag",
    "ProductTag": "product_tag",
    "ProductDetails": "product_details",
    "Order": "order",
    "OrderLine": "order",
    "OrderStatus": "order",
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Any]:
    with imported(SHOP):
        yield SimpleNamespace(
            **{name: getattr(importlib.import_module(f"src.entity.{module}"), name) for name, module in MODULES.items()}
        )


@pytest.fixture
def session(shop: Any, sessions: Callable[..., Session]) -> Session:
    names = ("Category", "Product", "Tag", "ProductTag", "ProductDetails", "Order", "OrderLine")
    return sessions(*(getattr(shop, name) for name in names))


def test_a_product_is_stored_loaded_and_changed(shop: Any, session: Session) -> None:
    kitchen = shop.Category(name="Kitchen")
    session.add(shop.Product(name="Cup", sku="CU-0001", price="7.90", category=kitchen, tags=[shop.Tag(name="gift")]))
    session.commit()
    cup = session.scalars(select(shop.Product)).one()
    assert cup.price == Decimal("7.90")
    assert cup.category_id == kitchen.id
    assert [tag.name for tag in cup.tags] == ["gift"]
    assert kitchen.products == [cup]
    assert abs(cup.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    cup.stock = 3
    cup.attributes["colour"] = "blue"
    session.commit()
    assert (cup.stock, cup.attributes) == (3, {"colour": "blue"})


def test_what_is_wrong_is_refused(shop: Any) -> None:
    right = {"name": "Cup", "sku": "CU-0001", "price": 1, "category_id": 1}
    for wrong in ({"name": ""}, {"sku": "cup"}, {"price": 0}, {"price": "1.234"}, {"stock": -1}, {"nmae": "Cup"}):
        with pytest.raises(ValidationError):
            shop.Product(**{**right, **wrong})
    cup = shop.Product(**right)
    with pytest.raises(ValidationError):
        cup.price = -1
    assert cup.price == 1


def test_an_order_goes_with_its_lines(shop: Any, session: Session) -> None:
    cup = shop.Product(name="Cup", sku="CU-0001", price=8, category=shop.Category(name="Kitchen"))
    order = shop.Order(customer_email="ada@example.com")
    order.lines.append(shop.OrderLine(quantity=2, unit_price=cup.price, product=cup))
    session.add(order)
    session.commit()
    assert (order.status, order.lines[0].product, order.lines[0].order_id) == (shop.OrderStatus.OPEN, cup, order.id)
    stored = session.execute(text("SELECT status FROM customer_order")).scalar_one()
    assert stored == "OPEN"
    assert session.scalars(select(shop.Order).where(shop.Order.status == "open")).all() == [order]
    session.delete(order)
    session.commit()
    assert session.scalars(select(shop.OrderLine)).all() == []
    assert session.scalars(select(shop.Product)).all() == [cup]


def test_one_to_one(shop: Any, session: Session) -> None:
    cup = shop.Product(name="Cup", sku="CU-0001", price=8, category=shop.Category(name="Kitchen"))
    assert cup.details is None
    cup.details = shop.ProductDetails(specifications="0.3 l")
    session.add(cup)
    session.commit()
    assert session.scalars(select(shop.ProductDetails)).one().product is cup
    cup.details = None
    session.commit()
    assert session.scalars(select(shop.ProductDetails)).all() == []


def test_names_and_indexes(shop: Any, session: Session) -> None:
    table = shop.Product.__table__
    assert sorted(str(constraint.name) for constraint in table.constraints) == [
        "fk_product_category_id_category",
        "pk_product",
        "uq_product_sku",
    ]
    found = {index["name"] for index in inspect(session.get_bind()).get_indexes("product")}
    assert {"ix_product_category_id", "ix_product_created_at"} <= found
    # The key of the link table begins with product_id; the unique key of the details is an index too.
    assert [index.name for index in shop.ProductTag.__table__.indexes] == ["ix_product_tag_tag_id"]
    assert [index.name for index in shop.ProductDetails.__table__.indexes] == []
