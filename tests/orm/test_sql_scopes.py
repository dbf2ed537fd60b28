"""What a name means among the tables of a query, and what is said when it means nothing."""

import pytest

from fx_orm.sql import Ambiguous, Entry, Found, Scope, Uncertain, explain

PRODUCT = {"id": 1, "name": 2, "price": 3, "category_id": 4}
CATEGORY = {"id": 5, "name": 6, "parent_id": 7}
JOINED = Scope([Entry("p", "product", PRODUCT), Entry("c", "category", CATEGORY)])
BOUND = Scope([Entry("product", "product", PRODUCT, root=True), Entry("c", "category", CATEGORY)])
UNKNOWN = Scope([Entry("p", "product", PRODUCT), Entry("x", "elsewhere", None)])


def test_a_qualified_name_is_the_column_of_that_table() -> None:
    found = JOINED.resolve("c", "name")
    assert isinstance(found, Found)
    assert (found.entry.table, found.value) == ("category", 6)


def test_an_unqualified_name_is_the_root_entitys_first() -> None:
    found = BOUND.resolve(None, "name")
    assert isinstance(found, Found)
    assert found.value == 2


def test_an_unqualified_name_must_be_one_tables_alone() -> None:
    assert JOINED.resolve(None, "name") == Ambiguous("name", ("p.name", "c.name"))
    found = JOINED.resolve(None, "parent_id")
    assert isinstance(found, Found)
    assert found.value == 7


def test_nothing_is_said_of_a_table_whose_columns_nobody_knows() -> None:
    assert isinstance(UNKNOWN.resolve("x", "anything"), Uncertain)
    assert isinstance(UNKNOWN.resolve(None, "nmae"), Uncertain)
    assert isinstance(UNKNOWN.resolve(None, "name"), Uncertain)
    assert explain(UNKNOWN.resolve(None, "nmae"), UNKNOWN) == ""


@pytest.mark.parametrize(
    ("scope", "qualifier", "column", "message"),
    [
        (JOINED, "p", "nmae", 'table "product" (p) has no column "nmae"; did you mean "name"?'),
        (JOINED, "p", "zzz", 'table "product" (p) has no column "zzz"'),
        (BOUND, "product", "pirce", 'table "product" has no column "pirce"; did you mean "price"?'),
        (JOINED, None, "prise", 'no table of the query ("p", "c") has a column "prise"; did you mean "p.price"?'),
        (JOINED, "product", "id", 'table "product" is called "p" in this query; write "p."'),
        (JOINED, "q", "id", 'the query has no table or alias "q"; there is "p", "c"'),
        (BOUND, "prodct", "id", 'the query has no table or alias "prodct"; did you mean "product"?'),
        (JOINED, None, "id", 'column "id" is in several tables; write "p.id" or "c.id"'),
        (Scope([]), "p", "id", 'the query has no table yet, so "p" means nothing; call from_table() or join()'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(scope: Scope, qualifier: str | None, column: str, message: str) -> None:
    assert explain(scope.resolve(qualifier, column), scope) == message
