"""What a complete expression is made of: a closed set of immutable nodes.

An expression that needs another node is refused; so is every sub-query and statement, for which there is no node. How
the nodes become SQL is the query's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `name` is `*` for all of a table, in `COUNT(p.*)` and `p.*`."""

    qualifier: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.qualifier}.{self.name}" if self.qualifier else self.name


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE, FALSE or NULL."""

    value: bool | None


@dataclass(frozen=True, slots=True)
class Moment:
    """CURRENT_TIMESTAMP, or CURRENT_DATE when `date_only`."""

    date_only: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """`:name`, whose value comes beside the string."""

    name: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them, in capitals: `=`, `AND`, `||`, `NOT LIKE`..."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Unary:
    """`NOT` or `-` before an operand."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class In:
    """An operand among several."""

    operand: "Node"
    items: tuple["Node", ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Between:
    """An operand between two, which are included."""

    operand: "Node"
    low: "Node"
    high: "Node"
    negated: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A key of the order in a window."""

    key: "Node"
    descending: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a partition around the row: `kind` is ROWS, RANGE or GROUPS.

    Both ends count from the row itself, those before it are negative; None is the end of the partition.
    """

    kind: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """What a function looks over: the rows of a partition, in an order, or a frame of them."""

    partition: tuple["Node", ...]
    order: tuple[Order, ...]
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function, its name in lower case; `COUNT(*)` has the argument `Column(None, "*")`."""

    name: str
    arguments: tuple["Node", ...]
    distinct: bool = False
    condition: "Node | None" = None
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """CASE WHEN ... THEN ... ELSE ... END, with an operand or without."""

    operand: "Node | None"
    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node | None"


@dataclass(frozen=True, slots=True)
class Cast:
    """CAST(operand AS type); the type is one of `CAST_TYPES`."""

    operand: "Node"
    type: str


@dataclass(frozen=True, slots=True)
class Extract:
    """EXTRACT(unit FROM operand)."""

    unit: str
    operand: "Node"


Node: TypeAlias = (
    Column
    | Number
    | Text
    | Constant
    | Moment
    | Parameter
    | Binary
    | Unary
    | In
    | Between
    | Call
    | Case
    | Cast
    | Extract
)

CAST_TYPES = ("integer", "float", "decimal", "text", "boolean", "date", "datetime")
EXTRACT_UNITS = ("year", "month", "day", "hour", "minute", "second")
AGGREGATES = frozenset(
    {
        *("avg", "count", "max", "min", "sum", "total", "group_concat", "string_agg", "array_agg"),
        *("bool_and", "bool_or", "stddev", "variance"),
    }
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below one, windows and their order included."""
    match node:
        case Binary(_, left, right):
            return left, right
        case Unary(_, operand) | Cast(operand, _) | Extract(_, operand):
            return (operand,)
        case In(operand, items, _):
            return operand, *items
        case Between(operand, low, high, _):
            return operand, low, high
        case Call(_, arguments, _, condition, window):
            inner = arguments if condition is None else (*arguments, condition)
            if window is None:
                return inner
            return *inner, *window.partition, *(order.key for order in window.order)
        case Case(operand, branches, otherwise):
            ends = tuple(node for node in (operand, otherwise) if node is not None)
            return *(part for branch in branches for part in branch), *ends
        case _:
            return ()


def is_aggregate(node: Node) -> bool:
    """Whether it is the call of a function over many rows, and not over a window; `MAX(a, b)` of SQLite is none."""
    return (
        isinstance(node, Call)
        and node.name in AGGREGATES
        and node.window is None
        and not (node.name in ("max", "min") and len(node.arguments) > 1)
    )


def holds_aggregate(node: Node) -> bool:
    """Whether an aggregate is anywhere in an expression."""
    return is_aggregate(node) or any(holds_aggregate(child) for child in children(node))


def plain_columns(node: Node) -> Iterable[Column]:
    """List the columns of an expression that stand outside of its aggregates."""
    if is_aggregate(node):
        return
    if isinstance(node, Column):
        yield node
    elif not (isinstance(node, Call) and node.arguments == (Column(None, "*"),)):
        for child in children(node):
            yield from plain_columns(child)
