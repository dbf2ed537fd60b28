"""What the entities say and no migration file does yet, as far as both are certain."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from fx_lsp.engine.entity_schema import EntitySchema, entity_schema
from fx_lsp.engine.migrations import Migrations
from fx_lsp.engine.snapshot import Entity, Snapshot
from fx_orm.schema.differences import (
    AddColumn,
    AddTable,
    AlterColumn,
    Difference,
    DropColumn,
    DropTable,
    RenameColumn,
    compare,
)


@dataclass(frozen=True, slots=True)
class Drift:
    """The differences between migrations and entities: all that were computed, and those that are certain."""

    migrations: Migrations
    entities: EntitySchema
    differences: tuple[Difference, ...]
    certain: tuple[Difference, ...]


@lru_cache(maxsize=2)
def drift(snapshot: Snapshot) -> Drift | None:
    """Compare a project's entities with its migrations; None without migrations, or where those are not certain."""
    migrations = snapshot.migrations
    if migrations is None or not migrations.certain or not snapshot.whole:
        return None
    entities = entity_schema(snapshot, migrated_entities(snapshot))
    differences = compare(migrations.built.schema, entities.schema)
    certain = tuple(found for found in differences if _is_certain(found, entities))
    return Drift(migrations, entities, differences, certain)


def migrated_entities(snapshot: Snapshot) -> list[Entity]:
    """List the entities that belong to the project's database: those in its entity folders, and what these import."""
    inside = {path for path in snapshot.facts if _is_inside(path, snapshot.entity_folders)}
    reached = set(inside)
    pending = list(inside)
    while pending:
        for path in _imported_files(snapshot, pending.pop()):
            if path not in reached:
                reached.add(path)
                pending.append(path)
    return [entity for entity in snapshot.entities if entity.path in reached]


def _is_inside(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def _imported_files(snapshot: Snapshot, path: str) -> Iterator[str]:
    facts = snapshot.facts.get(path)
    for found in facts.imports.values() if facts else ():
        target = snapshot.module_path(found.module, found.level, path)
        if target:
            yield target


def _is_certain(difference: Difference, entities: EntitySchema) -> bool:
    table = difference.table
    uncertain_columns = {column for name, column in entities.uncertain_columns if name == table}
    match difference:
        case DropTable():
            return False  # it may be another program's, or an entity that is not seen
        case AddTable():
            return table not in entities.unreadable_tables
        case AddColumn(definition=column) | AlterColumn(new=column):
            return table not in entities.unreadable_tables and column.name not in uncertain_columns
        case DropColumn(definition=column):
            return table not in entities.unreadable_tables and column.name not in uncertain_columns
        case RenameColumn():
            return table not in entities.unreadable_tables
        case _:
            return table not in entities.uncertain_tables and not uncertain_columns
