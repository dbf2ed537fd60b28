"""The table of column types, as text: what an annotation makes, and where it is not certain."""

import pytest

from fx_orm.schema.column_types import column_type, is_nullable

STRING = 'sa.String().with_variant(sa.String(length=255), "mysql", "mariadb")'
DATETIME = 'sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'
JSON = 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'


@pytest.mark.parametrize(
    ("annotation", "source"),
    [
        ("int", "sa.Integer()"),
        ("int | None", "sa.Integer()"),
        ("None | int", "sa.Integer()"),
        ("Optional[int]", "sa.Integer()"),
        ("typing.Optional['int']", "sa.Integer()"),
        ("Union[int, None]", "sa.Integer()"),
        ('"int | None"', "sa.Integer()"),
        ("str", STRING),
        ("bool", "sa.Boolean()"),
        ("float", "sa.Float(precision=53)"),
        ("datetime", DATETIME),
        ("datetime.datetime", DATETIME),
        ("NaiveDatetime", 'sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'),
        ("date", "sa.Date()"),
        ("time", 'sa.Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb")'),
        ("timedelta", 'sa.Interval().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'),
        ("bytes", 'sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")'),
        ("uuid.UUID", "sa.Uuid()"),
        ("dict[str, str]", JSON),
        ("list[int] | None", JSON),
        ("dict | list", JSON),
    ],
)
def test_type_of_an_annotation(annotation: str, source: str) -> None:
    found = column_type(annotation)
    assert found is not None
    assert found.source == source


@pytest.mark.parametrize(
    "annotation",
    ["Decimal", "Any", "Category", "int | str", "list[int] | int", "Annotated[int, 1]", "my.int", "x[", "None", ""],
)
def test_none_when_not_certain(annotation: str) -> None:
    assert column_type(annotation) is None


def test_arguments_that_bear_on_the_type() -> None:
    assert str(column_type("str", max_length=40)) == "sa.String(length=40)"
    assert str(column_type("str", max_length=70_000)) == (
        'sa.String(length=70000).with_variant(mysql.LONGTEXT(), "mysql", "mariadb")'
    )
    assert str(column_type("bytes", max_length=16)) == "sa.LargeBinary(length=16)"
    assert str(column_type("Decimal | None", max_digits=10, decimal_places=2)) == "sa.Numeric(precision=10, scale=2)"
    assert column_type("Decimal", max_digits=10) is None
    assert str(column_type("shop.OrderStatus", enum_members=["OPEN", "PAID"])) == (
        'sa.Enum("OPEN", "PAID", name="orderstatus")'
    )


def test_nullable() -> None:
    for annotation in ("int | None", "Optional[int]", "Union[None, int]", "'Optional[int]'", "None"):
        assert is_nullable(annotation), annotation
    for annotation in ("int", "list[int | None]", "Any", "x["):
        assert not is_nullable(annotation), annotation
