"""Run migrations through Alembic, without env.py and alembic.ini.

On SQLite everything that is pending is one transaction; on PostgreSQL each migration is one; MariaDB commits each
statement that changes a table by itself, so that a failed migration may leave some of its statements done there.
"""

import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo, MigrationStep, RevisionStep
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import exc

from fx_orm import database
from fx_orm.config import Settings
from fx_orm.errors import DatabaseUnavailable, FxError, MigrationError
from fx_orm.migrations import sqlite
from fx_orm.migrations.folder import MigrationFolder
from fx_orm.migrations.locks import migration_lock
from fx_orm.urls import database_url, shown

_LOCK_TIMEOUT_SECONDS = 60.0

# What is called with each migration that was applied or taken back.
Progress = Callable[["Applied"], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that was applied or taken back: the revisions before and after; None is the empty database."""

    before: str | None
    after: str | None
    message: str


def upgrade(
    settings: Settings,
    revision: str = "heads",
    *,
    progress: Progress | None = None,
    lock_timeout: float = _LOCK_TIMEOUT_SECONDS,
) -> list[Applied]:
    """Apply the migrations that are pending, up to `revision`, and return them. Talks to the database.

    Raises:
        MigrationError: files or database do not fit, or a migration failed; which is said.
        DatabaseUnavailable: the server does not answer, or there is no such database.
    """
    folder = MigrationFolder.of(settings)
    folder.single_head(folder.history())
    folder.demand(revision)

    def steps(script: ScriptDirectory, heads: tuple[str, ...]) -> list[RevisionStep]:
        pending = list(script.iterate_revisions(revision, heads, implicit_base=True))
        return [MigrationStep.upgrade_from_script(script.revision_map, each) for each in reversed(pending)]

    return _run(settings, folder, steps, progress, lock_timeout)


def downgrade(
    settings: Settings,
    revision: str = "-1",
    *,
    progress: Progress | None = None,
    lock_timeout: float = _LOCK_TIMEOUT_SECONDS,
) -> list[Applied]:
    """Take migrations back down to `revision`: `-1` is the last one, `base` all. Raises and returns as `upgrade`."""
    folder = MigrationFolder.of(settings)
    folder.demand(revision)

    def steps(script: ScriptDirectory, heads: tuple[str, ...]) -> list[RevisionStep]:
        applied = script.iterate_revisions(heads, revision, select_for_downgrade=True) if heads else ()
        return [MigrationStep.downgrade_from_script(script.revision_map, each) for each in applied]

    return _run(settings, folder, steps, progress, lock_timeout)


def current_revisions(settings: Settings) -> tuple[str, ...]:
    """Ask the database which revisions it is at; none when it is empty, or a file of SQLite that is not there."""
    url = database_url(settings)
    if is_missing_file(url):
        return ()
    with database.explained(), database.engine(settings).connect() as connection:
        return MigrationContext.configure(connection).get_current_heads()


def is_missing_file(url: sa.URL) -> bool:
    """Tell whether this is a database of SQLite whose file is not there: connecting would make it."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return False
    return not url.database.startswith("file:") and not Path(url.database).exists()


def _run(
    settings: Settings,
    folder: MigrationFolder,
    steps: Callable[[ScriptDirectory, tuple[str, ...]], list[RevisionStep]],
    progress: Progress | None,
    lock_timeout: float,
) -> list[Applied]:
    if not folder.versions.is_dir():
        return []
    script = ScriptDirectory(str(folder.folder), version_locations=[str(folder.versions)])
    applied: list[Applied] = []

    def on_version_apply(ctx: object, step: MigrationInfo, heads: object, run_args: object) -> None:  # noqa: ARG001 - Alembic's keywords
        revised = step.up_revision
        message = revised.doc if isinstance(revised, Script) else ""
        applied.append(Applied(_one(step.source_revision_ids), _one(step.destination_revision_ids), message))
        if progress is not None:
            progress(applied[-1])

    attempt: list[str] = []

    def plan(heads: tuple[str, ...], _context: object) -> Iterator[RevisionStep]:
        _demand_known(heads, folder)
        for step in steps(script, heads):
            attempt.append(step.revision.revision)
            yield step

    with (
        _told(attempt, folder, settings),
        _connection(settings, lock_timeout) as connection,
        EnvironmentContext(Config(), script, fn=plan) as environment,
    ):
        environment.configure(
            connection=connection,
            transaction_per_migration=True,
            transactional_ddl=connection.dialect.name in ("sqlite", "postgresql"),
            on_version_apply=on_version_apply,
        )
        with environment.begin_transaction():
            environment.run_migrations()
    return applied


def _demand_known(current: tuple[str, ...], folder: MigrationFolder) -> None:
    known = {each.revision for each in folder.history()}
    for revision in current:
        if revision not in known:
            raise MigrationError(
                f"the database is at revision {revision}, which no migration file has; get the file back, or migrate "
                "with the code that has it",
                revision=revision,
            )


@contextmanager
def _connection(settings: Settings, lock_timeout: float) -> Generator[sa.Connection]:
    url = database_url(settings)
    if is_missing_file(url):
        name = Path(url.database or "")
        raise MigrationError(f'there is no database "{name.name}"; run: fx-orm database create', database=shown(url))
    if url.get_backend_name() == "sqlite":
        with sqlite.migration_connection(url, lock_timeout) as connection:
            yield connection
        return
    engine = database.engine(settings)
    with database.explained(), migration_lock(engine, lock_timeout), engine.connect() as connection:
        yield connection


@contextmanager
def _told(attempt: list[str], folder: MigrationFolder, settings: Settings) -> Generator[None]:
    """Say in one line what went wrong, and in which migration."""
    try:
        yield
    except (MigrationError, DatabaseUnavailable):
        raise
    except CommandError as error:
        raise MigrationError(" ".join(str(error).split())) from error
    except Exception as error:  # a migration file is code that may raise anything
        url = database_url(settings)
        where = f"migration {attempt[-1]}" if attempt else _place(error, folder) or shown(url)
        message = f"{where}: {_reason(error)}"
        if attempt and url.get_backend_name() in ("mysql", "mariadb"):
            message += "; what it did to tables before stays done, which this database cannot take back"
        raise MigrationError(message, revision=attempt[-1] if attempt else None) from error


def _place(error: Exception, folder: MigrationFolder) -> str | None:
    """Find the line of a migration file that an error passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(folder.versions)]
    return f"{folder.shown(Path(inside[-1].filename))}:{inside[-1].lineno}" if inside else None


def _reason(error: Exception) -> str:
    if isinstance(error, FxError):
        return error.message
    if isinstance(error, exc.SQLAlchemyError):
        return " ".join(str(getattr(error, "orig", None) or error).split())
    return " ".join(f"{type(error).__name__}: {error}".split())


def _one(revisions: tuple[str, ...]) -> str | None:
    return revisions[-1] if revisions else None
