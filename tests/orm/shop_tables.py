"""Tables for the tests of queries: entities and plain SQLModel, with every kind of column and relationship."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from fx_orm import AbstractEntity, Field, Relationship


class Kind(Enum):
    LEAF = "leaf"
    TOOL = "tool"


class Shelf(AbstractEntity, table=True):
    __tablename__ = "qb_shelf"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    parent_id: int | None = Field(default=None, foreign_key="qb_shelf.id")
    wares: list["Ware"] = Relationship(back_populates="shelf")


class WareLabel(AbstractEntity, table=True):
    __tablename__ = "qb_ware_label"
    ware_id: int = Field(foreign_key="qb_ware.id", primary_key=True)
    label_id: int = Field(foreign_key="qb_label.id", primary_key=True)


class Label(AbstractEntity, table=True):
    __tablename__ = "qb_label"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    wares: list["Ware"] = Relationship(back_populates="labels", link_table=WareLabel)


class Ware(AbstractEntity, table=True):
    __tablename__ = "qb_ware"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    note: str | None = Field(default=None, max_length=200)
    price: Decimal = Field(max_digits=10, decimal_places=2)
    stock: int = 0
    is_active: bool = True
    kind: Kind = Kind.LEAF
    extra: dict[str, Any] = Field(default_factory=dict)
    made_on: date = date(2024, 1, 1)
    created_at: datetime = Field(default_factory=datetime.now)
    shelf_id: int | None = Field(default=None, foreign_key="qb_shelf.id")
    shelf: Shelf | None = Relationship(back_populates="wares")
    labels: list[Label] = Relationship(back_populates="wares", link_table=WareLabel)


TABLES = [model.__table__ for model in (Shelf, Label, Ware, WareLabel)]  # type: ignore[attr-defined]


def fill(session: Session) -> None:
    """Two shelves and an empty one, five wares, two labels."""
    session.add_all([Shelf(id=1, name="Tea"), Shelf(id=2, name="Tools"), Shelf(id=3, name="Empty", parent_id=1)])
    session.add_all([Label(id=1, name="organic"), Label(id=2, name="new")])
    session.flush()
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=90)
    session.add_all(
        [
            Ware(id=1, name="Sencha", note="green", price=Decimal("9.50"), stock=5, shelf_id=1, created_at=now),
            Ware(id=2, name="Assam", note="black", price=Decimal("7.25"), stock=0, shelf_id=1, created_at=long_ago),
            Ware(id=3, name="Pot", price=Decimal("30.00"), stock=2, kind=Kind.TOOL, shelf_id=2, created_at=now),
            Ware(id=4, name="Cup_50%", price=Decimal("12.00"), stock=9, kind=Kind.TOOL, shelf_id=2, is_active=False),
            Ware(
                id=5,
                name="Stray",
                price=Decimal("1.00"),
                extra={"a": [1]},
                made_on=date(2025, 2, 3),
                created_at=long_ago,
            ),
        ]
    )
    session.flush()
    session.add_all(
        [WareLabel(ware_id=1, label_id=1), WareLabel(ware_id=1, label_id=2), WareLabel(ware_id=3, label_id=2)]
    )
    session.commit()


@contextmanager
def shop(url: str) -> Iterator[Session]:
    """Open a filled database."""
    engine = sa.create_engine(url)
    try:
        SQLModel.metadata.create_all(engine, tables=TABLES)
        with Session(engine) as session:
            fill(session)
            yield session
    finally:
        engine.dispose()
