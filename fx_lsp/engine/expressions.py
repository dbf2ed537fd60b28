"""The little of Python's expressions that the engine understands, as plain data.

Made from the syntax tree of complete code (`reading`) and from the tokens of half-typed code (`cursor`), so that
`resolve` has one form to read. What is not understood is `Opaque`: nothing is ever concluded from it.
"""

from dataclasses import dataclass

from fx_lsp.engine.text import Span


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression of which nothing is known but its place."""

    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """True, False, None or a number."""

    value: object
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal. `pieces` says where its characters stand: (offset in the value, offset in the source).

    Empty pieces mean that escapes keep value and source apart: only the whole literal (`span`, quotes and all) is a
    place.
    """

    value: str
    span: Span
    pieces: tuple[tuple[int, int], ...]

    def place(self, start: int, end: int) -> Span | None:
        """Find where a part of the value stands in the source; None where that is not certain."""
        for at, source in reversed(self.pieces):
            if at <= start:
                following = [other for other, _ in self.pieces if other > at]
                if following and end > min(following):
                    return None
                return Span(source + start - at, source + end - at)
        return None

    def offset(self, source: int) -> int | None:
        """Find the offset in the value of an offset in the source."""
        for index, (at, start) in enumerate(self.pieces):
            end = self.pieces[index + 1][0] if index + 1 < len(self.pieces) else len(self.value)
            if start <= source <= start + end - at:
                return at + source - start
        return None


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value.name`; the span is the name's."""

    value: "Expression"
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[index]`."""

    value: "Expression"
    index: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `keyword` is None for a positional one, "*" and "**" for what is unpacked."""

    keyword: str | None
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`; the span is the whole expression's."""

    function: "Expression"
    arguments: tuple[Argument, ...]
    span: Span

    @property
    def method(self) -> str | None:
        """The name after the last dot, or the bare name that is called."""
        return self.function.name if isinstance(self.function, Attribute | Name) else None

    def positional(self) -> list["Expression"]:
        """List the positional arguments up to the first that is unpacked."""
        found: list[Expression] = []
        for argument in self.arguments:
            if argument.keyword == "*":
                break
            if argument.keyword is None:
                found.append(argument.value)
        return found

    def keyword(self, name: str) -> "Expression | None":
        """Find the argument given by keyword."""
        return next((argument.value for argument in self.arguments if argument.keyword == name), None)

    @property
    def unpacks(self) -> bool:
        """Whether `*` or `**` hides some of the arguments."""
        return any(argument.keyword in {"*", "**"} for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set display."""

    items: tuple["Expression", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entries:
    """A dict display; the key is Opaque where another mapping is unpacked."""

    entries: tuple[tuple["Expression", "Expression"], ...]
    span: Span


Expression = Opaque | Literal | Text | Name | Attribute | Subscript | Call | Items | Entries


def calls_of_chain(expression: Expression) -> tuple[Expression, list[Call]]:
    """Take `a.b(...).c(...)` apart: what the first method is called on, and the calls in the order in which they run.

    A call of a bare name (`QueryBuilder(...)`) is where a chain starts, not a method of it.
    """
    calls: list[Call] = []
    while isinstance(expression, Call) and isinstance(expression.function, Attribute):
        calls.append(expression)
        expression = expression.function.value
    return expression, calls[::-1]


def dotted(expression: Expression) -> str | None:
    """Write `a.b.c` for names and attributes; None for anything else."""
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Attribute):
        before = dotted(expression.value)
        return f"{before}.{expression.name}" if before else None
    return None
