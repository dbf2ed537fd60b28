"""Expressions of Python's syntax tree as the engine's own data, and where nodes stand in the text.

The tree counts columns in bytes and lines from 1; the engine counts code points from the start.
"""

import ast

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
    Text,
)
from fx_lsp.engine.lexer import string_literal, tokenize
from fx_lsp.engine.text import Document, Span


class TreeReader:
    """Reads the expressions of one text's tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.document = Document("", text)
        self.ascii = text.isascii()

    def expression(self, node: ast.expr) -> Expression:
        """Read an expression; what is not understood is Opaque."""
        span = self.span(node)
        match node:
            case ast.Constant(value=str(value)):
                tokens = [token for token in tokenize(self.text, span.start, span.end) if token.kind == "string"]
                literal = string_literal(tokens) if tokens else None
                exact = literal is not None and literal.value == value
                return Text(value, span, literal.pieces if literal and exact else ())
            case ast.Constant(value=bool() | None | int() | float() as value):
                return Literal(value, span)
            case ast.Name():
                return Name(node.id, span)
            case ast.Attribute():
                name = Span(span.end - len(node.attr), span.end)
                return Attribute(self.expression(node.value), node.attr, name)
            case ast.Subscript():
                return Subscript(self.expression(node.value), self.expression(node.slice), span)
            case ast.Await():
                return self.expression(node.value)
            case ast.Call():
                return Call(self.expression(node.func), self.arguments(node), span)
            case ast.List() | ast.Tuple() | ast.Set():
                return Items(tuple(self.expression(item) for item in node.elts), span)
            case ast.Dict():
                keys = [self.expression(key) if key else Opaque(span) for key in node.keys]
                return Entries(tuple(zip(keys, map(self.expression, node.values), strict=True)), span)
            case _:
                return Opaque(span)

    def arguments(self, node: ast.Call) -> tuple[Argument, ...]:
        """Read the arguments of a call."""
        found: list[Argument] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                found.append(Argument("*", self.expression(argument.value)))
            else:
                found.append(Argument(None, self.expression(argument)))
        found.extend(Argument(keyword.arg or "**", self.expression(keyword.value)) for keyword in node.keywords)
        return tuple(found)

    def span(self, node: ast.expr | ast.stmt | ast.arg) -> Span:
        """Find the place of a node."""
        start = self.offset(node.lineno, node.col_offset)
        return Span(start, self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset))

    def offset(self, line: int, column: int) -> int:
        """Find the offset of the tree's position: lines from 1, columns in bytes."""
        start = self.document.line_starts[line - 1]
        if self.ascii:
            return start + column
        return start + len(self.document.line(line - 1).encode()[:column].decode(errors="ignore"))

    def name_after_keyword(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, keyword: str) -> Span:
        """Find the name in `class Name` or `def name`; decorators come before."""
        start = self.offset(node.lineno, node.col_offset)
        at = self.text.index(node.name, self.text.index(keyword, start) + len(keyword))
        return Span(at, at + len(node.name))

    def annotation(self, node: ast.expr) -> str:
        """Write an annotation without the quotes of its forward references."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value.strip()
        return ast.unparse(_Unquote().visit(ast.parse(ast.unparse(node), mode="eval").body))


class _Unquote(ast.NodeTransformer):
    """Replaces the strings in an annotation by what they say; the first argument of Literal stays text."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            try:
                return ast.parse(node.value.strip(), mode="eval").body
            except SyntaxError:
                return node
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if ast.unparse(node.value).split(".")[-1] == "Literal":
            return node
        self.generic_visit(node)
        return node
