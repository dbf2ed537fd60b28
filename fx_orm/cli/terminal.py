"""How the commands speak: ✓ done, ⚠ mind, ✗ failed; in colour on a terminal, plain in a pipe."""

import sys
from io import TextIOWrapper

import typer


def prepare() -> None:
    """Let a terminal without our signs show a ? instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")


def done(text: str) -> None:
    """Say that something was done."""
    typer.echo(typer.style("✓", fg=typer.colors.GREEN) + f" {text}")


def warning(text: str) -> None:
    """Say what to mind."""
    typer.echo(typer.style("⚠", fg=typer.colors.YELLOW) + f" {text}")


def failure(text: str) -> None:
    """Say in one line on stderr what failed."""
    typer.echo(typer.style("✗", fg=typer.colors.RED) + f" {' '.join(text.split())}", err=True)


def is_interactive() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()
