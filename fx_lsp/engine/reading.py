"""Facts of a file that is being edited: read by top-level statement, so that a broken one costs only itself."""

import re
from dataclasses import replace
from typing import TypeVar

from fx_lsp.engine.expressions import (
    Argument,
    Attribute,
    Call,
    Entries,
    Expression,
    Items,
    Subscript,
    Text,
)
from fx_lsp.engine.facts import (
    Assignment,
    Binding,
    Chain,
    ClassFact,
    Facts,
    FieldFact,
    FunctionFact,
    Import,
    RelationshipFact,
    StatementFacts,
)
from fx_lsp.engine.lexer import statements, tokenize
from fx_lsp.engine.mending import mend_class
from fx_lsp.engine.text import Document, Span
from fx_lsp.engine.tree import read_statement

_IGNORE = re.compile(r"#\s*fx:\s*ignore\[([^\]]*)\]")
_TABLE = re.compile(r"\btable\s*=|\*\*|__table|\bTable\s*\(")  # each way to declare a table has one of these


def read_facts(document: Document, last_good: Facts | None = None) -> Facts:
    """Read the facts of a file, as far as it parses.

    Never raises. Of a class that does not parse only the members that are to blame are missing; they keep the facts
    that they had in `last_good`.
    """
    parts, stale = _parts(document.text)
    classes: list[ClassFact] = []
    functions: list[FunctionFact] = []
    imports: dict[str, Import] = {}
    stars: list[tuple[str, int]] = []
    tables: list[str] = []
    for span in stale:
        mended = mend_class(document.text[span.start : span.end])
        facts = (read_statement(mended) if mended else None) or _declared(document.text, span, last_good)
        if facts is not None:
            shifted = [shift_class(fact, span.start) for fact in facts.classes]
            classes.extend(_with_last_good(document.text, span, fact, last_good) for fact in shifted)
            parts.append((span, replace(facts, classes=())))
    for span, facts in parts:
        classes.extend(shift_class(found, span.start) for found in facts.classes)
        functions.extend(_shift_function(found, span.start) for found in facts.functions)
        imports.update({found.local: found for found in facts.imports})
        stars.extend(facts.star_imports)
        tables.extend(facts.tables)
    if stale and last_good is not None:
        imports = {**last_good.imports, **imports}
        tables.extend(last_good.tables)
    return Facts(
        document.path,
        tuple(sorted(classes, key=lambda fact: fact.span)),
        tuple(functions),
        imports,
        tuple(stars),
        tuple(dict.fromkeys(tables)),
        _ignored(document),
        tuple(stale),
        any(_TABLE.search(document.text, span.start, span.end) for span in stale),
    )


def _declared(text: str, span: Span, last_good: Facts | None) -> StatementFacts | None:
    """Stand in for a class whose own line is being typed: an empty one of that name, if there was one."""
    match = re.search(r"^class\s+(\w+)", text[span.start : span.end], re.MULTILINE)
    known = [fact for fact in last_good.classes if match and fact.name == match[1]] if last_good else []
    if not match or not known:
        return None
    name = Span(match.start(1), match.end(1))
    empty = replace(shift_class(known[-1], -known[-1].span.start), name_span=name, fields=(), relationships=())
    return StatementFacts(classes=(empty,))


def _with_last_good(text: str, span: Span, fact: ClassFact, last_good: Facts | None) -> ClassFact:
    """Complete a mended class by what its broken members were, as far as they are still declared."""
    before = [found for found in last_good.classes if found.name == fact.name] if last_good else []
    if not before:
        return replace(fact, current=False)
    names = {found.name for found in fact.fields} | {found.name for found in fact.relationships}
    moved = shift_class(before[-1], span.start - before[-1].span.start)
    fields = [_relocated(text, span, found) for found in moved.fields if found.name not in names]
    relationships = [_relocated(text, span, found) for found in moved.relationships if found.name not in names]
    return replace(
        fact,
        fields=(*fact.fields, *(found for found in fields if found)),
        relationships=(*fact.relationships, *(found for found in relationships if found)),
        current=False,
    )


A = TypeVar("A", FieldFact, RelationshipFact)


def _relocated(text: str, span: Span, fact: A) -> A | None:
    """Find where an attribute is declared in a statement now; None when it is gone."""
    match = re.compile(rf"^[ \t]+({re.escape(fact.name)})\s*:", re.MULTILINE).search(text, span.start, span.end)
    return replace(fact, name_span=Span(match.start(1), match.end(1))) if match else None


