"""Create a migration: the difference between the entities and what the migration files build. No database is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fx_orm.config import Settings
from fx_orm.discovery import discover
from fx_orm.errors import MigrationError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.migrations.entity_schema import entity_schema
from fx_orm.migrations.fill_values import read_fill
from fx_orm.migrations.folder import MigrationFolder, now
from fx_orm.schema.differences import Difference, compare
from fx_orm.schema.migration_file import next_revision, write_migration
from fx_orm.schema.tables import Column, Schema, Table


@dataclass(frozen=True, slots=True)
class CreatedMigration:
    """A migration file that was written.

    Attributes:
        shown: the path from the project's root, for people.
        differences: what it carries out.
    """

    path: Path
    shown: str
    revision: str
    differences: tuple[Difference, ...]


def create_migration(
    settings: Settings,
    message: str = "",
    *,
    defaults: Mapping[tuple[str, str], str] | None = None,
    renames: Mapping[tuple[str, str], str] | None = None,
) -> CreatedMigration | None:
    """Write the migration file for what changed in the entities; None when nothing did.

    Args:
        settings: of the project.
        message: what it is about, in one line.
        defaults: (table, column) -> what rows that exist get in a new NOT NULL column, as `read_fill` takes it.
        renames: (table, old column) -> new column.

    Raises:
        MappingError: an entity cannot be imported or is declared wrongly.
        MigrationError: the files do not fit each other; a NOT NULL column comes without a value for rows that exist
            (`missing`); a default or rename names what is not there.
    """
    entities = discover(settings)
    if not entities:
        packages = ", ".join(settings.entities)
        raise MigrationError(f"there are no entities in {packages}; write one, or name its package in config/orm.yaml")
    folder = MigrationFolder.of(settings)
    history = folder.history()
    before = folder.schema(history).schema
    wanted = _with_fills(entity_schema(entities), defaults or {})
    _check_renames(before, wanted, renames or {})
    differences = compare(before, wanted, renames=renames)
    if not differences:
        return None
    created = now()
    revision = next_revision((each.revision or "" for each in history), created)
    text = write_migration(
        differences,
        before=before,
        revision=revision,
        down_revision=folder.single_head(history),
        message=message or "migration",
        created=created,
    )
    path = folder.write(text, revision, message)
    return CreatedMigration(path, folder.shown(path), revision, differences)


def _with_fills(schema: Schema, defaults: Mapping[tuple[str, str], str]) -> Schema:
    """Put what the caller says about rows that exist into the columns."""
    tables = dict(schema.tables)
    for (table_name, column_name), value in defaults.items():
        table, column = _find(schema, table_name, column_name, "--default")
        filled = replace(column, fill=read_fill(table_name, column, value))
        columns = tuple(filled if each.name == column_name else each for each in tables[table.name].columns)
        tables[table.name] = replace(tables[table.name], columns=columns)
    return Schema(tables)


def _check_renames(before: Schema, wanted: Schema, renames: Mapping[tuple[str, str], str]) -> None:
    for (table, old), new in renames.items():
        _find(before, table, old, "--rename")
        _find(wanted, table, new, "--rename")


def _find(schema: Schema, table: str, column: str, option: str) -> tuple[Table, Column]:
    found = schema.table(table)
    if found is None:
        raise MigrationError(f'{option}: there is no table "{table}"{did_you_mean(table, schema.tables)}', table=table)
    found_column = found.column(column)
    if found_column is None:
        nearest = did_you_mean(column, [each.name for each in found.columns])
        raise MigrationError(f'{option}: table "{table}" has no column "{column}"{nearest}', table=table, column=column)
    return found, found_column
