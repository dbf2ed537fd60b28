"""Tokens of a query string, each with its place.

The tokenizer reads every text to its end and never raises: what SQL does not know is a token of the kind UNKNOWN, an
unfinished string is one that is not `closed`. It judges nothing.
"""

import re
from enum import Enum
from typing import NamedTuple


class Span(NamedTuple):
    """Where something stands in its string: from `start` to before `end`, in characters."""

    start: int
    end: int


class TokenKind(Enum):
    """What a token is."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    COMMENT = "comment"
    UNKNOWN = "unknown"


class Token(NamedTuple):
    """One token; `text` is what it means: a quoted name and a string without their quotes, a parameter without `:`."""

    kind: TokenKind
    text: str
    start: int
    end: int
    quoted: bool = False
    closed: bool = True

    @property
    def span(self) -> Span:
        """Its place in the string, quotes included."""
        return Span(self.start, self.end)

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these SQL words (given in capitals), and not a quoted name."""
        return self.kind is TokenKind.NAME and not self.quoted and self.text.upper() in words

    def is_mark(self, *marks: str) -> bool:
        """Whether it is one of these operators or signs, and not a string or a name that looks like it."""
        return self.kind in (TokenKind.OPERATOR, TokenKind.PUNCTUATION) and self.text in marks


def tokenize(text: str) -> list[Token]:
    """Read all tokens of `text`; white space is between them.

    Example:
        >>> [token.text for token in tokenize("p.price >= 10")]
        ['p', '.', 'price', '>=', '10']
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "unknown"
        if kind == "space":
            continue
        written, start, end = match.group(), match.start(), match.end()
        if kind in _QUOTES:
            quote = _QUOTES[kind]
            closed = len(written) > 1 and written.endswith(quote)
            inner = written[1 : -1 if closed else None].replace(quote * 2, quote)
            is_string = kind == "string"
            tokens.append(Token(TokenKind.STRING if is_string else TokenKind.NAME, inner, start, end, True, closed))
        elif kind == "comment":
            closed = written.startswith("--") or (len(written) >= _EMPTY_COMMENT and written.endswith("*/"))
            tokens.append(Token(TokenKind.COMMENT, written, start, end, False, closed))
        else:
            tokens.append(Token(TokenKind(kind), written.removeprefix(":"), start, end))
    return tokens


_EMPTY_COMMENT = len("/**/")
_QUOTES = {"string": "'", "double": '"', "backtick": "`"}

# A quote is ended by a single one; two of them stand for the quote itself. `\Z` takes what is cut off.
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>'(?:[^']|'')*(?:'|\Z))
    | (?P<double>"(?:[^"]|"")*(?:"|\Z))
    | (?P<backtick>`(?:[^`]|``)*(?:`|\Z))
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[^\W\d]\w*)
    | (?P<parameter>:[^\W\d]\w*)
    | (?P<operator><=|>=|<>|!=|\|\||[=<>+\-*/%])
    | (?P<punctuation>[().,])
    | (?P<unknown>.)
    """,
    re.VERBOSE | re.DOTALL,
)
