"""What entities say about each other: the targets of their foreign keys, and the two sides of their relationships."""

from dataclasses import dataclass

from fx_lsp.engine.expressions import Text
from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.text import Span


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`foreign_key="table.column"` of a field; `entity` is the one of that table, `field` is that column's."""

    owner: Entity
    text: Text
    table: str
    column: str
    table_span: Span
    column_span: Span
    entity: Entity | None
    field: Field | None


@dataclass(frozen=True, slots=True)
class BackReference:
    """`back_populates="name"` of a relationship; `partner` is the relationship of that name in the target."""

    owner: Entity
    relationship: Relationship
    text: Text
    span: Span
    target: Entity
    partner: Relationship | None


def foreign_keys(snapshot: Snapshot, path: str) -> list[ForeignKey]:
    """List the foreign keys that the entities of a file declare as `"table.column"`."""
    found: list[ForeignKey] = []
    for entity, field in _own_fields(snapshot, path):
        text = field.argument("foreign_key")
        if not isinstance(text, Text) or text.value.count(".") != 1:
            continue
        table, _, column = text.value.partition(".")
        target = snapshot.entity_of_table(table)
        found.append(
            ForeignKey(
                entity,
                text,
                table,
                column,
                text.place(0, len(table)) or text.span,
                text.place(len(table) + 1, len(text.value)) or text.span,
                target,
                target.columns.get(column) if target else None,
            )
        )
    return found


def back_references(snapshot: Snapshot, path: str) -> list[BackReference]:
    """List the `back_populates` that the entities of a file declare, where the target is known."""
    found: list[BackReference] = []
    for entity in snapshot.entities:
        for relationship in entity.relationships.values():
            text = partner_name(relationship)
            here = entity.path == path and relationship.path == path and entity.fact.current
            if not here or text is None:
                continue
            target = target_of(snapshot, relationship)
            if target is not None:
                span = text.place(0, len(text.value)) or text.span
                partner = target.relationships.get(text.value)
                found.append(BackReference(entity, relationship, text, span, target, partner))
    return found


def target_of(snapshot: Snapshot, relationship: Relationship) -> Entity | None:
    """Find the entity to which a relationship leads."""
    if relationship.target is None:
        return None
    return snapshot.entity_named(relationship.path, relationship.target.name)


def partner_name(relationship: Relationship) -> Text | None:
    """Find what `back_populates` says, when it is a plain string."""
    found = relationship.fact.call.keyword("back_populates")
    return found if isinstance(found, Text) else None


def _own_fields(snapshot: Snapshot, path: str) -> list[tuple[Entity, Field]]:
    return [
        (entity, field)
        for entity in snapshot.entities
        if entity.path == path and entity.fact.current
        for field in entity.fields.values()
        if field.path == path
    ]
