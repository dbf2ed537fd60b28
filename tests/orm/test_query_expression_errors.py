"""Expression strings that one database would run and another refuse: refused on all, with one message."""

from typing import Any

import pytest

from fx_orm.errors import QueryError
from fx_orm.query_builder import QueryBuilder
from tests.orm.shop_tables import Ware
from tests.orm.told import mistakes

# The expression, and what is said of it after `QueryBuilder.select("... as x"): `.
WRONG = r"""
LOWER()
    LOWER takes 1 argument, not 0
LOWER(name, name)
    LOWER takes 1 argument, not 2
NULLIF(id)
    NULLIF takes 2 arguments, not 1
ROUND(price, 1, 2)
    ROUND takes 1 to 2 arguments, not 3
COALESCE(name)
    COALESCE takes at least 2 arguments, not 1
CONCAT()
    CONCAT takes at least 1 argument, not 0
TRIM(name, 'x')
    TRIM takes 1 argument, not 2
RANK(id) OVER (ORDER BY id)
    RANK takes no arguments, not 1
COUNT()
    COUNT takes 1 argument, not 0
COUNT(DISTINCT id, name)
    COUNT(DISTINCT ...) takes one argument, not 2
COUNT(DISTINCT *)
    * stands in COUNT(*) alone
MAX(*)
    * stands in COUNT(*) alone
SUM(SUM(id))
    SUM cannot be computed of another aggregate; select that in a sub-query
ROW_NUMBER()
    ROW_NUMBER looks over a window; write ROW_NUMBER(...) OVER (ORDER BY ...)
LAG(id) OVER (PARTITION BY name)
    LAG needs an order; write OVER (ORDER BY ...)
SUM(id) OVER (ORDER BY id ROWS 9999999999 PRECEDING)
    a frame is bounded by whole numbers, UNBOUNDED or CURRENT ROW
SUM(name)
    SUM takes numbers, not texts
AVG(made_on)
    AVG takes numbers, not dates
SUM(is_active)
    SUM takes numbers, not true or false; write CASE WHEN ... THEN 1 ELSE 0 END
MAX(is_active)
    MAX has no meaning for true or false that every database shares
MIN(kind)
    MIN has no meaning for members of an Enum that every database shares
MAX(extra)
    MAX has no meaning for JSON that every database shares
LOWER(price)
    LOWER takes texts, not numbers
ABS(name)
    ABS takes numbers, not texts
COALESCE(name, 1)
    texts cannot be compared with whole numbers
NULLIF(name, made_on)
    texts cannot be compared with dates
name + 1
    "+" computes with numbers, not with texts
created_at - made_on
    "-" computes with numbers, not with moments
is_active + 1
    "+" computes with numbers, not with true or false
price % 2
    "%" computes with whole numbers, not with numbers
-name
    "-" computes with numbers, not with texts
price || 'x'
    "||" joins texts, not numbers; write CAST(... AS text)
name = 1
    texts cannot be compared with whole numbers
'1' = 1
    texts cannot be compared with whole numbers
name = true
    texts cannot be compared with true or false
made_on < created_at
    dates cannot be compared with moments
name IS TRUE
    texts cannot be compared with true or false
is_active = 2
    2 is neither true nor false
kind < 'TOOL'
    < has no meaning for members of an Enum that every database shares; write = or IN
id LIKE '1%'
    LIKE compares texts, and the column holds whole numbers
name LIKE 1
    LIKE takes a pattern, which is a text, not whole numbers
id BETWEEN 'a' AND 'b'
    'a' is no whole number
extra BETWEEN extra AND extra
    BETWEEN has no meaning for JSON that every database shares; write = or IN
name IN (1, 2)
    texts cannot be compared with whole numbers
name AND id
    a condition is needed, and there are texts
NOT stock
    a condition is needed, and there are whole numbers
CASE WHEN stock THEN 1 END
    a condition is needed, and there are whole numbers
CASE name WHEN 1 THEN 1 END
    texts cannot be compared with whole numbers
CASE WHEN is_active THEN 1 ELSE 'none' END
    whole numbers cannot be compared with texts
EXTRACT(year FROM name)
    EXTRACT of a year takes moments, not texts
1e400
    a number has too many digits for every database
1e-400
    a number has too many digits for every database
"""
DATABASES = ("sqlite", "postgresql", "mysql")


@pytest.mark.parametrize(("written", "message"), mistakes(WRONG), ids=[written for written, _ in mistakes(WRONG)])
def test_what_means_not_the_same_everywhere_is_refused(written: str, message: str) -> None:
    for database in DATABASES:
        with pytest.raises(QueryError) as caught:
            QueryBuilder(Ware).select(f"{written} as x").to_sql(database)
        assert str(caught.value) == f'QueryBuilder.select("{written} as x"): {message}'


@pytest.mark.parametrize("place", ["where_raw", "having", "join"])
def test_a_condition_is_true_or_false(place: str) -> None:
    query: Any = QueryBuilder(Ware).select("stock").group_by("stock")
    with pytest.raises(QueryError) as caught:
        (query.join("qb_shelf s", "stock") if place == "join" else getattr(query, place)("stock")).to_sql("sqlite")
    assert str(caught.value) == f'QueryBuilder.{place}("stock"): a condition is needed, and there are whole numbers'


@pytest.mark.parametrize("count", [500, 5000])
def test_what_is_nested_too_deeply_is_refused(count: int) -> None:
    with pytest.raises(QueryError, match="nested too deeply"):
        QueryBuilder(Ware).select(" + ".join(["id"] * count) + " as x").to_sql("sqlite")
    query = QueryBuilder(Ware)
    for at in range(count):
        (query.where if at % 2 else query.or_where)("id", at)
    with pytest.raises(QueryError, match="nested too deeply"):
        query.to_sql("sqlite")


def test_what_means_the_same_everywhere_is_let_through() -> None:
    for written in (
        "-(-stock) % 2",
        "price * 2 + stock - 1",
        "name || '-' || note",
        "CASE WHEN is_active AND NOT is_active = 0 THEN price ELSE 0 END",
        "CASE kind WHEN 'leaf' THEN 1 ELSE NULL END",
        "COALESCE(note, name, '')",
        "EXTRACT(year FROM made_on) = 2024",
        "created_at > CURRENT_TIMESTAMP",
        "name LIKE 'S%' OR note ILIKE '%g%'",
        "AVG(LENGTH(name))",
        "MAX(created_at)",
        "COUNT(DISTINCT shelf_id)",
        "LAG(stock, 1, 0) OVER (ORDER BY id)",
    ):
        for database in DATABASES:
            query = QueryBuilder(Ware).select(f"{written} as x")
            assert query.to_sql(database)[0].endswith(" AS x FROM qb_ware")
