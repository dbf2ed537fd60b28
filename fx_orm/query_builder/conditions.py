"""WHERE and HAVING: conditions, combined from left to right as they read.

`where(a).or_where(b).where(c)` is `(a OR b) AND c`. Values are never part of the SQL.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, overload

import sqlalchemy as sa

from fx_orm.errors.calls import kind_of
from fx_orm.query.messages import wrong
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
    def where(self, /, *arguments: Any, **fields: Any) -> Self:
        """Add a condition that must hold: `(column, value)`, `(column, operator, value)`, a dict, an expression.

        Two arguments are always equality. None is IS NULL. A string beside a date is ISO 8601 or a time expression.

        Example:
            >>> QueryBuilder(Product).where("price", ">", 10).where("is_active", True).pluck("name")
            ['Tea pot', 'Hose']
            >>> QueryBuilder(Product).where({"category_id": 1, "stock": 80}).pluck("name")
            ['Cup']
        """
        return self._where("AND", "where", arguments, fields)

    @overload
    def or_where(self, condition: Criterion, /) -> Self: ...
    @overload
    def or_where(self, column: str, value: Any, /) -> Self: ...
    @overload
    def or_where(self, column: str, operator: str, value: Any, /) -> Self: ...
    def or_where(self, /, *arguments: Any, **fields: Any) -> Self:
        """Add a condition that may hold instead of all that was said so far; arguments as in `where`.

        Example:
            >>> (
            ...     QueryBuilder(Product).where("stock", 12).or_where("price", ">", 100)
            ...     .where("is_active", True).pluck("name")
            ... )
            ['Tea pot']
        """
        return self._where("OR", "or_where", arguments, fields)

    @overload
    def where_not(self, condition: Criterion, /) -> Self: ...
    @overload
    def where_not(self, column: str, value: Any, /) -> Self: ...
    @overload
    def where_not(self, column: str, operator: str, value: Any, /) -> Self: ...
    def where_not(self, /, *arguments: Any, **fields: Any) -> Self:
        """Add a condition that must not hold; arguments as in `where`.

        Example:
            >>> QueryBuilder(Product).where_not("name", "LIKE", "C%").pluck("name")
            ['Tea pot', 'Hose']
        """
        return self._negated("AND", "where_not", arguments, fields)

    @overload
    def or_where_not(self, condition: Criterion, /) -> Self: ...
    @overload
    def or_where_not(self, column: str, value: Any, /) -> Self: ...
    @overload
    def or_where_not(self, column: str, operator: str, value: Any, /) -> Self: ...
    def or_where_not(self, /, *arguments: Any, **fields: Any) -> Self:
        """Allow that a condition does not hold, instead of all that was said so far; arguments as in `where`.

        Example:
            >>> QueryBuilder(Product).where("id", 2).or_where_not("stock", ">", 20).pluck("name")
            ['Tea pot', 'Cup']
        """
        return self._negated("OR", "or_where_not", arguments, fields)

    def where_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Ask for one of a list, or of what another builder selects; an empty list finds nothing.

        Example:
            >>> QueryBuilder(Product).where_in("id", [1, 3]).pluck("name")
            ['Tea pot', 'Hose']
            >>> (
            ...     QueryBuilder(Product)
            ...     .where_in("category_id", QueryBuilder(Category).where("name", "Garden")).pluck("name")
            ... )
            ['Hose']
        """
        return self._in("AND", "where_in", column, values, negated=False)

    def or_where_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Allow one of a list instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("stock", 80).or_where_in("id", [1]).pluck("name")
            ['Tea pot', 'Cup']
        """
        return self._in("OR", "or_where_in", column, values, negated=False)

    def where_not_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Ask for none of a list, or of what another builder selects; an empty list finds everything.

        Example:
            >>> QueryBuilder(Product).where_not_in("id", [1, 3]).pluck("name")
            ['Cup']
        """
        return self._in("AND", "where_not_in", column, values, negated=True)

    def or_where_not_in(self, column: str, values: "Iterable[Any] | Recorder") -> Self:
        """Allow none of a list instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 1).or_where_not_in("stock", [12, 51]).pluck("name")
            ['Tea pot', 'Cup']
        """
        return self._in("OR", "or_where_not_in", column, values, negated=True)

    def where_null(self, column: str) -> Self:
        """Ask for rows in which the column is NULL.

        Example:
            >>> QueryBuilder(Product).where_null("description").count()
            3
        """
        return self._null("AND", "where_null", column, negated=False)

    def or_where_null(self, column: str) -> Self:
        """Allow rows in which the column is NULL instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 1).or_where_null("description").count()
            3
        """
        return self._null("OR", "or_where_null", column, negated=False)

    def where_not_null(self, column: str) -> Self:
        """Ask for rows in which the column is not NULL.

        Example:
            >>> QueryBuilder(Product).where_not_null("description").count()
            0
        """
        return self._null("AND", "where_not_null", column, negated=True)

    def or_where_not_null(self, column: str) -> Self:
        """Allow rows in which the column is not NULL instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 1).or_where_not_null("description").pluck("name")
            ['Tea pot']
        """
        return self._null("OR", "or_where_not_null", column, negated=True)

    @overload
    def where_between(self, column: str, low: Any, high: Any, /) -> Self: ...
    @overload
    def where_between(self, column: str, low_and_high: "tuple[Any, Any] | list[Any]", /) -> Self: ...
    def where_between(self, column: str, *bounds: Any) -> Self:
        """Ask for values from low to high, both included: two arguments, or one pair.

        Example:
            >>> QueryBuilder(Product).where_between("price", 7, 25).pluck("name")
            ['Cup', 'Hose']
        """
        return self._between("AND", "where_between", column, bounds, negated=False)

    @overload
    def or_where_between(self, column: str, low: Any, high: Any, /) -> Self: ...
    @overload
    def or_where_between(self, column: str, low_and_high: "tuple[Any, Any] | list[Any]", /) -> Self: ...
    def or_where_between(self, column: str, *bounds: Any) -> Self:
        """Allow values from low to high instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 1).or_where_between("stock", 60, 90).pluck("name")
            ['Tea pot', 'Cup']
        """
        return self._between("OR", "or_where_between", column, bounds, negated=False)

    def where_contains(self, column: str, text: str) -> Self:
        """Ask for texts that hold this one; `%` and `_` in it mean themselves.

        Example:
            >>> QueryBuilder(Product).where_contains("name", "ea").pluck("name")
            ['Tea pot']
        """
        return self._pattern("AND", "where_contains", column, "%", text, "%")

    def or_where_contains(self, column: str, text: str) -> Self:
        """Allow texts that hold this one instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 3).or_where_contains("name", "ea").pluck("name")
            ['Tea pot', 'Hose']
        """
        return self._pattern("OR", "or_where_contains", column, "%", text, "%")

    def where_starts_with(self, column: str, text: str) -> Self:
        """Ask for texts that begin with this one; `%` and `_` in it mean themselves.

        Example:
            >>> QueryBuilder(Product).where_starts_with("sku", "TP-").pluck("name")
            ['Tea pot']
        """
        return self._pattern("AND", "where_starts_with", column, "", text, "%")

    def or_where_starts_with(self, column: str, text: str) -> Self:
        """Allow texts that begin with this one instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 3).or_where_starts_with("sku", "TP-").pluck("name")
            ['Tea pot', 'Hose']
        """
        return self._pattern("OR", "or_where_starts_with", column, "", text, "%")

    def where_ends_with(self, column: str, text: str) -> Self:
        """Ask for texts that end with this one; `%` and `_` in it mean themselves.

        Example:
            >>> QueryBuilder(Product).where_ends_with("name", "pot").pluck("name")
            ['Tea pot']
        """
        return self._pattern("AND", "where_ends_with", column, "%", text, "")

    def or_where_ends_with(self, column: str, text: str) -> Self:
        """Allow texts that end with this one instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 3).or_where_ends_with("name", "pot").pluck("name")
            ['Tea pot', 'Hose']
        """
        return self._pattern("OR", "or_where_ends_with", column, "%", text, "")

    def where_column(self, left: str, operator: str, right: str) -> Self:
        """Compare two columns.

        Example:
            >>> QueryBuilder(Product).where_column("stock", ">", "price").pluck("name")
            ['Cup', 'Hose']
        """
        return self._compared("AND", "where_column", left, operator, right)

    def or_where_column(self, left: str, operator: str, right: str) -> Self:
        """Allow a comparison of two columns instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 1).or_where_column("stock", ">", "price").pluck("name")
            ['Tea pot', 'Cup', 'Hose']
        """
        return self._compared("OR", "or_where_column", left, operator, right)

    def where_exists(self, query: Recorder) -> Self:
        """Ask for rows for which another query finds something; it may name this query's columns.

        Example:
            >>> tagged = QueryBuilder().from_table("product_tag t").where_column("t.product_id", "=", "product.id")
            >>> QueryBuilder(Product).where_exists(tagged).pluck("name")
            ['Tea pot', 'Cup']
        """
        return self._found("AND", "where_exists", query, negated=False)

    def or_where_exists(self, query: Recorder) -> Self:
        """Allow rows for which another query finds something, instead of all that was said so far.

        Example:
            >>> tagged = QueryBuilder().from_table("product_tag t").where_column("t.product_id", "=", "product.id")
            >>> QueryBuilder(Product).where("id", 3).or_where_exists(tagged).pluck("name")
            ['Tea pot', 'Cup', 'Hose']
        """
        return self._found("OR", "or_where_exists", query, negated=False)

    def where_not_exists(self, query: Recorder) -> Self:
        """Ask for rows for which another query finds nothing.

        Example:
            >>> tagged = QueryBuilder().from_table("product_tag t").where_column("t.product_id", "=", "product.id")
            >>> QueryBuilder(Product).where_not_exists(tagged).pluck("name")
            ['Hose']
        """
        return self._found("AND", "where_not_exists", query, negated=True)

    def or_where_not_exists(self, query: Recorder) -> Self:
        """Allow rows for which another query finds nothing, instead of all that was said so far.

        Example:
            >>> tagged = QueryBuilder().from_table("product_tag t").where_column("t.product_id", "=", "product.id")
            >>> QueryBuilder(Product).where("id", 1).or_where_not_exists(tagged).pluck("name")
            ['Tea pot', 'Hose']
        """
        return self._found("OR", "or_where_not_exists", query, negated=True)

    def where_raw(self, expression: str, /, **parameters: Any) -> Self:
        """Add a condition as an expression string; its values are named parameters.

        Example:
            >>> QueryBuilder(Product).where_raw("price * stock > :value", value=1000).pluck("name")
            ['Hose']
        """
        return self._where_node(self._written("AND", "where_raw", expression, parameters))

    def or_where_raw(self, expression: str, /, **parameters: Any) -> Self:
        """Allow a condition as an expression string instead of all that was said so far.

        Example:
            >>> QueryBuilder(Product).where("id", 2).or_where_raw("LENGTH(name) > :most", most=5).pluck("name")
            ['Tea pot', 'Cup']
        """
        return self._where_node(self._written("OR", "or_where_raw", expression, parameters))

    def when(
        self, flag: object, then: Callable[[Self], object], otherwise: Callable[[Self], object] | None = None
    ) -> Self:
        """Let a function add to the builder only if `flag` is true; else `otherwise`, where it is given.

        Example:
            >>> search = None
            >>> QueryBuilder(Product).when(search, lambda q: q.where_contains("name", search)).count()
            3
        """
        for chosen in (then, otherwise):
            if chosen is not None and not callable(chosen):
                raise wrong("when", None, f"a function is needed, not {kind_of(chosen)}")
        chosen = then if flag else otherwise
        if chosen is not None:
            chosen(self)
        return self

    @property
    def where_group(self) -> "Grouping[Self]":
        """Put conditions in parentheses: those that a callable adds, of another builder, or just added to this one.

        Example:
            >>> QueryBuilder(Product).where_group(lambda q: q.where("stock", 12).or_where("price", "<", 10)).count()
            2
            >>> qb = QueryBuilder(Product).where("is_active", True)
            >>> qb.where_group(qb.where("stock", 12).or_where("price", "<", 10)).where("id", ">", 1).pluck("name")
            ['Cup']
        """
        return Grouping(self, "where_group", "AND")

    @property
    def or_where_group(self) -> "Grouping[Self]":
        """Allow a group of conditions instead of all that was said so far; forms as in `where_group`.

        Example:
            >>> (
            ...     QueryBuilder(Product).where("id", 3)
            ...     .or_where_group(lambda q: q.where("stock", 80).where("price", "<", 10)).count()
            ... )
            2
        """
        return Grouping(self, "or_where_group", "OR")

    def having(self, /, *arguments: Any, **parameters: Any) -> Self:
        """Add a condition on groups: an expression string, or what `where` takes; aliases of `select` may be used.

        Example:
            >>> per_category = QueryBuilder(Product).select("category_id", "COUNT(*) as n").group_by("category_id")
            >>> per_category.having("n", ">", 1).get()
            [{'category_id': 1, 'n': 2}]
            >>> per_category.having("SUM(stock) > :least", least=1000).get()
            []
        """
        return self._having_condition("AND", "having", arguments, parameters)

    def or_having(self, /, *arguments: Any, **parameters: Any) -> Self:
        """Allow groups by another condition instead; arguments as in `having`.

        Example:
            >>> per_category = QueryBuilder(Product).select("category_id", "COUNT(*) as n").group_by("category_id")
            >>> per_category.having("n", ">", 1).or_having("SUM(price) > 20").count()
            2
        """
        return self._having_condition("OR", "or_having", arguments, parameters)
