"""Expressions in strings as SQLAlchemy's: columns resolved, strings bound, functions checked for the database in use.

A constant is compared as the type of what stands beside it: `is_active = 1` and `is_active = true` are the same on
every database, a string beside a date is a date.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from fx_orm.errors import QueryError, UnsupportedError
from fx_orm.query.context import Context
from fx_orm.query.kinds import is_boolean, is_temporal, plain, unfit
from fx_orm.query.messages import wrong
from fx_orm.query.moments import moment
from fx_orm.query.operands import (
    common_problem,
    condition_problem,
    function_problem,
    moment_problem,
    operator_problem,
)
from fx_orm.query.result_types import WholeNumber, result_type
from fx_orm.query.values import WrongValue, converter
from fx_orm.sql import Found, TimeExpression, functions, parse_expression, read_time
from fx_orm.sql.nodes import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Column,
    Constant,
    Extract,
    In,
    Moment,
    Node,
    Number,
    Parameter,
    Text,
    Unary,
)

Element = sa.ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Writing:
    """The place of an expression string: its query, the method and argument for messages, its parameters."""

    context: Context
    method: str
    text: str
    argument: str
    parameters: Mapping[str, int]
    use_labels: bool = False

    def tree(self) -> Node:
        """Parse the string.

        Raises:
            QueryError: it is no expression, or its parameters and the given values do not match.
        """
        try:
            parsed = parse_expression(self.text)
        except QueryError as error:
            raise wrong(self.method, self.argument, error.message, **error.data) from error.__cause__
        if missing := sorted(parsed.parameters - set(self.parameters)):
            raise wrong(self.method, self.argument, f"no value is given for :{missing[0]}", name=missing[0])
        if unused := sorted(set(self.parameters) - parsed.parameters):
            raise wrong(self.method, self.argument, f"the expression has no parameter :{unused[0]}", name=unused[0])
        return parsed.tree

    def element(self, node: Node) -> Element:
        """Build one node."""
        return _BUILD[type(node)](self, node)

    def found(self, node: Column) -> Found:
        """Resolve the column of a node."""
        if node.name == "*":
            raise wrong(self.method, self.argument, "* stands in COUNT(*) alone")
        return self.context.resolve(self.method, self.argument, node.qualifier, node.name)

    def refuse(self, problem: str | None) -> None:
        """Raise what is wrong with the expression, if anything is."""
        if problem is not None:
            raise wrong(self.method, self.argument, problem)

    def condition(self, node: Node) -> Element:
        """Build a node that must be true or false."""
        element = self.element(node)
        self.refuse(condition_problem(element.type))
        return element

    def beside(self, node: Node, type_: TypeEngine[Any]) -> Element:
        """Build a node that is compared with something of `type_`: constants become of that type."""
        if isinstance(node, Parameter):
            slot = self.context.offset + self.parameters[node.name]
            return self.context.binds.parameter(slot, type_, self.method, self.argument)
        if is_boolean(type_) and isinstance(node, Number):
            if node.text not in ("0", "1"):
                self.refuse(f"{node.text} is neither true nor false")
            return sa.true() if node.text == "1" else sa.false()
        time = _time(node) if is_temporal(type_) else None
        if time is not None:
            self.refuse(_OF_DAY if isinstance(plain(type_), sa.Time) else None)
            return moment(time, type_, self.context.database)
        if not isinstance(node, Text):
            return self.element(node)
        convert = converter(type_, self.context.database)
        try:
            return sa.literal(convert(node.value) if convert else node.value, None if convert is None else type_)
        except WrongValue as problem:
            raise wrong(self.method, self.argument, str(problem)) from None


def expression(
    context: Context,
    method: str,
    text: str,
    parameters: Mapping[str, int] | None = None,
    *,
    argument: str | None = None,
    use_labels: bool = False,
) -> tuple[Element, Node]:
    """Build the expression that a string holds; with its tree, which tells what it is made of.

    `argument` is what the caller wrote, when the expression is only a part of that.
    """
    writing = Writing(context, method, text, text if argument is None else argument, parameters or {}, use_labels)
    tree = writing.tree()
    return writing.element(tree), tree


def _column(at: Writing, node: Any) -> Element:
    if at.use_labels and node.qualifier is None and node.name in at.context.labels:
        label = at.context.labels[node.name]
        return label.element if isinstance(label, sa.Label) else label
    found: Element = at.found(node).value
    return found


def _number(_: Writing, node: Any) -> Element:
    whole = node.text.isdigit()
    return sa.literal_column(node.text, sa.Integer() if whole else sa.Numeric())


def _constant(_: Writing, node: Any) -> Element:
    if node.value is None:
        return sa.null()
    return sa.true() if node.value else sa.false()


def _moment(at: Writing, node: Any) -> Element:
    type_ = sa.Date() if node.date_only else sa.DateTime(timezone=True)
    return moment(TimeExpression(node.date_only), type_, at.context.database)


def _parameter(at: Writing, node: Any) -> Element:
    return at.beside(node, sa.types.NullType())


def _binary(at: Writing, node: Any) -> Element:
    if node.operator in ("AND", "OR"):
        join = sa.and_ if node.operator == "AND" else sa.or_
        return join(at.condition(node.left), at.condition(node.right))
    left, right = _pair(at, node.left, node.right, _TEXT if "LIKE" in node.operator or node.operator == "||" else None)
    at.refuse(operator_problem(node.operator, left.type, right.type))
    return _OPERATE[node.operator](left, right)


def _pair(at: Writing, left: Node, right: Node, type_: TypeEngine[Any] | None) -> tuple[Element, Element]:
    """Build two operands; a constant takes the type of the other one, unless the operator says which it is."""
    constants = (Text, Number, Constant, Parameter)
    if isinstance(right, constants):
        first = at.element(left) if type_ is None else at.beside(left, type_)
        return first, at.beside(right, first.type if type_ is None else type_)
    if isinstance(left, constants):
        second = at.element(right)
        return at.beside(left, second.type if type_ is None else type_), second
    if _time(left) is not None:
        second = at.element(right)
        return at.beside(left, second.type), second
    first = at.element(left)
    return first, at.beside(right, first.type)


def _unary(at: Writing, node: Any) -> Element:
    if node.operator == "NOT":
        return sa.not_(at.condition(node.operand))
    operand = at.element(node.operand)
    at.refuse(operator_problem("-", operand.type, operand.type))
    return -operand


def _in(at: Writing, node: Any) -> Element:
    operand = at.element(node.operand)
    items = [at.beside(item, operand.type) for item in node.items]
    at.refuse(common_problem([operand.type, *(item.type for item in items)]))
    return operand.not_in(items) if node.negated else operand.in_(items)


def _between(at: Writing, node: Any) -> Element:
    operand = at.element(node.operand)
    low, high = at.beside(node.low, operand.type), at.beside(node.high, operand.type)
    for bound in (low, high):
        at.refuse(unfit("BETWEEN", operand.type, bound.type))
    between = operand.between(low, high)
    return sa.not_(between) if node.negated else between


def _case(at: Writing, node: Any) -> Element:
    otherwise = None if node.otherwise is None else at.element(node.otherwise)
    if node.operand is None:
        branches = [(at.condition(when), at.element(then)) for when, then in node.branches]
    else:
        operand = at.element(node.operand)
        cases = [at.beside(when, operand.type) for when, _ in node.branches]
        at.refuse(common_problem([operand.type, *(case.type for case in cases)]))
        branches = [(operand == case, at.element(then)) for case, (_, then) in zip(cases, node.branches, strict=True)]
    at.refuse(common_problem([*(then.type for _, then in branches), *([] if otherwise is None else [otherwise.type])]))
    return sa.case(*branches, else_=otherwise)


def _cast(at: Writing, node: Any) -> Element:
    return sa.cast(at.element(node.operand), _CAST_TYPES[node.type])


def _extract(at: Writing, node: Any) -> Element:
    operand = at.element(node.operand)
    at.refuse(moment_problem(node.unit, operand.type))
    return sa.type_coerce(sa.extract(node.unit, operand), WholeNumber())


def _call(at: Writing, node: Any) -> Element:
    time = _time_call(node)
    if time is not None:
        return moment(time, sa.Date() if time.date_only else sa.DateTime(timezone=True), at.context.database)
    _check_function(at, node.name)
    arguments = [_argument(at, argument) for argument in node.arguments]
    at.refuse(function_problem(node.name, [argument.type for argument in arguments]))
    built = _function(at, node.name, [sa.distinct(arguments[0])] if node.distinct else arguments)
    if node.condition is not None:
        if at.context.database == "mysql":
            raise UnsupportedError(
                f'QueryBuilder.{at.method}("{at.argument}"): MariaDB and MySQL have no FILTER; '
                "write SUM(CASE WHEN ... THEN ... END)",
                database="mysql",
                feature="FILTER",
                alternative="CASE",
            )
        built = built.filter(at.condition(node.condition))
    if node.window is None:
        return cast("Element", built)
    keys = [at.element(order.key).desc() if order.descending else at.element(order.key) for order in node.window.order]
    partition = [at.element(each) for each in node.window.partition]
    frame = node.window.frame
    framed: dict[str, Any] = {} if frame is None else {_FRAMES[frame.kind]: (frame.start, frame.end)}
    if frame is not None and frame.kind == "GROUPS" and at.context.database == "mysql":
        raise UnsupportedError(
            f'QueryBuilder.{at.method}("{at.argument}"): MariaDB and MySQL have no frame of GROUPS; write ROWS',
            database="mysql",
            feature="GROUPS",
            alternative="ROWS or RANGE",
        )
    over: Element = built.over(partition_by=partition or None, order_by=keys or None, **framed)
    return over


def _argument(at: Writing, node: Node) -> Element:
    if isinstance(node, Column) and node.name == "*" and node.qualifier is None:
        return sa.literal_column("*")
    return at.element(node)


def _time(node: Node) -> TimeExpression | None:
    """Read what is a moment counted from now beside something temporal."""
    if isinstance(node, Moment):
        return TimeExpression(node.date_only)
    if isinstance(node, Text):
        return read_time(node.value)
    return _time_call(node) if isinstance(node, Call) else None


def _time_call(node: Call) -> TimeExpression | None:
    """`NOW()` and `DATE('now', '-3 days')` are the same moments as in a value."""
    if node.name == "now" and not node.arguments:
        return TimeExpression(date_only=False)
    if node.name in ("date", "datetime") and all(isinstance(argument, Text) for argument in node.arguments):
        texts = ", ".join(f"'{argument.value}'" for argument in node.arguments if isinstance(argument, Text))
        return read_time(f"{node.name}({texts})")
    return None


def _check_function(at: Writing, name: str) -> None:
    database = at.context.database
    if name not in functions(database):
        raise UnsupportedError(
            f'QueryBuilder.{at.method}("{at.argument}"): {database} has no function "{name}" in its list; '
            f"use one of all databases, or fx_orm.sql.allow_functions()",
            database=database,
            feature=name,
            alternative=None,
        )


def _function(at: Writing, name: str, arguments: list[Element]) -> Any:
    if name == "concat" and at.context.database == "sqlite":  # SQLite has the function from 3.44 only
        joined: Element = sa.type_coerce(arguments[0], sa.String())
        for argument in arguments[1:]:
            joined = joined.concat(argument)
        return joined
    if name == "length" and at.context.database == "mysql":  # MySQL's LENGTH counts bytes
        name = "char_length"
    return getattr(sa.func, name)(*arguments, type_=result_type(name, arguments))


_TEXT = sa.String()
_OF_DAY = "a time of day is compared with ISO 8601 such as '12:30', not with a moment"
_FRAMES = {"ROWS": "rows", "RANGE": "range_", "GROUPS": "groups"}
_CAST_TYPES: dict[str, TypeEngine[Any]] = {
    "integer": sa.Integer(),
    "float": sa.Float(),
    "decimal": sa.Numeric(),
    "text": sa.String(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
}
_OPERATE: dict[str, Callable[[Element, Element], Element]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: left % right,
    "||": lambda left, right: sa.type_coerce(left, sa.String()).concat(right),
    "IS": lambda left, right: left.is_(right),
    "LIKE": lambda left, right: left.like(right),
    "NOT LIKE": lambda left, right: left.not_like(right),
    "ILIKE": lambda left, right: left.ilike(right),
    "NOT ILIKE": lambda left, right: left.not_ilike(right),
}
_BUILD: dict[type, Callable[[Writing, Any], Element]] = {
    Column: _column,
    Number: _number,
    Text: lambda _, node: sa.literal(node.value),
    Constant: _constant,
    Moment: _moment,
    Parameter: _parameter,
    Binary: _binary,
    Unary: _unary,
    In: _in,
    Between: _between,
    Call: _call,
    Case: _case,
    Cast: _cast,
    Extract: _extract,
}
