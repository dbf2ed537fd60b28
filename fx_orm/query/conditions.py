"""Conditions as SQLAlchemy's expressions, combined from left to right as they were said.

`where(a).or_where(b).where(c)` is `(a OR b) AND c`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from fx_orm.query.context import Built, Context
from fx_orm.query.expressions import Element, expression
from fx_orm.query.kinds import is_boolean, is_known, is_temporal, named, plain, unfit
from fx_orm.query.messages import wrong
from fx_orm.query.moments import moment
from fx_orm.query.operands import condition_problem
from fx_orm.query.shapes import (
    Clause,
    Columns,
    Compare,
    CompareQuery,
    Condition,
    Exists,
    Group,
    InQuery,
    Is,
    Membership,
    Range,
    Written,
)
from fx_orm.sql import TimeExpression, read_column
from fx_orm.sql.nodes import plain_columns

Find = Callable[[Context, str, str], Element]


def combined(context: Context, nodes: Sequence[Condition], find: Find = Context.column) -> Element | None:
    """Build the condition that all nodes make together; None when there are none."""
    result: Element | None = None
    for node in nodes:
        element = _BUILD[type(node)](context, node, find)
        if result is None:
            result = element
        else:
            result = sa.and_(result, element) if node.joiner == "AND" else sa.or_(result, element)
    return result


def grouped_value(context: Context, method: str, text: str) -> Element:
    """Find what HAVING speaks of: an alias of the select list, a column, or an expression."""
    if read_column(text).problem is not None:
        return _grouped_expression(context, method, text, {})
    element = context.column_or_label(method, text)
    if isinstance(element, sa.Label):
        return element.element
    if context.check_grouped is not None:
        context.check_grouped(method, text, element)
    return element


def _grouped_expression(context: Context, method: str, text: str, parameters: dict[str, int]) -> Element:
    element, tree = expression(context, method, text, parameters, use_labels=True)
    for column in plain_columns(tree):
        is_label = column.qualifier is None and column.name in context.labels
        if context.check_grouped is not None and not is_label:
            context.check_grouped(method, text, context.resolve(method, text, column.qualifier, column.name).value)
    return element


def _compare(context: Context, node: Compare, find: Find) -> Element:
    column = find(context, node.method, node.column)
    if problem := unfit(node.operator, column.type):
        raise wrong(node.method, node.column, problem)
    type_ = sa.String() if "LIKE" in node.operator else column.type
    return _OPERATE[node.operator](column, _value(context, node.method, node.column, type_, node.slot, node.time))


def _value(context: Context, method: str, column: str, type_: Any, slot: int, time: TimeExpression | None) -> Element:
    if time is not None and is_temporal(type_):
        if isinstance(plain(type_), sa.Time):
            raise wrong(method, column, "a time of day is compared with ISO 8601 such as '12:30', not with a moment")
        return moment(time, type_, context.database)
    return context.binds.parameter(context.offset + slot, type_, method, column)


def _is(context: Context, node: Is, find: Find) -> Element:
    column = find(context, node.method, node.column)
    if node.constant is not None and is_known(column.type) and not is_boolean(column.type):
        raise wrong(
            node.method, node.column, f"the column holds {named(column.type)}: IS {node.constant} has no meaning"
        )
    constant = sa.null() if node.constant is None else sa.true() if node.constant else sa.false()
    return column.is_not(constant) if node.negated else column.is_(constant)


def _membership(context: Context, node: Membership, find: Find) -> Element:
    column = find(context, node.method, node.column)
    if node.empty and not node.with_null:
        return sa.true() if node.negated else sa.false()
    null = column.is_not(None) if node.negated else column.is_(None)
    if node.empty:
        return null
    values = context.binds.parameter(context.offset + node.slot, column.type, node.method, node.column, is_list=True)
    found = column.not_in(values) if node.negated else column.in_(values)
    if not node.with_null:
        return found
    return sa.and_(found, null) if node.negated else sa.or_(found, null)


def _in_query(context: Context, node: InQuery, find: Find) -> Element:
    column = find(context, node.method, node.column)
    inner = _one_column(context, node)
    if problem := unfit("=", column.type, inner.statement.selected_columns[0].type):
        raise wrong(node.method, node.column, problem)
    return column.not_in(inner.statement) if node.negated else column.in_(inner.statement)


def _compare_query(context: Context, node: CompareQuery, find: Find) -> Element:
    column = find(context, node.method, node.column)
    inner = _one_column(context, node).statement.scalar_subquery()
    if problem := unfit(node.operator, column.type, inner.type):
        raise wrong(node.method, node.column, problem)
    return _OPERATE[node.operator](column, inner)


def _one_column(context: Context, node: InQuery | CompareQuery) -> Built:
    inner = context.embedded(node.query, key_only=True)
    if len(inner.keys) != 1:
        names = ", ".join(inner.keys)
        raise wrong(node.method, node.column, f"the sub-query gives {len(inner.keys)} columns ({names}); select one")
    return inner


def _range(context: Context, node: Range, find: Find) -> Element:
    column = find(context, node.method, node.column)
    if problem := unfit("BETWEEN", column.type):
        raise wrong(node.method, node.column, problem)
    low = _value(context, node.method, node.column, column.type, node.low, node.low_time)
    high = _value(context, node.method, node.column, column.type, node.high, node.high_time)
    return sa.not_(column.between(low, high)) if node.negated else column.between(low, high)


def _columns(context: Context, node: Columns, find: Find) -> Element:
    left, right = find(context, node.method, node.left), find(context, node.method, node.right)
    if problem := unfit(node.operator, left.type, right.type):
        raise wrong(node.method, node.left, problem)
    return _OPERATE[node.operator](left, right)


def _written(context: Context, node: Written, find: Find) -> Element:
    if find is grouped_value:
        element = _grouped_expression(context, node.method, node.text, dict(node.parameters))
    else:
        element = expression(context, node.method, node.text, dict(node.parameters))[0]
    if problem := condition_problem(element.type):
        raise wrong(node.method, node.text, problem)
    return element


def _clause(_: Context, node: Clause, __: Find) -> Element:
    element: Any = node.clause
    return element  # type: ignore[no-any-return]  # the builder took nothing else than conditions


def _exists(context: Context, node: Exists, _: Find) -> Element:
    inner = context.embedded(node.query)
    exists = sa.exists(inner.statement) if isinstance(inner.statement, sa.Select) else inner.statement.exists()
    return sa.not_(exists) if node.negated else exists


def _group(context: Context, node: Group, find: Find) -> Element:
    inside = replace(context, offset=context.offset + node.offset)
    element = combined(inside, node.nodes, find)
    if element is None:
        return sa.true()
    return sa.not_(element) if node.negated else element


_OPERATE: dict[str, Callable[[Element, Element], Element]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "LIKE": lambda left, right: left.like(right),
    "NOT LIKE": lambda left, right: left.not_like(right),
    "ILIKE": lambda left, right: left.ilike(right),
    "NOT ILIKE": lambda left, right: left.not_ilike(right),
    # A text of the user's as it is: the builder has put `/` before what a pattern would read as a wildcard.
    "LIKE ESCAPED": lambda left, right: left.like(right, escape="/"),
}
_BUILD: dict[type, Callable[[Context, Any, Find], Element]] = {
    Compare: _compare,
    Is: _is,
    Membership: _membership,
    InQuery: _in_query,
    CompareQuery: _compare_query,
    Range: _range,
    Columns: _columns,
    Written: _written,
    Clause: _clause,
    Exists: _exists,
    Group: _group,
}
