"""Proposals in the strings of entities: `foreign_key="..."` and `back_populates="..."`."""

from fx_lsp.engine.annotations import read_annotation
from fx_lsp.engine.cursor import Cursor
from fx_lsp.engine.expressions import Literal
from fx_lsp.engine.relations import partner_name, target_of
from fx_lsp.engine.snapshot import Field, Relationship, Snapshot
from fx_lsp.engine.text import Document, Edit
from fx_lsp.features.proposal import Completion, Kind, describe, word_edit


def propose_foreign_keys(snapshot: Snapshot, cursor: Cursor) -> list[Completion]:
    """Propose `table.key`; the columns of a table once its name is there."""
    whole = cursor.string.place(0, len(cursor.string.value))
    if whole is None:
        return []
    table, dot, _ = cursor.before.partition(".")
    found: list[Completion] = []
    for entity in snapshot.entities:
        if not entity.table or (dot and entity.table != table):
            continue
        for column, field in entity.columns.items():
            key = is_primary_key(field)
            if key or dot:
                label = f"{entity.table}.{column}"
                found.append(Completion(label, Kind.COLUMN, describe(entity, field), Edit(whole, label), rank=not key))
    return found


def propose_partners(snapshot: Snapshot, document: Document, cursor: Cursor, offset: int) -> list[Completion]:
    """Propose the relationships of the target, first those that lead back here."""
    annotation = read_annotation(cursor.field[1]) if cursor.field else None
    target = snapshot.entity_named(document.path, annotation.name) if annotation else None
    if target is None or cursor.field is None:
        return []
    edit = word_edit(document, offset)
    return [
        Completion(
            name,
            Kind.RELATIONSHIP,
            f"{target.name}.{name}: {relationship.fact.annotation}",
            Edit(edit, name),
            _partner_rank(snapshot, relationship, cursor.class_name, cursor.field[0]),
        )
        for name, relationship in target.relationships.items()
    ]


def _partner_rank(snapshot: Snapshot, relationship: Relationship, class_name: str | None, field_name: str) -> int:
    back = target_of(snapshot, relationship)
    if back is None or back.name != class_name:
        return 2
    says = partner_name(relationship)
    return 0 if says and says.value == field_name else 1


def is_primary_key(field: Field) -> bool:
    """Whether a field says `primary_key=True`."""
    value = field.argument("primary_key")
    return isinstance(value, Literal) and value.value is True
