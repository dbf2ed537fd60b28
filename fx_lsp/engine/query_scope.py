"""Which tables and select aliases a query has, as far as its calls say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fx_lsp.engine.expressions import Call
from fx_lsp.engine.queries import Query
from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.strings import RoleString, hides_strings, strings_of
from fx_lsp.engine.vocabulary import BUILDER, JOINS, Role
from fx_orm.sql import Entry, Scope, read_select_item, read_table

_HIDES_TABLES = frozenset({"with_cte", "when", "union", "union_all", "intersect", "except_"})


@dataclass(frozen=True, slots=True)
class QueryScope:
    """The scope of a query.

    `closed`: no table can be missing. `aliases` are the names that `select` gives; `hidden_aliases`: there may be
    others. `relationships` are the joins by relationship, by the place of their string.
    """

    scope: Scope
    closed: bool
    aliases: frozenset[str] = frozenset()
    hidden_aliases: bool = False
    relationships: Mapping[int, tuple[Entity, Relationship]] = field(
        default_factory=dict[int, tuple[Entity, Relationship]]
    )


def scope_of(snapshot: Snapshot, query: Query) -> QueryScope:
    """Gather the tables and aliases of a query from its calls."""
    builder = query.builder
    entries: list[Entry] = []
    relationships: dict[int, tuple[Entity, Relationship]] = {}
    closed = not query.open and builder.bound is not None
    if builder.entity is not None:
        entries.append(_root(builder.entity))
    aliases: set[str] = set()
    hidden_aliases = query.open
    for call in query.calls:
        if call.method in _HIDES_TABLES or _hides_table(call):
            closed = False
        hidden_aliases = hidden_aliases or (call.method in _SELECTS and hides_strings(call, BUILDER, Role.SELECT))
        for string in strings_of(call, BUILDER):
            if string.role is Role.SELECT:
                alias = read_select_item(string.text.value).alias
                aliases.update([alias.text] if alias else [])
            elif string.role is Role.TABLE:
                joined = _relationship(query, string)
                if joined is not None:
                    relationships[string.text.span.start] = joined
                    closed = False  # what the joined table is called is the runtime's choice
                else:
                    entries.extend(_entry(snapshot, string))
    return QueryScope(Scope(entries), closed, frozenset(aliases), hidden_aliases, relationships)


_SELECTS = frozenset({"select", "add_select"})


def columns_of(snapshot: Snapshot, table: str) -> Mapping[str, Field | None] | None:
    """List the columns of a table; None when they are not all known."""
    entity = snapshot.entity_of_table(table)
    if entity is not None:
        return entity.columns if entity.complete and None not in {f.column for f in entity.fields.values()} else None
    # A table that migrations alone make.
    migrations = snapshot.migrations
    known = table.casefold() not in snapshot.other_tables and not snapshot.has_several_entities(table)
    found = migrations.built.schema.table(table) if migrations and migrations.certain and known else None
    return dict.fromkeys((column.name for column in found.columns), None) if found else None


def _root(entity: Entity) -> Entry:
    table = entity.table or entity.name
    return Entry(table, table, entity.fields if entity.complete else None, root=True)


def _entry(snapshot: Snapshot, string: RoleString) -> Iterator[Entry]:
    reference = read_table(string.text.value)
    if reference.table.text:
        yield Entry(reference.name, reference.table.text, columns_of(snapshot, reference.table.text))


def _relationship(query: Query, string: RoleString) -> tuple[Entity, Relationship] | None:
    """`join("category")`: the relationship of that name, where the builder is bound to an entity that has one."""
    entity = query.builder.entity
    alone = string.call.method in JOINS and len(string.call.arguments) == 1
    relationship = entity.relationships.get(string.text.value) if entity and alone else None
    return (entity, relationship) if entity and relationship else None


def _hides_table(call: Call) -> bool:
    """Whether a call may bring a table that cannot be seen."""
    return (call.method == "from_table" or call.method in JOINS) and (
        call.unpacks or not any(string.role is Role.TABLE for string in strings_of(call, BUILDER))
    )
