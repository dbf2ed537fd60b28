"""Where the cursor is in half-typed code: in which string of which argument of which call, and the chain around it.

A tolerant reader of tokens, not a parser: it looks at the top-level statement around the cursor alone, and makes the
same facts of it as `tree` makes of complete code, as far as they can be seen.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from fx_lsp.engine.expressions import Attribute, Call, Expression, Subscript, Text
from fx_lsp.engine.facts import Binding, Chain, FunctionFact
from fx_lsp.engine.lexer import Token, statements, string_token, tokenize
from fx_lsp.engine.text import Document, Span
from fx_lsp.engine.token_reader import TokenReader

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_NOT_NAMES = frozenset(
    {"return", "yield", "await", "if", "elif", "while", "in", "not", "and", "or", "is", "else", "raise"}
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The string under the cursor and its surroundings.

    Attributes:
        string: the literal; it ends at the cursor when it is not closed.
        before: its text up to the cursor.
        call: the innermost call whose parenthesis is open at the cursor.
        position: of the argument in which the cursor is; None when it has a `keyword`.
        key: whether the string is a key of the innermost dict.
        bracket: the innermost one that is open.
        chain: the outermost call around `call` in one chain.
        function: what can be seen of the function around it.
        field: name and annotation of what the chain is assigned to.
    """

    string: Text
    before: str
    call: Call
    position: int | None
    keyword: str | None
    key: bool
    bracket: str
    chain: Call
    function: FunctionFact
    class_name: str | None
    field: tuple[str, str] | None


def read_cursor(document: Document, offset: int) -> Cursor | None:
    """Read what is around the cursor; None when it is not in a plain string in the arguments of a call."""
    text = document.text
    starts = [span.start for span in statements(text)]
    at = bisect_right(starts, offset) - 1
    start = starts[at] if at >= 0 else 0
    end = starts[at + 1] if 0 <= at + 1 < len(starts) else len(text)
    tokens = [token for token in tokenize(text, start, end) if token.kind != "comment"]
    if any(token.kind == "string" and offset in token.span and not _is_closed(token) for token in tokens):
        # What follows a string that is not closed yet is code, most often brackets that the editor has put there.
        tokens = [*tokenize(text, start, offset), *tokenize(text, offset, end)]
        tokens = [token for token in tokens if token.kind != "comment"]
    return _Surroundings(text, tokens, offset).cursor()


