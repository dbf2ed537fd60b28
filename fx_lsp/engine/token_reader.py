"""Expressions read from tokens: what `tree` makes of complete code, made of half-typed code.

Forwards from a token, tolerantly: what is missing is left out, what is not understood is Opaque.
"""

from fx_lsp.engine.expressions import (
    Argument,
    Attribute,
    Call,
    Entries,
    Expression,
    Items,
    Literal,
    Name,
    Opaque,
    Subscript,
)
from fx_lsp.engine.lexer import Token, string_token
from fx_lsp.engine.text import Span

_LITERALS = {"True": True, "False": False, "None": None}
_DEEPEST = 60


class TokenReader:
    """Reads expressions from a list of tokens; places are indexes in it."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens

    def expression(self, at: int, depth: int = 0) -> tuple[Expression, int]:
        """Read one expression from a token on; the index after it comes back too."""
        at = self.forward(at)
        if at >= len(self.tokens) or depth > _DEEPEST:
            return Opaque(Span(len(self.text), len(self.text))), at + 1
        token = self.tokens[at]
        value: Expression
        if token.text in {"await", "return"}:
            return self.expression(at + 1, depth + 1)
        if token.kind == "string":
            value, after = string_token(token) or Opaque(token.span), at + 1
        elif token.kind == "name" and token.text in _LITERALS:
            return Literal(_LITERALS[token.text], token.span), at + 1
        elif token.kind == "name":
            value, after = Name(token.text, token.span), at + 1
        elif token.kind == "number":
            return Literal(token.text, token.span), at + 1
        elif token.kind == "open":
            value, after = self._display(at, depth)
        else:
            return Opaque(token.span), at + 1
        return self._postfix(value, after, depth)

    def _postfix(self, value: Expression, at: int, depth: int) -> tuple[Expression, int]:
        """Read the attributes, calls and subscripts that follow a value; a chain goes on over line ends."""
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "open" and token.text == "(":
                arguments, after = self._arguments(at, depth)
                value, at = Call(value, arguments, Span(value.span.start, self.end(after))), after
            elif token.kind == "open" and token.text == "[":
                items, after = self._items(at, depth)
                index = items[0] if len(items) == 1 else Items(tuple(items), token.span)
                value, at = Subscript(value, index, Span(value.span.start, self.end(after))), after
            else:
                dot = self.forward(at)
                name = self.forward(dot + 1)
                if dot >= len(self.tokens) or self.tokens[dot].text != ".":
                    return value, at
                if name >= len(self.tokens) or self.tokens[name].kind != "name":
                    return value, dot + 1
                value, at = Attribute(value, self.tokens[name].text, self.tokens[name].span), name + 1
        return value, at

    def _display(self, at: int, depth: int) -> tuple[Expression, int]:
        opening = self.tokens[at].text
        if opening == "{":
            return self._entries(at, depth)
        items, after = self._items(at, depth)
        span = Span(self.tokens[at].span.start, self.end(after))
        if opening == "(" and len(items) == 1:
            return items[0], after
        return Items(tuple(items), span), after

    def _items(self, at: int, depth: int) -> tuple[list[Expression], int]:
        items: list[Expression] = []
        at = self.forward(at + 1)
        while at < len(self.tokens) and self.tokens[at].kind != "close":
            value, after = self.expression(at, depth + 1)
            items.append(value)
            at = self._past_comma(max(after, at + 1), items)
        return items, at + 1

    def _past_comma(self, at: int, items: list[Expression]) -> int:
        """Skip to after the next comma of this level; what stands before it makes the last item opaque."""
        depth = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if depth == 0 and token.kind == "close":
                return at
            if depth == 0 and token.text == ",":
                return self.forward(at + 1)
            if token.kind != "newline" and items:
                items[-1] = Opaque(items[-1].span)
            depth += (token.kind == "open") - (token.kind == "close")
            at += 1
        return at

    def _arguments(self, at: int, depth: int) -> tuple[tuple[Argument, ...], int]:
        arguments: list[Argument] = []
        at = self.forward(at + 1)
        while at < len(self.tokens) and self.tokens[at].kind != "close":
            keyword: str | None = None
            if self.tokens[at].text in {"*", "**"}:
                keyword, at = self.tokens[at].text, at + 1
            elif self.tokens[at].kind == "name" and at + 1 < len(self.tokens) and self.tokens[at + 1].text == "=":
                keyword, at = self.tokens[at].text, at + 2
            value, after = self.expression(at, depth + 1)
            values = [value]
            at = self._past_comma(max(after, at + 1) if after > at else after, values)
            arguments.append(Argument(keyword, values[0]))
        return tuple(arguments), at + 1

    def _entries(self, at: int, depth: int) -> tuple[Expression, int]:
        start = self.tokens[at].span.start
        entries: list[tuple[Expression, Expression]] = []
        at = self.forward(at + 1)
        while at < len(self.tokens) and self.tokens[at].kind != "close":
            key, after = self.expression(at, depth + 1)
            at = self.forward(max(after, at + 1))
            values: list[Expression] = [Opaque(key.span)]
            if at < len(self.tokens) and self.tokens[at].text == ":":
                value, after = self.expression(at + 1, depth + 1)
                values, at = [value], max(after, at + 1)
            at = self._past_comma(at, values)
            entries.append((key, values[0]))
        return Entries(tuple(entries), Span(start, self.end(at + 1))), at + 1

    def forward(self, at: int) -> int:
        """Skip line ends."""
        while at < len(self.tokens) and self.tokens[at].kind == "newline":
            at += 1
        return at

    def end(self, after: int) -> int:
        """Find where the token before a place ends in the text."""
        return self.tokens[min(after, len(self.tokens)) - 1].span.end

    def next_comma(self, at: int, close: int) -> int:
        """Find the next comma of the same level, or `close`."""
        depth = 0
        for index in range(at, close):
            token = self.tokens[index]
            depth += (token.kind == "open") - (token.kind == "close")
            if token.text == "," and depth == 0:
                return index
        return close

    def closing(self, index: int) -> int:
        """Find the bracket that closes the one at a place, or the end."""
        depth = 0
        for at in range(index, len(self.tokens)):
            depth += (self.tokens[at].kind == "open") - (self.tokens[at].kind == "close")
            if depth == 0:
                return at
        return len(self.tokens)
