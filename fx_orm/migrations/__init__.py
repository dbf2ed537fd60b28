"""Migrations: generated from the entities, without a database to compare with, and run through Alembic.

What a migration file says, and how one is written, is `fx_orm.schema`'s.
"""

from fx_orm.migrations.creation import CreatedMigration, create_migration
from fx_orm.migrations.entity_schema import entity_schema
from fx_orm.migrations.folder import MigrationFolder
from fx_orm.migrations.running import Applied, downgrade, upgrade
from fx_orm.migrations.status import Status, entity_differences, status

__all__ = [
    "Applied",
    "CreatedMigration",
    "MigrationFolder",
    "Status",
    "create_migration",
    "downgrade",
    "entity_differences",
    "entity_schema",
    "status",
    "upgrade",
]
