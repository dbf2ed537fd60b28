"""What must change to turn one schema into another, each difference with its explanation for people.

Nothing is guessed: a column that is gone and one that is new are a rename only where the entity (`renamed_from`) or the
caller says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.expressions import same_default
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint

_Definition = TypeVar("_Definition", Column, ForeignKey, UniqueConstraint, Check, Index)


@dataclass(frozen=True, slots=True)
class _TableDifference:
    definition: Table

    @property
    def table(self) -> str:
        """The table's name."""
        return self.definition.name


@dataclass(frozen=True, slots=True)
class AddTable(_TableDifference):
    """The table is new."""

    def describe(self) -> str:
        """Say it in one line."""
        return f'table "{self.table}" is new'


@dataclass(frozen=True, slots=True)
class DropTable(_TableDifference):
    """The table is gone."""

    def describe(self) -> str:
        """Say it in one line."""
        return f'table "{self.table}" is gone'


@dataclass(frozen=True, slots=True)
class _Added(Generic[_Definition]):
    table: str
    definition: _Definition

    def describe(self) -> str:
        """Say it in one line."""
        return f'{_title(self.definition)} is new in table "{self.table}"'


@dataclass(frozen=True, slots=True)
class _Dropped(Generic[_Definition]):
    table: str
    definition: _Definition

    def describe(self) -> str:
        """Say it in one line."""
        return f'{_title(self.definition)} is gone from table "{self.table}"'


@dataclass(frozen=True, slots=True)
class AddColumn(_Added[Column]):
    """The column is new in a table that exists."""

    @property
    def column(self) -> str:
        """The column's name."""
        return self.definition.name


@dataclass(frozen=True, slots=True)
class DropColumn(_Dropped[Column]):
    """The column is gone from a table that stays."""

    @property
    def column(self) -> str:
        """The column's name."""
        return self.definition.name

    def describe(self) -> str:
        """Say it in one line."""
        return f'column "{self.column}" is gone from table "{self.table}"'


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """The column has another name; `old` is the column before, `column` the name after."""

    table: str
    old: Column
    column: str

    def describe(self) -> str:
        """Say it in one line."""
        return f'column "{self.old.name}" of table "{self.table}" is now called "{self.column}"'


@dataclass(frozen=True, slots=True)
class AlterColumn:
    """The column's type, nullability or server default is another."""

    table: str
    old: Column
    new: Column

    @property
    def column(self) -> str:
        """The column's name, which is the same before and after."""
        return self.new.name

    @property
    def changes(self) -> tuple[str, ...]:
        """Which of `type`, `nullable`, `server_default` differ."""
        changed = (
            ("type", self.old.type != self.new.type),
            ("nullable", self.old.nullable != self.new.nullable),
            ("server_default", not same_default(self.old.server_default, self.new.server_default)),
        )
        return tuple(name for name, differs in changed if differs)

    def describe(self) -> str:
        """Say it in one line."""
        said = {
            "type": f"type {_change(self.old.type, self.new.type)}",
            "nullable": f"{_null(self.old)} becomes {_null(self.new)}",
            "server_default": f"server default {self.old.server_default} becomes {self.new.server_default}",
        }
        return f'column "{self.column}" of table "{self.table}": ' + ", ".join(said[name] for name in self.changes)


@dataclass(frozen=True, slots=True)
class AlterPrimaryKey:
    """The primary key has other columns."""

    table: str
    old: PrimaryKey
    new: PrimaryKey

    def describe(self) -> str:
        """Say it in one line."""
        return f'primary key of table "{self.table}": {_list(self.old.columns)} becomes {_list(self.new.columns)}'


@dataclass(frozen=True, slots=True)
class AddForeignKey(_Added[ForeignKey]):
    """The foreign key is new in a table that exists."""


@dataclass(frozen=True, slots=True)
class DropForeignKey(_Dropped[ForeignKey]):
    """The foreign key is gone from a table that stays."""


@dataclass(frozen=True, slots=True)
class AddUniqueConstraint(_Added[UniqueConstraint]):
    """The unique constraint is new in a table that exists."""


@dataclass(frozen=True, slots=True)
class DropUniqueConstraint(_Dropped[UniqueConstraint]):
    """The unique constraint is gone from a table that stays."""


@dataclass(frozen=True, slots=True)
class AddCheck(_Added[Check]):
    """The check constraint is new in a table that exists."""


@dataclass(frozen=True, slots=True)
class DropCheck(_Dropped[Check]):
    """The check constraint is gone from a table that stays."""


@dataclass(frozen=True, slots=True)
class AddIndex(_Added[Index]):
    """The index is new in a table that exists."""


@dataclass(frozen=True, slots=True)
class DropIndex(_Dropped[Index]):
    """The index is gone from a table that stays."""


Difference = (
    AddTable
    | DropTable
    | AddColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | AlterPrimaryKey
    | AddForeignKey
    | DropForeignKey
    | AddUniqueConstraint
    | DropUniqueConstraint
    | AddCheck
    | DropCheck
    | AddIndex
    | DropIndex
)


def compare(
    old: Schema, new: Schema, *, renames: Mapping[tuple[str, str], str] | None = None
) -> tuple[Difference, ...]:
    """Find what must change in `old` to make it `new`; nothing when they mean the same.

    Args:
        old: where we are, for example what the migration files build.
        new: where to go, for example what the entities say.
        renames: (table, old column) -> new column, beside what `Column.renamed_from` tells.

    Example:
        >>> [difference.describe() for difference in compare(history, entities)]
        ['column "weight" Float NULL is new in table "product"']
    """
    renamed = _renamed_columns(old, new, renames or {})
    found: list[Difference] = [DropTable(table) for table in old if table.name not in new.tables]
    found += [
        RenameColumn(table.name, column, renamed[table.name, column.name])
        for table in old
        for column in table.columns
        if (table.name, column.name) in renamed
    ]
    old = rename_columns(old, renamed)
    for table in new:
        before = old.table(table.name)
        found += [AddTable(table)] if before is None else _compare_tables(before, table)
    return tuple(found)


