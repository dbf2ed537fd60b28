"""Which tables a query has, and what a name in it means.

One function finds a name and one words what is wrong with it, for the runtime and the editor alike. A scope holds
whatever its maker put beside each column (a SQLAlchemy column at run time, a fact in the editor), unseen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fx_orm.errors.nearest import nearest


@dataclass(frozen=True, slots=True)
class Entry:
    """A table of the query: what it is called there, what it is, and its columns (None: nobody knows them)."""

    name: str
    table: str
    columns: Mapping[str, Any] | None
    root: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The name means `column` of `entry`; `value` is what the scope's maker put there."""

    entry: Entry
    column: str
    value: Any


@dataclass(frozen=True, slots=True)
class Unknown:
    """No table of this name (`kind` "table"), or none with such a column (`kind` "column")."""

    kind: str
    name: str
    nearest: str | None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several tables have the column; `candidates` are the ways to say which one is meant."""

    name: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The columns of a table that could have it are not known: nothing can be said."""

    name: str


Resolution = Found | Unknown | Ambiguous | Uncertain


class Scope:
    """The tables of one query, in the order in which they were named.

    Example:
        >>> scope = Scope([Entry("p", "product", {"id": 1, "name": 2})])
        >>> explain(scope.resolve("p", "nmae"), scope)
        'table "product" (p) has no column "nmae"; did you mean "name"?'
    """

    __slots__ = ("_by_name", "entries")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: Sequence[Entry] = tuple(entries)
        self._by_name = {entry.name: entry for entry in reversed(self.entries)}

    def entry(self, name: str) -> Entry | None:
        """Find a table by what it is called in this query."""
        return self._by_name.get(name)

    def resolve(self, qualifier: str | None, column: str) -> Resolution:
        """Find what a name means; an unqualified one is the root entity's first, else it must be one table's alone."""
        if qualifier is not None:
            return self._qualified(qualifier, column)
        having = [entry for entry in self.entries if entry.columns is not None and column in entry.columns]
        for entry in having:
            if entry.root:
                return _found(entry, column)
        if any(entry.columns is None for entry in self.entries):
            return Uncertain(column)
        if len(having) > 1:
            return Ambiguous(column, tuple(f"{entry.name}.{column}" for entry in having))
        if having:
            return _found(having[0], column)
        return self._unknown_column(column)

    def _qualified(self, qualifier: str, column: str) -> Resolution:
        entry = self._by_name.get(qualifier)
        if entry is None:
            renamed = next((entry.name for entry in self.entries if entry.table == qualifier), None)
            return Unknown("table", qualifier, renamed or nearest(qualifier, self._by_name))
        if entry.columns is None:
            return Uncertain(column)
        if column in entry.columns:
            return _found(entry, column)
        return Unknown("column", column, nearest(column, entry.columns), entry)

    def _unknown_column(self, column: str) -> Unknown:
        if len(self.entries) == 1:
            only = self.entries[0]
            return Unknown("column", column, nearest(column, only.columns or ()), only)
        everywhere = {name: f"{entry.name}.{name}" for entry in reversed(self.entries) for name in entry.columns or ()}
        near = nearest(column, everywhere)
        return Unknown("column", column, everywhere[near] if near else None)


def explain(resolution: Resolution, scope: Scope) -> str:
    """Say in one line why a name means nothing here, and what was likely meant; empty when there is nothing wrong."""
    if isinstance(resolution, Ambiguous):
        ways = " or ".join(f'"{candidate}"' for candidate in resolution.candidates)
        return f'column "{resolution.name}" is in several tables; write {ways}'
    if not isinstance(resolution, Unknown):
        return ""
    if not scope.entries:
        return f'the query has no table yet, so "{resolution.name}" means nothing; call from_table() or join()'
    hint = f'; did you mean "{resolution.nearest}"?' if resolution.nearest else ""
    if resolution.kind == "table":
        return _explain_table(resolution, scope, hint)
    if resolution.entry is None:
        tables = ", ".join(f'"{entry.name}"' for entry in scope.entries)
        return f'no table of the query ({tables}) has a column "{resolution.name}"{hint}'
    return f'table {title(resolution.entry)} has no column "{resolution.name}"{hint}'


def title(entry: Entry) -> str:
    """Name a table for a message: `"product"`, or `"product" (p)` under an alias."""
    return f'"{entry.table}"' if entry.name == entry.table else f'"{entry.table}" ({entry.name})'


def _explain_table(unknown: Unknown, scope: Scope, hint: str) -> str:
    if any(entry.table == unknown.name and entry.name == unknown.nearest for entry in scope.entries):
        return f'table "{unknown.name}" is called "{unknown.nearest}" in this query; write "{unknown.nearest}."'
    if hint:
        return f'the query has no table or alias "{unknown.name}"{hint}'
    there = ", ".join(f'"{entry.name}"' for entry in scope.entries)
    return f'the query has no table or alias "{unknown.name}"; there is {there}'


def _found(entry: Entry, column: str) -> Found:
    return Found(entry, column, entry.columns[column] if entry.columns else None)
