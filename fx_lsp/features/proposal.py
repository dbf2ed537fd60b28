"""What completion proposes, as plain data."""

import re
from dataclasses import dataclass
from enum import Enum

from fx_lsp.engine.snapshot import Entity, Field
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
