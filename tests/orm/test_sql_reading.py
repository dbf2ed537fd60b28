"""The tolerant readers: every text gives its names, every prefix of it what it has so far."""

import pytest

from fx_orm.sql import (
    ColumnReference,
    SelectItem,
    TokenKind,
    names,
    read_column,
    read_condition,
    read_select_item,
    read_table,
    read_time,
    tokenize,
)

TABLES = {
    "product": ("product", None),
    "product p": ("product", "p"),
    " product  AS  p ": ("product", "p"),
    "shop.product p": ("shop.product", "p"),
    '"order" o': ("order", "o"),
    "`customer order` co": ("customer order", "co"),
    "größe g": ("größe", "g"),
}
COLUMNS = {
    "price": (None, "price"),
    " p.price ": ("p", "price"),
    "p.order": ("p", "order"),
    "p.*": ("p", "*"),
    "*": (None, "*"),
    "shop.product.price": ("shop.product", "price"),
    'p."unit price"': ("p", "unit price"),
}
EXPRESSIONS = {
    "p.category_id = c.id": ["p.category_id", "c.id"],
    "p.category_id = c.id AND c.name LIKE 'a%' OR NOT p.active": ["p.category_id", "c.id", "c.name", "p.active"],
    "COUNT(CASE WHEN is_active = true THEN 1 END)": ["is_active"],
    "CAST(p.price AS integer) + 1.5e3": ["p.price"],
    "EXTRACT(year FROM p.created_at)": ["p.created_at"],
    "SUM(l.quantity * l.unit_price)": ["l.quantity", "l.unit_price"],
    "ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY p.price DESC)": ["c.id", "p.price"],
    "p.created_at > CURRENT_TIMESTAMP - INTERVAL '1' day": ["p.created_at"],
    "p.name = 'it''s -- p.x' AND p.id IN (1, :two)": ["p.name", "p.id"],
    "p.": ["p."],
    "p.category_id = c.": ["p.category_id", "c."],
}
ITEMS = {
    "*": (["*"], None, False),
    "p.*": (["p.*"], None, False),
    "c.name as category_name": (["c.name"], "category_name", False),
    "c.name category_name": (["c.name"], "category_name", False),
    "DISTINCT p.*": (["p.*"], None, True),
    "COUNT(*) as n": ([], "n", False),
    "COUNT(CASE WHEN is_active = true THEN 1 END) as active": (["is_active"], "active", False),
    "CASE WHEN a > 0 THEN 1 ELSE 0 END flag": (["a"], "flag", False),
    "CAST(price AS integer)": (["price"], None, False),
    "price AS": (["price"], "", False),
}
EVERYTHING = [
    *TABLES,
    *COLUMNS,
    *EXPRESSIONS,
    *ITEMS,
    "a -- b",
    "a /* b",
    "x;y",
    "'",
    '"',
    "`",
    "\x00",
    "a..b",
    "((((",
    "::",
]


@pytest.mark.parametrize("text", TABLES)
def test_a_table_and_its_alias(text: str) -> None:
    read = read_table(text)
    assert (read.table.text, read.alias and read.alias.text) == TABLES[text]
    assert read.problem is None


@pytest.mark.parametrize("text", COLUMNS)
def test_a_column(text: str) -> None:
    read = read_column(text)
    assert (read.qualifier and read.qualifier.text, read.column.text) == COLUMNS[text]
    assert read.problem is None


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_the_columns_of_a_condition(text: str) -> None:
    assert [str(column) for column in read_condition(text).columns] == EXPRESSIONS[text]


@pytest.mark.parametrize("text", ITEMS)
def test_an_item_of_a_select_list(text: str) -> None:
    read = read_select_item(text)
    assert ([str(c) for c in read.columns], read.alias and read.alias.text, read.distinct) == ITEMS[text]


def test_names_lie_where_their_spans_say() -> None:
    text = "COUNT( p.id ) > total"
    assert [(name.text, text[slice(*name.span)]) for name in names(text)] == [
        ("p", "p"),
        ("id", "id"),
        ("total", "total"),
    ]


def test_a_select_item_that_is_one_column_says_so() -> None:
    assert isinstance(read_select_item("p.name as n").column, ColumnReference)
    assert read_select_item("UPPER(p.name) as n").column is None


def test_what_is_multiplied_is_no_alias() -> None:
    assert read_select_item("price * stock").alias is None
    assert [item.alias.text for item in map(read_select_item, ("COUNT(*) n", "p.* n")) if item.alias] == ["n", "n"]
    assert read_select_item("2 * stock as twice").expression.text == "2 * stock"


def test_half_typed_text_has_an_empty_name_at_its_end() -> None:
    column = read_column("p.")
    assert (column.column.text, column.column.span) == ("", (2, 2))
    assert column.problem == 'a column is missing after "p."'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a column is missing"),
        ("p.price; DROP TABLE p", '";" cannot stand at position 8'),
        ("p.price p", '"p" cannot stand at position 9'),
        ("price -- x", '"-- x" cannot stand at position 7'),
        ("'price'", "'price' cannot stand at position 1"),
        ('"price', "a quote is not closed at position 1"),
        ('""', "an empty name at position 1"),
        ("a.b.c.d", '"d" cannot stand at position 7'),
    ],
)
def test_what_does_not_belong_in_a_column_is_told(text: str, problem: str) -> None:
    assert read_column(text).problem == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a column or an expression is missing"),
        ("id, name", "one item a string: write the others as items of their own"),
        ("(SELECT 1) as x", "SELECT cannot stand in a string; pass another builder for a sub-query"),
        ("id /* x */", "a comment cannot stand here"),
        ("id; DROP TABLE product", '";" cannot stand at position 3'),
        ("id as", "a name is missing after AS"),
        ("id as a b", "an alias is one name of letters, digits and _"),
        ('id as "a; b"', "an alias is one name of letters, digits and _"),
        ("DELETE id", "DELETE cannot stand in a string; pass another builder for a sub-query"),
    ],
)
def test_what_does_not_belong_in_a_select_item_is_told(text: str, problem: str) -> None:
    assert read_select_item(text).problem == problem


def test_words_of_sql_are_columns_after_a_dot_and_functions_before_a_parenthesis() -> None:
    assert read_select_item("REPLACE(p.update, 'a', 'b')").problem is None
    assert [name.text for name in names("p.select = p.from")] == ["p", "select", "p", "from"]


@pytest.mark.parametrize("text", EVERYTHING)
def test_every_prefix_is_read_and_its_tokens_cover_it(text: str) -> None:
    for end in range(len(text) + 1):
        prefix = text[:end]
        tokens = tokenize(prefix)
        assert "".join(prefix[token.start : token.end] for token in tokens) == "".join(prefix.split()) or any(
            " " in prefix[token.start : token.end] for token in tokens
        )
        for found in (read_table(prefix), read_column(prefix), read_condition(prefix), read_select_item(prefix)):
            assert found is not None
        for name in names(prefix):
            assert name.text in prefix[slice(*name.span)]
        assert isinstance(read_select_item(prefix), SelectItem)
        read_time(prefix)


def test_quotes_and_escapes_of_tokens() -> None:
    kinds = [(token.kind, token.text, token.closed) for token in tokenize("""'it''s' "a""b" `c` :d 'x""")]
    assert kinds == [
        (TokenKind.STRING, "it's", True),
        (TokenKind.NAME, 'a"b', True),
        (TokenKind.NAME, "c", True),
        (TokenKind.PARAMETER, "d", True),
        (TokenKind.STRING, "x", False),
    ]
