"""A class that does not parse, without the members that are to blame: those that are being typed.

The broken members become blanks, so that everything else stays in its place.
"""

import re

from fx_lsp.engine.lexer import Token, tokenize
from fx_lsp.engine.text import Span
from fx_lsp.engine.tree import parses

_CLASS = re.compile(r"^class\b", re.MULTILINE)
_STARTS_MEMBER = re.compile(r"(?:async\s+def|def|class)\s+\w|@\w|\w+\s*:")
_NOTHING = "pass"


def mend_class(text: str) -> str | None:
    """Blank out the members of a class that do not parse; None when that does not help."""
    match = _CLASS.search(text)
    if match is None:
        return None
    tokens = list(tokenize(text, match.start()))
    body = _body(tokens)
    if body is None:
        return None
    mended = text
    for member in _members(text, tokens[body:]):
        source = text[member.start : member.end]
        indent = _indentation(text, member.start)
        if not parses(f"class _:\n{indent}{source}"):
            lines = re.sub(r"[^\r\n]", " ", source)
            blank = f"{_NOTHING}{lines[len(_NOTHING) :]}" if len(source.splitlines()[0]) >= len(_NOTHING) else lines
            mended = mended[: member.start] + blank + mended[member.end :]
    return mended if mended != text and parses(mended) else None


def _body(tokens: list[Token]) -> int | None:
    """Find the first token of the class's body."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.text == ":" and depth <= 0:
            rest = (at for at in range(index + 1, len(tokens)) if tokens[at].kind not in {"newline", "comment"})
            return next(rest, None)
    return None


def _members(text: str, tokens: list[Token]) -> list[Span]:
    """Split a body into its members: they start at the column of the first."""
    column = len(_indentation(text, tokens[0].span.start))
    starts: list[int] = []
    depth = 0
    decorated = False
    for token in tokens:
        start = token.span.start
        first = token.kind not in {"newline", "comment"} and _starts_line(text, start)
        if first and len(_indentation(text, start)) == column:
            if depth and _STARTS_MEMBER.match(text, start):
                depth = 0
            if not depth:
                if not decorated:
                    starts.append(start)
                decorated = token.text == "@"
        depth = max(0, depth + (token.kind == "open") - (token.kind == "close"))
    ends = [*starts[1:], len(text)]
    return [Span(start, end) for start, end in zip(starts, ends, strict=False)]


def _starts_line(text: str, offset: int) -> bool:
    return not _indentation(text, offset).strip(" \t")


def _indentation(text: str, offset: int) -> str:
    """Return what stands on the line before an offset."""
    return text[max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1 : offset]
