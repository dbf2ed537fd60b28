"""The command `fx-orm`: Typer, one module for each group of commands, no logic of its own.

Each command loads what it needs when it runs: `--help` answers without SQLAlchemy.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

import fx_orm
from fx_orm.cli import create, database, terminal
from fx_orm.errors import FxError

app = typer.Typer(
    name="fx-orm",
    help="Entities, migrations and databases of a project.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(create.app, name="create")
app.add_typer(database.app, name="database")


def main() -> None:
    """Run the command line and exit: 0 success, 1 error, 2 wrong usage, 3 findings."""
    terminal.prepare()
    try:
        app()
    except FxError as error:
        terminal.failure(error.message)
        sys.exit(1)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fx-orm {fx_orm.__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    project: Annotated[Path | None, typer.Option(help="The project's root, else found from here upwards.")] = None,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Entities, migrations and databases of a project."""
    context.obj = project
