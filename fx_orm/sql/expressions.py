"""Complete expressions: a string parsed by sqlglot, and let through only as nodes of the closed set.

Parsing is cached by the string. sqlglot is loaded at the first expression; its own knowledge of functions is switched
off, so that a function is a name and its arguments whatever a dialect makes of it. What a name means is not asked here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, ClassVar

from fx_orm.errors import QueryError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.sql.calls import call_problem
from fx_orm.sql.functions import functions
from fx_orm.sql.nodes import (
    CAST_TYPES,
    EXTRACT_UNITS,
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Column,
    Constant,
    Extract,
    Frame,
    In,
    Moment,
    Node,
    Number,
    Order,
    Parameter,
    Text,
    Unary,
    Window,
    children,
)
from fx_orm.sql.reading import read_condition, read_select_item


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed string: its tree, the names of its parameters, and the functions that it calls."""

    text: str
    tree: Node
    parameters: frozenset[str]
    functions: frozenset[str]


def parse_expression(text: str) -> Expression:
    """Parse a whole expression such as `COUNT(CASE WHEN active = true THEN 1 END)`; without an alias.

    Raises:
        QueryError: it is no expression, holds a sub-query, a statement or a comment, or calls an unlisted function.
    """
    parsed = _parsed(text)
    unlisted = sorted(parsed.functions - functions())
    if unlisted:
        raise QueryError(
            f'function "{unlisted[0]}" is not in the list of functions{did_you_mean(unlisted[0], functions())}; '
            "fx_orm.sql.allow_functions() extends it",
            name=unlisted[0],
        )
    return parsed


@lru_cache(maxsize=2048)
def _parsed(text: str) -> Expression:
    problem = read_condition(text).problem
    if problem:
        raise QueryError(problem, name=text)
    if read_select_item(text).alias is not None:
        raise QueryError("an alias cannot stand here", name=text)
    try:
        tree = _node(_tree(text))
        seen = list(_walk(tree))
    except RecursionError as error:
        raise QueryError("it is nested too deeply", name=text) from error
    for node in seen:
        if isinstance(node, Call) and (problem := call_problem(node)):
            raise QueryError(problem, name=node.name)
    return Expression(
        text,
        tree,
        frozenset(node.name for node in seen if isinstance(node, Parameter)),
        frozenset(node.name for node in seen if isinstance(node, Call)),
    )


def _walk(node: Node) -> Sequence[Node]:
    return [node, *(below for child in children(node) for below in _walk(child))]


