import ast
import datetime

import pytest
from hypothesis import given, settings

from fx_orm.errors import MigrationError
from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.differences import compare
from fx_orm.schema.migration_file import file_name, next_revision, write_migration
from fx_orm.schema.revisions import Built, History, history, read_revision, schema_of
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint
from tests.orm.schemas import schemas

CREATED = datetime.datetime(2024, 6, 3, 15, 23, 45, 123456)
INTEGER = ColumnType("sa.Integer()")
CATEGORY = Table(
    "category",
    (Column("id", INTEGER, nullable=False), Column("name", ColumnType("sa.String(length=80)"), nullable=False)),
    PrimaryKey(("id",), "pk_category"),
    unique=(UniqueConstraint(("name",), "uq_category_name"),),
)
PRODUCT = Table(
    "product",
    (
        Column("id", INTEGER, nullable=False),
        Column("price", ColumnType("sa.Numeric(precision=10, scale=2)"), nullable=False),
        Column("category_id", INTEGER),
    ),
    PrimaryKey(("id",), "pk_product"),
    (ForeignKey(("category_id",), "category", ("id",), "fk_product_category_id_category", "CASCADE"),),
    checks=(Check("price > 0", "ck_product_price"),),
    indexes=(Index("ix_product_category_id", ("category_id",)),),
)
SHOP = Schema.of([PRODUCT, CATEGORY])


def written(old: Schema, new: Schema, revision: str = "2", down: str | None = "1") -> str:
    return write_migration(
        compare(old, new), before=old, revision=revision, down_revision=down, message="Change it", created=CREATED
    )


def read(*texts: str) -> History:
    return history(read_revision(text, f"{place}.py") for place, text in enumerate(texts))


def built(*texts: str) -> Built:
    return schema_of(read(*texts))


def test_a_new_shop_is_written_parents_first() -> None:
    assert (
        written(Schema(), SHOP, "20240603_152345", None)
        == '''"""Change it

Revision ID: 20240603_152345
Revises:
Create Date: 2024-06-03 15:23:45.123456
"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic
revision = "20240603_152345"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    """Apply schema changes"""
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("name", name="uq_category_name"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["category.id"],
            name="fk_product_category_id_category",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("price > 0", name="ck_product_price"),
    )
    op.create_index("ix_product_category_id", "product", ["category_id"])


def downgrade():
    """Revert schema changes"""
    op.drop_table("product")
    op.drop_table("category")
'''
    )


def test_a_new_not_null_column_gets_a_server_default_for_a_moment() -> None:
    weight = Column("weight", INTEGER, nullable=False, fill='sa.text("0")')
    table = Table("category", (*CATEGORY.columns, weight), CATEGORY.primary_key, unique=CATEGORY.unique)
    assert (
        written(Schema.of([CATEGORY]), Schema.of([table])).partition("def upgrade():")[2]
        == '''
    """Apply schema changes"""
    op.add_column("category", sa.Column("weight", sa.Integer(), nullable=False, server_default=sa.text("0")))
    with op.batch_alter_table("category") as batch_op:
        batch_op.alter_column(
            "weight",
            existing_type=sa.Integer(),
            existing_nullable=False,
            existing_server_default=sa.text("0"),
            server_default=None,
        )


def downgrade():
    """Revert schema changes"""
    op.drop_column("category", "weight")
'''
    )


def test_a_new_not_null_column_without_a_default_needs_a_value() -> None:
    weight = Column("weight", INTEGER, nullable=False)
    table = Table("category", (*CATEGORY.columns, weight), CATEGORY.primary_key, unique=CATEGORY.unique)
    with pytest.raises(MigrationError) as caught:
        written(Schema.of([CATEGORY]), Schema.of([table]))
    assert str(caught.value) == (
        'column "weight" of table "category" is NOT NULL and has no constant default: what do rows that exist get? '
        "Say it with --default category.weight=VALUE"
    )
    assert caught.value.missing == [("category", "weight")]


def test_dialects_are_imported_where_a_type_names_them() -> None:
    when = Column("at", ColumnType('sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'))
    text = written(Schema(), Schema.of([Table("event", (when,))]))
    assert "from sqlalchemy.dialects import mysql\n" in text


@settings(max_examples=150, deadline=None)
@given(old=schemas(), new=schemas())
def test_what_is_written_builds_what_was_wanted(old: Schema, new: Schema) -> None:
    first = written(Schema(), old, "1", None)
    second = written(old, new)
    ast.parse(second)
    after = built(first, second)
    assert after.opaque == ()
    assert compare(after.schema, new) == ()
    assert after.schema == new


@settings(max_examples=100, deadline=None)
@given(old=schemas(), new=schemas())
def test_the_downgrade_comes_back_to_what_was(old: Schema, new: Schema) -> None:
    second = written(old, new)
    back = second.replace("def upgrade", "def x").replace("def downgrade", "def upgrade")
    back = back.replace('revision = "2"', 'revision = "3"').replace('down_revision = "1"', 'down_revision = "2"')
    after = built(written(Schema(), old, "1", None), second, back)
    assert after.opaque == ()
    assert after.schema == old


def test_a_file_is_named_after_its_revision_and_message() -> None:
    assert file_name("20240603_152345", "") == "20240603_152345_migration.py"
    assert file_name("20240603_152345", "Add weight, at last!") == "20240603_152345_add_weight_at_last.py"


def test_two_files_of_one_second_get_two_revisions() -> None:
    assert next_revision(["20240603_152345", "20240603_152346"], CREATED) == "20240603_152347"
