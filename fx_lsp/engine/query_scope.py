"""Which tables and select aliases a query has, as far as its calls say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from fx_lsp.engine.expressions import Call, Text
from fx_lsp.engine.queries import Query
from fx_lsp.engine.relations import target_of
from fx_lsp.engine.snapshot import Entity, Field, Relationship, Snapshot
from fx_lsp.engine.strings import RoleString, hides_strings, strings_of
from fx_lsp.engine.vocabulary import BUILDER, JOINS, Role
from fx_orm.sql import Entry, Scope, read_select_item, read_table

_HIDES_TABLES = frozenset({"with_cte", "when", "union", "union_all", "intersect", "except_"})
_SELECTS = frozenset({"select", "add_select"})


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
    tables = _Tables(snapshot, query)
    for call in query.calls:
        if call.method == "from_table":
            tables.add_root(call)
    for call in query.calls:
        if call.method in JOINS:
            tables.add_join(call)
    selects = [call for call in query.calls if call.method in _SELECTS]
    hidden = query.open or any(hides_strings(call, BUILDER, Role.SELECT) for call in selects)
    hides_tables = any(call.method in _HIDES_TABLES for call in query.calls)
    return QueryScope(
        Scope(tables.entries),
        tables.closed and not query.open and not hides_tables,
        frozenset(alias for call in selects for alias in _select_aliases(call)),
        hidden,
        tables.relationships,
    )


class _Tables:
    """Collects the tables of a query as the runtime does: each under its alias, a relationship under its own name."""

    def __init__(self, snapshot: Snapshot, query: Query) -> None:
        self.snapshot = snapshot
        self.entity = query.builder.entity
        self.closed = query.builder.bound is not None
        self.entries: list[Entry] = []
        self.relationships: dict[int, tuple[Entity, Relationship]] = {}
        if self.entity is not None:
            table = self.entity.table or self.entity.name
            self.entries.append(Entry(table, table, names_of(self.entity), root=True))

    def add_root(self, call: Call) -> None:
        """Take `from_table`; a builder that is bound to an entity gets only an alias by it."""
        found = self._named(call)
        if found is None:
            self.closed = False
        elif self.entity is None:
            name, table, _ = found
            self.entries.insert(0, Entry(name, table, columns_of(self.snapshot, table)))
        else:
            self.entries[0] = replace(self.entries[0], name=found[0])

    def add_join(self, call: Call) -> None:
        """Take a join: with a condition it names a table, without one a relationship of a table that is there."""
        found = self._named(call)
        if found is None:
            self.closed = False
            return
        name, table, string = found
        if len(call.positional()) == 1 and call.method != "cross_join":
            self._add_relationship(name, table, string)
        else:
            self.entries.append(Entry(name, table, columns_of(self.snapshot, table)))

    def _add_relationship(self, name: str, text: str, string: RoleString) -> None:
        owner_name, _, key = text.rpartition(".")
        entry = Scope(self.entries).entry(owner_name) if owner_name else next(iter(self.entries), None)
        owner = self.snapshot.entity_of_table(entry.table) if entry else None
        relationship = owner.relationships.get(key) if owner else None
        target = target_of(self.snapshot, relationship) if relationship else None
        if owner is None or relationship is None or target is None or target.table is None:
            self.closed = False
            return
        self.relationships[string.text.span.start] = owner, relationship
        self.entries.append(Entry(key if name == text else name, target.table, names_of(target)))

    def _named(self, call: Call) -> tuple[str, str, RoleString] | None:
        """Read what a call names: (name in the query, table, string); None when that is no plain string."""
        strings = [string for string in strings_of(call, BUILDER) if string.role is Role.TABLE]
        alias = call.keyword("alias")
        if len(strings) != 1 or call.unpacks or (alias is not None and not isinstance(alias, Text)):
            return None
        reference = read_table(strings[0].text.value)
        if not reference.table.text:
            return None
        name = alias.value if isinstance(alias, Text) else reference.name
        return name, reference.table.text, strings[0]


def columns_of(snapshot: Snapshot, table: str) -> Mapping[str, Field | None] | None:
    """List the columns of a table; None when they are not all known."""
    entity = snapshot.entity_of_table(table)
    if entity is not None:
        return names_of(entity)
    # A table that migrations alone make.
    migrations = snapshot.migrations
    known = table.casefold() not in snapshot.other_tables and not snapshot.has_several_entities(table)
    found = migrations.built.schema.table(table) if migrations and migrations.certain and known else None
    return dict.fromkeys((column.name for column in found.columns), None) if found else None


def names_of(entity: Entity) -> Mapping[str, Field] | None:
    """List what the columns of an entity's table are called: as fields, and as columns where that is free."""
    if not entity.complete or any(field.column is None for field in entity.fields.values()):
        return None
    return {**entity.columns, **entity.fields} if entity.columns.keys() != entity.fields.keys() else entity.fields


def _select_aliases(call: Call) -> Iterator[str]:
    """List the names that a select list gives: `... AS name`, and the keywords of sub-queries."""
    for string in strings_of(call, BUILDER):
        alias = read_select_item(string.text.value).alias
        if alias is not None and alias.text:
            yield alias.text
    yield from (argument.keyword for argument in call.arguments if argument.keyword and argument.keyword.isidentifier())
