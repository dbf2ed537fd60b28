"""A card for what a string names, in Markdown."""

from dataclasses import dataclass

from fx_lsp.engine.expressions import Literal, Text
from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.targets import target_at
from fx_lsp.engine.text import Document, Span
from fx_orm.schema.column_types import is_nullable

_FLAGS = (("primary_key", "primary key"), ("unique", "unique"), ("index", "indexed"))


@dataclass(frozen=True, slots=True)
class Hover:
    """The card, and the name that it explains."""

    span: Span
    markdown: str


def hover(snapshot: Snapshot, document: Document, offset: int) -> Hover | None:
    """Explain the name under the cursor; None when it is none of ours."""
    target = target_at(SourceFile(snapshot, document.path), offset)
    if target is None:
        return None
    match target.member:
        case Field():
            return Hover(target.origin, _field_card(target.entity, target.member))
        case Relationship():
            name = f"{target.entity.name}.{target.member.fact.name}: {target.member.fact.annotation}"
            return Hover(target.origin, f"{_code(name)}\nRelationship of `{target.entity.name}`.")
        case None:
            return Hover(target.origin, _entity_card(target.entity))


def _field_card(entity: Entity, field: Field) -> str:
    said = [words for argument, words in _FLAGS if _is_true(field, argument)]
    if not _is_true(field, "primary_key"):
        said.append("NULL" if is_nullable(field.fact.annotation) else "NOT NULL")
    foreign_key = field.argument("foreign_key")
    if isinstance(foreign_key, Text):
        said.append(f"references `{foreign_key.value}`")
    table = f"table `{entity.table}`" if entity.table else f"`{entity.name}`"
    head = _code(f"{entity.name}.{field.fact.name}: {field.fact.annotation}")
    return f"{head}\nColumn `{field.column}` of {table}: {', '.join(said)}."


def _entity_card(entity: Entity) -> str:
    columns = "".join(f"\n    {name}: {field.fact.annotation}" for name, field in entity.columns.items())
    return f"{_code(f'class {entity.name}{columns}')}\nTable `{entity.table}`."


def _is_true(field: Field, argument: str) -> bool:
    value = field.argument(argument)
    return isinstance(value, Literal) and value.value is True


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
