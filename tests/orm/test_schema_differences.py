from dataclasses import replace

from hypothesis import given

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.differences import RenameColumn, compare, possible_renames
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint
from tests.orm.schemas import schemas

INTEGER = ColumnType("sa.Integer()")
CATEGORY = Table("category", (Column("id", INTEGER, nullable=False),), PrimaryKey(("id",), "pk_category"))
PRODUCT = Table(
    "product",
    (
        Column("id", INTEGER, nullable=False),
        Column("name", ColumnType("sa.String(length=40)"), nullable=False),
        Column("category_id", INTEGER),
    ),
    PrimaryKey(("id",), "pk_product"),
    (ForeignKey(("category_id",), "category", ("id",), "fk_product_category_id_category"),),
    (UniqueConstraint(("name",), "uq_product_name"),),
    (Check("id > 0", "ck_product_id"),),
    (Index("ix_product_category_id", ("category_id",)),),
)
SHOP = Schema.of([CATEGORY, PRODUCT])


def said(new: Table, old: Table = PRODUCT) -> list[str]:
    differences = compare(Schema.of([CATEGORY, old]), Schema.of([CATEGORY, new]))
    return [difference.describe() for difference in differences]


def with_column(column: Column, table: Table = PRODUCT) -> Table:
    return replace(table, columns=tuple(column if each.name == column.name else each for each in table.columns))


def test_tables_that_come_and_go() -> None:
    assert [each.describe() for each in compare(SHOP, Schema.of([CATEGORY]))] == ['table "product" is gone']
    assert [each.describe() for each in compare(Schema.of([CATEGORY]), SHOP)] == ['table "product" is new']


def test_columns_that_come_go_and_change() -> None:
    weight = Column("weight", ColumnType("sa.Float()"))
    more = replace(PRODUCT, columns=(*PRODUCT.columns, weight))
    assert said(more) == ['column "weight" Float NULL is new in table "product"']
    assert said(PRODUCT, more) == ['column "weight" is gone from table "product"']
    assert said(with_column(Column("name", ColumnType("sa.Text()"), server_default='"none"'))) == [
        (
            'column "name" of table "product": type String(length=40) becomes Text, NOT NULL becomes NULL, '
            'server default None becomes "none"'
        )
    ]


def test_types_are_named_without_what_they_are_on_single_databases() -> None:
    text = ColumnType('sa.String().with_variant(sa.String(length=255), "mysql", "mariadb")')
    longer = ColumnType('sa.String().with_variant(sa.String(length=500), "mysql", "mariadb")')
    old = with_column(Column("name", text))
    assert said(with_column(Column("name", ColumnType("sa.Text()"))), old) == [
        'column "name" of table "product": type String becomes Text'
    ]
    assert said(with_column(Column("name", longer)), old) == [
        f'column "name" of table "product": type {text.source} becomes {longer.source}'
    ]


def test_keys_constraints_and_indexes_that_come_and_go() -> None:
    bare = replace(PRODUCT, foreign_keys=(), unique=(), checks=(), indexes=())
    assert said(bare) == [
        'foreign key (category_id) -> category(id) is gone from table "product"',
        'unique constraint on (name) is gone from table "product"',
        'check "id > 0" is gone from table "product"',
        'index "ix_product_category_id" on (category_id) is gone from table "product"',
    ]
    assert said(PRODUCT, bare) == [
        'foreign key (category_id) -> category(id) is new in table "product"',
        'unique constraint on (name) is new in table "product"',
        'check "id > 0" is new in table "product"',
        'index "ix_product_category_id" on (category_id) is new in table "product"',
    ]
    assert said(replace(PRODUCT, primary_key=PrimaryKey(("id", "name"), "pk_product"))) == [
        'primary key of table "product": (id) becomes (id, name)'
    ]


def test_order_and_spelling_make_no_difference() -> None:
    assert said(replace(PRODUCT, columns=tuple(reversed(PRODUCT.columns)))) == []
    zero = Column("name", ColumnType("sa.String(length=40)"), nullable=False, server_default='"0"')
    assert said(with_column(replace(zero, server_default='sa.text("0")')), with_column(zero)) == []
    assert said(with_column(replace(zero, server_default='sa.text("1")')), with_column(zero)) != []


def test_a_constraint_that_an_old_file_did_not_name_is_the_same_one() -> None:
    nameless = replace(
        PRODUCT,
        foreign_keys=(replace(PRODUCT.foreign_keys[0], name=None),),
        unique=(replace(PRODUCT.unique[0], name=None),),
    )
    assert said(PRODUCT, nameless) == []


def test_a_rename_is_one_only_where_it_is_said() -> None:
    title = replace(PRODUCT.columns[1], name="title")
    named = replace(
        PRODUCT,
        columns=(PRODUCT.columns[0], title, PRODUCT.columns[2]),
        unique=(UniqueConstraint(("title",), "uq_product_title"),),
    )
    wanted = Schema.of([CATEGORY, named])
    assert possible_renames(compare(SHOP, wanted)) == (("product", "name", "title"),)
    by_caller = compare(SHOP, wanted, renames={("product", "name"): "title"})
    by_entity = compare(SHOP, Schema.of([CATEGORY, with_column(replace(title, renamed_from="name"), named)]))
    assert by_caller == by_entity
    assert by_caller[0] == RenameColumn("product", PRODUCT.columns[1], "title")
    assert [each.describe() for each in by_caller] == [
        'column "name" of table "product" is now called "title"',
        'unique constraint on (title) is gone from table "product"',
        'unique constraint on (title) is new in table "product"',
    ]


def test_a_rename_that_was_done_long_ago_is_no_difference() -> None:
    assert said(with_column(replace(PRODUCT.columns[1], renamed_from="label"))) == []


@given(schema=schemas())
def test_a_schema_differs_in_nothing_from_itself(schema: Schema) -> None:
    assert compare(schema, schema) == ()
