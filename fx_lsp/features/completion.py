"""What can be written in the string under the cursor.

Works on half-typed code: the cursor's surroundings are read from tokens, the rest from the snapshot. Outside of the
strings that fx_orm reads there is nothing, so that other servers are not disturbed.
"""

import re
from dataclasses import dataclass
from enum import Enum

from fx_lsp.engine.annotations import read_annotation
from fx_lsp.engine.cursor import Cursor, read_cursor
from fx_lsp.engine.expressions import Literal
from fx_lsp.engine.relations import partner_name, target_of
from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.text import Document, Edit, Span

_WORD = re.compile(r"[^\W\d]?\w*")


class Kind(Enum):
    """What is proposed."""

    COLUMN = "column"
    TABLE = "table"
    ALIAS = "alias"
    RELATIONSHIP = "relationship"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Completion:
    """One proposal; `rank` orders them, lowest first, then by label."""

    label: str
    kind: Kind
    detail: str
    edit: Edit
    rank: int = 0


def completion(snapshot: Snapshot, document: Document, offset: int) -> list[Completion]:
    """Propose what fits at the cursor, best first."""
    cursor = read_cursor(document, offset)
    if cursor is None:
        return []
    method, keyword = cursor.call.method, cursor.keyword
    if method in {"Field", "mapped_column"} and keyword == "foreign_key":
        found = _foreign_keys(snapshot, cursor)
    elif method in {"Relationship", "relationship"} and keyword == "back_populates":
        found = _partners(snapshot, document, cursor, offset)
    else:
        found = []
    return sorted(found, key=lambda proposal: (proposal.rank, proposal.label))


def _foreign_keys(snapshot: Snapshot, cursor: Cursor) -> list[Completion]:
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


def _partners(snapshot: Snapshot, document: Document, cursor: Cursor, offset: int) -> list[Completion]:
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


def describe(entity: Entity, field: Field) -> str:
    """Say what a column is, on one line."""
    return f"{entity.name}.{field.fact.name}: {field.fact.annotation}"


def word_edit(document: Document, offset: int) -> Span:
    """Find the name under the cursor, which a proposal replaces."""
    start = offset
    while start > 0 and re.match(r"\w", document.text[start - 1]):
        start -= 1
    word = _WORD.match(document.text, start)
    return Span(start, max(offset, word.end() if word else offset))
