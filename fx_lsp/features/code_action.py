"""What can be done about the diagnostics at a place."""

import datetime
from dataclasses import dataclass

from fx_lsp.engine.drift import drift
from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.text import Document, Edit, Span
from fx_lsp.features.diagnostics import Diagnostic, diagnostics
from fx_lsp.features.migration_action import new_migration
from fx_lsp.rules import field_not_migrated


@dataclass(frozen=True, slots=True)
class CodeAction:
    """Edits of files, and files to create with their text, which remove the cause of a diagnostic.

    `refused` says why the action cannot be taken now.
    """

    title: str
    diagnostic: Diagnostic
    edits: tuple[tuple[str, tuple[Edit, ...]], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    refused: str = ""


def code_actions(snapshot: Snapshot, document: Document, span: Span, now: datetime.datetime) -> list[CodeAction]:
    """List what can be done about the diagnostics that touch a stretch of text; `now` is the stamp of new files."""
    found: list[CodeAction] = []
    for diagnostic in diagnostics(snapshot, document.path):
        if diagnostic.span.end < span.start or span.end < diagnostic.span.start:
            continue
        if diagnostic.fix is not None:
            fix = diagnostic.fix
            found.append(CodeAction(fix.title, diagnostic, ((fix.path, fix.edits),)))
        if diagnostic.code == field_not_migrated.CODE:
            found.extend(_migration(snapshot, diagnostic, now))
    return found


def _migration(snapshot: Snapshot, diagnostic: Diagnostic, now: datetime.datetime) -> list[CodeAction]:
    found = drift(snapshot)
    if found is None:
        return []
    migration = new_migration(snapshot, found, now)
    count = len(found.differences)
    title = f"Create the migration ({count} change{'s' if count > 1 else ''})"
    files = ((migration.path, migration.text),) if migration.text else ()
    return [CodeAction(title, diagnostic, files=files, refused=migration.refused)]
