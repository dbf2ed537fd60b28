"""Entities for the tests of both kinds of code."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from fx_orm import AbstractEntity, Field, Relationship, SoftDelete
from fx_orm.aio import AsyncRepository


class Shelf(AbstractEntity, table=True):
    __tablename__ = "aio_shelf"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40, unique=True)
    books: list["Book"] = Relationship(back_populates="shelf")


class Book(AbstractEntity, table=True):
    __tablename__ = "aio_book"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(min_length=1, max_length=80)
    pages: int = 0
    price: Decimal = Field(default=Decimal("1.00"), max_digits=8, decimal_places=2)
    extra: dict[str, Any] = Field(default_factory=dict)
    printed_at: datetime | None = None
    shelf_id: int | None = Field(default=None, foreign_key="aio_shelf.id")
    shelf: Shelf | None = Relationship(back_populates="books")


class Note(AbstractEntity, table=True):
    """Its version guards it; the database itself makes one of its values."""

    __tablename__ = "aio_note"

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(max_length=80)
    version: int = Field(default=1, version=True)
    made_by: str | None = Field(
        default=None,
        max_length=40,
        sa_column_kwargs={"server_default": "the database", "onupdate": sa.text("'an update'")},
    )


class Draft(SoftDelete, AbstractEntity, table=True):
    __tablename__ = "aio_draft"

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(max_length=80)


class Seat(SQLModel, table=True):
    """A plain SQLModel table."""

    __tablename__ = "aio_seat"

    row: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    taken_by: int | None = Field(default=None, foreign_key="aio_shelf.id")
    shelf: Shelf | None = Relationship()


class ShelfRepository(AsyncRepository[Shelf]):
    """The asynchronous repository of shelves."""

    async def names(self) -> list[str]:
        return await self.pluck("name", order_by="name")


ENTITIES: list[Any] = [Shelf, Book, Note, Draft, Seat]
TABLES: list[sa.Table] = [entity.__table__ for entity in ENTITIES]
