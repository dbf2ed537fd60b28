"""What the entities say that no migration file does yet."""

from fx_orm.config import Settings
from fx_orm.discovery import discover
from fx_orm.migrations.entity_schema import entity_schema
from fx_orm.migrations.folder import MigrationFolder
from fx_orm.schema.differences import Difference, compare


def entity_differences(settings: Settings) -> tuple[Difference, ...]:
    """Find what the entities say and no migration file does yet. No database is asked; raises as `create_migration`."""
    folder = MigrationFolder.of(settings)
    return compare(folder.schema(folder.history()).schema, entity_schema(discover(settings)))
