"""WHERE and HAVING: conditions, combined from left to right as they read.

`where(a).or_where(b).where(c)` is `(a OR b) AND c`. Values are never part of the SQL.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, overload

import sqlalchemy as sa

from fx_orm.query_builder.criteria import Criteria
from fx_orm.query_builder.grouping import Grouping
from fx_orm.query_builder.recording import Recorder

Criterion = Mapping[str, Any] | sa.ColumnElement[bool] | bool


class Conditions(Criteria):
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
        return self._negated("AND", "where_not", arguments)

    @overload
    def or_where_not(self, condition: Criterion, /) -> Self: ...
    @overload
    def or_where_not(self, column: str, value: Any, /) -> Self: ...
    @overload
    def or_where_not(self, column: str, operator: str, value: Any, /) -> Self: ...
    def or_where_not(self, *arguments: Any) -> Self:
        """Allow that a condition does not hold, instead of all that was said so far; arguments as in `where`."""
        return self._negated("OR", "or_where_not", arguments)

    def where_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Ask for one of a list, or of what another builder selects; an empty list finds nothing."""
        return self._in("AND", "where_in", column, values, negated=False)

    def or_where_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Allow one of a list instead of all that was said so far."""
        return self._in("OR", "or_where_in", column, values, negated=False)

    def where_not_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Ask for none of a list, or of what another builder selects; an empty list finds everything."""
        return self._in("AND", "where_not_in", column, values, negated=True)

    def or_where_not_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Allow none of a list instead of all that was said so far."""
        return self._in("OR", "or_where_not_in", column, values, negated=True)

    def where_null(self, column: str) -> Self:
        """Ask for rows in which the column is NULL."""
        return self._null("AND", "where_null", column, negated=False)

    def or_where_null(self, column: str) -> Self:
        """Allow rows in which the column is NULL instead of all that was said so far."""
        return self._null("OR", "or_where_null", column, negated=False)

    def where_not_null(self, column: str) -> Self:
        """Ask for rows in which the column is not NULL."""
        return self._null("AND", "where_not_null", column, negated=True)

    def or_where_not_null(self, column: str) -> Self:
        """Allow rows in which the column is not NULL instead of all that was said so far."""
        return self._null("OR", "or_where_not_null", column, negated=True)

    @overload
    def where_between(self, column: str, low: Any, high: Any, /) -> Self: ...
    @overload
    def where_between(self, column: str, low_and_high: "tuple[Any, Any] | list[Any]", /) -> Self: ...
    def where_between(self, column: str, *bounds: Any) -> Self:
        """Ask for values from low to high, both included: two arguments, or one pair."""
        return self._between("AND", "where_between", column, bounds, negated=False)

    @overload
    def or_where_between(self, column: str, low: Any, high: Any, /) -> Self: ...
    @overload
    def or_where_between(self, column: str, low_and_high: "tuple[Any, Any] | list[Any]", /) -> Self: ...
    def or_where_between(self, column: str, *bounds: Any) -> Self:
        """Allow values from low to high instead of all that was said so far."""
        return self._between("OR", "or_where_between", column, bounds, negated=False)

    def where_contains(self, column: str, text: str) -> Self:
        """Ask for texts that hold this one; `%` and `_` in it mean themselves."""
        return self._pattern("AND", "where_contains", column, "%", text, "%")

    def or_where_contains(self, column: str, text: str) -> Self:
        """Allow texts that hold this one instead of all that was said so far."""
        return self._pattern("OR", "or_where_contains", column, "%", text, "%")

    def where_starts_with(self, column: str, text: str) -> Self:
        """Ask for texts that begin with this one; `%` and `_` in it mean themselves."""
        return self._pattern("AND", "where_starts_with", column, "", text, "%")

    def or_where_starts_with(self, column: str, text: str) -> Self:
        """Allow texts that begin with this one instead of all that was said so far."""
        return self._pattern("OR", "or_where_starts_with", column, "", text, "%")

    def where_ends_with(self, column: str, text: str) -> Self:
        """Ask for texts that end with this one; `%` and `_` in it mean themselves."""
        return self._pattern("AND", "where_ends_with", column, "%", text, "")

    def or_where_ends_with(self, column: str, text: str) -> Self:
        """Allow texts that end with this one instead of all that was said so far."""
        return self._pattern("OR", "or_where_ends_with", column, "%", text, "")

    def where_column(self, left: str, operator: str, right: str) -> Self:
        """Compare two columns."""
        return self._compared("AND", "where_column", left, operator, right)

    def or_where_column(self, left: str, operator: str, right: str) -> Self:
        """Allow a comparison of two columns instead of all that was said so far."""
        return self._compared("OR", "or_where_column", left, operator, right)

    def where_exists(self, query: Recorder) -> Self:
        """Ask for rows for which another query finds something; it may name this query's columns."""
        return self._found("AND", "where_exists", query, negated=False)

    def or_where_exists(self, query: Recorder) -> Self:
        """Allow rows for which another query finds something, instead of all that was said so far."""
        return self._found("OR", "or_where_exists", query, negated=False)

    def where_not_exists(self, query: Recorder) -> Self:
        """Ask for rows for which another query finds nothing."""
        return self._found("AND", "where_not_exists", query, negated=True)

    def or_where_not_exists(self, query: Recorder) -> Self:
        """Allow rows for which another query finds nothing, instead of all that was said so far."""
        return self._found("OR", "or_where_not_exists", query, negated=True)

    def where_raw(self, expression: str, /, **parameters: Any) -> Self:
        """Add a condition as an expression string; its values are named parameters.

        Example:
            >>> QueryBuilder(Product).where_raw("price * stock > :value", value=1000)
        """
        return self._where_node(self._written("AND", "where_raw", expression, parameters))

    def or_where_raw(self, expression: str, /, **parameters: Any) -> Self:
        """Allow a condition as an expression string instead of all that was said so far."""
        return self._where_node(self._written("OR", "or_where_raw", expression, parameters))

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
