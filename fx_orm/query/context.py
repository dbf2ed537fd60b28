"""What the parts of one query are built with: its tables and aliases, its database, its parameters.

Names are resolved here and nowhere else: a name that means nothing ends as a QueryError and never as SQL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from fx_orm.query.binding import Binds
from fx_orm.query.messages import wrong
from fx_orm.query.shapes import Embedded
from fx_orm.query.tables import Tables
from fx_orm.sql import ColumnReference, Entry, Found, Resolution, Scope, Unknown, explain, read_column


@dataclass(slots=True)
class Context:
    """One query being built. `offset` is where its values begin; `outer` is the query around it."""

    tables: Tables
    database: str
    binds: Binds
    offset: int
    build: Callable[["Context", Embedded, bool], "Built"]
    outer: "Context | None" = None
    scope: Scope = field(default_factory=lambda: Scope([]))
    labels: dict[str, sa.ColumnElement[Any]] = field(default_factory=dict)
    ctes: dict[str, sa.CTE] = field(default_factory=dict)
    check_grouped: Callable[[str, str, Any], None] | None = None
    """In a grouped query: refuses a column that the groups do not determine (method, argument, column)."""
    names_every_group: bool = False
    """Whether the database wants every column in GROUP BY, also those that the groups determine."""
    determined: list[Any] = field(default_factory=list)
    """In a grouped query: the columns in use that the groups determine."""
    grouped_by: list[Any] | None = None
    """In a grouped query: the columns that tell its rows apart."""

    def alone(self) -> "Context":
        """Return a context for a query that stands beside this one and does not see its tables."""
        return replace(self, outer=None, scope=Scope([]), labels={}, check_grouped=None, grouped_by=None, determined=[])

    def embedded(self, query: Embedded, *, key_only: bool = False) -> "Built":
        """Build a query inside this one; `key_only`: of an entity its primary key alone."""
        return self.build(self, query, key_only)

    def column(self, method: str, text: str) -> sa.ColumnElement[Any]:
        """Find the column that a string names.

        Raises:
            QueryError: it names none, or more than one.
        """
        return self.found(method, text, self.read(method, text)).value  # type: ignore[no-any-return]  # put by `add`

    def column_or_label(self, method: str, text: str) -> sa.ColumnElement[Any]:
        """Find a column, or what the select list calls so: an alias comes first, as in SQL's ORDER BY."""
        reference = self.read(method, text)
        if reference.qualifier is None and reference.column.text in self.labels:
            return self.labels[reference.column.text]
        return self.found(method, text, reference).value  # type: ignore[no-any-return]  # as above

    def read(self, method: str, text: str) -> ColumnReference:
        """Read a string that must be the name of one column."""
        reference = read_column(text)
        if reference.problem:
            raise wrong(method, text, reference.problem, name=text)
        if reference.column.text == "*":
            raise wrong(method, text, "one column is needed, not all of them", name=text)
        return reference

    def found(self, method: str, argument: str, reference: ColumnReference) -> Found:
        """Resolve a name in this query, then in the queries around it."""
        qualifier = reference.qualifier.text if reference.qualifier else None
        return self.resolve(method, argument, qualifier, reference.column.text)

    def resolve(self, method: str, argument: str, qualifier: str | None, name: str) -> Found:
        """Resolve a name that is taken apart already."""
        first: Resolution = self.scope.resolve(qualifier, name)
        resolution, context = first, self.outer
        while isinstance(resolution, Unknown) and context is not None:
            resolution, context = context.scope.resolve(qualifier, name), context.outer
        if isinstance(resolution, Found):
            return resolution
        raise wrong(
            method,
            argument,
            explain(first, self.scope),
            name=name,
            nearest=first.nearest if isinstance(first, Unknown) else None,
        )

    def add(
        self, method: str, argument: str, name: str, table: str, columns: Mapping[str, Any], *, root: bool = False
    ) -> None:
        """Add a table to the query under a name that is still free."""
        if self.scope.entry(name) is not None:
            raise wrong(method, argument, f'the query has a table called "{name}" already; give this one an alias')
        self.scope = Scope([*self.scope.entries, Entry(name, table, columns, root)])


@dataclass(frozen=True, slots=True)
class Built:
    """A finished SELECT: the statement, and what its columns are called."""

    statement: "sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]"
    keys: tuple[str, ...]
    mapper: Mapper[Any] | None = None
    keyset: tuple[Any, ...] = ()
    """The order of a page by position, as `keyset.Key`s: their values come behind the columns of each row."""
