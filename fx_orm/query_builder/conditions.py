"""WHERE and HAVING: conditions, combined from left to right as they read.

`where(a).or_where(b).where(c)` is `(a OR b) AND c`. Values are never part of the SQL.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Self, TypeVar, overload

import sqlalchemy as sa

from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.messages import wrong
from fx_orm.query.shapes import (
    Clause,
    Columns,
    Compare,
    Condition,
    Exists,
    Group,
    InQuery,
    Is,
    Membership,
    Range,
    Written,
)
from fx_orm.query_builder.recording import Draft, Recorder, checked_mapping, is_clause, shown
from fx_orm.sql import EQUALITY, IDENTITY, MEMBERSHIP, OPERATORS, ORDERING, RANGE, TimeExpression, operator, read_time

Criterion = Mapping[str, Any] | sa.ColumnElement[bool] | bool
B = TypeVar("B", bound="Conditions")

_MISSPELLED = {"==": "=", "=>": ">=", "=<": "<=", "===": "=", "!==": "!=", "><": "<>", "IS NULL": "IS"}


class Conditions(Recorder):
    """The methods that add conditions."""

    @overload
    def where(self, condition: Criterion, /) -> Self: ...
    @overload
    def where(self, column: str, value: Any, /) -> Self: ...
    @overload
    def where(self, column: str, operator: str, value: Any, /) -> Self: ...
    def where(self, *arguments: Any) -> Self:
        """Add a condition that must hold: `(column, value)`, `(column, operator, value)`, a dict, an expression.

        Two arguments are always equality. None is IS NULL. A string beside a date is ISO 8601 or a time expression.

        Example:
            >>> QueryBuilder(Product).where("price", ">", 10).where("name", "Tea")
        """
        return self._where("AND", "where", arguments)

    @overload
    def or_where(self, condition: Criterion, /) -> Self: ...
    @overload
    def or_where(self, column: str, value: Any, /) -> Self: ...
    @overload
    def or_where(self, column: str, operator: str, value: Any, /) -> Self: ...
    def or_where(self, *arguments: Any) -> Self:
        """Add a condition that may hold instead of all that was said so far; arguments as in `where`.

        Example:
            >>> QueryBuilder(Product).where("stock", 0).or_where("price", ">", 100).where("is_active", True)
        """
        return self._where("OR", "or_where", arguments)

    @overload
    def where_not(self, condition: Criterion, /) -> Self: ...
    @overload
    def where_not(self, column: str, value: Any, /) -> Self: ...
    @overload
    def where_not(self, column: str, operator: str, value: Any, /) -> Self: ...
    def where_not(self, *arguments: Any) -> Self:
        """Add a condition that must not hold; arguments as in `where`."""
        before = len(self.draft.conditions)
        self._where("AND", "where_not", arguments)
        self.draft.enclose(before, "AND", negated=True)
        return self

    def where_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Ask for one of a list, or of what another builder selects; an empty list finds nothing."""
        return self._in("AND", "where_in", column, values, negated=False)

    def or_where_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Allow one of a list instead of all that was said so far."""
        return self._in("OR", "or_where_in", column, values, negated=False)

    def where_not_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Ask for none of a list, or of what another builder selects; an empty list finds everything."""
        return self._in("AND", "where_not_in", column, values, negated=True)

    def where_null(self, column: str) -> Self:
        """Ask for rows in which the column is NULL."""
        return self._where_node(Is("AND", "where_null", self._named("where_null", column), None, negated=False))

    def or_where_null(self, column: str) -> Self:
        """Allow rows in which the column is NULL instead of all that was said so far."""
        return self._where_node(Is("OR", "or_where_null", self._named("or_where_null", column), None, negated=False))

    def where_not_null(self, column: str) -> Self:
        """Ask for rows in which the column is not NULL."""
        return self._where_node(Is("AND", "where_not_null", self._named("where_not_null", column), None, negated=True))

    @overload
    def where_between(self, column: str, low: Any, high: Any, /) -> Self: ...
    @overload
    def where_between(self, column: str, low_and_high: "tuple[Any, Any] | list[Any]", /) -> Self: ...
    def where_between(self, column: str, *bounds: Any) -> Self:
        """Ask for values from low to high, both included: two arguments, or one pair."""
        return self._between("AND", "where_between", column, bounds, negated=False)

    def where_contains(self, column: str, text: str) -> Self:
        """Ask for texts that hold this one; `%` and `_` in it mean themselves."""
        return self._pattern("where_contains", column, "%", text, "%")

    def where_starts_with(self, column: str, text: str) -> Self:
        """Ask for texts that begin with this one; `%` and `_` in it mean themselves."""
        return self._pattern("where_starts_with", column, "", text, "%")

    def where_ends_with(self, column: str, text: str) -> Self:
        """Ask for texts that end with this one; `%` and `_` in it mean themselves."""
        return self._pattern("where_ends_with", column, "%", text, "")

    def where_column(self, left: str, operator: str, right: str) -> Self:
        """Compare two columns."""
        symbol = _comparison("where_column", left, operator)
        names = self._named("where_column", left), self._named("where_column", right)
        return self._where_node(Columns("AND", "where_column", names[0], symbol, names[1]))

    def where_exists(self, query: Recorder) -> Self:
        """Ask for rows for which another query finds something; it may name this query's columns."""
        return self._where_node(
            Exists("AND", "where_exists", False, self.draft.embed(self._query("where_exists", query)))
        )

    def where_not_exists(self, query: Recorder) -> Self:
        """Ask for rows for which another query finds nothing."""
        return self._where_node(
            Exists("AND", "where_not_exists", True, self.draft.embed(self._query("where_not_exists", query)))
        )

    def where_raw(self, expression: str, /, **parameters: Any) -> Self:
        """Add a condition as an expression string; its values are named parameters.

        Example:
            >>> QueryBuilder(Product).where_raw("price * stock > :value", value=1000)
        """
        return self._where_node(self._written("AND", "where_raw", expression, parameters))

    def when(
        self, flag: object, then: Callable[[Self], object], otherwise: Callable[[Self], object] | None = None
    ) -> Self:
        """Let a function add to the builder only if `flag` is true; else `otherwise`, where it is given."""
        chosen = then if flag else otherwise
        if chosen is not None:
            chosen(self)
        return self

    @property
    def where_group(self) -> "Grouping[Self]":
        """Put conditions in parentheses: those that a callable adds, of another builder, or just added to this one.

        Example:
            >>> qb.where_group(lambda q: q.where("stock", 0).or_where("price", ">", 100))
            >>> qb.where_group(qb.where("stock", 0).or_where("price", ">", 100))
        """
        return Grouping(self, "where_group", "AND")

    @property
    def or_where_group(self) -> "Grouping[Self]":
        """Allow a group of conditions instead of all that was said so far; forms as in `where_group`."""
        return Grouping(self, "or_where_group", "OR")

    def having(self, *arguments: Any, **parameters: Any) -> Self:
        """Add a condition on groups: an expression string, or what `where` takes; aliases of `select` may be used.

        Example:
            >>> qb.having("COUNT(p.id) > :least", least=3)
            >>> qb.having("products_count", ">", 3)
        """
        return self._having_condition("AND", "having", arguments, parameters)

    def or_having(self, *arguments: Any, **parameters: Any) -> Self:
        """Allow groups by another condition instead; arguments as in `having`."""
        return self._having_condition("OR", "or_having", arguments, parameters)

    # --- recording ---

    def _where_node(self, *nodes: Condition) -> Self:
        self.draft.conditions += nodes
        return self

    def _where(self, joiner: str, method: str, arguments: tuple[Any, ...]) -> Self:
        if len(arguments) == 1 and isinstance(arguments[0], Mapping):
            return self._where_mapping(joiner, method, arguments[0])
        if len(arguments) == 1 and isinstance(arguments[0], str):
            raise wrong(method, arguments[0], "a value is missing; an expression string is given to where_raw()")
        if len(arguments) == 1:
            return self._where_node(Clause(joiner, method, self._clause(method, arguments[0])))
        return self._where_node(self._condition(joiner, method, arguments))

    def _where_mapping(self, joiner: str, method: str, criteria: Mapping[str, Any]) -> Self:
        if not criteria:
            raise wrong(method, None, "the dict is empty; leave the call out to ask for all rows")
        pairs = list(checked_mapping(method, criteria).items())
        nodes = tuple(self._condition("AND" if at else joiner, method, pair) for at, pair in enumerate(pairs))
        if joiner == "AND" or len(nodes) == 1:
            return self._where_node(*nodes)
        return self._where_node(Group("OR", False, nodes))

    def _condition(self, joiner: str, method: str, arguments: tuple[Any, ...]) -> Condition:
        """Record `(column, value)` or `(column, operator, value)`."""
        if len(arguments) not in (2, 3):
            raise wrong(
                method, None, f"it takes a column and a value, and an operator between, not {len(arguments)} arguments"
            )
        column, value = self._named(method, arguments[0]), arguments[-1]
        symbol = "=" if len(arguments) == 2 else _operator(method, column, arguments[1])
        if is_clause(value) or isinstance(value, Recorder):
            raise wrong(method, column, f"{shown(value)} is no value; write the whole condition as an expression")
        if symbol in MEMBERSHIP:
            return self._membership(joiner, method, column, value, negated=symbol == "NOT IN")
        if symbol in RANGE:
            return self._range(joiner, method, column, (value,), negated=symbol == "NOT BETWEEN")
        if symbol in IDENTITY:
            if value is not None and not isinstance(value, bool):
                raise wrong(method, column, f"{symbol} takes None, True or False")
            return Is(joiner, method, column, value, negated=symbol == "IS NOT")
        if value is None:
            if symbol not in EQUALITY:
                raise wrong(method, column, f"{symbol} with None is never true; write where_null() or another value")
            return Is(joiner, method, column, None, negated=symbol != "=")
        return Compare(joiner, method, column, symbol, self.draft.slot(value), _time(value))

    def _in(self, joiner: str, method: str, column: str, values: Any, *, negated: bool) -> Self:
        self._named(method, column)
        if isinstance(values, Recorder):
            return self._where_node(InQuery(joiner, method, column, negated, self.draft.embed(values.draft)))
        return self._where_node(self._membership(joiner, method, column, values, negated=negated))

    def _membership(self, joiner: str, method: str, column: str, values: Any, *, negated: bool) -> Condition:
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise wrong(method, column, f"IN takes a list of values, not {shown(values)}")
        listed = list(values)
        present = [value for value in listed if value is not None]
        return Membership(
            joiner, method, column, negated, self.draft.slot(present), not present, len(present) < len(listed)
        )

    def _between(self, joiner: str, method: str, column: str, bounds: tuple[Any, ...], *, negated: bool) -> Self:
        return self._where_node(self._range(joiner, method, self._named(method, column), bounds, negated=negated))

    def _range(self, joiner: str, method: str, column: str, bounds: tuple[Any, ...], *, negated: bool) -> Condition:
        pair = tuple(bounds[0]) if len(bounds) == 1 and isinstance(bounds[0], (list, tuple)) else bounds
        if len(pair) != 2:
            raise wrong(method, column, "BETWEEN takes two values: the least and the greatest")
        if None in pair:
            raise wrong(method, column, "BETWEEN with None is never true; write where() with >= or <=")
        low, high = pair
        return Range(
            joiner, method, column, negated, self.draft.slot(low), self.draft.slot(high), _time(low), _time(high)
        )

    def _pattern(self, method: str, column: str, before: str, text: Any, after: str) -> Self:
        if not isinstance(text, str):
            raise wrong(method, self._named(method, column), f"a text is needed, not {shown(text)}")
        escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
        slot = self.draft.slot(f"{before}{escaped}{after}")
        return self._where_node(Compare("AND", method, self._named(method, column), "LIKE ESCAPED", slot))

    def _written(self, joiner: str, method: str, text: str, parameters: Mapping[str, Any]) -> Written:
        self._named(method, text)
        return Written(
            joiner, method, text, tuple((name, self.draft.slot(value)) for name, value in parameters.items())
        )

    def _having_condition(
        self, joiner: str, method: str, arguments: tuple[Any, ...], parameters: Mapping[str, Any]
    ) -> Self:
        if len(arguments) == 1 and isinstance(arguments[0], str):
            self.draft.having.append(self._written(joiner, method, arguments[0], parameters))
        elif parameters:
            raise wrong(method, None, "named parameters go with an expression string")
        elif len(arguments) == 1:
            self.draft.having.append(Clause(joiner, method, self._clause(method, arguments[0])))
        else:
            self.draft.having.append(self._condition(joiner, method, arguments))
        return self._changed()


