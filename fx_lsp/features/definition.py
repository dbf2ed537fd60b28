"""Where what a string names is declared."""

from dataclasses import dataclass

from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.text import Document, Span


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; `origin` is the name in the document from which one comes."""

    path: str
    span: Span
    origin: Span


def definition(snapshot: Snapshot, document: Document, offset: int) -> list[Location]:
    """Find the field, entity or relationship that the name under the cursor means."""
    file = SourceFile(snapshot, document.path)
    for key in file.foreign_keys:
        if offset in key.table_span and key.entity is not None:
            return [of_entity(key.entity, key.table_span)]
        if offset in key.column_span and key.field is not None:
            return [of_field(key.field, key.column_span)]
    for reference in file.back_references:
        if offset in reference.span and reference.partner is not None:
            return [of_field(reference.partner, reference.span)]
    return []


def of_entity(entity: Entity, origin: Span) -> Location:
    """Point to a table's name: `__tablename__`, else the class."""
    return Location(entity.path, entity.table_span, origin)


def of_field(field: Field | Relationship, origin: Span) -> Location:
    """Point to the name of a field or relationship in its class."""
    return Location(field.path, field.fact.name_span, origin)