def possible_renames(differences: Iterable[Difference]) -> tuple[tuple[str, str, str], ...]:
    """Find the columns that may only have another name: one is gone and one of its type is new in the same table.

    For questions to people; each as (table, old column, new column).
    """
    known = tuple(differences)
    return tuple(
        (gone.table, gone.column, new.column)
        for gone in known
        if isinstance(gone, DropColumn)
        for new in known
        if isinstance(new, AddColumn) and new.table == gone.table and new.definition.type == gone.definition.type
    )


def rename_columns(schema: Schema, renames: Mapping[tuple[str, str], str]) -> Schema:
    """Rename columns, also where keys, indexes and other tables' foreign keys name them; (table, old) -> new."""
    if not renames:
        return schema

    def renamed(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(renames.get((table, column), column) for column in columns)

    def rename(table: Table) -> Table:
        def renamed_here(definition: _Keyed) -> _Keyed:
            return replace(definition, columns=renamed(table.name, definition.columns))

        return replace(
            table,
            columns=tuple(replace(c, name=renames.get((table.name, c.name), c.name)) for c in table.columns),
            primary_key=renamed_here(table.primary_key),
            foreign_keys=tuple(
                replace(renamed_here(key), referred_columns=renamed(key.referred_table, key.referred_columns))
                for key in table.foreign_keys
            ),
            unique=tuple(map(renamed_here, table.unique)),
            indexes=tuple(map(renamed_here, table.indexes)),
        )

    return Schema.of(map(rename, schema))


_Keyed = TypeVar("_Keyed", PrimaryKey, ForeignKey, UniqueConstraint, Index)
_Constraint = TypeVar("_Constraint", ForeignKey, UniqueConstraint, Check, Index)


def _renamed_columns(old: Schema, new: Schema, told: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Collect the renames that are true: the old name is there and goes, the new one comes."""
    wanted = {(table.name, c.renamed_from): c.name for table in new for c in table.columns if c.renamed_from}
    found: dict[tuple[str, str], str] = {}
    for (table, column), name in {**wanted, **told}.items():
        before, after = old.table(table), new.table(table)
        if before is None or after is None:
            continue
        goes = before.column(column) is not None and after.column(column) is None
        comes = before.column(name) is None and after.column(name) is not None
        if goes and comes:
            found[table, column] = name
    return found


def _compare_tables(old: Table, new: Table) -> list[Difference]:
    found: list[Difference] = []
    found += [DropColumn(old.name, column) for column in old.columns if new.column(column.name) is None]
    for column in new.columns:
        before = old.column(column.name)
        if before is None:
            found.append(AddColumn(new.name, column))
        elif (altered := AlterColumn(new.name, before, column)).changes:
            found.append(altered)
    if old.primary_key.columns != new.primary_key.columns:
        found.append(AlterPrimaryKey(new.name, old.primary_key, new.primary_key))
    gone_keys, added_keys = _unmatched(old.foreign_keys, new.foreign_keys)
    found += [DropForeignKey(new.name, key) for key in gone_keys]
    found += [AddForeignKey(new.name, key) for key in added_keys]
    gone_unique, added_unique = _unmatched(old.unique, new.unique)
    found += [DropUniqueConstraint(new.name, constraint) for constraint in gone_unique]
    found += [AddUniqueConstraint(new.name, constraint) for constraint in added_unique]
    gone_checks, added_checks = _unmatched(old.checks, new.checks)
    found += [DropCheck(new.name, check) for check in gone_checks]
    found += [AddCheck(new.name, check) for check in added_checks]
    gone_indexes, added_indexes = _unmatched(old.indexes, new.indexes)
    found += [DropIndex(new.name, index) for index in gone_indexes]
    found += [AddIndex(new.name, index) for index in added_indexes]
    return found


def _unmatched(
    old: tuple[_Constraint, ...], new: tuple[_Constraint, ...]
) -> tuple[list[_Constraint], list[_Constraint]]:
    """Leave what only one side has. A constraint that an old file did not name is the one of the same content."""
    gone, added = list(old), list(new)
    for nameless in (False, True):
        for definition in tuple(added):
            for candidate in gone:
                if candidate == definition or (
                    nameless and candidate.name is None and replace(candidate, name=definition.name) == definition
                ):
                    gone.remove(candidate)
                    added.remove(definition)
                    break
    return gone, added


def _title(definition: Column | ForeignKey | UniqueConstraint | Check | Index) -> str:
    match definition:
        case Column():
            return f'column "{definition.name}" {definition.type.describe()} {_null(definition)}'
        case ForeignKey():
            target = f"{definition.referred_table}{_list(definition.referred_columns)}"
            return f"foreign key {_list(definition.columns)} -> {target}"
        case UniqueConstraint():
            return f"unique constraint on {_list(definition.columns)}"
        case Check():
            return f'check "{definition.condition}"'
        case Index():
            return f'index "{definition.name}" on {_list(definition.columns)}'


def _change(old: ColumnType, new: ColumnType) -> str:
    if old.describe() == new.describe():  # they differ on single databases alone
        return f"{old} becomes {new}"
    return f"{old.describe()} becomes {new.describe()}"


def _null(column: Column) -> str:
    return "NULL" if column.nullable else "NOT NULL"


def _list(columns: Iterable[str]) -> str:
    return f"({', '.join(columns)})"
