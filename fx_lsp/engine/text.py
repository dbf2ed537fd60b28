r"""Text as an editor sees it: offsets, lines and edits.

Offsets count code points from the start of the text. Only `\n`, `\r\n` and `\r` end a line, as the protocol and
Python's own grammar have it (`str.splitlines` knows eight more). Nothing here knows the encodings of the wire.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text, from `start` up to and without `end`."""

    start: int
    end: int

    def __contains__(self, offset: int) -> bool:
        """Whether a cursor at `offset` touches the span; both of its ends count."""
        return self.start <= offset <= self.end

    def shift(self, by: int) -> "Span":
        """Move the span."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of a span."""

    span: Span
    text: str


@dataclass(frozen=True)
class Document:
    """One file's text at one moment; `version` is the editor's, None for text read from disk."""

    path: str
    text: str
    version: int | None = field(default=None, compare=False)

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset at which each line starts; the first is 0."""
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Find line and column (both from 0) of an offset."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset) - 1
        return line, offset - self.line_starts[line]

    def line(self, number: int) -> str:
        """Return a line (from 0) without its end; nothing where there is no such line."""
        starts = self.line_starts
        if not 0 <= number < len(starts):
            return ""
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """Find the offset of line and column; what lies outside is moved to the nearest place inside."""
        if line < 0:
            return 0
        if line >= len(self.line_starts):
            return len(self.text)
        return self.line_starts[line] + max(0, min(column, len(self.line(line))))

    def apply(self, edits: "list[Edit] | tuple[Edit, ...]") -> str:
        """Return the text after all edits; their spans refer to the text before and do not overlap."""
        text = self.text
        for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        return text
