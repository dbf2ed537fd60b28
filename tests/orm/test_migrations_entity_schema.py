"""What living tables are in the words of a migration file."""

import datetime
import enum
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from fx_orm.errors import MigrationError
from fx_orm.migrations.entity_schema import entity_schema
from fx_orm.migrations.type_text import type_text
from fx_orm.schema import naming
from fx_orm.schema.column_types import ColumnType, column_type
from fx_orm.schema.expressions import type_from_text
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint

TEXT = ColumnType('sa.String().with_variant(sa.String(length=255), "mysql", "mariadb")')


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Own(SQLModel, registry=registry()):
    """Keeps the tables of this file out of the metadata that other tests create."""


class SchemaShelf(Own, table=True):
    __tablename__ = "schema_shelf"
    __table_args__ = (
        sa.CheckConstraint("width > 0"),
        sa.UniqueConstraint("name", "width"),
        sa.Index("ix_lower_name", sa.text("lower(name)"), postgresql_where=sa.text("width > 1")),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    width: int = Field(default=3)
    colour: Colour = Field(default=Colour.RED)
    parent_id: int | None = Field(default=None, foreign_key="schema_shelf.id", ondelete="CASCADE", index=True)
    title: str = Field(default="it's", sa_column_kwargs={"server_default": "none", "info": {"renamed_from": "label"}})
    made_at: datetime.datetime = Field(sa_type=sa.DateTime, sa_column_kwargs={"server_default": sa.func.now()})
    price: Decimal = Field(max_digits=10, decimal_places=2, sa_column_kwargs={"server_default": sa.text("0")})


def test_a_plain_sqlmodel_table_is_read_with_every_constraint_named() -> None:
    assert entity_schema([SchemaShelf]) == Schema.of(
        [
            Table(
                "schema_shelf",
                (
                    Column("id", ColumnType("sa.Integer()"), nullable=False),
                    Column("name", ColumnType("sa.String(length=40)"), nullable=False),
                    Column("width", ColumnType("sa.Integer()"), nullable=False),
                    Column("colour", ColumnType('sa.Enum("RED", "BLUE", name="colour")'), nullable=False),
                    Column("parent_id", ColumnType("sa.Integer()")),
                    Column("title", TEXT, nullable=False, server_default='"none"'),
                    Column("made_at", ColumnType("sa.DateTime()"), nullable=False, server_default="sa.func.now()"),
                    Column(
                        "price",
                        ColumnType("sa.Numeric(precision=10, scale=2)"),
                        nullable=False,
                        server_default='sa.text("0")',
                    ),
                ),
                PrimaryKey(("id",), "pk_schema_shelf"),
                (
                    ForeignKey(
                        ("parent_id",), "schema_shelf", ("id",), "fk_schema_shelf_parent_id_schema_shelf", "CASCADE"
                    ),
                ),
                (UniqueConstraint(("name", "width"), "uq_schema_shelf_name_width"),),
                (Check("width > 0", naming.check_name("schema_shelf", "width > 0")),),
                (
                    Index("ix_schema_shelf_parent_id", ("parent_id",)),
                    Index(
                        "ix_lower_name",
                        ('sa.text("lower(name)")',),
                        options=(("postgresql_where", 'sa.text("width > 1")'),),
                    ),
                ),
            )
        ]
    )


def test_what_rows_that_exist_get_comes_from_the_fields_defaults() -> None:
    table = entity_schema([SchemaShelf]).tables["schema_shelf"]
    fills = {column.name: column.fill for column in table.columns if column.fill}
    assert fills == {"width": 'sa.text("3")', "colour": '"RED"', "title": '"it\'s"'}
    assert {column.name: column.renamed_from for column in table.columns if column.renamed_from} == {"title": "label"}


@pytest.mark.parametrize(
    ("living", "text"),
    [
        (sa.Integer(), "sa.Integer()"),
        (sa.String(40), "sa.String(length=40)"),
        (sa.Numeric(10, 2), "sa.Numeric(precision=10, scale=2)"),
        (sa.DateTime(timezone=True), "sa.DateTime(timezone=True)"),
        (sa.Uuid(), "sa.Uuid()"),
        (postgresql.JSONB(), "postgresql.JSONB()"),
        (
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")',
        ),
        (
            sa.Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb"),
            'sa.Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb")',
        ),
        (postgresql.ARRAY(sa.Integer()), "postgresql.ARRAY(sa.Integer())"),
        (sa.Enum("a", "b", name="x"), 'sa.Enum("a", "b", name="x")'),
    ],
)
def test_living_types_are_written_as_files_write_them(living: sa.types.TypeEngine[object], text: str) -> None:
    assert type_text(living, "a.b") == text


@pytest.mark.parametrize(
    "annotation", ["int", "str", "float", "bool", "datetime", "date", "time", "UUID", "dict", "bytes"]
)
def test_the_shared_types_are_in_the_files_spelling_already(annotation: str) -> None:
    found = column_type(annotation)
    assert found is not None
    assert type_from_text(found.source) == found.source


def test_a_type_of_its_own_must_say_what_it_is() -> None:
    class Odd(sa.types.UserDefinedType[object]):
        pass

    with pytest.raises(MigrationError) as caught:
        type_text(Odd(), "shelf.odd")
    assert str(caught.value) == "shelf.odd: the type Odd is no type of SQLAlchemy; derive it from TypeDecorator"
