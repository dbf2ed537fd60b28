"""`fx-orm database ...`: create and drop the database, create and run migrations."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from fx_orm.cli import terminal
from fx_orm.schema.differences import Difference, possible_renames

if TYPE_CHECKING:
    from fx_orm.config import Settings
    from fx_orm.migrations.creation import CreatedMigration
    from fx_orm.migrations.running import Applied
    from fx_orm.migrations.status import Status

app = typer.Typer(help="The database and its migrations.", no_args_is_help=True, rich_markup_mode=None)

_EXIT_FINDINGS = 3


@app.command()
def create(context: typer.Context) -> None:
    """Create the database if it does not exist.

    Example: fx-orm database create
    """
    from fx_orm import admin  # noqa: PLC0415 - start-up time

    settings = _settings(context)
    label = admin.database_label(settings)
    if admin.create_database(settings):
        terminal.done(f"Database '{label}' created successfully")
    else:
        terminal.done(f"Database '{label}' exists already")
    terminal.done("Ready for migrations and table creation")


@app.command()
def drop(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="End the sessions of others first (PostgreSQL).")] = False,
) -> None:
    """Remove the database and all its data.

    Example: fx-orm database drop --yes
    """
    from fx_orm import admin  # noqa: PLC0415 - start-up time

    settings = _settings(context)
    label = admin.database_label(settings)
    terminal.warning("Warning: This will permanently delete all data")
    if not yes and not _is_test_run():
        if not terminal.is_interactive():
            terminal.failure(f"Database '{label}' was not dropped: nobody is here to be asked; say --yes")
            raise typer.Exit(1)
        typer.confirm(f"Drop database '{label}'?", abort=True)
    if admin.drop_database(settings, force=force):
        terminal.done(f"Database '{label}' dropped successfully")
    else:
        terminal.done(f"Database '{label}' does not exist")


@app.command()
def create_migration(
    context: typer.Context,
    message: Annotated[str, typer.Option("--message", "-m", help="What the migration is about.")] = "",
    default: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.COLUMN=VALUE", help="What rows that exist get in a new NOT NULL column."),
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="TABLE.OLD=NEW", help="This column got another name.")
    ] = None,
) -> None:
    """Write a migration file for what changed in the entities. No database is needed.

    Example: fx-orm database create-migration -m "Add weight to products"
    """
    settings = _settings(context)
    defaults = dict(map(_table_column_value, default or []))
    renames = dict(map(_table_column_value, rename or []))
    if terminal.is_interactive():
        _ask_renames(settings, renames)
    created = _create_migration(settings, message, defaults, renames)
    if created is None:
        terminal.done("Nothing to do: the migrations build what the entities say")
        return
    terminal.done(f"Migration created: {created.shown}")
    for difference in created.differences:
        typer.echo(f"  {difference.describe()}")
    for table, old, new in possible_renames(created.differences):
        terminal.warning(f'Column "{old}" is dropped with its values. Was it renamed? --rename {table}.{old}={new}')
    terminal.done("Read the file, then apply it: fx-orm database upgrade")


@app.command()
def upgrade(
    context: typer.Context,
    revision: Annotated[str, typer.Argument(help="Up to this revision.")] = "heads",
) -> None:
    """Apply all pending migrations.

    Example: fx-orm database upgrade
    """
    from fx_orm.migrations import running  # noqa: PLC0415 - start-up time
    from fx_orm.migrations.folder import MigrationFolder  # noqa: PLC0415

    settings = _settings(context)
    applied = running.upgrade(settings, revision, progress=_show_upgrade)
    if applied:
        terminal.done("Database schema updated successfully")
    if not MigrationFolder.of(settings).history().revisions:
        terminal.warning("There are no migrations yet; write the first: fx-orm database create-migration")
    elif revision in ("head", "heads"):
        terminal.done("All migrations applied")
    elif not applied:
        terminal.done("Nothing to do: the database is there already")


@app.command()
def downgrade(
    context: typer.Context,
    revision: Annotated[str | None, typer.Argument(help="Down to this revision; `base` is the empty database.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="How many migrations to take back, 1 by default.")] = None,
) -> None:
    """Take the last migration back.

    Example: fx-orm database downgrade --steps 2
    """
    from fx_orm.migrations import running  # noqa: PLC0415 - start-up time

    if revision is not None and steps is not None:
        raise typer.BadParameter("say the revision or --steps, not both")
    if running.downgrade(_settings(context), revision or f"-{steps or 1}", progress=_show_downgrade):
        terminal.done("Database schema reverted successfully")
    else:
        terminal.done("Nothing to do: no migration is applied")


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    check: Annotated[
        bool, typer.Option(help="Compare the entities too; exit 3 when anything is pending or not migrated.")
    ] = False,
) -> None:
    """Show where the database stands.

    Example: fx-orm database status --check
    """
    from fx_orm.migrations.status import status as ask  # noqa: PLC0415 - start-up time

    settings = _settings(context)
    found = ask(settings)
    differences = _entity_differences(settings) if check else ()
    if as_json:
        typer.echo(json.dumps(_as_data(found, differences, compared=check), indent=2))
    else:
        _show_status(found)
        for difference in differences:
            terminal.warning(f"Not migrated: {difference.describe()}")
    if check and (found.pending or found.unknown or differences):
        raise typer.Exit(_EXIT_FINDINGS)


def _settings(context: typer.Context) -> "Settings":
    from fx_orm.config import load_settings  # noqa: PLC0415 - start-up time

    return load_settings(context.obj)


def _entity_differences(settings: "Settings") -> "tuple[Difference, ...]":
    from fx_orm.migrations import comparison  # noqa: PLC0415 - start-up time

    return comparison.entity_differences(settings)


def _is_test_run() -> bool:
    return os.environ.get("CI", "").lower() == "true" or os.environ.get("APP_ENV") in ("test", "testing")


def _table_column_value(text: str) -> tuple[tuple[str, str], str]:
    place, separator, value = text.partition("=")
    table, dot, column = place.rpartition(".")
    if not (separator and dot and table and column):
        raise typer.BadParameter(f"{text!r} is not written as TABLE.COLUMN=VALUE")
    return (table, column), value


def _ask_renames(settings: "Settings", renames: dict[tuple[str, str], str]) -> None:
    """Ask about each column that may only have another name; a yes keeps its values."""
    for table, old, new in possible_renames(_entity_differences(settings)):
        answered = (table, old) in renames or new in renames.values()
        question = f'Is column "{new}" of table "{table}" the old column "{old}" under another name?'
        if not answered and typer.confirm(question):
            renames[table, old] = new


def _create_migration(
    settings: "Settings", message: str, defaults: dict[tuple[str, str], str], renames: dict[tuple[str, str], str]
) -> "CreatedMigration | None":
    """Ask for the values that are missing, where somebody is there to answer."""
    from fx_orm.errors import MigrationError  # noqa: PLC0415 - start-up time
    from fx_orm.migrations import creation  # noqa: PLC0415

    try:
        return creation.create_migration(settings, message, defaults=defaults, renames=renames)
    except MigrationError as error:
        missing = error.data.get("missing")
        if not missing or not terminal.is_interactive():
            raise
        for table, column in missing:
            question = f'Column "{column}" of table "{table}" is NOT NULL. Value for rows that exist'
            defaults[table, column] = typer.prompt(question)
        return creation.create_migration(settings, message, defaults=defaults, renames=renames)


def _show_upgrade(applied: "Applied") -> None:
    terminal.done(f"Running migration {applied.before or 'base'} -> {applied.after}")


def _show_downgrade(applied: "Applied") -> None:
    terminal.done(f"Rolling back migration {applied.before} -> {applied.after or 'base'}")


def _show_status(found: "Status") -> None:
    if not found.exists:
        terminal.warning("The database does not exist; run: fx-orm database create")
    typer.echo(f"Current revision: {', '.join(found.current) or 'None'}")
    typer.echo("\nMigration History:")
    for revision in found.revisions:
        current = " (current)" if revision.revision in found.current else ""
        line = f"{revision.revision} - {revision.message}{current}"
        if revision in found.pending:
            terminal.warning(f"{line} (pending)")
        else:
            terminal.done(line)
    for name in found.unknown:
        terminal.warning(f"{name} is applied, but no migration file has it")
    pending = ", ".join(revision.revision or "" for revision in found.pending)
    typer.echo(f"\nPending migrations: {pending or 'None'}")


def _as_data(found: "Status", differences: "tuple[Difference, ...]", *, compared: bool) -> dict[str, object]:
    pending = {revision.revision for revision in found.pending}
    return {
        "exists": found.exists,
        "current": list(found.current),
        "history": [
            {"revision": each.revision, "message": each.message, "applied": each.revision not in pending}
            for each in found.revisions
        ],
        "pending": [revision.revision for revision in found.pending],
        "unknown": list(found.unknown),
        "differences": [difference.describe() for difference in differences] if compared else None,
    }
