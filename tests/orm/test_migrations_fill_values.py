"""What rows that exist get, as it is typed: read by the column's type, refused when the column cannot hold it."""

import pytest

from fx_orm.errors import MigrationError
from fx_orm.migrations.fill_values import read_fill
from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.tables import Column

KIND = 'sa.Enum("LEAF", "TOOL", name="kind")'
STRING = 'sa.String().with_variant(sa.String(length=255), "mysql", "mariadb")'


def read(source: str, text: str) -> str:
    return read_fill("t", Column("c", ColumnType(source)), text)


@pytest.mark.parametrize(
    ("source", "text", "written"),
    [
        ("sa.Integer()", "3", 'sa.text("3")'),
        ("sa.BigInteger()", "-3", 'sa.text("-3")'),
        ("sa.Integer()", "abs(-3)", 'sa.text("abs(-3)")'),
        ("sa.Float(precision=53)", "2", 'sa.text("2")'),
        ("sa.Numeric(precision=8, scale=2)", "2.50", 'sa.text("2.50")'),
        ("sa.Boolean()", "TRUE", "sa.true()"),
        ("sa.Boolean()", "0", "sa.false()"),
        (STRING, "many", '"many"'),
        (STRING, "'many'", '"many"'),
        (STRING, "", '""'),
        ("sa.String(length=4)", "many", '"many"'),
        (KIND, "TOOL", '"TOOL"'),
        ("sa.Date()", "2024-01-31", '"2024-01-31"'),
        ("sa.Date()", "current_date", "sa.func.now()"),
        ("sa.DateTime(timezone=True)", "NOW()", "sa.func.now()"),
        ("sa.DateTime(timezone=True)", "2024-01-31 12:00+02:00", '"2024-01-31 10:00:00"'),
        ("sa.DateTime()", "2024-01-31 12:00", '"2024-01-31 12:00:00"'),
        ("sa.Time()", "12:30", '"12:30:00"'),
        ("sa.Uuid()", "6f1c7a52-8f6a-4d4e-9d53-0e9b1d0f2a11", '"6f1c7a528f6a4d4e9d530e9b1d0f2a11"'),
        ("sa.JSON()", '{"a": [1]}', """'{"a": [1]}'"""),
        ("sa.JSON()", '"a"', "'\"a\"'"),
        ("sa.LargeBinary()", "x'00'", "sa.text(\"x'00'\")"),
    ],
)
def test_a_value_is_read_by_its_column(source: str, text: str, written: str) -> None:
    assert read(source, text) == written


@pytest.mark.parametrize(
    ("source", "text", "takes"),
    [
        ("sa.Integer()", "many", "a whole number"),
        ("sa.Integer()", "1.5", "a whole number"),
        ("sa.Numeric(precision=8, scale=2)", "NaN", "a number"),
        ("sa.Boolean()", "perhaps", "true or false"),
        ("sa.String(length=4)", "too many", "at most 4 characters"),
        (KIND, "leaf", "one of LEAF, TOOL"),
        ("sa.Date()", "yesterday", "a date such as 2024-01-31"),
        ("sa.DateTime(timezone=True)", "soon", "a moment such as 2024-01-31T12:00:00+00:00, or CURRENT_TIMESTAMP"),
        ("sa.Time()", "noon", "a time such as 12:30"),
        ("sa.Uuid()", "1", "a UUID"),
        ("sa.JSON()", "{", "JSON such as {}"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(source: str, text: str, takes: str) -> None:
    with pytest.raises(MigrationError) as caught:
        read(source, text)
    assert str(caught.value) == f'--default t.c={text}: column "c" takes {takes}'
