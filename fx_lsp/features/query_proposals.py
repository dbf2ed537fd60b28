"""Proposals in the strings of queries and repository calls: columns, aliases, tables, join conditions, operators.

Names are read by `fx_orm.sql`, tables come from the query's scope: also from calls that stand after the cursor.
"""

from collections.abc import Iterator

from fx_lsp.engine.cursor import Cursor
from fx_lsp.engine.expressions import Text
from fx_lsp.engine.facts import Facts
from fx_lsp.engine.meanings import RepositoryOf
from fx_lsp.engine.queries import Query, query_at
from fx_lsp.engine.query_scope import QueryScope, scope_of
from fx_lsp.engine.snapshot import Entity, Field, Snapshot
from fx_lsp.engine.strings import role_of, strings_of
from fx_lsp.engine.text import Document, Edit, Span
from fx_lsp.engine.vocabulary import BUILDER, JOINS, REPOSITORY, Role
from fx_lsp.features.proposal import Completion, Kind, describe, word_edit
from fx_orm.sql import DIRECTIONS, OPERATORS, Entry, columns, read_table

_LISTS = frozenset({Role.COLUMNS, Role.ORDER, Role.SELECT})
_DICTS = frozenset({Role.CRITERIA, Role.DATA, Role.ORDER})
_AFTER_SELECT = frozenset({"order_by", "having", "or_having", "group_by", "value", "pluck"})


def propose_names(snapshot: Snapshot, document: Document, cursor: Cursor, offset: int) -> list[Completion]:
    """Propose what the string under the cursor can name."""
    facts = snapshot.facts.get(document.path) or Facts(document.path)
    found = query_at(snapshot, facts, cursor.function, cursor.chain)
    edit = word_edit(document, offset)
    if isinstance(found, RepositoryOf):
        role = role_of(cursor.call, REPOSITORY, cursor.position, cursor.keyword)
        if role is None or not _fits(role, cursor) or (role is Role.CRITERIA and not cursor.key):
            return []
        return list(_members(found.entity, edit, data=role is Role.DATA))
    role = role_of(cursor.call, BUILDER, cursor.position, cursor.keyword)
    if found is None or role is None or not _fits(role, cursor):
        return []
    if role is Role.TABLE:
        return list(_tables(snapshot, found, cursor, edit))
    if role is Role.OPERATOR or role is Role.DIRECTION:
        return list(_words(role, cursor))
    scope = scope_of(snapshot, found)
    proposals = list(_conditions(snapshot, scope, cursor)) if role is Role.CONDITION else []
    return proposals + list(_columns(snapshot, scope, cursor, edit))


def _fits(role: Role, cursor: Cursor) -> bool:
    """Whether a string of this role can stand where the cursor is: in the call itself, a list, or as a dict's key."""
    if cursor.bracket == "{":
        return cursor.key and role in _DICTS
    if cursor.bracket == "[":
        return role in _LISTS
    return role is not Role.DATA


def _members(entity: Entity, edit: Span, *, data: bool) -> Iterator[Completion]:
    for name, field in entity.fields.items():
        yield Completion(name, Kind.COLUMN, describe(entity, field), Edit(edit, name))
    if data:
        for name, relationship in entity.relationships.items():
            detail = f"{entity.name}.{name}: {relationship.fact.annotation}"
            yield Completion(name, Kind.RELATIONSHIP, detail, Edit(edit, name), rank=1)


def _tables(snapshot: Snapshot, query: Query, cursor: Cursor, edit: Span) -> Iterator[Completion]:
    """Propose tables; nothing where an alias is being typed."""
    reference = read_table(cursor.before)
    if reference.alias is not None or cursor.before != cursor.before.rstrip():
        return
    entity = query.builder.entity
    if cursor.call.method in JOINS and entity is not None:
        for name, relationship in entity.relationships.items():
            detail = f"{entity.name}.{name}: {relationship.fact.annotation}"
            yield Completion(name, Kind.RELATIONSHIP, detail, Edit(edit, name), rank=1)
    for table in snapshot.table_names:
        found = snapshot.entity_of_table(table)
        detail = f"table of {found.name}" if found else "table"
        yield Completion(table, Kind.TABLE, detail, Edit(edit, table))


def _words(role: Role, cursor: Cursor) -> Iterator[Completion]:
    whole = cursor.string.place(0, len(cursor.string.value))
    if whole is None:
        return
    words = OPERATORS.items() if role is Role.OPERATOR else ((word, "direction") for word in DIRECTIONS)
    for word, meaning in words:
        yield Completion(word, Kind.VALUE, meaning, Edit(whole, word))


def _columns(snapshot: Snapshot, scope: QueryScope, cursor: Cursor, edit: Span) -> Iterator[Completion]:
    """Propose the columns of the table that qualifies the name, else of all, and the tables' names."""
    qualifier = _qualifier(cursor.before)
    entries = scope.scope.entries
    if qualifier is not None:
        entry = scope.scope.entry(qualifier)
        yield from _columns_of(snapshot, entry, edit, "", 0) if entry else ()
        return
    if cursor.call.method in _AFTER_SELECT:
        for alias in sorted(scope.aliases):
            yield Completion(alias, Kind.ALIAS, "from the select list", Edit(edit, alias))
    plain = [entry for entry in entries if entry.root or len(entries) == 1]
    for entry in plain:
        yield from _columns_of(snapshot, entry, edit, "", 1)
    for entry in entries:
        if not entry.root:
            yield Completion(entry.name, Kind.ALIAS, f'table "{entry.table}"', Edit(edit, entry.name), rank=2)
    for entry in entries:
        if entry not in plain:
            yield from _columns_of(snapshot, entry, edit, f"{entry.name}.", 3)


def _columns_of(snapshot: Snapshot, entry: Entry, edit: Span, prefix: str, rank: int) -> Iterator[Completion]:
    entity = snapshot.entity_of_table(entry.table)
    for name, field in (entry.columns or {}).items():
        detail = describe(entity, field) if entity and isinstance(field, Field) else f'column of "{entry.table}"'
        yield Completion(f"{prefix}{name}", Kind.COLUMN, detail, Edit(edit, f"{prefix}{name}"), rank)


def _qualifier(before: str) -> str | None:
    """Find what qualifies the name that is being typed at the end of a string."""
    found = columns(before)
    if not found or found[-1].span.end != len(before):
        return None
    qualifier = found[-1].qualifier
    return qualifier.text if qualifier else None


def _conditions(snapshot: Snapshot, scope: QueryScope, cursor: Cursor) -> Iterator[Completion]:
    """Propose the whole condition of a join, from a foreign key between its table and one that is there already."""
    whole = cursor.string.place(0, len(cursor.string.value))
    joined = next((string for string in strings_of(cursor.call, BUILDER) if string.role is Role.TABLE), None)
    if whole is None or joined is None:
        return
    new = scope.scope.entry(read_table(joined.text.value).name)
    for other in scope.scope.entries:
        if new is None or other is new:
            continue
        for condition in (*_keys(snapshot, other, new), *_keys(snapshot, new, other)):
            yield Completion(condition, Kind.VALUE, "foreign key", Edit(whole, condition))


def _keys(snapshot: Snapshot, holder: Entry, referred: Entry) -> Iterator[str]:
    entity = snapshot.entity_of_table(holder.table)
    for column, field in (entity.columns if entity else {}).items():
        key = field.argument("foreign_key")
        if isinstance(key, Text):
            table, _, referred_column = key.value.partition(".")
            if table == referred.table and referred_column:
                yield f"{holder.name}.{column} = {referred.name}.{referred_column}"
