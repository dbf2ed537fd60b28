"""Tolerant reading of query strings: the names that are there, each with its place.

Every text gives a result, a half-typed one what it has so far; nothing raises. What does not belong is told in
`problem`, which the runtime raises and an editor may show. Whether a name exists is asked of a `Scope`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fx_orm.sql.tokens import Span, Token, TokenKind, tokenize


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it means (without quotes) and where it stands; empty where one is still to be typed."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class TableReference:
    """What stands where a table is named: `product`, `product p`, `product AS p`, `shop.product p`."""

    table: Name
    alias: Name | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        """What its columns are qualified with: the alias if there is one."""
        return self.alias.text if self.alias else self.table.text


@dataclass(frozen=True, slots=True)
class ColumnReference:
    """What stands where a column is named: `price`, `p.price`, `p.` (an empty column), `p.*` (the column `*`)."""

    qualifier: Name | None
    column: Name
    problem: str | None = None

    @property
    def span(self) -> Span:
        """The whole reference."""
        return Span((self.qualifier or self.column).span.start, self.column.span.end)

    def __str__(self) -> str:
        return f"{self.qualifier.text}.{self.column.text}" if self.qualifier else self.column.text


@dataclass(frozen=True, slots=True)
class SelectItem:
    """What stands in `select`: an expression, its columns, and what it is called."""

    columns: tuple[ColumnReference, ...]
    expression: Name
    alias: Name | None = None
    distinct: bool = False
    problem: str | None = None

    @property
    def column(self) -> ColumnReference | None:
        """The column that the whole expression is, or None when it is more than one column's name."""
        if len(self.columns) == 1 and self.columns[0].span == self.expression.span:
            return self.columns[0]
        return None


@dataclass(frozen=True, slots=True)
class Condition:
    """What stands in a join or in raw SQL: an expression of which the columns are known."""

    columns: tuple[ColumnReference, ...]
    problem: str | None = None


def read_table(text: str) -> TableReference:
    """Read a table and its alias.

    Example:
        >>> read_table("products p").alias
        Name(text='p', span=Span(start=9, end=10))
    """
    tokens = tokenize(text)
    parts, rest = _dotted(tokens)
    if not parts:
        return TableReference(Name("", Span(len(text), len(text))), problem=_unexpected(rest) or "a table is missing")
    table = Name(".".join(part.text for part in parts), Span(parts[0].start, parts[-1].end))
    if tokens[len(tokens) - len(rest) - 1].is_mark("."):
        return TableReference(table, problem=f'a name is missing after "{table.text}."')
    said_as = bool(rest) and rest[0].is_word("AS")
    if said_as:
        rest = rest[1:]
    if not rest:
        alias = Name("", Span(len(text), len(text))) if said_as else None
        return TableReference(table, alias, "an alias is missing after AS" if said_as else None)
    if rest[0].kind is not TokenKind.NAME or not rest[0].text:
        return TableReference(table, problem=_unexpected(rest))
    alias = Name(rest[0].text, rest[0].span)
    problem = _unclosed(tokens) or _unexpected(rest[1:]) or name_problem(alias.text)
    return TableReference(table, alias, problem)


def read_column(text: str) -> ColumnReference:
    """Read the name of a column, qualified or not; `p.*` is read too, whether it may stand there is the caller's word.

    Example:
        >>> str(read_column(" p.price "))
        'p.price'
    """
    tokens = tokenize(text)
    parts, rest = _dotted(tokens)
    here = Span(len(text), len(text))
    if rest and rest[0].is_mark("*") and (not parts or tokens[len(parts) * 2 - 1].is_mark(".")):
        star = Name("*", rest[0].span)
        return ColumnReference(_joined(parts) if parts else None, star, _unexpected(rest[1:]))
    if not parts:
        return ColumnReference(None, Name("", here), _unexpected(rest) or "a column is missing")
    if len(tokens) - len(rest) == len(parts) * 2:  # the last one read is a dot
        missing = Span(tokens[len(parts) * 2 - 1].end, tokens[len(parts) * 2 - 1].end)
        after_dot = _unexpected(rest) or f'a column is missing after "{_joined(parts).text}."'
        return ColumnReference(_joined(parts), Name("", missing), after_dot)
    problem = _unclosed(tokens) or _unexpected(rest)
    return ColumnReference(_joined(parts[:-1]) if parts[1:] else None, Name(parts[-1].text, parts[-1].span), problem)


def read_condition(text: str) -> Condition:
    """Read the columns of a condition such as `p.category_id = c.id`."""
    tokens = tokenize(text)
    return Condition(tuple(_columns(tokens)), _forbidden(tokens))


