"""Between plain data and the protocol: the only place that knows the encodings of the wire and the protocol's types."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from fx_lsp.engine.project import posix
from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.text import Document, Edit, Span
from fx_lsp.features.code_action import CodeAction
from fx_lsp.features.definition import Location
from fx_lsp.features.diagnostics import Diagnostic
from fx_lsp.features.hover import Hover
from fx_lsp.features.proposal import Completion, Kind
from fx_lsp.rules.rule import Severity

Encoding = types.PositionEncodingKind | str

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_KINDS = {
    Kind.COLUMN: types.CompletionItemKind.Field,
    Kind.TABLE: types.CompletionItemKind.Struct,
    Kind.ALIAS: types.CompletionItemKind.Variable,
    Kind.RELATIONSHIP: types.CompletionItemKind.Reference,
    Kind.VALUE: types.CompletionItemKind.EnumMember,
}
_ASTRAL = 0x10000


def to_path(uri: str) -> str:
    """Find the file that a URI names, with forward slashes; a URI that names no file stands for itself."""
    path = to_fs_path(uri)
    return posix(path) if path and uri.startswith("file:") else unquote(uri)


def to_uri(path: str) -> str:
    """Name a file by URI."""
    if "://" in path or path.startswith("untitled:"):
        return path
    return from_fs_path(str(Path(path))) or path


def to_offset(document: Document, position: types.Position, encoding: Encoding) -> int:
    """Find the offset of a client's position; a position outside of the text is moved to the nearest one inside."""
    line = document.line(position.line)
    return document.offset(position.line, _code_points(line, position.character, encoding))


def to_position(document: Document, offset: int, encoding: Encoding) -> types.Position:
    """Write an offset as the client counts."""
    line, column = document.position(offset)
    return types.Position(line, _units(document.line(line)[:column], encoding))


def to_range(document: Document, span: Span, encoding: Encoding) -> types.Range:
    """Write a span as the client counts."""
    return types.Range(
        to_position(document, span.start, encoding),
        to_position(document, span.end, encoding),
    )


def to_span(document: Document, found: types.Range, encoding: Encoding) -> Span:
    """Read a client's range."""
    start, end = (to_offset(document, position, encoding) for position in (found.start, found.end))
    return Span(min(start, end), max(start, end))


def changed(
    document: Document, changes: Sequence[types.TextDocumentContentChangeEvent], version: int, encoding: Encoding
) -> Document:
    """Apply a client's changes, one after the other, each to the text that the one before left."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            edit = Edit(to_span(document, change.range, encoding), change.text)
            document = Document(document.path, document.apply([edit]), version)
        else:
            document = Document(document.path, change.text, version)
    return Document(document.path, document.text, version)


def to_diagnostic(document: Document, found: Diagnostic, encoding: Encoding) -> types.Diagnostic:
    """Write a diagnostic."""
    return types.Diagnostic(
        range=to_range(document, found.span, encoding),
        message=found.message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source="fx",
    )


def to_completions(document: Document, found: Sequence[Completion], encoding: Encoding) -> types.CompletionList:
    """Write proposals in their order."""
    items = [
        types.CompletionItem(
            label=proposal.label,
            kind=_KINDS[proposal.kind],
            detail=proposal.detail,
            sort_text=f"{index:04}",
            text_edit=types.TextEdit(to_range(document, proposal.edit.span, encoding), proposal.edit.text),
        )
        for index, proposal in enumerate(found)
    ]
    return types.CompletionList(is_incomplete=False, items=items)


def to_location(document: Document, found: Location, encoding: Encoding) -> types.Location:
    """Write a place in `document`, which is the file of the place."""
    return types.Location(to_uri(found.path), to_range(document, found.span, encoding))


def to_hover(document: Document, found: Hover, encoding: Encoding) -> types.Hover:
    """Write a card."""
    content = types.MarkupContent(types.MarkupKind.Markdown, found.markdown)
    return types.Hover(content, to_range(document, found.span, encoding))


def to_code_action(
    snapshot: Snapshot, document: Document, found: CodeAction, encoding: Encoding, *, ordered: bool
) -> types.CodeAction:
    """Write an action; `ordered`: the client takes edits in an order, which creating files needs."""
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    unordered: dict[str, Sequence[types.TextEdit]] = {}
    for path, text in found.files:
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        identifier = types.OptionalVersionedTextDocumentIdentifier(to_uri(path))
        changes.append(types.CreateFile(to_uri(path)))
        changes.append(types.TextDocumentEdit(identifier, [types.TextEdit(start, text)]))
    for path, edits in found.edits:
        edited = snapshot.document(path)
        if edited is None:
            continue
        written = to_text_edits(edited, edits, encoding)
        identifier = types.OptionalVersionedTextDocumentIdentifier(to_uri(path), edited.version)
        changes.append(types.TextDocumentEdit(identifier, list(written)))
        unordered[to_uri(path)] = written
    edit = types.WorkspaceEdit(document_changes=changes) if ordered else types.WorkspaceEdit(changes=unordered)
    return types.CodeAction(
        title=found.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[to_diagnostic(document, found.diagnostic, encoding)],
        is_preferred=not found.refused,
        disabled=types.CodeActionDisabled(found.refused) if found.refused else None,
        edit=None if found.refused else edit,
    )


def to_text_edits(document: Document, edits: Sequence[Edit], encoding: Encoding) -> list[types.TextEdit]:
    """Write edits of one document."""
    return [types.TextEdit(to_range(document, edit.span, encoding), edit.text) for edit in edits]


def _units(text: str, encoding: Encoding) -> int:
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    if encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    return len(text) + sum(ord(character) >= _ASTRAL for character in text)


def _code_points(line: str, units: int, encoding: Encoding) -> int:
    """Count the code points that fill so many of the client's units; inside a character, its start counts."""
    if encoding == types.PositionEncodingKind.Utf32 or line.isascii():
        return units
    used = 0
    for index, character in enumerate(line):
        used += _units(character, encoding)
        if used > units:
            return index
    return len(line)
