"""Where what a string names is declared."""

from dataclasses import dataclass

from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.targets import target_at
from fx_lsp.engine.text import Document, Span


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; `origin` is the name in the document from which one comes."""

    path: str
    span: Span
    origin: Span


def definition(snapshot: Snapshot, document: Document, offset: int) -> list[Location]:
    """Find the field, entity or relationship that the name under the cursor means.

    A table is declared by `__tablename__`, else by its class.
    """
    target = target_at(SourceFile(snapshot, document.path), offset)
    if target is None:
        return []
    if target.member is None:
        return [Location(target.entity.path, target.entity.table_span, target.origin)]
    return [Location(target.member.path, target.member.fact.name_span, target.origin)]
