"""The names in the strings of queries and repository calls, and what they mean.

`fx_orm.sql` reads the strings and resolves the names, as it does at run time. What is added here is certainty: a name
that means nothing is only told when no table can be missing from what was read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fx_lsp.engine.expressions import Call, Text
from fx_lsp.engine.queries import Query, RepositoryCall
from fx_lsp.engine.query_scope import QueryScope, scope_of
from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.strings import RoleString, strings_of
from fx_lsp.engine.text import Span
from fx_lsp.engine.vocabulary import BUILDER, JOINS, REPOSITORY, Role
from fx_orm.errors.nearest import did_you_mean, nearest
from fx_orm.sql import (
    ColumnReference,
    Found,
    Name,
    Unknown,
    explain,
    read_column,
    read_condition,
    read_select_item,
    read_table,
)

_AFTER_SELECT = frozenset({"order_by", "having", "or_having", "group_by", "value", "pluck"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a name is wrong: the message, what to write instead, and which kind of name it is."""

    kind: str
    message: str
    instead: str | None


@dataclass(frozen=True, slots=True)
class NameReference:
    """A name in a string. `entity` and `member` are what it means, `wrong` why it certainly means nothing."""

    span: Span
    exact: bool
    entity: Entity | None = None
    member: Field | Relationship | None = None
    wrong: Wrong | None = None


def query_references(snapshot: Snapshot, query: Query) -> Iterator[NameReference]:
    """Find the names in the strings of a query."""
    scope = scope_of(snapshot, query)
    for call in query.calls:
        for string in strings_of(call, BUILDER):
            if string.role is Role.TABLE:
                yield from _table(snapshot, scope, string)
            else:
                yield from _columns(snapshot, scope, string, after_select=call.method in _AFTER_SELECT)


def repository_references(found: RepositoryCall) -> Iterator[NameReference]:
    """Find the names in the strings of a repository call: fields of its entity, and what data may set besides."""
    entity = found.entity
    for string in strings_of(found.call, REPOSITORY):
        reference = read_column(string.text.value.removeprefix("-") if string.role is Role.ORDER else string.text.value)
        if reference.qualifier is not None or reference.problem is not None:
            continue
        shift = len(string.text.value) - len(string.text.value.removeprefix("-")) if string.role is Role.ORDER else 0
        name = reference.column
        members: Mapping[str, Field | Relationship] = dict(entity.fields)
        if string.role is Role.DATA:
            members = {**entity.relationships, **entity.fields}
        span, exact = _place(string.text, name, shift)
        if name.text in members:
            yield NameReference(span, exact, entity, members[name.text])
        elif entity.complete:
            where = f'Repository.{found.call.method}("{name.text}")'
            message = f'{where}: {entity.name} has no field "{name.text}"{did_you_mean(name.text, members)}'
            yield NameReference(span, exact, wrong=Wrong("column", message, nearest(name.text, members)))


def _table(snapshot: Snapshot, scope: QueryScope, string: RoleString) -> Iterator[NameReference]:
    table = read_table(string.text.value)
    span, exact = _place(string.text, table.table)
    joined = scope.relationships.get(string.text.span.start)
    if joined is not None:
        yield NameReference(span, exact, *joined)
        return
    entity = snapshot.entity_of_table(table.table.text)
    if entity is not None:
        yield NameReference(span, exact, entity)
        return
    may_be_relationship = string.call.method in JOINS and len(string.call.positional()) == 1
    if table.problem is None and not may_be_relationship and snapshot.is_unknown_table(table.table.text):
        tables = snapshot.table_names
        where = f'{_title(string.call)}("{string.text.value}")'
        message = f'{where}: there is no table "{table.table.text}"{did_you_mean(table.table.text, tables)}'
        yield NameReference(span, exact, wrong=Wrong("table", message, nearest(table.table.text, tables)))


def _columns(
    snapshot: Snapshot, scope: QueryScope, string: RoleString, *, after_select: bool
) -> Iterator[NameReference]:
    for reference, shift in _read(string):
        name = reference.column
        if not name.text or name.text == "*":
            if reference.qualifier is not None:
                yield from _qualifier(snapshot, scope, string, reference, shift)
            continue
        if after_select and reference.qualifier is None and (name.text in scope.aliases or scope.hidden_aliases):
            continue
        span, exact = _place(string.text, name, shift)
        resolution = scope.scope.resolve(reference.qualifier.text if reference.qualifier else None, name.text)
        if isinstance(resolution, Found):
            field = resolution.value if isinstance(resolution.value, Field) else None
            entity = snapshot.entity_of_table(resolution.entry.table)
            if field is not None and entity is not None:
                yield NameReference(span, exact, entity, field)
            if reference.qualifier is not None:
                yield from _qualifier(snapshot, scope, string, reference, shift)
        elif isinstance(resolution, Unknown):
            if resolution.kind == "table":
                yield from _qualifier(snapshot, scope, string, reference, shift)
            elif reference.qualifier is not None or scope.closed:
                yield _wrong(scope, string, span, exact, resolution, reference)


def _qualifier(
    snapshot: Snapshot, scope: QueryScope, string: RoleString, reference: ColumnReference, shift: int
) -> Iterator[NameReference]:
    if reference.qualifier is None:
        return
    span, exact = _place(string.text, reference.qualifier, shift)
    entry = scope.scope.entry(reference.qualifier.text)
    if entry is not None:
        entity = snapshot.entity_of_table(entry.table)
        if entity is not None:
            yield NameReference(span, exact, entity)
    elif scope.closed and scope.scope.entries:
        resolution = scope.scope.resolve(reference.qualifier.text, reference.column.text)
        if isinstance(resolution, Unknown):
            yield _wrong(scope, string, span, exact, resolution, reference)


def _wrong(
    scope: QueryScope, string: RoleString, span: Span, exact: bool, resolution: Unknown, reference: ColumnReference
) -> NameReference:
    message = f'{_title(string.call)}("{reference}"): {explain(resolution, scope.scope)}'
    return NameReference(span, exact, wrong=Wrong(resolution.kind, message, resolution.nearest))


def _read(string: RoleString) -> Iterator[tuple[ColumnReference, int]]:
    """Read the columns of a string by its role, with the offset at which they were read."""
    text = string.text.value
    match string.role:
        case Role.SELECT:
            item = read_select_item(text)
            if item.problem is None:
                yield from ((reference, 0) for reference in item.columns)
        case Role.CONDITION | Role.EXPRESSION:
            condition = read_condition(text)
            if condition.problem is None:
                yield from ((reference, 0) for reference in condition.columns)
        case Role.COLUMN | Role.COLUMNS | Role.CRITERIA:
            reference = read_column(text)
            if reference.problem is None:
                yield reference, 0
        case Role.ORDER:
            shift = len(text) - len(text.removeprefix("-"))
            reference = read_column(text[shift:])
            if reference.problem is None:
                yield reference, shift
        case _:
            return


def _place(text: Text, name: Name, shift: int = 0) -> tuple[Span, bool]:
    """Find where a name of a string stands in the source; the whole literal where that is not certain."""
    found = text.place(name.span.start + shift, name.span.end + shift)
    return (found, True) if found is not None else (text.span, False)


def _title(call: Call) -> str:
    return f"QueryBuilder.{call.method}"
