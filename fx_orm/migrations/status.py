"""Where a database stands: what is applied and what is pending."""

from dataclasses import dataclass

from fx_orm.config import Settings
from fx_orm.migrations.folder import MigrationFolder
from fx_orm.migrations.running import current_revisions, is_missing_file
from fx_orm.schema.revisions import Revision
from fx_orm.urls import database_url


@dataclass(frozen=True, slots=True)
class Status:
    """What `fx-orm database status` says.

    Attributes:
        exists: whether the database is there; on a server, it was reached.
        current: the revisions that the database is at; none when it is empty.
        revisions: those of the files, in order.
        pending: those that are not applied.
        unknown: those of the database that no file has.
    """

    exists: bool
    current: tuple[str, ...]
    revisions: tuple[Revision, ...]
    pending: tuple[Revision, ...]
    unknown: tuple[str, ...]


def status(settings: Settings) -> Status:
    """Compare the migration files with the database. Reads the files without running them; connects to the database.

    Raises:
        MigrationError: the files do not fit each other.
        DatabaseUnavailable: the server does not answer, or there is no such database.
    """
    history = MigrationFolder.of(settings).history()
    current = current_revisions(settings)
    known = {revision.revision: revision for revision in history}
    applied: set[str] = set()
    waiting = list(current)
    while waiting:
        name = waiting.pop()
        if name in known and name not in applied:
            applied.add(name)
            waiting += known[name].down_revision
    return Status(
        not is_missing_file(database_url(settings)),
        current,
        history.revisions,
        tuple(revision for revision in history if revision.revision not in applied),
        tuple(name for name in current if name not in known),
    )
