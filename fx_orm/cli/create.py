"""`fx-orm create ...`: write source files into the project."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fx_orm.cli import terminal

if TYPE_CHECKING:
    from fx_orm.config import Settings

app = typer.Typer(help="Write files of the project.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def models(
    context: typer.Context,
    entity: Annotated[str, typer.Argument(help="Name of the entity's class.")],
    output: Annotated[
        Path | None, typer.Option(help="The file to write, from the project's root; else src/model/<entity>.py.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that was not written by this command.")
    ] = False,
) -> None:
    """Write the models for creating, finding and changing an entity as classes, for annotations.

    Example: fx-orm create models Product
    """
    from fx_orm.config import load_settings  # noqa: PLC0415 - start-up time
    from fx_orm.model_source import MARK, models_source  # noqa: PLC0415
    from fx_orm.schema.naming import table_name  # noqa: PLC0415

    settings = load_settings(context.obj)
    found = _entity(settings, entity)
    path = settings.root / (output or Path("src/model") / f"{table_name(found.__name__)}.py")
    text = models_source(found)
    shown = path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path)
    if path.exists():
        before = path.read_text(encoding="utf-8")
        if before == text:
            terminal.done(f"{shown} is up to date")
            return
        if MARK not in before and not force:
            terminal.failure(f"{shown} exists and was not written by this command; say --force or --output")
            raise typer.Exit(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    terminal.done(f"{shown} written: {', '.join(f'{found.__name__}{kind}' for kind in ('Create', 'Find', 'Patch'))}")


def _entity(settings: "Settings", name: str) -> Any:
    """Find an entity of the project by the name of its class, in any case."""
    from fx_orm.discovery import discover  # noqa: PLC0415 - start-up time
    from fx_orm.errors import MappingError  # noqa: PLC0415
    from fx_orm.errors.nearest import did_you_mean  # noqa: PLC0415

    entities = {each.__name__: each for each in discover(settings)}
    found = next((each for known, each in entities.items() if known.casefold() == name.casefold()), None)
    if found is None:
        raise MappingError(f'there is no entity "{name}" in the project{did_you_mean(name, entities)}', entity=name)
    return found
