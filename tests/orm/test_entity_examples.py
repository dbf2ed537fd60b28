"""The documented ways to declare an entity, one after the other, on each database."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import inspect
from sqlalchemy.orm import Session

CATEGORY = """
class Category(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(nullable=False)
    description: str | None = Field(default=None)

    products: List["Product"] = Relationship(back_populates="category")
"""


def test_field_types(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    product = declare("""
from fx_orm import Column, JSON
import uuid

class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=255)
    description: str | None = Field(default=None)
    slug: str = Field(unique=True, max_length=255)
    price: float = Field(gt=0)
    stock: int = Field(ge=0, default=0)
    weight: float | None = Field(default=None, gt=0)
    metadata: dict = Field(default_factory=dict, sa_column=Column(JSON))
    specifications: list = Field(default_factory=list, sa_column=Column(JSON))
    is_featured: bool = Field(default=False)
    created_at: datetime = Field(default_factory=datetime.now)
    updated_at: datetime | None = Field(default=None)
    external_id: uuid.UUID = Field(default_factory=uuid.uuid4)
""").Product
    session = sessions(product)
    session.add(product(name="Cup", slug="cup", price=7.9, metadata={"a": 1}, specifications=["x"]))
    session.commit()
    cup = session.get(product, 1)
    assert (cup.price, cup.metadata, cup.specifications, cup.weight) == (7.9, {"a": 1}, ["x"], None)
    assert isinstance(cup.external_id, UUID)
    assert cup.created_at.tzinfo is UTC
    cup.updated_at = datetime.now()
    cup.specifications.append("y")
    session.commit()
    assert cup.specifications == ["x", "y"]
    assert cup.updated_at >= cup.created_at


def test_the_structure_of_an_entity(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    module = declare(
        CATEGORY
        + """
class Product(AbstractEntity, table=True):
    \"\"\"Product entity representing store products\"\"\"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(nullable=False)
    description: str | None = Field(default=None)
    price: float = Field(gt=0)
    is_active: bool = Field(default=True)
    created_at: datetime = Field(default_factory=datetime.now)
    category_id: int | None = Field(foreign_key="category.id", nullable=True)

    category: "Category" = Relationship(back_populates="products")
    orders: List["OrderItem"] = Relationship(back_populates="product")

class OrderItem(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    product_id: int = Field(foreign_key="product.id")
    product: Product = Relationship(back_populates="orders")
"""
    )
    session = sessions(module.Category, module.Product, module.OrderItem)
    product = module.Product(
        name="Cup", price=7.9, category=module.Category(name="Kitchen"), orders=[module.OrderItem()]
    )
    assert product.created_at.tzinfo is UTC
    session.add(product)
    session.commit()
    session.expunge_all()
    product = session.get(module.Product, 1)
    assert (product.category.name, product.orders[0].product) == ("Kitchen", product)
    product.price = 8.5
    product.orders.append(module.OrderItem())
    session.commit()
    assert (product.price, len(product.orders), product.category.products) == (8.5, 2, [product])
    assert module.Product(name="Alone", price=1).category_id is None


def test_patterns_of_fields(declare: Callable[..., Any]) -> None:
    entity = declare("""
class AdvancedEntity(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(regex=r"^[^@]+@[^@]+\\.[^@]+$", unique=True, max_length=255)
    status: str = Field(default="active", regex=r"^(active|inactive|pending)$")
    deleted_at: datetime | None = Field(default=None)
""").AdvancedEntity
    assert entity.__table__.name == "advanced_entity"
    assert entity(email="a@b.c").status == "active"
    for wrong in ({"email": "a"}, {"email": "a@b.c", "status": "gone"}):
        with pytest.raises(ValidationError):
            entity(**wrong)


def test_one_to_many(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    module = declare(
        CATEGORY
        + """
class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(nullable=False)
    price: float = Field(gt=0)
    category_id: int = Field(foreign_key="category.id")
    category: Category = Relationship(back_populates="products")
"""
    )
    session = sessions(module.Category, module.Product)
    kitchen = module.Category(name="Kitchen")
    session.add_all([module.Product(name="Cup", price=7.9, category=kitchen), kitchen])
    session.commit()
    assert [product.name for product in kitchen.products] == ["Cup"]
    assert kitchen.products[0].category.name == "Kitchen"


def test_many_to_many(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    module = declare("""
class ProductTag(AbstractEntity, table=True):
    product_id: int = Field(foreign_key="product.id", primary_key=True)
    tag_id: int = Field(foreign_key="tag.id", primary_key=True)
    assigned_at: datetime = Field(default_factory=datetime.now)
    is_primary: bool = Field(default=False)

class Tag(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, nullable=False)
    products: List["Product"] = Relationship(back_populates="tags", link_table=ProductTag)

class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    tags: List[Tag] = Relationship(back_populates="products", link_table=ProductTag)
""")
    session = sessions(module.ProductTag, module.Tag, module.Product)
    cup = module.Product(name="Cup", tags=[module.Tag(name="gift"), module.Tag(name="new")])
    session.add(cup)
    session.commit()
    link = session.get(module.ProductTag, (cup.id, cup.tags[0].id))
    assert (link.is_primary, link.assigned_at.tzinfo) == (False, UTC)
    cup.tags.remove(cup.tags[0])
    session.commit()
    assert [len(tag.products) for tag in cup.tags] == [1]
    session.delete(cup)
    session.commit()
    assert session.query(module.ProductTag).count() == 0


def test_one_to_one(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    module = declare("""
class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(nullable=False)
    details: "ProductDetails" = Relationship(back_populates="product")

class ProductDetails(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    specifications: str | None = Field(default=None)
    product_id: int = Field(foreign_key="product.id", unique=True)
    product: Product = Relationship(back_populates="details")
""")
    session = sessions(module.Product, module.ProductDetails)
    cup = module.Product(name="Cup", details=module.ProductDetails(specifications="0.3 l"))
    session.add(cup)
    session.commit()
    session.expire_all()
    assert cup.details.product is cup
    assert not inspect(module.Product).relationships["details"].uselist
