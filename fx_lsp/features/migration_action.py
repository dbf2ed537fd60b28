"""The migration file for what the entities say and no file does yet: the text that the command would write.

Only where everything was read with certainty; otherwise the action says why it is not offered.
"""

import datetime
from dataclasses import dataclass

from fx_lsp.engine.drift import Drift
from fx_lsp.engine.entity_schema import unreadable_default
from fx_lsp.engine.snapshot import Snapshot
from fx_orm.errors import MigrationError
from fx_orm.schema.migration_file import file_name, next_revision, write_migration

MESSAGE = "migration"


@dataclass(frozen=True, slots=True)
class NewMigration:
    """A file to create; without `text`, why it cannot be written."""

    path: str
    text: str = ""
    refused: str = ""


def new_migration(snapshot: Snapshot, drift: Drift, now: datetime.datetime) -> NewMigration:
    """Write the migration for all differences."""
    history = drift.migrations.history
    revision = next_revision((found.revision or "" for found in history), now)
    path = f"{drift.migrations.folder}/versions/{file_name(revision, '')}"
    refused = _uncertain(snapshot, drift)
    if refused:
        return NewMigration(path, refused=refused)
    try:
        text = write_migration(
            drift.differences,
            before=drift.migrations.built.schema,
            revision=revision,
            down_revision=history.head,
            message=MESSAGE,
            created=now,
        )
    except MigrationError as error:
        return NewMigration(path, refused=str(error))
    return NewMigration(path, text)


def _uncertain(snapshot: Snapshot, drift: Drift) -> str:
    """Say what keeps the migration from being written from source text alone; nothing where nothing does."""
    for table, column in sorted(drift.entities.uncertain_columns):
        return f'the type of column "{column}" of table "{table}" is not certain'
    for table, target in sorted(drift.entities.dangling_keys):
        return f'a foreign key of table "{table}" leads to "{target}", which does not exist'
    for table in sorted(drift.entities.uncertain_tables | drift.entities.unreadable_tables):
        return f'not all of table "{table}" can be read without running its entity'
    if not snapshot.complete:
        return "a file of the project does not parse"
    return unreadable_default(snapshot, drift.differences)
