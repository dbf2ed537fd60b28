"""From differences to operations: in an order that every database takes, and that keeps the rows.

References go before what they refer to is taken away, and come after it is there. A NOT NULL column that is new gets
its rows' value from a server default, which is then taken away again. Values are never made up on the way up; on the
way down a column that comes back is filled with the nothing of its type, because what it held is gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fx_orm.errors import MigrationError
from fx_orm.schema.differences import (
    AddCheck,
    AddColumn,
    AddForeignKey,
    AddIndex,
    AddTable,
    AddUniqueConstraint,
    AlterColumn,
    AlterPrimaryKey,
    Difference,
    DropCheck,
    DropColumn,
    DropForeignKey,
    DropIndex,
    DropTable,
    DropUniqueConstraint,
    RenameColumn,
)
from fx_orm.schema.enums import EnumType, enum_type, enum_types, old_type_name, replaces_type
from fx_orm.schema.expressions import same_default
from fx_orm.schema.literals import quoted
from fx_orm.schema.operations import (
    AddColumnOp,
    AlterColumnOp,
    AlterEnumOp,
    CreateConstraintOp,
    CreateEnumOp,
    CreateIndexOp,
    CreateTableOp,
    DropColumnOp,
    DropConstraintOp,
    DropEnumOp,
    DropIndexOp,
    DropTableOp,
    FillOp,
    Operation,
    apply_all,
)
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, Schema, Table, UniqueConstraint


def plan(differences: Iterable[Difference], before: Schema, *, undoing: bool = False) -> tuple[Operation, ...]:
    """Order the operations that carry differences out.

    Args:
        differences: all of a comparison, or some.
        before: the schema that they start from.
        undoing: for a downgrade: NOT NULL columns that come back are filled with the nothing of their type.

    Raises:
        MigrationError: a NOT NULL column is new, or becomes NOT NULL, and nothing says what rows that exist get;
            `missing` lists them as (table, column).
    """
    wanted = tuple(differences)
    if not undoing:
        _demand_fills(wanted)
    planner = _Planner(wanted, before, undoing=undoing)
    return tuple(planner.operations())


def _demand_fills(differences: tuple[Difference, ...]) -> None:
    missing = [
        (difference.table, difference.column)
        for difference in differences
        if isinstance(difference, AddColumn | AlterColumn)
        and (isinstance(difference, AddColumn) or "nullable" in difference.changes)
        and _needs_fill(difference.definition if isinstance(difference, AddColumn) else difference.new)
    ]
    if missing:
        table, column = missing[0]
        remedy = " ".join(f"--default {table}.{column}=VALUE" for table, column in missing)
        raise MigrationError(
            f'column "{column}" of table "{table}" is NOT NULL and has no constant default: what do rows that exist '
            f"get? Say it with {remedy}",
            table=table,
            column=column,
            missing=missing,
        )


def _needs_fill(column: Column) -> bool:
    return not column.nullable and column.server_default is None and column.fill is None


class _Planner:
    def __init__(self, differences: tuple[Difference, ...], before: Schema, *, undoing: bool) -> None:
        self.differences = differences
        self.before = before
        self.undoing = undoing
        self.tables = list(dict.fromkeys(difference.table for difference in differences))

    def operations(self) -> Iterator[Operation]:
        operations = [
            *self._take_references_away(),
            *self._rename(),
            *self._alter_enums(),
            *self._add_tables(),
            *self._add_columns(),
            *self._replace_indexes(),
            *self._rebuild(),
            *self._drop_replaced_enums(),
            *self._bring_references(),
        ]
        yield from self._with_enum_types(operations)

    def _of(self, *kinds: type) -> Iterator[Difference]:
        """Give the differences of some kinds, those of one table side by side."""
        for table in self.tables:
            for difference in self.differences:
                if difference.table == table and isinstance(difference, kinds):
                    yield difference

    def _take_references_away(self) -> Iterator[Operation]:
        gone = [difference.definition for difference in self.differences if isinstance(difference, DropTable)]
        ordered, late = parents_first(gone)
        for table, key in late:  # tables that refer to each other in a circle
            yield from self._drop_constraint(table, key, "foreignkey")
        for difference in self._of(DropForeignKey):
            if isinstance(difference, DropForeignKey):
                yield from self._drop_constraint(difference.table, difference.definition, "foreignkey")
        for table, key in self._keys_without_index():
            yield from self._drop_constraint(table, key, "foreignkey")
        for definition in reversed(ordered):
            yield DropTableOp(definition.name)

    def _drop_constraint(
        self, table: str, constraint: ForeignKey | UniqueConstraint | Check, kind: str
    ) -> Iterator[Operation]:
        if constraint.name:
            yield DropConstraintOp(table, constraint.name, kind)
            return
        raise MigrationError(
            f'table "{table}": {constraint} has no name in the file that made it, so it cannot be dropped alike on '
            "all databases; write this migration by hand",
            table=table,
        )

    def _rename(self) -> Iterator[Operation]:
        for difference in self._of(RenameColumn):
            if isinstance(difference, RenameColumn):
                yield AlterColumnOp(
                    difference.table, difference.old.name, name=difference.column, existing=difference.old
                )

    def _add_tables(self) -> Iterator[Operation]:
        new = [difference.definition for difference in self.differences if isinstance(difference, AddTable)]
        ordered, late = parents_first(new)
        postponed = {key for _, key in late}
        for table in ordered:
            keys = tuple(key for key in table.foreign_keys if key not in postponed)
            columns = tuple(replace(column, fill=None, renamed_from=None) for column in table.columns)
            yield CreateTableOp(replace(table, columns=columns, foreign_keys=keys, indexes=()))
            for index in table.indexes:
                yield CreateIndexOp(table.name, index)
        for table_name, key in late:
            yield CreateConstraintOp(table_name, key)

    def _add_columns(self) -> Iterator[Operation]:
        for difference in self._of(AddColumn):
            if isinstance(difference, AddColumn):
                column = replace(difference.definition, fill=None, renamed_from=None)
                filled = column.server_default or self._fill(difference.definition)
                yield AddColumnOp(difference.table, replace(column, server_default=filled))

    def _fill(self, column: Column) -> str | None:
        """What rows that exist get: nothing, where NULL will do."""
        if column.nullable:
            return None
        return column.fill or (nothing_of(column) if self.undoing else None)

    def _alter_enums(self) -> Iterator[Operation]:
        """Give PostgreSQL's types the new values, once for all the columns that use them."""
        for old, new in self._changed_enums():
            yield AlterEnumOp(old, new)

    def _drop_replaced_enums(self) -> Iterator[Operation]:
        for old, new in self._changed_enums():
            if replaces_type(old, new):
                yield DropEnumOp(old_type_name(new))

    def _changed_enums(self) -> list[tuple[EnumType, EnumType]]:
        existing = enum_types(self.before)
        changed: dict[str, tuple[EnumType, EnumType]] = {}
        for difference in self.differences:
            match difference:
                case AddTable(definition=table):
                    columns = table.columns
                case AddColumn(definition=column) | AlterColumn(new=column):
                    columns = (column,)
                case _:
                    continue
            for new in filter(None, (enum_type(column.type) for column in columns)):
                if new.name in existing and existing[new.name] != new:
                    changed[new.name] = existing[new.name], new
        return list(changed.values())

    def _rebuild(self) -> Iterator[Operation]:
        """Do what SQLite can only do by building a table anew: everything of one table together."""
        for table in self.tables:
            here = [difference for difference in self.differences if difference.table == table]
            yield from self._fill_nulls(here)
            for difference in here:
                match difference:
                    case DropUniqueConstraint():
                        yield from self._drop_constraint(table, difference.definition, "unique")
                    case DropCheck():
                        yield from self._drop_constraint(table, difference.definition, "check")
                    case AlterPrimaryKey() if difference.old.columns:
                        yield DropConstraintOp(table, difference.old.name, "primary")
                    case _:
                        pass
            for difference in here:
                match difference:
                    case AlterColumn():
                        yield from self._altered(difference)
                    case AddColumn() if not difference.definition.server_default:
                        if fill := self._fill(difference.definition):
                            filled = replace(difference.definition, server_default=fill, fill=None)
                            yield AlterColumnOp(table, difference.column, server_default=None, existing=filled)
                    case DropColumn():
                        yield DropColumnOp(table, difference.column)
                    case _:
                        pass
            for difference in here:
                match difference:
                    case AlterPrimaryKey() if difference.new.columns:
                        yield CreateConstraintOp(table, difference.new)
                    case AddUniqueConstraint() | AddCheck():
                        yield CreateConstraintOp(table, difference.definition)
                    case _:
                        pass

    def _fill_nulls(self, differences: Iterable[Difference]) -> Iterator[Operation]:
        for difference in differences:
            if isinstance(difference, AlterColumn) and "nullable" in difference.changes and not difference.new.nullable:
                default = self._fill(difference.new) or difference.new.server_default
                if default:
                    yield FillOp(difference.table, difference.column, default)

    def _altered(self, difference: AlterColumn) -> Iterator[Operation]:
        table, column, old, new = difference.table, difference.column, difference.old, difference.new
        if "type" in difference.changes and old.server_default:  # PostgreSQL does not cast a default to another type
            yield AlterColumnOp(table, column, server_default=None, existing=old)
            old = replace(old, server_default=None)
        operation = AlterColumnOp(table, column, existing=old)
        if "type" in difference.changes:
            operation = replace(operation, type=new.type)
        if old.nullable != new.nullable:
            operation = replace(operation, nullable=new.nullable)
        if not same_default(old.server_default, new.server_default):
            operation = replace(operation, server_default=new.server_default)
        yield operation

    def _bring_references(self) -> Iterator[Operation]:
        for difference in self._of(AddForeignKey):
            if isinstance(difference, AddForeignKey):
                yield CreateConstraintOp(difference.table, difference.definition)
        for table, key in self._keys_without_index():
            yield CreateConstraintOp(table, key)

    def _replace_indexes(self) -> Iterator[Operation]:
        """Make new indexes before old ones go: MariaDB keeps a foreign key only with an index at any moment."""
        dropped = {(each.table, each.definition.name) for each in self.differences if isinstance(each, DropIndex)}
        added = [each for each in self._of(AddIndex) if isinstance(each, AddIndex)]
        reused = [each for each in added if (each.table, each.definition.name) in dropped]
        yield from (CreateIndexOp(each.table, each.definition) for each in added if each not in reused)
        yield from (DropIndexOp(table, name) for table, name in sorted(dropped))
        yield from (CreateIndexOp(each.table, each.definition) for each in reused)

    def _keys_without_index(self) -> list[tuple[str, ForeignKey]]:
        """Find the foreign keys that stay while their last index goes; MariaDB wants them made anew."""
        found: list[tuple[str, ForeignKey]] = []
        for table in self.tables:
            here = [each for each in self.differences if each.table == table]
            before = self.before.table(table)
            gone = [each.definition for each in here if isinstance(each, DropIndex | DropUniqueConstraint)]
            if before is None or not gone:
                continue
            dropped_keys = [each.definition for each in here if isinstance(each, DropForeignKey)]
            uses: list[UniqueConstraint | Index] = [*before.unique, *before.indexes]
            leading = {each.columns[0] for each in uses if each not in gone} | set(before.primary_key.columns[:1])
            leading |= {each.definition.columns[0] for each in here if isinstance(each, AddIndex)}
            found += [
                (table, key)
                for key in before.foreign_keys
                if key not in dropped_keys
                and key.columns[0] not in leading
                and any(each.columns[0] == key.columns[0] for each in gone)
            ]
        return found

    def _with_enum_types(self, operations: list[Operation]) -> Iterator[Operation]:
        """Create PostgreSQL's types before their first column, and drop them after their last.

        `op.create_table` creates them itself; it must only be told when one exists already.
        """
        existing = enum_types(self.before)
        after = enum_types(apply_all(self.before, operations))
        for operation in operations:
            match operation:
                case CreateTableOp(table=table):
                    yield replace(operation, existing_enums=frozenset(existing) & frozenset(enum_types([table])))
                    existing.update(enum_types([table]))
                    continue
                case AddColumnOp(column=column):
                    new = enum_type(column.type)
                case AlterColumnOp(type=changed) if changed:
                    new = enum_type(changed)
                case _:
                    new = None
            if new and new.name not in existing:
                existing[new.name] = new
                yield CreateEnumOp(new)
            yield operation
        for name in existing:
            if name not in after:
                yield DropEnumOp(name)


