import pytest

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.operations import AddColumnOp, AlterColumnOp, CreateConstraintOp, CreateTableOp, DropIndexOp
from fx_orm.schema.revisions import history, read_revision, schema_of
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Table, UniqueConstraint

HEADER = 'from alembic import op\nimport sqlalchemy as sa\nrevision = "1"\ndown_revision = None\n\n\ndef upgrade():\n'


def read(body: str) -> tuple[list[object], list[tuple[int, str]]]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    revision = read_revision(HEADER + lines, "1.py")
    return list(revision.operations), [(spot.line, spot.reason) for spot in revision.opaque]


def test_the_header_is_read() -> None:
    revision = read_revision(
        '"""Create users\n\nRevision ID: 2\n"""\nrevision: str = "2"\ndown_revision = ("1", "b")\n', "2.py"
    )
    assert (revision.revision, revision.down_revision, revision.message) == ("2", ("1", "b"), "Create users")


def test_a_hand_written_table_is_read() -> None:
    operations, opaque = read(
        'op.create_table(\n    "product",\n'
        '    sa.Column("id", sa.Integer, primary_key=True),\n'
        '    sa.Column("sku", sa.String(100), nullable=False, unique=True),\n'
        '    sa.Column("category_id", sa.Integer(), sa.ForeignKey("category.id", ondelete="cascade"), index=True),\n'
        '    sa.Column("created_at", sa.DateTime(), server_default=sa.func.now()),\n'
        '    sa.CheckConstraint("id > 0", name=op.f("ck_product_id")),\n)'
    )
    assert opaque == []
    assert operations == [
        CreateTableOp(
            Table(
                "product",
                (
                    Column("id", ColumnType("sa.Integer()"), nullable=False),
                    Column("sku", ColumnType("sa.String(length=100)"), nullable=False),
                    Column("category_id", ColumnType("sa.Integer()")),
                    Column("created_at", ColumnType("sa.DateTime()"), server_default="sa.func.now()"),
                ),
                PrimaryKey(("id",)),
                (ForeignKey(("category_id",), "category", ("id",), None, "CASCADE"),),
                (UniqueConstraint(("sku",)),),
                (Check("id > 0", "ck_product_id"),),
                (Index("ix_product_category_id", ("category_id",)),),
            )
        )
    ]


def test_a_batch_is_about_its_table() -> None:
    operations, opaque = read(
        'with op.batch_alter_table("product", schema=None) as batch_op:\n'
        '    batch_op.add_column(sa.Column("weight", sa.Float()))\n'
        '    batch_op.alter_column("name", new_column_name="title", existing_type=sa.String(20))\n'
        '    batch_op.create_foreign_key("fk", "category", ["category_id"], ["id"])\n'
        '    batch_op.drop_index("ix_product_name")'
    )
    assert opaque == []
    assert operations == [
        AddColumnOp("product", Column("weight", ColumnType("sa.Float()"))),
        AlterColumnOp("product", "name", name="title"),
        CreateConstraintOp("product", ForeignKey(("category_id",), "category", ("id",), "fk")),
        DropIndexOp("product", "ix_product_name"),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('op.execute("ALTER TABLE a ADD b int")', "SQL that may change tables: ALTER TABLE a ADD b int"),
        ("for name in names():\n    op.drop_table(name)", "for name in names(): is not understood"),
        ("op.drop_table(name)", "name is not a literal"),
        ("op.create_table(*parts)", "op.create_table with * or **"),
        ("op.create_exclude_constraint()", "op.create_exclude_constraint is not understood"),
        ('op.execute("SELECT 1; DROP TABLE a")', "SQL that may change tables: SELECT 1; DROP TABLE a"),
        ('op.rename_table("a")', "a name was expected"),
        ('op.create_table("a", sa.Index())', "sa.Index() in a table"),
        ("helper(1)", "helper(1) is not understood"),
        (
            'if op.get_bind().dialect.name == "sqlite":\n    op.drop_table("a")',
            "the schema depends on the database",
        ),
    ],
)
def test_what_is_not_certain_is_opaque(body: str, reason: str) -> None:
    assert read(body) == ([], [(8, reason)])


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        'op.execute("UPDATE product SET price = 1")',
        'op.execute(sa.update(sa.table("a", sa.column("b"))).values({"b": 1}))',
        'sa.Enum(name="status").drop(op.get_bind(), checkfirst=True)',
        'if op.get_context().dialect.name == "postgresql":\n    op.execute("ALTER TYPE status RENAME TO status_old")',
        'op.execute("CREATE OR REPLACE VIEW v AS SELECT 1")',
        'op.execute("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END")',
        "connection = op.get_bind()",
    ],
)
def test_what_changes_no_table_is_not_opaque(body: str) -> None:
    assert read(body)[1] == []


def test_names_bound_to_constants_and_own_functions_are_followed() -> None:
    text = HEADER + '    table = "a"\n    step()\n    op.drop_table(table)\n\n\ndef step():\n    op.drop_table(OTHER)\n'
    revision = read_revision(text.replace("revision =", 'OTHER = "b"\nrevision =', 1), "1.py")
    assert [operation.table for operation in revision.operations] == ["b", "a"]  # type: ignore[union-attr]
    assert revision.opaque == ()


@pytest.mark.parametrize("text", ["def upgrade(:\n", "", "x = 1\n", "\0", "revision = f()\n", HEADER + "  oops\n"])
def test_no_file_raises(text: str) -> None:
    found = history([read_revision(text, "1.py")])
    assert schema_of(found).schema.tables == {}


def test_every_prefix_of_a_file_is_read_without_raising() -> None:
    text = HEADER + '    op.create_table("a", sa.Column("id", sa.Integer(), primary_key=True))\n'
    for end in range(len(text)):
        schema_of(history([read_revision(text[:end], "1.py")]))


def revision(name: str, *parents: str) -> str:
    return f"revision = {name!r}\ndown_revision = {parents!r}\n"


def problems(*texts: str) -> list[str]:
    found = history(read_revision(text, f"{place}.py") for place, text in enumerate(texts))
    return [f"{problem.path}: {problem.message}" for problem in found.problems]


def test_revisions_come_parents_first_and_heads_are_those_that_none_follows() -> None:
    found = history(read_revision(text, "x.py") for text in (revision("c", "b"), revision("a"), revision("b", "a")))
    assert [each.revision for each in found] == ["a", "b", "c"]
    assert found.head == "c"


def test_what_does_not_fit_is_said() -> None:
    assert problems(revision("a"), revision("a")) == ["1.py: revision a is also in 0.py"]
    assert problems(revision("b", "a")) == ["0.py: revision a, which b follows, is in no file"]
    assert problems(revision("a", "b"), revision("b", "a")) == ["0.py: revisions follow each other in a circle: a, b"]
    assert problems("def upgrade(:") == ["0.py: line 1: invalid syntax"]


def test_an_operation_that_does_not_fit_the_schema_is_opaque() -> None:
    found = schema_of(history([read_revision(HEADER + '    op.drop_column("a", "b")\n', "1.py")]))
    assert [(spot.path, spot.line, spot.reason) for spot in found.opaque] == [("1.py", 8, 'there is no table "a"')]
