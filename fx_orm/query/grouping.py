"""The rule of GROUP BY, on every database: what is selected is grouped, aggregated, or determined by the groups.

A column is determined when the grouped columns hold the primary key of its table, or lead to that key by joins. It is
added to the groups for databases that do not see this themselves. Any other column would be a random one: refused.
"""

from collections.abc import Sequence
from typing import Any

from fx_orm.query.messages import wrong
from fx_orm.query.sources import From


class Groups:
    """What the grouped columns of a query determine."""

    def __init__(self, found: From, keys: Sequence[Any]) -> None:
        self._found = found
        self.keys = list(keys)
        self.used: list[Any] = []
        """The columns that were asked about and are determined."""
        self._determined = {id(key) for key in keys}
        self._whole: set[str] = set()
        while self._grow():
            pass

    def check(self, method: str, argument: str, column: Any) -> None:
        """Refuse a column that the groups do not determine."""
        if self.determines(column):
            if not any(column is known for known in (*self.keys, *self.used)):
                self.used.append(column)
            return
        grouped = ", ".join(f'"{key.name}"' for key in self.keys) or "nothing"
        raise wrong(
            method,
            argument,
            f'column "{column.name}" is neither grouped (by {grouped}) nor aggregated nor determined by the groups; '
            "add it to group_by(), or aggregate it",
            name=column.name,
        )

    def determines(self, column: Any) -> bool:
        """Whether a column has one value in each group."""
        return id(column) in self._determined

    def clauses(self, database: str) -> list[Any]:
        """Return the keys to write: PostgreSQL sees by itself only what follows from a primary key in GROUP BY."""
        if database != "postgresql":
            return self.keys
        added = []
        written = {id(key) for key in self.keys}
        for name in self._found.parts:
            if name in self._whole:
                added += [key for key in self._found.parts[name].key if id(key) not in written]
        return [*self.keys, *added]

    def _grow(self) -> bool:
        before = len(self._determined)
        for name, part in self._found.parts.items():
            if name not in self._whole and part.key and all(id(key) in self._determined for key in part.key):
                self._whole.add(name)
                self._determined |= {id(column) for column in part.selectable.c}
        self._determined |= {id(right) for left, right in self._found.equal if id(left) in self._determined}
        return len(self._determined) > before
