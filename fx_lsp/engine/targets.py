"""What the name under the cursor means."""

from dataclasses import dataclass

from fx_lsp.engine.snapshot import Entity, Field, Relationship
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.text import Span


@dataclass(frozen=True, slots=True)
class Target:
    """An entity, or one of its fields or relationships; `origin` is the name that means it."""

    origin: Span
    entity: Entity
    member: Field | Relationship | None = None


def target_at(file: SourceFile, offset: int) -> Target | None:
    """Find what the name at an offset of a file means; None when it is none of ours, or not certain."""
    for key in file.foreign_keys:
        if offset in key.table_span and key.entity is not None:
            return Target(key.table_span, key.entity)
        if offset in key.column_span and key.entity is not None and key.field is not None:
            return Target(key.column_span, key.entity, key.field)
    for reference in file.back_references:
        if offset in reference.span and reference.partner is not None:
            return Target(reference.span, reference.target, reference.partner)
    for name in file.names:
        if offset in name.span and name.exact and name.entity is not None:
            return Target(name.span, name.entity, name.member)
    return None
