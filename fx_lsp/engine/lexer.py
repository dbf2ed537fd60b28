"""Python's tokens, read tolerantly: half-typed code gives what is there, and nothing ever raises.

Not Python's tokenizer: an unterminated string ends with its line, brackets need not match, indentation is not counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from fx_lsp.engine.expressions import Text
from fx_lsp.engine.text import Span

Kind = Literal["name", "string", "number", "open", "close", "operator", "newline", "comment"]

_STRING = r"""
      (?P<prefix> [rRbBuUfFtT]{0,2} ) (?:
          (?P<triple> \"\"\"|''' ) (?P<long> (?: \\[\s\S] | (?!(?P=triple))[\s\S] )* ) (?P<end> (?P=triple) )
        | \"\"\"[^\r\n]* | '''[^\r\n]*
        | " (?: \\(?:\r\n|[\s\S]) | [^"\\\r\n] )* "?
        | ' (?: \\(?:\r\n|[\s\S]) | [^'\\\r\n] )* '?
      )
"""
_TOKEN = re.compile(
    rf"""
      (?P<comment> \#[^\r\n]* )
    | (?P<string> {_STRING} )
    | (?P<name> [^\W\d]\w* )
    | (?P<number> \d[\w.]* )
    | (?P<open> [(\[{{] )
    | (?P<close> [)\]}}] )
    | (?P<joint> \\(?:\r\n|\r|\n) )
    | (?P<newline> \r\n|\r|\n )
    | (?P<operator> := | -> | \*\* | [=!<>]= | [^\s\w] )
    """,
    re.VERBOSE,
)
# What matters to where a statement ends, and nothing else: a file is read at each keystroke.
_STRUCTURE = re.compile(
    rf"(?P<comment>\#[^\r\n]*)|(?P<string>{_STRING})|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
    r"|(?P<joint>\\(?:\r\n|\r|\n))|(?P<newline>[\r\n]+)",
    re.VERBOSE,
)
_QUOTES = re.compile(r"([rRbBuUfFtT]{0,2})(\"\"\"|'''|\"|')")
_RESYNC = re.compile(r"(?:class|def|async\s+def|import|from)\s+\w|@\w")
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")


@dataclass(frozen=True, slots=True)
class Token:
    """One token of Python source; `span` is its place in the text that was read."""

    kind: Kind
    text: str
    span: Span


def tokenize(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Read the tokens of a part of a text; a line that a backslash continues does not end."""
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        kind = match.lastgroup
        if kind is None or kind == "joint":
            continue
        yield Token(kind, match[0], Span(match.start(), match.end()))  # type: ignore[arg-type]  # a group's name


@lru_cache(maxsize=8)
def statements(text: str) -> tuple[Span, ...]:
    """Split a file into its top-level statements, each with the comments and empty lines that follow it.

    A word that only starts a statement (`class`, `def`, `import`) at the first column starts one, also while a bracket
    above it is still open: what is half typed there does not swallow the rest of the file.
    """
    starts: list[int] = []
    depth = 0
    decorated = False
    for start, change in _line_starts(text):
        depth = max(0, depth + change)
        if start is None or text[start] in " \t\f#)]}\r\n\\" or _CONTINUES.match(text, start):
            continue
        if depth and _RESYNC.match(text, start):
            depth = 0
        if not depth:
            if not decorated:
                starts.append(start)
            decorated = text[start] == "@"
    ends = [*starts[1:], len(text)]
    return tuple(Span(start, end) for start, end in zip(starts, ends, strict=False))


def _line_starts(text: str) -> Iterator[tuple[int | None, int]]:
    """Walk over the lines that start outside of strings, and over the brackets: (start, 0) and (None, +1 or -1)."""
    if text:
        yield 0, 0
    for match in _STRUCTURE.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            yield None, 1
        elif kind == "close":
            yield None, -1
        elif kind == "newline" and match.end() < len(text):
            yield match.end(), 0


def string_token(token: Token) -> Text | None:
    """Read a string token; None for f-strings and bytes, whose value is not their text."""
    return string_literal([token])


def string_literal(tokens: list[Token]) -> Text | None:
    """Read adjacent string tokens as one literal; None when one of them is no plain string."""
    value = ""
    pieces: list[tuple[int, int]] = []
    exact = True
    for token in tokens:
        quotes = _QUOTES.match(token.text)
        if quotes is None or set(quotes[1].lower()) & set("bft"):
            return None
        content = token.text[quotes.end() :]
        content = content.removesuffix(quotes[2])
        exact = exact and ("\\" not in content or "r" in quotes[1].lower())
        pieces.append((len(value), token.span.start + quotes.end()))
        value += content
    span = Span(tokens[0].span.start, tokens[-1].span.end)
    return Text(value, span, tuple(pieces) if exact else ())
