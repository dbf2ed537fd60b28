"""Tables, columns, keys and indexes as plain data.

The same values come from entity classes, from entities' source text and from migration files. Nothing here knows where
they came from, and nothing is checked: what does not fit together is the business of those who read and compare.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fx_orm.schema.column_types import ColumnType


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        type: as it is written in a migration file.
        server_default: the default that the database itself applies, as it is written in a migration file:
            `"sa.text('0')"`, `"sa.func.now()"`, `"'draft'"`.
        fill: what rows that exist get when this NOT NULL column is added, written like `server_default`; from the
            field's constant default. Not a part of the table, so it does not count in comparisons.
        renamed_from: the name before, where the entity says so. Does not count in comparisons either.
    """

    name: str
    type: ColumnType
    nullable: bool = True
    server_default: str | None = None
    fill: str | None = field(default=None, compare=False)
    renamed_from: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """The primary key; without columns the table has none."""

    columns: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key.

    Attributes:
        ondelete: SQL's words in capitals, None where the database's default holds; `onupdate` too.
        options: `deferrable`, `initially` and `match` with their values as they are written in a migration file.
    """

    columns: tuple[str, ...]
    referred_table: str
    referred_columns: tuple[str, ...]
    name: str | None = None
    ondelete: str | None = None
    onupdate: str | None = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UniqueConstraint:
    """A unique constraint; a unique index is an `Index`."""

    columns: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check constraint with its condition as SQL text."""

    condition: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index.

    Attributes:
        columns: names, or expressions as they are written in a migration file: `sa.text("lower(name)")`.
        options: what only some databases know, such as `postgresql_where`, sorted, with values as they are written.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    options: tuple[tuple[str, str], ...] = ()


Constraint = PrimaryKey | ForeignKey | UniqueConstraint | Check


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table. Two are equal when they hold the same things: the order of columns and constraints does not count."""

    name: str
    columns: tuple[Column, ...] = ()
    primary_key: PrimaryKey = PrimaryKey()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[UniqueConstraint, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()

    def column(self, name: str) -> Column | None:
        """Find a column by its name."""
        return next((column for column in self.columns if column.name == name), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def _content(self) -> tuple[object, ...]:
        parts = (self.columns, self.foreign_keys, self.unique, self.checks, self.indexes)
        return (self.name, self.primary_key, *map(frozenset[object], parts))


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables, by name."""

    tables: Mapping[str, Table] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, tables: Iterable[Table]) -> "Schema":
        """Make a schema of these tables."""
        return cls({table.name: table for table in tables})

    def table(self, name: str) -> Table | None:
        """Find a table by its name."""
        return self.tables.get(name)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())