def _parts(text: str) -> tuple[list[tuple[Span, StatementFacts]], list[Span]]:
    """Read each statement; fall back to the whole text when the split was wrong but Python can parse it."""
    parts: list[tuple[Span, StatementFacts]] = []
    stale: list[Span] = []
    for span in statements(text):
        facts = read_statement(text[span.start : span.end])
        if facts is None:
            stale.append(span)
        else:
            parts.append((span, facts))
    if stale and (whole := read_statement(text)) is not None:
        return [(Span(0, len(text)), whole)], []
    return parts, stale


def _ignored(document: Document) -> dict[int, frozenset[str]]:
    """Find the lines (from 0) that ask for silence, and the codes of which they ask it."""
    if "fx:" not in document.text:
        return {}
    found: dict[int, frozenset[str]] = {}
    for token in tokenize(document.text):
        match = _IGNORE.match(token.text) if token.kind == "comment" else None
        if match:
            found[document.position(token.span.start)[0]] = frozenset(code.strip() for code in match[1].split(","))
    return found


# A statement's spans count from its start, so that its facts are read once however often it moves.
# These put them in place.

E = TypeVar("E", bound=Expression)


def shift_class(fact: ClassFact, by: int) -> ClassFact:
    """Move a class's facts to where its statement stands in the file."""
    if not by:
        return fact
    return replace(
        fact,
        name_span=fact.name_span.shift(by),
        bases=tuple(_shift(base, by) for base in fact.bases),
        keywords=_shift_arguments(fact.keywords, by),
        fields=tuple(_shift_field(found, by) for found in fact.fields),
        relationships=tuple(_shift_relationship(found, by) for found in fact.relationships),
        assignments=tuple(
            Assignment(found.name, found.name_span.shift(by), _shift(found.value, by)) for found in fact.assignments
        ),
        span=fact.span.shift(by),
    )


def _shift_field(fact: FieldFact, by: int) -> FieldFact:
    return replace(
        fact,
        name_span=fact.name_span.shift(by),
        annotation_span=fact.annotation_span.shift(by),
        value=_shift(fact.value, by) if fact.value else None,
        span=fact.span.shift(by),
    )


def _shift_relationship(fact: RelationshipFact, by: int) -> RelationshipFact:
    return replace(fact, name_span=fact.name_span.shift(by), call=_shift(fact.call, by), span=fact.span.shift(by))


def _shift_function(fact: FunctionFact, by: int) -> FunctionFact:
    if not by:
        return fact
    return replace(
        fact,
        parameters=tuple(_shift_binding(found, by) for found in fact.parameters),
        bindings=tuple(_shift_binding(found, by) for found in fact.bindings),
        chains=tuple(Chain(_shift(found.call, by), found.fate) for found in fact.chains),
        span=fact.span.shift(by),
    )


def _shift_binding(fact: Binding, by: int) -> Binding:
    return replace(fact, value=_shift(fact.value, by) if fact.value else None, offset=fact.offset + by)


def _shift_arguments(arguments: tuple[Argument, ...], by: int) -> tuple[Argument, ...]:
    return tuple(Argument(found.keyword, _shift(found.value, by)) for found in arguments)


def _shift(expression: E, by: int) -> E:
    """Move an expression and all that it is made of."""
    span = expression.span.shift(by)
    match expression:
        case Text():
            pieces = tuple((at, source + by) for at, source in expression.pieces)
            return replace(expression, span=span, pieces=pieces)
        case Attribute():
            return replace(expression, span=span, value=_shift(expression.value, by))
        case Subscript():
            value, index = _shift(expression.value, by), _shift(expression.index, by)
            return replace(expression, span=span, value=value, index=index)
        case Call():
            arguments = _shift_arguments(expression.arguments, by)
            return replace(expression, span=span, function=_shift(expression.function, by), arguments=arguments)
        case Items():
            return replace(expression, span=span, items=tuple(_shift(item, by) for item in expression.items))
        case Entries():
            entries = tuple((_shift(key, by), _shift(value, by)) for key, value in expression.entries)
            return replace(expression, span=span, entries=entries)
        case _:
            return replace(expression, span=span)
