"""Typical use of entities, for type checkers: what must be accepted, and, marked, what must be refused."""

from datetime import datetime
from decimal import Decimal
from typing import assert_type

from fx_orm import AbstractEntity, Field, QueryBuilder, Relationship, Repository, SoftDelete, Timestamps


class Category(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=80, unique=True)
    products: list["Product"] = Relationship(back_populates="category")


class ProductTag(AbstractEntity, table=True):
    product_id: int = Field(foreign_key="product.id", primary_key=True, ondelete="CASCADE")
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, ondelete="CASCADE")


class Tag(AbstractEntity, table=True):
    __tablename__ = "tag"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    products: list["Product"] = Relationship(back_populates="tags", link_table=ProductTag)


class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, regex="^[a-z]+$")
    price: Decimal = Field(default=Decimal(1), gt=0, max_digits=10, decimal_places=2)
    created_at: datetime = Field(default_factory=datetime.now, index=True)
    attributes: dict[str, str] = Field(default_factory=dict)
    category_id: int | None = Field(default=None, foreign_key="category.id", renamed_from="cat_id")

    category: Category | None = Relationship(back_populates="products")
    tags: list[Tag] = Relationship(back_populates="products", link_table=ProductTag)


class Note(SoftDelete, Timestamps, AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    text: str


product = Product(name="x", category=Category(name="a"), tags=[])
assert_type(product, Product)
assert_type(product.id, int | None)
assert_type(product.price, Decimal)
assert_type(product.category, Category | None)
assert_type(product.tags, list[Tag])
product.price = Decimal(2)
product.assign({"name": "y"})
assert_type(Product.model_validate({"name": "x"}), Product)
assert_type(Product.get_primary_keys(), list[str])
assert_type(Product.CreateModel(name="x"), Product)
assert_type(Product.CreateModel(name="x").name, str)
Product.PatchModel(price=3)
Product.FindModel(id=1)

note = Note(text="x")
assert_type(note.deleted_at, datetime | None)
assert_type(note.updated_at, datetime)
note.deleted_at = None
assert_type(Repository(Note).with_deleted().find(1), Note | None)
assert_type(QueryBuilder(Note).with_deleted().where("id", 1).get(), list[Note])

Product()  # refused
Note()  # refused
note.deleted_at = "yesterday"  # refused
Product(name=1)  # refused
Product(nme="x")  # refused
Product(name="x", category=Tag(name="a"))  # refused
product.name = 3  # refused
Product.CreateModel(name=1)  # refused
Field(ondelete="EXPLODE")  # refused
Field(primary_keey=True)  # refused
Relationship(back_populate="x")  # refused