def read_select_item(text: str) -> SelectItem:
    """Read an item of a select list: `p.*`, `c.name as category_name`, `COUNT(*) as n`, `DISTINCT p.*`."""
    tokens = tokenize(text)
    problem = _forbidden(tokens)
    distinct = bool(tokens) and tokens[0].is_word("DISTINCT")
    inner = tokens[1:] if distinct else tokens
    body, alias = _alias(inner, len(text))
    if any(token.is_mark(",") and depth == 0 for token, depth in _with_depth(body)):
        problem = problem or "one item a string: write the others as items of their own"
    start = body[0].start if body else len(text)
    end = body[-1].end if body else len(text)
    if not body:
        problem = problem or "a column or an expression is missing"
    elif alias:
        problem = problem or ("a name is missing after AS" if not alias.text else name_problem(alias.text))
    expression = Name(text[start:end], Span(start, end))
    found = tuple(_columns(body))
    if len(body) == 1 and body[0].is_mark("*"):
        found = (ColumnReference(None, Name("*", body[0].span)),)
    return SelectItem(found, expression, alias, distinct, problem)


def name_problem(name: str) -> str | None:
    """Say why a text cannot be a name of the query's own: an alias, or that of a common table expression."""
    if not name.isidentifier():
        return "an alias is one name of letters, digits and _"
    length = len(name.encode())
    return None if length <= _MOST_BYTES else f"an alias has at most {_MOST_BYTES} bytes, not {length}"


def columns(text: str) -> tuple[ColumnReference, ...]:
    """Find the columns that any expression string speaks of, in the order of their places."""
    return tuple(_columns(tokenize(text)))