class Grouping(Generic[B]):
    """What looking `where_group` up gives: it remembers how many conditions there were, and changes nothing.

    Python looks it up before it computes the argument. So in `qb.where_group(qb.where(a).or_where(b))` the group is
    what the argument has added to the same builder.
    """

    __slots__ = ("_builder", "_count", "_joiner", "_method", "_revision", "_used")

    def __init__(self, builder: B, method: str, joiner: str) -> None:
        self._builder = builder
        self._method = method
        self._joiner = joiner
        self._count = len(builder.draft.conditions)
        self._revision = builder.draft.revision
        self._used = False

    def __call__(self, conditions: "Callable[[B], object] | Conditions") -> B:
        """Put the conditions in parentheses, and return the builder."""
        builder = self._builder
        if conditions is builder:
            self._enclose_added(builder.draft)
        elif isinstance(conditions, Conditions):
            self._take(builder.draft, conditions.draft)
        elif callable(conditions):
            inner = builder.empty()
            result = conditions(inner)
            if isinstance(result, Conditions) and result is not inner:
                raise wrong(self._method, None, "the function must add to the builder that it is given")
            self._take(builder.draft, inner.draft)
        else:
            raise wrong(self._method, None, f"a function or a builder is needed, not {shown(conditions)}")
        return builder

    def _enclose_added(self, draft: Draft) -> None:
        """Enclose what the argument added to this same builder since the look-up."""
        if self._used or draft.revision != self._revision or len(draft.conditions) < self._count:
            raise wrong(self._method, None, "it was looked up before other changes; call it in one expression")
        self._used = True
        if not draft.enclose(self._count, self._joiner, negated=False):
            raise wrong(self._method, None, _NOTHING)

    def _take(self, draft: Draft, other: Draft) -> None:
        """Take over the conditions of another builder."""
        if other.revision:
            raise wrong(self._method, None, "a group holds conditions alone: no joins, order or select")
        if not other.conditions:
            raise wrong(self._method, None, _NOTHING)
        nodes = tuple(other.conditions)
        draft.conditions.append(Group(self._joiner, False, nodes, draft.take_values(other)))


_NOTHING = "no condition was added; there is nothing to put in parentheses"


def _operator(method: str, column: str, written: Any) -> str:
    """Find an operator in the closed list."""
    if not isinstance(written, str):
        raise wrong(method, column, f"an operator is a string, not {shown(written)}")
    found = operator(written)
    if found is None:
        meant = _MISSPELLED.get(written.strip().upper())
        hint = f'; did you mean "{meant}"?' if meant else did_you_mean(written.strip(), OPERATORS)
        raise wrong(method, column, f"operator {written!a} does not exist{hint}", name=written, nearest=meant)
    return found


def _comparison(method: str, column: str, written: Any) -> str:
    symbol = _operator(method, column, written)
    if symbol not in EQUALITY | ORDERING:
        raise wrong(method, column, f"{symbol} does not compare two columns; write =, !=, <, <=, > or >=")
    return symbol


def _time(value: Any) -> TimeExpression | None:
    return read_time(value) if isinstance(value, str) else None
