"""What the strings of fx_orm's methods mean: for each method, the role of its arguments.

The names are the runtime's (a test compares them). What is not listed has no role: the editor is silent there.
"""

from dataclasses import dataclass, field
from enum import Enum, auto


class Role(Enum):
    """What a string in an argument is."""

    COLUMN = auto()  # "p.price"
    COLUMNS = auto()  # one of them, or a list of them
    ORDER = auto()  # a column, an alias of the select list, "-name", a dict or a list of these
    SELECT = auto()  # "p.*", "c.name as category_name", an expression
    EXPRESSION = auto()  # "COUNT(p.id)"
    CRITERIA = auto()  # a column, or a dict whose keys are columns
    DATA = auto()  # a dict whose keys are fields or relationships
    TABLE = auto()  # "product p"
    CONDITION = auto()  # "p.category_id = c.id"
    DIRECTION = auto()
    OPERATOR = auto()


@dataclass(frozen=True, slots=True)
class Method:
    """The roles of a method's arguments by position and by keyword; `rest` is the role of all further positions."""

    positions: tuple[Role | None, ...] = ()
    rest: Role | None = None
    keywords: dict[str, Role] = field(default_factory=dict[str, Role])

    def role(self, position: int | None, keyword: str | None) -> Role | None:
        """Find the role of one argument."""
        if keyword is not None:
            return self.keywords.get(keyword)
        if position is None:
            return None
        return self.positions[position] if position < len(self.positions) else self.rest


_COLUMN = Method((Role.COLUMN,), keywords={"column": Role.COLUMN})
_WHERE = Method((Role.CRITERIA, Role.OPERATOR), keywords={"column": Role.CRITERIA})
_JOIN = Method((Role.TABLE, Role.CONDITION), keywords={"table": Role.TABLE})
_FIND = Method((Role.CRITERIA, Role.ORDER), keywords={"criteria": Role.CRITERIA, "order_by": Role.ORDER})

JOINS = frozenset({"join", "left_join", "right_join", "full_join", "cross_join"})

BUILDER = {
    **dict.fromkeys(("where", "or_where", "where_not", "or_where_not"), _WHERE),
    **dict.fromkeys(
        (
            *("where_in", "where_not_in", "where_null", "where_not_null", "where_between"),
            *("where_contains", "where_starts_with", "where_ends_with"),
            *("or_where_in", "or_where_not_in", "or_where_null", "or_where_not_null", "or_where_between"),
            *("or_where_contains", "or_where_starts_with", "or_where_ends_with"),
            *("latest", "oldest", "sum", "avg", "min", "max", "value", "increment"),
        ),
        _COLUMN,
    ),
    "pluck": Method((Role.COLUMN, Role.COLUMN), keywords={"column": Role.COLUMN, "key": Role.COLUMN}),
    **dict.fromkeys(("where_column", "or_where_column"), Method((Role.COLUMN, Role.OPERATOR, Role.COLUMN))),
    "select": Method(rest=Role.SELECT),
    "add_select": Method(rest=Role.SELECT),
    "from_table": Method((Role.TABLE,), keywords={"table": Role.TABLE}),
    **dict.fromkeys(JOINS, _JOIN),
    "group_by": Method(rest=Role.COLUMNS),
    "order_by": Method((Role.ORDER, Role.DIRECTION), keywords={"column": Role.ORDER, "direction": Role.DIRECTION}),
    "having": Method((Role.EXPRESSION,)),
    "or_having": Method((Role.EXPRESSION,)),
}

# What ends a chain: the statement is built and run here, with the tables that it has by now.
ENDS = frozenset(
    {
        *("get", "execute", "first", "one", "find", "value", "pluck", "exists", "count", "sum", "avg", "min", "max"),
        *("paginate", "cursor_paginate", "chunk", "stream", "explain", "insert", "upsert", "update", "delete"),
        *("increment", "to_sql", "force_delete"),
    }
)

# What returns the builder and has no string that is checked here.
OTHERS = frozenset(
    {
        *("limit", "offset", "distinct", "all_rows", "when", "where_group", "or_where_group", "where_raw", "with_"),
        *("or_where_raw", "where_exists", "where_not_exists", "or_where_exists", "or_where_not_exists", "for_update"),
        *("union", "union_all", "intersect", "except_", "with_cte"),
        *("with_deleted", "clone", "as_", "lazy"),
    }
)

_CRITERIA = Method((Role.CRITERIA,), keywords={"criteria": Role.CRITERIA})

REPOSITORY = {
    **dict.fromkeys(("find_by", "find_one_by", "get_one_by", "first"), _FIND),
    **dict.fromkeys(("count", "exists", "last", "delete_by"), _CRITERIA),
    "find_all": Method((Role.ORDER,), keywords={"order_by": Role.ORDER}),
    **dict.fromkeys(
        ("paginate", "cursor_paginate"), Method((None, None, Role.CRITERIA, Role.ORDER), keywords=_FIND.keywords)
    ),
    "stream": _FIND,
    "pluck": Method((Role.COLUMN, Role.CRITERIA, Role.ORDER), keywords={"field": Role.COLUMN, **_FIND.keywords}),
    "create": Method((Role.DATA,), keywords={"data": Role.DATA}),
    "update": Method((None, Role.DATA), keywords={"data": Role.DATA}),
    "update_by": Method((Role.CRITERIA, Role.DATA), keywords={"criteria": Role.CRITERIA, "data": Role.DATA}),
}

STARTS = frozenset({"query_builder", "get_query_builder"})