def parents_first(tables: Iterable[Table]) -> tuple[list[Table], list[tuple[str, ForeignKey]]]:
    """Order tables so that each comes after those it refers to.

    Returns:
        The tables, and the foreign keys that must wait until all are there, because they refer in a circle.
    """
    waiting = {table.name: table for table in tables}
    ordered: list[Table] = []
    late: list[tuple[str, ForeignKey]] = []
    while waiting:
        ready = [name for name, table in waiting.items() if not _awaited(table, waiting, late)]
        if not ready:
            name = next(iter(waiting))
            table = waiting[name]
            late += [
                (name, key)
                for key in table.foreign_keys
                if key.referred_table in waiting and key.referred_table != name
            ]
            ready = [name]
        ordered += [waiting.pop(name) for name in ready]
    return ordered, late


def _awaited(table: Table, waiting: dict[str, Table], late: list[tuple[str, ForeignKey]]) -> bool:
    return any(
        key.referred_table in waiting and key.referred_table != table.name and (table.name, key) not in late
        for key in table.foreign_keys
    )


_NOTHING = {
    **dict.fromkeys(("Integer", "SmallInteger", "BigInteger", "Numeric", "Float", "Double"), 'sa.text("0")'),
    **dict.fromkeys(("String", "Text", "Unicode", "UnicodeText", "LargeBinary"), '""'),
    "Boolean": "sa.false()",
    "Date": '"1970-01-01"',
    "DateTime": '"1970-01-01 00:00:00"',
    "Interval": '"1970-01-01 00:00:00"',
    "Time": '"00:00:00"',
    "Uuid": '"00000000000000000000000000000000"',
    "JSON": '"{}"',
}


def nothing_of(column: Column) -> str | None:
    """Give the nothing of a column's type as a server default: 0, the empty text, an enum's first value."""
    if enum := enum_type(column.type):
        return quoted(enum.members[0]) if enum.members else None
    name = column.type.source.removeprefix("sa.").partition("(")[0]
    return _NOTHING.get(name)