class _Surroundings:
    """Looks around a place among the tokens of one top-level statement."""

    def __init__(self, text: str, tokens: list[Token], offset: int) -> None:
        self.text = text
        self.tokens = tokens
        self.reader = TokenReader(text, tokens)
        self.offset = offset

    def cursor(self) -> Cursor | None:
        at = next((i for i, token in enumerate(self.tokens) if self._inside(token)), None)
        if at is None:
            return None
        string = string_token(self.tokens[at])
        value_offset = string.offset(self.offset) if string else None
        if string is None or value_offset is None:
            return None
        opened = self._open_at(at)
        call_at = next((i for i in reversed(opened) if self._is_call(i)), None)
        if call_at is None:
            return None
        head = self._chain_start(call_at)
        chain = self.reader.expression(head)[0]
        call = (
            _call_with_opening(chain, self.tokens[call_at].span.start, self.text) if isinstance(chain, Call) else None
        )
        if call is None or not isinstance(chain, Call):
            return None
        position, keyword = self._argument(call_at, at)
        function, class_name = self._function(at)
        return Cursor(
            string,
            string.value[:value_offset],
            call,
            position,
            keyword,
            self._is_key(opened, at),
            self.tokens[opened[-1]].text,
            chain,
            function,
            class_name,
            self._field(head),
        )

    def _inside(self, token: Token) -> bool:
        """Whether the cursor is between the quotes of a string."""
        if token.kind != "string" or not token.span.start < self.offset <= token.span.end:
            return False
        return self.offset < token.span.end or not _is_closed(token)

    def _open_at(self, at: int) -> list[int]:
        """List the brackets that are open at a token, outermost first; a stray closing one closes nothing."""
        opened: list[int] = []
        for index, token in enumerate(self.tokens[:at]):
            if token.kind == "open":
                opened.append(index)
            elif token.kind == "close" and opened:
                if _CLOSERS[self.tokens[opened[-1]].text] == token.text:
                    opened.pop()
                elif any(_CLOSERS[self.tokens[other].text] == token.text for other in opened):
                    while _CLOSERS[self.tokens[opened.pop()].text] != token.text:
                        pass
        return opened

    def _is_call(self, index: int) -> bool:
        if self.tokens[index].text != "(" or index == 0:
            return False
        before = self.tokens[index - 1]
        if before.kind == "name":
            return before.text not in _NOT_NAMES
        return before.kind == "close" and before.text in ")]"

    def _chain_start(self, index: int) -> int:
        """Go back from a call's parenthesis to the token with which its chain starts."""
        at = index - 1
        while at >= 0:
            token = self.tokens[at]
            if token.kind == "close":
                at = self._matching_open(at)
                if at > 0 and self._adjacent(at):
                    at -= 1
                    continue
            elif token.kind != "name":
                return at + 1
            previous = self._skip_newlines(at - 1)
            if previous < 0 or self.tokens[previous].text != ".":
                return at
            at = self._skip_newlines(previous - 1)
        return 0

    def _adjacent(self, at: int) -> bool:
        """Whether an opening bracket belongs to what stands before it."""
        before = self.tokens[at - 1]
        return (before.kind == "name" and before.text not in _NOT_NAMES) or (
            before.kind == "close" and before.text in ")]"
        )

    def _skip_newlines(self, at: int) -> int:
        while at >= 0 and self.tokens[at].kind == "newline":
            at -= 1
        return at

    def _matching_open(self, at: int) -> int:
        depth = 0
        while at >= 0:
            token = self.tokens[at]
            depth += (token.kind == "close") - (token.kind == "open")
            if depth == 0:
                return at
            at -= 1
        return 0

    def _argument(self, call_at: int, at: int) -> tuple[int | None, str | None]:
        """Count the commas between a call's parenthesis and a token; a keyword counts instead of a position."""
        depth = 0
        position = 0
        keyword: str | None = None
        first = True
        for index in range(call_at + 1, at):
            token = self.tokens[index]
            if token.kind == "newline":
                continue
            if token.kind in {"open", "close"}:
                depth += 1 if token.kind == "open" else -1
            elif token.text == "," and depth == 0:
                position, keyword, first = position + 1, None, True
                continue
            elif first and token.kind == "name" and index + 1 < len(self.tokens) and self.tokens[index + 1].text == "=":
                keyword = token.text
            first = False
        return (None, keyword) if keyword else (position, None)

    def _is_key(self, opened: list[int], at: int) -> bool:
        """Whether the token is a key of the innermost dict."""
        if not opened or self.tokens[opened[-1]].text != "{":
            return False
        depth = 0
        for token in reversed(self.tokens[opened[-1] + 1 : at]):
            depth += (token.kind == "close") - (token.kind == "open")
            if depth == 0 and token.text == ":":
                return False
            if depth == 0 and token.text == ",":
                return True
        return True

    def _field(self, head: int) -> tuple[str, str] | None:
        """See name and annotation when the chain is the value of `name: annotation = ...`, on the same line."""
        start = self.tokens[head].span.start
        line = self.text[max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1 : start]
        match = re.match(r"\s*([^\W\d]\w*)\s*:\s*(.*?)\s*=\s*$", line)
        return (match[1], match[2]) if match else None

    # The function around the cursor

    def _function(self, at: int) -> tuple[FunctionFact, str | None]:
        """See the enclosing function and class by indentation, and what the function binds before the cursor."""
        owner: str | None = None
        name = ""
        start = 0
        for index, token in enumerate(self.tokens[:at]):
            if token.kind != "name" or index + 1 >= at or self.tokens[index + 1].kind != "name":
                continue
            if token.text == "class" and self._column(index) == 0:
                owner = self.tokens[index + 1].text
            elif token.text == "def":
                name, start = self.tokens[index + 1].text, index + 2
        parameters = self._parameters(start) if name else ()
        bindings, chains = self._bindings(start)
        span = Span(self.tokens[start].span.start if self.tokens else 0, self.tokens[-1].span.end)
        return FunctionFact(name, owner, None, parameters, bindings, chains, frozenset(), span), owner

    def _column(self, index: int) -> int:
        start = self.tokens[index].span.start
        return start - (max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1)

    def _parameters(self, index: int) -> tuple[Binding, ...]:
        if index >= len(self.tokens) or self.tokens[index].text != "(":
            return ()
        found: list[Binding] = []
        close = self.reader.closing(index)
        at = index + 1
        while at < close:
            stop = self.reader.next_comma(at, close)
            while at < stop and (self.tokens[at].kind == "newline" or self.tokens[at].text in {"*", "**"}):
                at += 1
            if at < stop and self.tokens[at].kind == "name":
                annotation = None
                if at + 2 < stop + 1 and at + 1 < stop and self.tokens[at + 1].text == ":":
                    last = next((i for i in range(at + 2, stop) if self.tokens[i].text == "="), stop)
                    if at + 2 < last:
                        annotation = self.text[self.tokens[at + 2].span.start : self.tokens[last - 1].span.end]
                token = self.tokens[at]
                found.append(Binding(token.text, None, annotation, token.span.start, conditional=False))
            at = stop + 1
        return tuple(found)

    def _bindings(self, start: int) -> tuple[tuple[Binding, ...], tuple[Chain, ...]]:
        """Read `name = value` and bare calls at the starts of lines."""
        bindings: list[Binding] = []
        chains: list[Chain] = []
        at = start
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.text == "def" or (token.text == "class" and at > start and self._column(at) == 0):
                break
            line_start = token.kind == "name" and (at == 0 or self.tokens[at - 1].kind == "newline")
            if line_start and token.text == "return":
                at += 1
                token = self.tokens[at] if at < len(self.tokens) else token
            if not line_start or token.kind not in {"name", "open"}:
                at += 1
                continue
            equals = self._assignment(at)
            value, after = self.reader.expression(equals + 1 if equals else at)
            if equals:
                name = "".join(found.text for found in self.tokens[at : self._name_end(at)])
                conditional = False
                bindings.append(Binding(name, value, None, value.span.end, conditional))
            if isinstance(value, Call):
                chains.append(Chain(value, "bound" if equals else "dropped"))
            at = max(after, at + 1)
        return tuple(bindings), tuple(chains)

    def _name_end(self, at: int) -> int:
        while at + 2 < len(self.tokens) and self.tokens[at + 1].text == "." and self.tokens[at + 2].kind == "name":
            at += 2
        return at + 1

    def _assignment(self, at: int) -> int | None:
        """Find the `=` of `name = `, `self.name = ` or `name: annotation = `."""
        index = self._name_end(at)
        if index < len(self.tokens) and self.tokens[index].text == ":":
            while index < len(self.tokens) and self.tokens[index].kind != "newline" and self.tokens[index].text != "=":
                index += 1
        return index if index < len(self.tokens) and self.tokens[index].text == "=" else None


def _is_closed(token: Token) -> bool:
    """Whether a string token has its closing quote."""
    content = token.text.lstrip("rRbBuUfFtT")
    quote = content[:3] if content[:3] in {'"""', "'''"} else content[:1]
    return len(content) >= 2 * len(quote) and content.endswith(quote)


def _call_with_opening(chain: Call, opening: int, text: str) -> Call | None:
    """Find the call of a chain whose parenthesis stands at an offset."""
    expression: Expression = chain
    while True:
        if isinstance(expression, Call):
            end = expression.function.span.end
            if text[end:opening].strip() == "" and opening >= end and opening < expression.span.end:
                return expression
            expression = expression.function
        elif isinstance(expression, Attribute | Subscript):
            expression = expression.value
        else:
            return None