def names(text: str) -> list[Name]:
    """Find the names of tables, aliases and columns in any expression string; functions and SQL's words are none.

    Example:
        >>> [name.text for name in names("COUNT(p.id) > total")]
        ['p', 'id', 'total']
    """
    found: list[Name] = []
    for reference in columns(text):
        found += [reference.qualifier, reference.column] if reference.qualifier else [reference.column]
    return [name for name in found if name.text and name.text != "*"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that are no columns where they stand alone. After a dot each of them is one.
KEYWORDS = _words(
    """
    ALL AND AS ASC BETWEEN BY CASE CAST COLLATE CROSS DESC DISTINCT ELSE END ESCAPE EXCEPT EXISTS FALSE FILTER
    FOLLOWING FROM FULL GROUP HAVING ILIKE IN INNER INTERSECT INTERVAL INTO IS ISNULL JOIN LEFT LIKE LIMIT NOT
    NOTNULL NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PRECEDING RANGE RIGHT ROWS SELECT SOME THEN
    TRUE UNBOUNDED UNION USING VALUES WHEN WHERE WINDOW WITH CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP
    LOCALTIME LOCALTIMESTAMP
    """
)
_STATEMENTS = (
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "DROP",
    "ALTER",
    "CREATE",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "FROM",
)
_MOST_BYTES = 58  # PostgreSQL cuts a name off after 63, and a link table's has `_link` behind that of its target
_MOST_PARTS = 3  # schema.table.column


def _columns(tokens: Sequence[Token]) -> Iterator[ColumnReference]:
    """Walk over the names that are columns: not functions, types, units of time and SQL's words."""
    at = 0
    while at < len(tokens):
        parts, rest = _dotted(tokens[at:])
        read = len(tokens) - at - len(rest)
        if not parts:
            at += 1
            continue
        following = rest[0] if rest else None
        ends_in_dot = tokens[at + read - 1].is_mark(".")
        before = tokens[at - 1] if at else None
        if ends_in_dot:
            dot = tokens[at + read - 1].end
            star = following is not None and following.is_mark("*") and following.start == dot
            column = Name("*", following.span) if star and following else Name("", Span(dot, dot))
            yield ColumnReference(_joined(parts), column)
            at += read + star
            continue
        is_function = following is not None and following.is_mark("(") and len(parts) == 1
        is_word = len(parts) == 1 and not parts[0].quoted and parts[0].text.upper() in KEYWORDS
        if not is_function and not is_word and not _is_type_or_unit(tokens, at, before, following):
            qualifier = _joined(parts[:-1]) if parts[1:] else None
            yield ColumnReference(qualifier, Name(parts[-1].text, parts[-1].span))
        at += read


def _is_type_or_unit(tokens: Sequence[Token], at: int, before: Token | None, following: Token | None) -> bool:
    """`CAST(x AS integer)`, `EXTRACT(year FROM x)`, `INTERVAL '1' day`, `a AS b` name no column after their word."""
    if before is None:
        return False
    if before.is_word("AS", "COLLATE"):
        return True
    if following is not None and following.is_word("FROM") and before.is_mark("("):
        return True
    return before.kind in (TokenKind.STRING, TokenKind.NUMBER) and at > 1 and tokens[at - 2].is_word("INTERVAL")


def _dotted(tokens: Sequence[Token]) -> tuple[list[Token], Sequence[Token]]:
    """Split off `a`, `a.b`, `a.b.c` or `a.` at the beginning: the names, and what follows the last name or dot."""
    parts: list[Token] = []
    at = 0
    while at < len(tokens) and tokens[at].kind is TokenKind.NAME and len(parts) < _MOST_PARTS:
        parts.append(tokens[at])
        at += 1
        if at >= len(tokens) or not tokens[at].is_mark("."):
            break
        at += 1
    return parts, tokens[at:]


def _joined(parts: Sequence[Token]) -> Name:
    return Name(".".join(part.text for part in parts), Span(parts[0].start, parts[-1].end))


def _alias(tokens: Sequence[Token], end: int) -> tuple[Sequence[Token], Name | None]:
    """Split `expression AS alias` and `expression alias` at the end of a select item."""
    for at, (token, depth) in enumerate(_with_depth(tokens)):
        if depth == 0 and token.is_word("AS"):
            rest = tokens[at + 1 :]
            if not rest:
                return tokens[:at], Name("", Span(end, end))
            is_name = len(rest) == 1 and rest[0].kind is TokenKind.NAME
            written = rest[0].text if is_name else " ".join(_shown(token) for token in rest)
            return tokens[:at], Name(written, Span(rest[0].start, rest[-1].end))
    if len(tokens) > 1 and tokens[-1].kind is TokenKind.NAME and _ends_operand(tokens[:-1]):
        is_word = not tokens[-1].quoted and tokens[-1].text.upper() in KEYWORDS
        if not is_word:
            return tokens[:-1], Name(tokens[-1].text, tokens[-1].span)
    return tokens, None


def _ends_operand(tokens: Sequence[Token]) -> bool:
    token = tokens[-1]
    if token.is_mark("*"):  # all columns, and no multiplication
        return len(tokens) == 1 or tokens[-2].is_mark(".")
    if token.kind is TokenKind.NAME:
        return token.quoted or token.text.upper() not in KEYWORDS or token.is_word("END", "NULL", "TRUE", "FALSE")
    return token.kind in (TokenKind.STRING, TokenKind.NUMBER) or token.is_mark(")")


def _with_depth(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    """Each token with the number of parentheses around it."""
    depth = 0
    for token in tokens:
        if token.is_mark(")"):
            depth -= 1
        yield token, depth
        if token.is_mark("("):
            depth += 1


def _forbidden(tokens: Sequence[Token]) -> str | None:
    """What no expression string may hold: comments, statements, characters that SQL does not know."""
    for at, token in enumerate(tokens):
        if token.kind is TokenKind.COMMENT:
            return "a comment cannot stand here"
        if token.kind is TokenKind.UNKNOWN:
            return _unexpected([token])
        after_dot = at > 0 and tokens[at - 1].is_mark(".")
        in_extract = token.is_word("FROM") and at > 1 and tokens[at - 2].is_mark("(")
        if token.is_word(*_STATEMENTS) and not after_dot and not in_extract:
            called = at + 1 < len(tokens) and tokens[at + 1].is_mark("(", ".")
            if token.is_word("SELECT", "FROM", "UNION", "INTERSECT", "EXCEPT") or (
                at == 0 and not called and tokens[1:]
            ):
                return f"{token.text.upper()} cannot stand in a string; pass another builder for a sub-query"
    return _unclosed(tokens)


def _unclosed(tokens: Sequence[Token]) -> str | None:
    for token in tokens:
        if not token.closed:
            return f"a quote is not closed at position {token.start + 1}"
        if token.quoted and token.kind is TokenKind.NAME and not token.text:
            return f"an empty name at position {token.start + 1}"
    return None


def _unexpected(rest: Sequence[Token]) -> str | None:
    if not rest:
        return None
    return f"{_shown(rest[0])} cannot stand at position {rest[0].start + 1}"


def _shown(token: Token) -> str:
    return f"'{token.text}'" if token.kind is TokenKind.STRING else repr(token.text).replace("'", '"')
