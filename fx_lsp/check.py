"""`fx-lsp check`: what the editor shows, on the command line.

The same engine and rules; needs no editor, no `lsp` extra, no database.
"""

import os
import sys
from pathlib import Path

from fx_lsp.engine.index import Index
from fx_lsp.engine.project import find_root, find_unconfigured_root, posix
from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.features.diagnostics import diagnostics


def main(arguments: list[str]) -> int:
    """Check files and folders; returns 0 when nothing was found, 1 when something was, 2 on wrong usage or failure."""
    options = [argument for argument in arguments if argument.startswith("-")]
    if options or not arguments:
        problem = f"unknown option {options[0]!r}" if options else "no path given"
        sys.stderr.write(f"fx-lsp check: {problem}; usage: fx-lsp check PATH...\n")
        return 2
    found = 0
    failed = False
    for argument in arguments:
        path = Path(argument)
        try:
            if not path.exists():
                sys.stderr.write(f"fx-lsp check: {argument}: no such file or folder\n")
                failed = True
                continue
            found += _check(path.resolve())
        except OSError as error:
            sys.stderr.write(f"fx-lsp check: {argument}: {error.strerror or error}\n")
            failed = True
    if failed:
        return 2
    return 1 if found else 0


def _check(path: Path) -> int:
    """Check what lies at or below a path, in the project around it; say how much was found."""
    folder = path if path.is_dir() else path.parent
    pending = [find_root(folder) or find_unconfigured_root(folder) or folder]
    found = 0
    while pending:
        index = Index(pending.pop())
        pending.extend(root for root in index.scan() if root.is_relative_to(path) or path.is_relative_to(root))
        found += _report(index.snapshot(), posix(path))
    return found


def _report(snapshot: Snapshot, below: str) -> int:
    found = 0
    for path in sorted(snapshot.facts):
        document = snapshot.document(path)
        if document is None or not (path == below or path.startswith(f"{below}/")):
            continue
        for diagnostic in diagnostics(snapshot, path):
            line, column = document.position(diagnostic.span.start)
            place = f"{_shown(path)}:{line + 1}:{column + 1}"
            sys.stdout.write(f"{place}: {diagnostic.severity.value}[{diagnostic.code}] {diagnostic.message}\n")
            found += 1
    return found


def _shown(path: str) -> str:
    """Write a path as seen from the working directory where it lies below, in full elsewhere."""
    try:
        shown = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if shown.startswith("..") else posix(shown)
