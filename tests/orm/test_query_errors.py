"""Each way to write a query wrongly has its one message: method, argument, what is wrong, what was likely meant."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from fx_orm.errors import QueryError, UnsupportedError
from fx_orm.query_builder import QueryBuilder
from tests.orm.shop_tables import Shelf, Ware
from tests.orm.told import mistakes

Query = QueryBuilder[Any]


def bound() -> Query:
    return QueryBuilder(Ware)


def joined() -> Query:
    return QueryBuilder().from_table("qb_ware w").join("qb_shelf s", "w.shelf_id = s.id")


# What is written, and below it what is said; a message of several lines is one line.
WRONG = r"""
bound().where("nmae", 1)
    QueryBuilder.where("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?
joined().where("w.pirce", 1)
    QueryBuilder.where("w.pirce"): table "qb_ware" (w) has no column "pirce"; did you mean "price"?
joined().where("name", 1)
    QueryBuilder.where("name"): column "name" is in several tables; write "w.name" or "s.name"
joined().where("qb_ware.id", 1)
    QueryBuilder.where("qb_ware.id"): table "qb_ware" is called "w" in this query; write "w."
joined().or_where("x.id", 1)
    QueryBuilder.or_where("x.id"): the query has no table or alias "x"; there is "w", "s"
bound().where("", 1)
    QueryBuilder.where(""): a column is missing
bound().where("*", 1)
    QueryBuilder.where("*"): one column is needed, not all of them
bound().where("price > 5 OR", 1)
    QueryBuilder.where("price > 5 OR"): ">" cannot stand at position 7
bound().order_by("nmae")
    QueryBuilder.order_by("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?
bound().order_by("name DESC")
    QueryBuilder.order_by("name DESC"): the direction is said apart: order_by("name", "DESC")
bound().select("id").group_by("nmae")
    QueryBuilder.group_by("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?
bound().where_in("idd", [1])
    QueryBuilder.where_in("idd"): table "qb_ware" has no column "idd"; did you mean "id"?
bound().where_null("x.id")
    QueryBuilder.where_null("x.id"): the query has no table or alias "x"; there is "qb_ware"
bound().where_between("prize", 1, 2)
    QueryBuilder.where_between("prize"): table "qb_ware" has no column "prize"; did you mean "price"?
bound().select("nmae")
    QueryBuilder.select("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?
bound().select("x.*")
    QueryBuilder.select("x.*"): the query has no table or alias "x"; there is "qb_ware"
bound().select("COUNT(nmae) as n")
    QueryBuilder.select("COUNT(nmae) as n"): table "qb_ware" has no column "nmae"; did you mean "name"?
joined().join("qb_label l", "l.id = w.lable")
    QueryBuilder.join("l.id = w.lable"): table "qb_ware" (w) has no column "lable"
QueryBuilder().from_table("qb_wear")
    QueryBuilder.from_table("qb_wear"): no entity maps a table "qb_wear", and there is no database to ask; did you
    mean "qb_ware"?
bound().with_("shelv")
    QueryBuilder.with_("shelv"): Ware has no relationship "shelv"; did you mean "shelf"?
bound().with_("shelf.ware")
    QueryBuilder.with_("shelf.ware"): Shelf has no relationship "ware"; did you mean "wares"?
bound().join("shelv")
    QueryBuilder.join("shelv"): Ware has no relationship "shelv"; did you mean "shelf"?; a table is joined with a
    condition: join(table, condition)
joined().join("qb_label s", "s.id = w.id")
    QueryBuilder.join("qb_label s"): the query has a table called "s" already; give this one an alias
bound().from_table("qb_shelf")
    QueryBuilder.from_table("qb_shelf"): the builder is bound to Ware, whose table is "qb_ware"; start with
    QueryBuilder() to select from another one
QueryBuilder().select("id")
    QueryBuilder.select("id"): the query has no table yet, so "id" means nothing; call from_table() or join()
bound().where("price", "=>", 1)
    QueryBuilder.where("price"): operator '=>' does not exist; did you mean ">="?
bound().where("name", "LIEK", "x")
    QueryBuilder.where("name"): operator 'LIEK' does not exist; did you mean "LIKE"?
bound().where("price", "<", None)
    QueryBuilder.where("price"): < with None is never true; write where_null() or another value
bound().where("price")
    QueryBuilder.where("price"): a value is missing; an expression string is given to where_raw()
bound().where("a", "=", 1, 2)
    QueryBuilder.where(): it takes a column and a value, and an operator between, not 4 arguments
bound().where(5, 1)
    QueryBuilder.where(): a name is a string, not an object of int
bound().where({})
    QueryBuilder.where(): the dict is empty; leave the call out to ask for all rows
bound().where({"id; DROP": 1})
    QueryBuilder.where("id; DROP"): ";" cannot stand at position 3
bound().where(True)
    QueryBuilder.where(): True is no condition; was a column compared in Python?
bound().where("id", [1, 2])
    QueryBuilder.where("id"): a list is compared by where_in()
bound().where("id", QueryBuilder(Shelf).select("id", "name"))
    QueryBuilder.where("id"): the sub-query gives 2 columns (id, name); select one
bound().where("id", "LIKE", QueryBuilder(Shelf))
    QueryBuilder.where("id"): LIKE takes no builder; write =, !=, <, <=, >, >=, IN or NOT IN
bound().where("id", Ware.id)
    QueryBuilder.where("id"): an object of InstrumentedAttribute is no value; write the whole condition as an expression
bound().or_where_not_in("idd", [1])
    QueryBuilder.or_where_not_in("idd"): table "qb_ware" has no column "idd"; did you mean "id"?
bound().or_where_not_null("idd")
    QueryBuilder.or_where_not_null("idd"): table "qb_ware" has no column "idd"; did you mean "id"?
bound().or_where_between("id", 1)
    QueryBuilder.or_where_between("id"): BETWEEN takes two values: the least and the greatest
bound().or_where_contains("name", 1)
    QueryBuilder.or_where_contains("name"): a text is needed, not an object of int
bound().or_where_column("id", "LIKE", "stock")
    QueryBuilder.or_where_column("id"): LIKE does not compare two columns; write =, !=, <, <=, > or >=
bound().or_where_exists("qb_ware")
    QueryBuilder.or_where_exists(): another builder is needed, not an object of str
bound().or_where_raw("nmae = 1")
    QueryBuilder.or_where_raw("nmae = 1"): table "qb_ware" has no column "nmae"; did you mean "name"?
bound().or_where_not("nmae", 1)
    QueryBuilder.or_where_not("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?
bound().where("is_active", "yes")
    QueryBuilder.where("is_active"): 'yes' is neither true nor false
bound().where("id", "abc")
    QueryBuilder.where("id"): 'abc' is no whole number
bound().where_in("id", ["1", "1.5"])
    QueryBuilder.where_in("id"): '1.5' is no whole number
bound().where("price", "<", "cheap")
    QueryBuilder.where("price"): 'cheap' is no number
bound().where_between("price", 1, "inf")
    QueryBuilder.where_between("price"): 'inf' is no number
bound().where("kind", "leef")
    QueryBuilder.where("kind"): 'leef' is no Kind; there is LEAF, TOOL
bound().where("created_at", ">", "yesterday")
    QueryBuilder.where("created_at"): 'yesterday' is neither ISO 8601 nor a time expression (CURRENT_TIMESTAMP,
    NOW(), CURRENT_DATE, DATE('now', '-30 days'))
bound().where_in("id", "12")
    QueryBuilder.where_in("id"): IN takes a list of values, not an object of str
bound().where_in("id", 12)
    QueryBuilder.where_in("id"): IN takes a list of values, not an object of int
bound().where_in("id", QueryBuilder(Shelf).select("id", "name"))
    QueryBuilder.where_in("id"): the sub-query gives 2 columns (id, name); select one
bound().where_between("id", 1, None)
    QueryBuilder.where_between("id"): BETWEEN with None is never true; write where() with >= or <=
bound().where("id", "BETWEEN", [1])
    QueryBuilder.where("id"): BETWEEN takes two values: the least and the greatest
bound().where("id", "IS", 5)
    QueryBuilder.where("id"): IS takes None, True or False
bound().where_contains("name", 5)
    QueryBuilder.where_contains("name"): a text is needed, not an object of int
bound().where_column("id", "LIKE", "stock")
    QueryBuilder.where_column("id"): LIKE does not compare two columns; write =, !=, <, <=, > or >=
bound().order_by("name", "DOWN")
    QueryBuilder.order_by("name"): direction 'DOWN' does not exist; write "ASC" or "DESC"
bound().limit(-1)
    QueryBuilder.limit(): a number of rows is at least 0, not -1
bound().limit("5")
    QueryBuilder.limit(): a number of rows is a whole number, not an object of str
bound().select()
    QueryBuilder.select(): nothing is named
bound().select(5)
    QueryBuilder.select(): an item is a string or an expression of SQLAlchemy, not an object of int
joined().join("qb_label", "a", "b")
    QueryBuilder.join("qb_label"): it takes a condition, or left, operator, right; not 2 arguments
joined()
    QueryBuilder.select(): without it all columns are read, and "id" is in several tables; say which you need
QueryBuilder()
    QueryBuilder.select(): the query has no table; call from_table()
joined().join(QueryBuilder(Shelf), "a = b")
    QueryBuilder.join(): a builder that stands for a table needs a name: alias="..."
joined().join(5, "a = b")
    QueryBuilder.join(): a table is a string such as "product p", an entity or a builder, not an object of int
bound().where_group(5)
    QueryBuilder.where_group(): a function or a builder is needed, not an object of int
bound().where_group(lambda q: q)
    QueryBuilder.where_group(): no condition was added; there is nothing to put in parentheses
bound().where_group(bound())
    QueryBuilder.where_group(): no condition was added; there is nothing to put in parentheses
bound().where_group(lambda q: q.where("id", 1).limit(1))
    QueryBuilder.where_group(): a group holds conditions alone: no joins, order or select
bound().where_raw("price > :low")
    QueryBuilder.where_raw("price > :low"): no value is given for :low
bound().where_raw("price > 1", low=1)
    QueryBuilder.where_raw("price > 1"): the expression has no parameter :low
bound().where_raw("pg_sleep(1) > 0")
    QueryBuilder.where_raw("pg_sleep(1) > 0"): function "pg_sleep" is not in the list of functions;
    fx_orm.sql.allow_functions() extends it
bound().where_raw("price > (SELECT 1)")
    QueryBuilder.where_raw("price > (SELECT 1)"): SELECT cannot stand in a string; pass another builder for a
    sub-query
bound().select("id, name")
    QueryBuilder.select("id, name"): one item a string: write the others as items of their own
bound().select("id", "id")
    QueryBuilder.select("id"): "id" is selected twice (also by "id"); give one of them an alias: "... as
    other_name"
joined().select("w.*", "s.*")
    QueryBuilder.select("s.*"): "id" is selected twice (also by "w.*"); give one of them an alias: "... as
    other_name"
bound().select("name", "COUNT(*) as n")
    QueryBuilder.select("name"): column "name" is neither grouped (by nothing) nor aggregated nor determined by
    the groups; add it to group_by(), or aggregate it
joined().select("s.id", "w.name", "COUNT(*) as n").group_by("s.id")
    QueryBuilder.select("w.name"): column "name" is neither grouped (by "id") nor aggregated nor determined by the
    groups; add it to group_by(), or aggregate it
bound().select("shelf_id", "COUNT(*) as n").group_by("shelf_id").order_by("name")
    QueryBuilder.order_by("name"): column "name" is neither grouped (by "shelf_id") nor aggregated nor determined by
    the groups; add it to group_by(), or aggregate it
bound().select("shelf_id", "COUNT(*) as n").group_by("shelf_id").having("price", ">", 3)
    QueryBuilder.having("price"): column "price" is neither grouped (by "shelf_id") nor aggregated nor determined by
    the groups; add it to group_by(), or aggregate it
bound().select("shelf_id", "COUNT(*) as n").group_by("shelf_id").having("price > n")
    QueryBuilder.having("price > n"): column "price" is neither grouped (by "shelf_id") nor aggregated nor determined
    by the groups; add it to group_by(), or aggregate it
bound().join("labels").distinct().order_by("labels.name")
    QueryBuilder.order_by("labels.name"): column "name" is neither grouped (by "id") nor aggregated nor determined by
    the groups; add it to group_by(), or aggregate it
bound().group_by("id")
    QueryBuilder.group_by(): entities are not grouped; select() the columns that you need
bound().select("SUM(id) OVER (ORDER BY id ROWS 1 FOLLOWING) as n")
    QueryBuilder.select("SUM(id) OVER (ORDER BY id ROWS 1 FOLLOWING) as n"): the frame ends before it begins
bound().select("SUM(id) OVER (ORDER BY id ROWS UNBOUNDED FOLLOWING) as n")
    QueryBuilder.select("SUM(id) OVER (ORDER BY id ROWS UNBOUNDED FOLLOWING) as n"): the frame ends before it begins
bound().select("SUM(id) OVER (ORDER BY id ROWS stock PRECEDING) as n")
    QueryBuilder.select("SUM(id) OVER (ORDER BY id ROWS stock PRECEDING) as n"): a frame is bounded by whole numbers,
    UNBOUNDED or CURRENT ROW
bound().select("id").with_("shelf")
    QueryBuilder.with_("shelf"): relationships are loaded for entities, not for selected columns
"""
CASES = mistakes(WRONG)


@pytest.mark.parametrize(("code", "message"), CASES, ids=[code for code, _ in CASES])
def test_what_is_wrong_is_said(code: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        eval(code).to_sql("sqlite")
    said = str(caught.value)
    assert said == message
    assert "\n" not in said


def test_an_error_carries_its_data() -> None:
    with pytest.raises(QueryError) as caught:
        joined().where("w.pirce", 1).to_sql("sqlite")
    assert (caught.value.method, caught.value.argument, caught.value.name, caught.value.nearest) == (
        "where",
        "w.pirce",
        "pirce",
        "price",
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (int, "QueryBuilder(int): it is no entity: it has no table"),
        ("product", "QueryBuilder(): an object of str is neither an entity nor a manager"),
    ],
)
def test_what_a_builder_cannot_start_from(source: Any, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        QueryBuilder(source)
    assert str(caught.value) == message


def test_a_stale_look_up_of_where_group_is_told() -> None:
    query = bound()
    group = query.where_group
    query.order_by("name").where("id", 1)
    with pytest.raises(QueryError) as caught:
        group(query)
    assert str(caught.value) == (
        "QueryBuilder.where_group(): it was looked up before other changes; call it in one expression"
    )
    again = query.where_group
    again(query.where("id", 2))
    with pytest.raises(QueryError):
        again(query.where("id", 3))


@pytest.mark.parametrize(
    ("query", "database", "message"),
    [
        (
            lambda: joined().select("w.id").full_join("qb_label l", "l.id = w.id"),
            "mysql",
            "MariaDB and MySQL have no FULL JOIN",
        ),
        (
            lambda: bound().for_update(skip_locked=True),
            "sqlite",
            "SQLite locks the whole database and has no SKIP LOCKED",
        ),
        (
            lambda: bound().select("string_agg(name, ',') as x"),
            "sqlite",
            'sqlite has no function "string_agg" in its list',
        ),
        (
            lambda: bound().select("SUM(stock) FILTER (WHERE stock > 1) as x"),
            "mysql",
            "MariaDB and MySQL have no FILTER",
        ),
    ],
)
def test_what_a_database_cannot_do_is_told_before_any_sql(
    query: Callable[[], Query], database: str, message: str
) -> None:
    with pytest.raises(UnsupportedError, match=message) as caught:
        query().to_sql(database)
    assert caught.value.database == database


# --- hostile strings ---

HOSTILE = [
    "name; DROP TABLE qb_ware",
    "name' OR '1'='1",
    "name -- ",
    "name/**/",
    "1=1) OR (1=1",
    "name) UNION SELECT 1",
    'name" OR "1"="1',
    "name` OR `1`=`1",
    "n\x00ame",
    "name\n; DELETE FROM qb_ware",
    "ｎame; --",
    "name%(v0)s",
    "{name}",
    "%s",
    "(SELECT name)",
    "CASE WHEN 1=1 THEN name ELSE price END; x",
    "pg_sleep(10)",
    "_connector",
    "__class__",
    "name AS x; y",
    "'name'",
    ":v0",
    "?",
    "\\",
    "",
]
PLACES: dict[str, Callable[[str], Query]] = {
    "where": lambda text: bound().where(text, 1),
    "where dict": lambda text: bound().where({text: 1}),
    "where operator": lambda text: bound().where("name", text, 1),
    "or_where": lambda text: bound().or_where(text, 1),
    "where_in": lambda text: bound().where_in(text, [1]),
    "where_null": lambda text: bound().where_null(text),
    "where_between": lambda text: bound().where_between(text, 1, 2),
    "where_contains": lambda text: bound().where_contains(text, "x"),
    "where_column": lambda text: bound().where_column(text, "=", "id"),
    "where_column operator": lambda text: bound().where_column("id", text, "id"),
    "where_raw": lambda text: bound().where_raw(f"{text} ="),
    "order_by": lambda text: bound().order_by(text),
    "order_by direction": lambda text: bound().order_by("name", text),
    "latest": lambda text: bound().latest(text),
    "group_by": lambda text: bound().select("id").group_by(text),
    "having": lambda text: bound().select("COUNT(*) as n").having(text, ">", 1),
    "from_table": lambda text: QueryBuilder().from_table(text),
    "from_table alias": lambda text: bound().from_table("qb_ware", alias=text or "1"),
    "join": lambda text: bound().join(text, "id = id"),
    "join left": lambda text: bound().join("qb_shelf s", text, "=", "s.id"),
    "join operator": lambda text: bound().join("qb_shelf s", "s.id", text, "s.id"),
    "join relationship": lambda text: bound().join(text),
    "select": lambda text: bound().select(f"{text}."),
    "select alias": lambda text: bound().select(f"id as {text}"),
    "with_": lambda text: bound().with_(text),
    "with_cte": lambda text: bound().with_cte(text, QueryBuilder(Shelf)),
}


NEW_NAMES = {"from_table alias", "select alias", "with_cte"}


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://")
    yield engine
    engine.dispose()


ENDS: dict[str, tuple[Callable[[Query], Any], str]] = {
    "value": (lambda q: q.value("nmae"), 'value("nmae"): table "qb_ware" has no column "nmae"; did you mean "name"?'),
    "pluck": (lambda q: q.pluck("MAX(id)"), 'pluck("MAX(id)"): "(" cannot stand at position 4'),
    "sum": (lambda q: q.sum("stok"), 'sum("stok"): table "qb_ware" has no column "stok"; did you mean "stock"?'),
    "sum of page": (
        lambda q: q.limit(1).sum("id"),
        'sum("id"): it is computed over all rows that the conditions leave',
    ),
    "find": (lambda q: q.find((1, 2)), "find(): the primary key is id: 1 values, not 2"),
    "update": (
        lambda q: q.update({"a": 1}),
        "update(): it has no condition and would change every row; say all_rows()",
    ),
    "update name": (lambda q: q.all_rows().update({"nmae": 1}), 'update("nmae"): table "qb_ware" has no column "nmae"'),
    "update join": (lambda q: q.join("shelf").all_rows().delete(), "delete(): it changes one table, without join()"),
    "update order": (
        lambda q: q.order_by("id").all_rows().update({"stock": 1}),
        "update(): order_by() does not go with it: it reads nothing; leave it out",
    ),
    "delete select": (
        lambda q: q.select("id").all_rows().delete(),
        "delete(): select() does not go with it: it reads nothing; leave it out",
    ),
    "increment eager": (
        lambda q: q.with_("shelf").all_rows().increment("stock"),
        "increment(): with_() does not go with it: it reads nothing; leave it out",
    ),
    "delete cte": (
        lambda q: q.with_cte("few", QueryBuilder(Ware)).all_rows().delete(),
        "delete(): it changes one table, without with_cte(); put where_in(column, builder) instead",
    ),
    "insert": (lambda q: q.insert({"x; y": 1}), 'insert("x; y"): table "qb_ware" has no column "x; y"'),
    "insert where": (lambda q: q.where("id", 1).insert({"id": 1}), "insert(): conditions do not go with it"),
    "paginate": (lambda q: q.paginate(0), "paginate(): page is at least 1, not 0"),
    "chunk": (lambda q: next(q.limit(1).chunk()), "chunk(): it reads entities by primary key: without select"),
    "chunk an offset": (
        lambda q: next(q.offset(1).chunk()),
        "chunk(): it reads entities by primary key: without select, order_by, limit, offset, union and as_",
    ),
    "chunk a union": (
        lambda q: next(q.union(q.clone()).chunk()),
        "chunk(): it reads entities by primary key: without select, order_by, limit, offset, union and as_",
    ),
    "chunk models": (
        lambda q: next(q.as_(Shelf).chunk()),
        "chunk(): it reads entities by primary key: without select, order_by, limit, offset, union and as_",
    ),
    "paginate a limit": (lambda q: q.limit(3).paginate(2, 2), "paginate(): it sets the limit itself: without limit()"),
    "paginate an offset": (lambda q: q.offset(3).paginate(), "paginate(): it sets the limit itself: without limit()"),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_of_a_chain_names_itself(end: str, engine: sa.Engine) -> None:
    run, message = ENDS[end]
    with Session(engine) as session, pytest.raises(QueryError) as caught:
        run(QueryBuilder(Ware, manager=session))
    assert str(caught.value).startswith(f"QueryBuilder.{message}")


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_name_ends_as_a_query_error(place: str, engine: sa.Engine) -> None:
    for text in HOSTILE:
        if (place in NEW_NAMES and text.isidentifier()) or (place == "having" and text == "'name'"):
            continue  # a name as good as any other; a string, which is bound
        with pytest.raises(QueryError):
            PLACES[place](text).to_sql("sqlite")
        with Session(engine) as session, pytest.raises(QueryError):
            query = PLACES[place](text)
            query._manager = session
            query.get()


def test_a_hostile_value_is_bound() -> None:
    for text in HOSTILE:
        if "\0" in text:
            continue  # refused: not every database can store it
        query = bound().where("name", text).where_in("note", [text]).where_contains("note", text)
        query.where_raw("name != :x", x=text).select("id")
        sql, values = query.to_sql("sqlite")
        assert sql == (
            "SELECT qb_ware.id FROM qb_ware WHERE qb_ware.name = ? AND qb_ware.note IN (?) "
            "AND qb_ware.note LIKE ? ESCAPE '/' AND qb_ware.name != ?"
        )
        assert (values[0], values[1], values[3]) == (text, text, text)