@cache
def _parser() -> Callable[[str], list[Any]]:
    """Make the parser once: sqlglot's plain dialect, without functions of its own."""
    from sqlglot.dialects.dialect import Dialect  # noqa: PLC0415 - 0.1 s, and only expressions need it
    from sqlglot.parser import Parser  # noqa: PLC0415

    class ExpressionParser(Parser):
        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parse for name, parse in Parser.FUNCTION_PARSERS.items() if name in ("CAST", "EXTRACT")
        }
        NO_PAREN_FUNCTION_PARSERS = {"CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}  # noqa: RUF012

    dialect = Dialect()
    return lambda text: ExpressionParser(dialect=dialect).parse(dialect.tokenize(text), text)


def _tree(text: str) -> Any:
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        trees = _parser()(text)
    except SqlglotError as error:
        raise QueryError(f"it is no expression ({_reason(error)})", name=text) from error
    if len(trees) != 1 or trees[0] is None:
        raise QueryError("it is no expression", name=text)
    return trees[0]


def _reason(error: Exception) -> str:
    details = getattr(error, "errors", None) or [{}]
    description, column = details[0].get("description"), details[0].get("col")
    return f"{description.rstrip('.')}, at position {column}" if description else "it cannot be split into words"


def _node(tree: Any) -> Node:
    """Translate one node of sqlglot; what the table does not hold is refused."""
    make = _NODES.get(tree.key)
    if make is None:
        raise QueryError(f"{_called(tree)} cannot stand in an expression string", name=tree.key)
    return make(tree)


def _called(tree: Any) -> str:
    if tree.key in ("select", "subquery", "exists", "values", "union", "intersect", "except"):
        return "a sub-query"
    return str(tree.key).upper()


def _nodes(trees: Sequence[Any] | None) -> tuple[Node, ...]:
    return tuple(_node(tree) for tree in trees or ())


def _column(tree: Any) -> Node:
    parts = [part.name for part in tree.parts]
    if tree.args.get("catalog"):
        raise QueryError(f'"{".".join(parts)}" has too many parts', name=".".join(parts))
    name = "*" if tree.this.key == "star" else parts[-1]
    return Column(".".join(parts[:-1]) or None, name)


def _literal(tree: Any) -> Node:
    if tree.is_string:
        return Text(tree.this)
    if not _NUMBER.fullmatch(tree.this):
        raise QueryError(f"{tree.this!a} is no number", name=tree.this)
    if len(tree.this) > _MOST_DIGITS or abs(Decimal(tree.this).adjusted()) > _MOST_DIGITS:
        raise QueryError("a number has too many digits for every database", name=tree.this)
    return Number(tree.this)


def _parameter(tree: Any) -> Node:
    if not tree.name:
        raise QueryError("a value is a named parameter: write :name", name="?")
    return Parameter(tree.name)


def _binary(operator: str) -> Callable[[Any], Node]:
    def make(tree: Any) -> Node:
        written = f"NOT {operator}" if tree.args.get("negate") else operator
        return Binary(written, _node(tree.this), _node(tree.expression))

    return make


def _is(tree: Any) -> Node:
    if tree.expression.key not in ("null", "boolean"):
        raise QueryError("IS takes NULL, TRUE or FALSE", name="IS")
    return Binary("IS", _node(tree.this), _node(tree.expression))


def _in(tree: Any) -> Node:
    if tree.args.get("query") is not None or tree.args.get("field") is not None or tree.args.get("unnest") is not None:
        raise QueryError("a sub-query cannot stand in an expression string", name="IN")
    return In(_node(tree.this), _nodes(tree.expressions), bool(tree.args.get("negate")))


def _between(tree: Any) -> Node:
    low, high = _node(tree.args["low"]), _node(tree.args["high"])
    return Between(_node(tree.this), low, high, bool(tree.args.get("negate")))


def _call(tree: Any) -> Node:
    arguments = tree.expressions
    distinct = len(arguments) == 1 and arguments[0].key == "distinct"
    if not isinstance(tree.this, str):
        raise QueryError("a function is called by its plain name", name=str(tree.name))
    return Call(tree.this.lower(), _nodes(arguments[0].expressions if distinct else arguments), distinct)


def _filter(tree: Any) -> Node:
    call = _node(tree.this)
    if not isinstance(call, Call):
        raise QueryError("FILTER follows a function", name="FILTER")
    return Call(call.name, call.arguments, call.distinct, _node(tree.expression.this))


def _window(tree: Any) -> Node:
    call = _node(tree.this)
    if not isinstance(call, Call) or tree.args.get("alias") is not None:
        raise QueryError("OVER takes PARTITION BY, ORDER BY and a frame, without a name", name="OVER")
    order = tree.args.get("order")
    keys = tuple(Order(_node(key.this), bool(key.args.get("desc"))) for key in (order.expressions if order else ()))
    spec = tree.args.get("spec")
    window = Window(_nodes(tree.args.get("partition_by")), keys, None if spec is None else _frame(spec.args))
    return Call(call.name, call.arguments, call.distinct, call.condition, window)


def _frame(spec: dict[str, Any]) -> Frame:
    start = _bound(spec.get("start"), spec.get("start_side"), -1)
    end = _bound(spec.get("end") or "CURRENT ROW", spec.get("end_side"), 1)
    if spec.get("exclude") is not None:
        raise QueryError("EXCLUDE cannot stand in an expression string", name="EXCLUDE")
    if None not in (start, end) and start > end:  # type: ignore[operator]  # neither is None
        raise QueryError("the frame ends before it begins", name=str(spec["kind"]))
    return Frame(str(spec["kind"]), start, end)


def _bound(value: Any, side: str | None, outwards: int) -> int | None:
    """Read one end of a frame, as the distance from the row."""
    if value == "CURRENT ROW":
        return 0
    direction = 1 if side == "FOLLOWING" else -1
    if value == "UNBOUNDED":
        if direction != outwards:
            raise QueryError("the frame ends before it begins", name="UNBOUNDED")
        return None
    distance = str(getattr(value, "this", ""))
    if getattr(value, "key", "") != "literal" or not _DISTANCE.fullmatch(distance):
        raise QueryError("a frame is bounded by whole numbers, UNBOUNDED or CURRENT ROW", name=str(side))
    return direction * int(distance)


def _case(tree: Any) -> Node:
    operand, otherwise = tree.this, tree.args.get("default")
    branches = tuple((_node(branch.this), _node(branch.args["true"])) for branch in tree.args["ifs"])
    return Case(None if operand is None else _node(operand), branches, None if otherwise is None else _node(otherwise))


def _cast(tree: Any) -> Node:
    written = str(getattr(tree.to.this, "value", tree.to.this)).upper()
    type_ = _CAST_NAMES.get(written)
    if type_ is None or tree.to.expressions:
        raise QueryError(f"CAST to {tree.to.sql()} is not supported; there is {', '.join(CAST_TYPES)}", name=written)
    return Cast(_node(tree.this), type_)


def _extract(tree: Any) -> Node:
    unit = tree.this.name.lower()
    if unit not in EXTRACT_UNITS:
        raise QueryError(f"EXTRACT of {unit} is not supported; there is {', '.join(EXTRACT_UNITS)}", name=unit)
    return Extract(unit, _node(tree.expression))


_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS = 300
_DISTANCE = re.compile(r"[0-9]{1,9}")
_CAST_NAMES = {
    **dict.fromkeys(("INT", "INTEGER", "BIGINT", "SMALLINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL"), "float"),
    **dict.fromkeys(("DECIMAL", "NUMERIC"), "decimal"),
    **dict.fromkeys(("TEXT", "VARCHAR", "CHAR"), "text"),
    **dict.fromkeys(("BOOLEAN", "BOOL"), "boolean"),
    "DATE": "date",
    **dict.fromkeys(("DATETIME", "TIMESTAMP", "TIMESTAMPTZ"), "datetime"),
}
_OPERATORS = {
    "and": "AND",
    "or": "OR",
    "eq": "=",
    "neq": "!=",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "mod": "%",
    "dpipe": "||",
    "like": "LIKE",
    "ilike": "ILIKE",
}
_NODES: dict[str, Callable[[Any], Node]] = {
    **{key: _binary(written) for key, written in _OPERATORS.items()},
    "column": _column,
    "star": lambda _: Column(None, "*"),
    "literal": _literal,
    "boolean": lambda tree: Constant(bool(tree.this)),
    "null": lambda _: Constant(None),
    "currenttimestamp": lambda _: Moment(date_only=False),
    "currentdate": lambda _: Moment(date_only=True),
    "placeholder": _parameter,
    "is": _is,
    "in": _in,
    "between": _between,
    "not": lambda tree: Unary("NOT", _node(tree.this)),
    "neg": lambda tree: Unary("-", _node(tree.this)),
    "paren": lambda tree: _node(tree.this),
    "anonymous": _call,
    "filter": _filter,
    "window": _window,
    "case": _case,
    "cast": _cast,
    "extract": _extract,
}
