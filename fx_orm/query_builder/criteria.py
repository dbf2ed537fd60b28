"""What the arguments of a condition mean: columns, operators and values as they are given become conditions of a shape.

It checks what can be checked without a database: operators, the number of arguments, lists and None.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from fx_orm.errors.calls import kind_of
from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.messages import shortened, wrong
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
from fx_orm.query_builder.recording import Recorder, checked_mapping, is_clause
from fx_orm.sql import (
    EQUALITY,
    IDENTITY,
    LIKES,
    MEMBERSHIP,
    OPERATORS,
    ORDERING,
    RANGE,
    TimeExpression,
    operator,
    read_time,
)

_MISSPELLED = {"==": "=", "=>": ">=", "=<": "<=", "===": "=", "!==": "!=", "><": "<>", "IS NULL": "IS"}


class Criteria(Recorder):
    """Records conditions; the methods that say them are in `conditions`."""

    def _where_node(self, *nodes: Condition) -> Self:
        self.draft.conditions += nodes
        return self

    def _where(self, joiner: str, method: str, arguments: tuple[Any, ...], fields: Mapping[str, Any]) -> Self:
        if fields:
            name = next(iter(fields))
            ways = f'{method}("{name}", value), or {method}({{"{name}": value}})'
            raise wrong(method, None, f"a condition is not given by keyword; write {ways}", name=name)
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
        if is_clause(value):
            raise wrong(method, column, f"{kind_of(value)} is no value; write the whole condition as an expression")
        if isinstance(value, Recorder):
            return self._beside_query(joiner, method, column, symbol, value)
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
        if symbol in LIKES and not isinstance(value, str):
            raise wrong(method, column, f"{symbol} takes a pattern, which is a text, not {kind_of(value)}")
        return Compare(joiner, method, column, symbol, self.draft.slot(value), _time(value))

    def _beside_query(self, joiner: str, method: str, column: str, symbol: str, query: Recorder) -> Condition:
        """Record `column operator (SELECT ...)`."""
        if symbol in MEMBERSHIP:
            return InQuery(joiner, method, column, symbol == "NOT IN", self.draft.embed(query.draft))
        if symbol not in EQUALITY | ORDERING:
            raise wrong(method, column, f"{symbol} takes no builder; write =, !=, <, <=, >, >=, IN or NOT IN")
        return CompareQuery(joiner, method, column, symbol, self.draft.embed(query.draft))

    def _in(self, joiner: str, method: str, column: str, values: Any, *, negated: bool) -> Self:
        self._named(method, column)
        if isinstance(values, Recorder):
            return self._where_node(InQuery(joiner, method, column, negated, self.draft.embed(values.draft)))
        return self._where_node(self._membership(joiner, method, column, values, negated=negated))

    def _membership(self, joiner: str, method: str, column: str, values: Any, *, negated: bool) -> Condition:
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise wrong(method, column, f"IN takes a list of values, not {kind_of(values)}")
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

    def _compared(self, joiner: str, method: str, left: str, operator: str, right: str) -> Self:
        left, right = self._named(method, left), self._named(method, right)
        return self._where_node(Columns(joiner, method, left, comparison(method, left, operator), right))

    def _found(self, joiner: str, method: str, query: Recorder, *, negated: bool) -> Self:
        return self._where_node(Exists(joiner, method, negated, self.draft.embed(self._query(method, query))))

    def _null(self, joiner: str, method: str, column: str, *, negated: bool) -> Self:
        return self._where_node(Is(joiner, method, self._named(method, column), None, negated=negated))

    def _negated(self, joiner: str, method: str, arguments: tuple[Any, ...], fields: Mapping[str, Any]) -> Self:
        before = len(self.draft.conditions)
        self._where("AND", method, arguments, fields)
        self.draft.enclose(before, joiner, negated=True)
        return self

    def _pattern(self, joiner: str, method: str, column: str, before: str, text: Any, after: str) -> Self:
        if not isinstance(text, str):
            raise wrong(method, self._named(method, column), f"a text is needed, not {kind_of(text)}")
        escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
        slot = self.draft.slot(f"{before}{escaped}{after}")
        return self._where_node(Compare(joiner, method, self._named(method, column), "LIKE ESCAPED", slot))

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


def _operator(method: str, column: str, written: Any) -> str:
    """Find an operator in the closed list."""
    if not isinstance(written, str):
        raise wrong(method, column, f"an operator is a string, not {kind_of(written)}")
    found = operator(written)
    if found is None:
        meant = _MISSPELLED.get(written.strip().upper())
        hint = f'; did you mean "{meant}"?' if meant else did_you_mean(written.strip(), OPERATORS)
        said = ascii(shortened(written))
        raise wrong(method, column, f"operator {said} does not exist{hint}", name=written, nearest=meant)
    return found


def comparison(method: str, column: str, written: Any) -> str:
    """Take an operator that compares two columns from a caller."""
    symbol = _operator(method, column, written)
    if symbol not in EQUALITY | ORDERING:
        raise wrong(method, column, f"{symbol} does not compare two columns; write =, !=, <, <=, > or >=")
    return symbol


def _time(value: Any) -> TimeExpression | None:
    return read_time(value) if isinstance(value, str) else None
