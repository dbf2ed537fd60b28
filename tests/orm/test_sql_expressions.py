"""Complete expressions: what they are made of, and what is refused."""

import subprocess
import sys

import pytest

from fx_orm.errors import QueryError
from fx_orm.sql import allow_functions, parse_expression
from fx_orm.sql.nodes import Binary, Call, Case, Column, Constant, Number, Text, holds_aggregate


def test_an_expression_is_a_tree_of_plain_nodes() -> None:
    parsed = parse_expression("COUNT(CASE WHEN is_active = true THEN 1 END)")
    when = Binary("=", Column(None, "is_active"), Constant(True))
    assert parsed.tree == Call("count", (Case(None, ((when, Number("1")),), None),))
    assert parsed.functions == {"count"}
    assert holds_aggregate(parsed.tree)


def test_precedence_and_negation() -> None:
    tree = parse_expression("a = 1 OR b NOT LIKE 'x%' AND NOT c IS NULL").tree
    assert isinstance(tree, Binary)
    assert tree.operator == "OR"
    assert isinstance(tree.right, Binary)
    assert tree.right.left == Binary("NOT LIKE", Column(None, "b"), Text("x%"))


def test_names_of_functions_and_words_may_be_columns() -> None:
    assert parse_expression("p.order + count").tree == Binary("+", Column("p", "order"), Column(None, "count"))


def test_parameters_are_named() -> None:
    assert parse_expression("price BETWEEN :low AND :high").parameters == {"low", "high"}


@pytest.mark.parametrize(
    "text",
    [
        "x NOT IN (1, 2)",
        "x NOT BETWEEN 1 AND 2",
        "x IS NOT NULL",
        "x IS TRUE",
        "COUNT(DISTINCT p.id)",
        "COUNT(*)",
        "SUM(x) FILTER (WHERE y > 1)",
        "ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC)",
        "CAST(x AS integer)",
        "EXTRACT(year FROM x)",
        "-x * (2.5 + 3) % 2",
        "a || ' ' || b",
        "a.b.c = CURRENT_TIMESTAMP",
        "CASE x WHEN 1 THEN 'a' ELSE NULL END",
    ],
)
def test_what_is_understood(text: str) -> None:
    assert parse_expression(text).tree == parse_expression(text).tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is no expression"),
        ("COUNT(", "it is no expression (Expecting ), at position 6)"),
        ("1 1", "it is no expression (Invalid expression / Unexpected token, at position 3)"),
        ("a b", "an alias cannot stand here"),
        ("x IN (SELECT 1)", "SELECT cannot stand in a string; pass another builder for a sub-query"),
        ("EXISTS (VALUES (1))", "a sub-query cannot stand in an expression string"),
        ("x; DROP TABLE product", '";" cannot stand at position 2'),
        ("DROP TABLE product", "DROP cannot stand in a string; pass another builder for a sub-query"),
        ("x = 1 -- y", "a comment cannot stand here"),
        ("x = 'a", "a quote is not closed at position 5"),
        ("x = ?", '"?" cannot stand at position 5'),
        ("@x", '"@" cannot stand at position 1'),
        ("x[1]", '"[" cannot stand at position 2'),
        ("CAST(x AS bytea)", "CAST to "),
        ("EXTRACT(century FROM x)", "EXTRACT of century is not supported; there is year, month, day, hour, "),
        ("x IS y", "IS takes NULL, TRUE or FALSE"),
        (
            "pg_sleep(10)",
            'function "pg_sleep" is not in the list of functions; fx_orm.sql.allow_functions() extends it',
        ),
        ("cuont(id)", 'function "cuont" is not in the list of functions; did you mean "count"?; '),
        ("a.b.c.d", '"a.b.c.d" has too many parts'),
    ],
)
def test_what_is_refused_says_why(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_expression(text)
    assert str(caught.value).startswith(message)


def test_a_project_may_allow_functions() -> None:
    with pytest.raises(QueryError):
        parse_expression("soundex_of_test(name)")
    allow_functions("soundex_of_test", database="sqlite")
    assert parse_expression("SOUNDEX_OF_TEST(name)").functions == {"soundex_of_test"}


def test_every_prefix_of_an_expression_is_parsed_or_refused_by_a_query_error() -> None:
    messages = []
    for text in (
        "COUNT(CASE WHEN p.a = true THEN 1 END) >= 'x' || :y",
        "x NOT IN (1, 2) AND CAST(y AS text) IS NOT NULL",
    ):
        for end in range(len(text)):
            try:
                parse_expression(text[:end])
            except QueryError as error:
                messages.append(str(error))
    assert messages
    assert not any("\n" in message for message in messages)


def test_reading_needs_no_sqlglot() -> None:
    code = "import sys, fx_orm.sql as s; s.read_select_item('COUNT(*) as n'); print('sqlglot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
