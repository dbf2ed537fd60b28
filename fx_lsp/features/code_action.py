"""What can be done about the diagnostics at a place."""

from dataclasses import dataclass

from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.text import Document, Edit, Span
from fx_lsp.features.diagnostics import Diagnostic, diagnostics


@dataclass(frozen=True, slots=True)
class CodeAction:
    """Edits of files, and files to create with their text, which remove the cause of a diagnostic."""

    title: str
    diagnostic: Diagnostic
    edits: tuple[tuple[str, tuple[Edit, ...]], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def code_actions(snapshot: Snapshot, document: Document, span: Span) -> list[CodeAction]:
    """List what can be done about the diagnostics that touch a stretch of text."""
    found: list[CodeAction] = []
    for diagnostic in diagnostics(snapshot, document.path):
        if diagnostic.span.end < span.start or span.end < diagnostic.span.start or diagnostic.fix is None:
            continue
        fix = diagnostic.fix
        found.append(CodeAction(fix.title, diagnostic, ((fix.path, fix.edits),)))
    return found
