"""One project at one moment: the facts of its files, joined. Nothing in it changes once it is made.

Joining means: which class a name means in a file, which classes are entities, which fields they have by inheritance,
and which tables are known. It knows nothing of queries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from fx_lsp.engine.annotations import Annotation, read_annotation
from fx_lsp.engine.expressions import Call, Expression, Literal, Subscript, Text, dotted
from fx_lsp.engine.facts import ClassFact, Facts, FieldFact, RelationshipFact
from fx_lsp.engine.migrations import Migrations, read_migrations
from fx_lsp.engine.mixins import mixin
from fx_lsp.engine.text import Document, Span
from fx_orm.schema.naming import OURS, NamingConvention, table_name

LIBRARIES = frozenset({"fx_orm", "sqlmodel", "sqlalchemy", "pydantic", "typing", "abc", "enum"})
_PLAIN_BASES = frozenset({"SQLModel", "AbstractEntity", "BaseModel", "ABC", "Generic", "Protocol", "object"})
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class External:
    """A name that comes from outside the project."""

    module: str
    name: str | None

    @property
    def library(self) -> str:
        """The distribution's top-level module."""
        return self.module.split(".")[0]


@dataclass(frozen=True, slots=True)
class Local:
    """A class of the project."""

    path: str
    fact: ClassFact


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an entity, its own or inherited; `column` is its name in the table, None where that is computed."""

    path: str
    fact: FieldFact
    column: str | None

    @property
    def call(self) -> Call | None:
        """The `Field(...)` that is assigned, when there is one."""
        return self.fact.value if isinstance(self.fact.value, Call) else None

    def argument(self, name: str) -> Expression | None:
        """Find an argument of `Field(...)`."""
        return self.call.keyword(name) if self.call else None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of an entity; `target` is what its annotation names."""

    path: str
    fact: RelationshipFact
    target: Annotation | None


@dataclass(frozen=True, slots=True)
class Entity:
    """A table class. `complete`: all of its fields are known. `table`: None where the name is computed.

    `ours`: it derives from `AbstractEntity`, whose rules for names and indexes differ from plain SQLModel's.
    """

    path: str
    fact: ClassFact
    table: str | None
    fields: Mapping[str, Field]
    relationships: Mapping[str, Relationship]
    complete: bool
    ours: bool = True

    @property
    def name(self) -> str:
        """The class's name."""
        return self.fact.name

    @property
    def columns(self) -> dict[str, Field]:
        """The fields by the names of their columns."""
        return {found.column: found for found in self.fields.values() if found.column}

    @property
    def table_span(self) -> Span:
        """Where the table's name is said: `__tablename__`, else the class's name."""
        for found in self.fact.assignments:
            if found.name == "__tablename__":
                return found.value.span
        return self.fact.name_span


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A project at one moment.

    `modules` are all of its Python files by dotted name, read or not. `whole`: the disk was walked, all was readable.
    """

    root: str
    documents: Mapping[str, Document]
    facts: Mapping[str, Facts]
    modules: Mapping[str, str]
    migrations_folder: str | None = None
    entity_folders: tuple[str, ...] = ()
    whole: bool = True
    naming: NamingConvention = OURS

    # What names mean

    def module_path(self, module: str, level: int, path: str) -> str | None:
        """Find the file of a module as it is imported in `path`; None for what is outside the project."""
        if level:
            package = PurePosixPath(path).parents[level - 1].relative_to(self.root)
            module = ".".join((*package.parts, *([module] if module else [])))
            return self.modules.get(module)
        if module.split(".")[0] in LIBRARIES:
            return None
        return self.modules.get(module)

    def resolve_name(self, path: str, name: str, depth: int = 0) -> Local | External | None:
        """Find the class that a dotted name means in a file; None when it is something else or unknown."""
        facts = self.facts.get(path)
        if facts is None or depth > _DEEPEST:
            return None
        head, _, rest = name.partition(".")
        if not rest:
            own = [found for found in facts.classes if found.name == head]
            if own:
                return Local(path, own[0]) if len(own) == 1 else None  # two of a name, in functions or branches
        imported = facts.imports.get(head)
        if imported is None:
            return None
        if imported.name is None:
            module, _, member = f"{imported.module}.{rest}".rpartition(".") if rest else (imported.module, "", "")
            target = self.module_path(module, imported.level, path)
            return self.resolve_name(target, member, depth + 1) if target else External(module, member)
        whole = f"{imported.module}.{imported.name}" if imported.module else imported.name
        target = self.module_path(imported.module, imported.level, path)
        if target is not None:
            found = self.resolve_name(target, f"{imported.name}.{rest}" if rest else imported.name, depth + 1)
            if found is not None:
                return found
        if rest and (target := self.module_path(whole, imported.level, path)):
            return self.resolve_name(target, rest, depth + 1)
        return None if target else External(imported.module, f"{imported.name}.{rest}" if rest else imported.name)

    def entity_of(self, path: str, name: str) -> Entity | None:
        """Find the entity that a name means in a file."""
        found = self.resolve_name(path, name)
        if isinstance(found, Local):
            return self._entity_by_class.get((found.path, found.fact.name_span.start))
        return None

    def entity_named(self, path: str, name: str) -> Entity | None:
        """Find the entity that a relationship means: by import, else the only one of that name in the project."""
        name = name.rsplit(".", maxsplit=1)[-1]
        named = [found for found in self.entities if found.name == name]
        return self.entity_of(path, name) or (named[0] if len(named) == 1 else None)

    def entity_of_table(self, table: str) -> Entity | None:
        """Find the one entity of a table; None when there is none, or several."""
        found = self._entities_by_table.get(table.casefold(), [])
        return found[0] if len(found) == 1 else None

    @cached_property
    def migrations(self) -> Migrations | None:
        """The migration files of the project; None when there are none."""
        return read_migrations(self.migrations_folder, self.documents) if self.migrations_folder else None

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """The names of all tables that are known: of entities, of other classes, of migrations."""
        migrated = self.migrations.built.schema.tables if self.migrations else ()
        of_entities = {entity.table for entity in self.entities if entity.table}
        return tuple(sorted({*of_entities, *self.other_tables, *migrated}))

    def is_unknown_table(self, name: str) -> bool:
        """Whether there is certainly no such table: all was read, and neither entities nor migrations make it."""
        known = {table.casefold() for table in self.table_names}
        return (
            self.complete and self.migrations is not None and self.migrations.certain and name.casefold() not in known
        )

    def has_several_entities(self, table: str) -> bool:
        """Whether more than one class claims a table."""
        return len(self._entities_by_table.get(table.casefold(), [])) > 1

    def document(self, path: str) -> Document | None:
        """Find the text of a file."""
        return self.documents.get(path)

    # Classes

    def bases(self, start: Local) -> Iterator[Local | External | None]:
        """Follow the bases of a class, its own first, over files; None for a base of which nothing is known."""
        for base in start.fact.bases:
            name = dotted(base.value if isinstance(base, Subscript) else base)
            found = self.resolve_name(start.path, name) if name else None
            if found is None and name == "object":
                continue
            yield found
            if isinstance(found, Local) and found.fact is not start.fact:
                yield from self.bases(found)

    def is_kind_of(self, start: Local, library: str, name: str) -> bool:
        """Whether a class derives from a library's class."""
        return any(
            isinstance(base, External) and base.library == library and (base.name or "").split(".")[-1] == name
            for base in self.bases(start)
        )

    @cached_property
    def classes(self) -> tuple[Local, ...]:
        """Every class of the project."""
        return tuple(Local(path, fact) for path, facts in sorted(self.facts.items()) for fact in facts.classes)

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        """Every table class of the project, by file and place."""
        return tuple(self._entity(found) for found in self.classes if _is_table(found.fact))

    @cached_property
    def complete(self) -> bool:
        """Whether all entities are known: no file hides one that does not parse, and every table's name is certain."""
        return (
            self.whole
            and not any(facts.may_hide_tables for facts in self.facts.values())
            and all(entity.table is not None for entity in self.entities)
        )

    @cached_property
    def other_tables(self) -> frozenset[str]:
        """Names of tables made by classes or `Table(...)` that are not entities; their columns are unknown."""
        named = {name.casefold() for facts in self.facts.values() for name in facts.tables}
        for found in self.classes:
            name = found.fact.assigned("__tablename__")
            if isinstance(name, Text):
                named.add(name.value.casefold())
        return frozenset(named - self._entities_by_table.keys())

    @cached_property
    def _entity_by_class(self) -> dict[tuple[str, int], Entity]:
        return {(found.path, found.fact.name_span.start): found for found in self.entities}

    @cached_property
    def _entities_by_table(self) -> dict[str, list[Entity]]:
        found: dict[str, list[Entity]] = {}
        for entity in self.entities:
            if entity.table:
                found.setdefault(entity.table.casefold(), []).append(entity)
        return found

    def _entity(self, own: Local) -> Entity:
        fields: dict[str, Field] = {}
        relationships: dict[str, Relationship] = {}
        complete = not own.fact.dynamic
        current = own.fact.current
        parent_table = False
        ours = False
        bases = list(self.bases(own))
        mixins = [Local(*found) for base in bases if isinstance(base, External) and (found := _mixin(base))]
        others = [base for base in bases if not isinstance(base, External) or _mixin(base) is None]
        for base in [*reversed(others), own, *reversed(mixins)]:  # the runtime puts the mixins' columns last
            if isinstance(base, Local):
                complete = complete and not base.fact.dynamic
                current = current and base.fact.current
                parent_table = parent_table or (base is not own and _is_table(base.fact))
                _take_attributes(base, fields, relationships)
            elif base is None or base.library not in LIBRARIES or (base.name or "").split(".")[-1] not in _PLAIN_BASES:
                complete = False
            else:
                ours = ours or (base.library == "fx_orm" and base.name == "AbstractEntity")
        known = complete and not parent_table
        table = self._table(own, bases, known=known, ours=ours)
        return Entity(own.path, own.fact, table, fields, relationships, known and current, ours)

    def _table(self, own: Local, bases: list[Local | External | None], *, known: bool, ours: bool) -> str | None:
        """Name the table: what `__tablename__` says, else fx_orm's snake case or SQLModel's lower case."""
        for found in [own, *(base for base in bases if isinstance(base, Local))]:
            assigned = found.fact.assigned("__tablename__")
            if assigned is not None:
                return assigned.value if isinstance(assigned, Text) and found is own else None
        if not known:
            return None
        return table_name(own.fact.name) if ours else own.fact.name.lower()


def _mixin(base: External) -> tuple[str, ClassFact] | None:
    return mixin(base.library, (base.name or "").split(".")[-1])


def _is_table(fact: ClassFact) -> bool:
    return any(
        argument.keyword == "table" and isinstance(argument.value, Literal) and argument.value.value is True
        for argument in fact.keywords
    )


def _take_attributes(found: Local, fields: dict[str, Field], relationships: dict[str, Relationship]) -> None:
    for fact in found.fact.fields:
        if not fact.name.startswith("_") and fact.name != "model_config":
            fields[fact.name] = Field(found.path, fact, _column(fact))
            relationships.pop(fact.name, None)
    for relation in found.fact.relationships:
        relationships[relation.name] = Relationship(found.path, relation, read_annotation(relation.annotation))
        fields.pop(relation.name, None)


def _column(fact: FieldFact) -> str | None:
    """Name a field's column: `sa_column=Column("other", ...)` says another one than the field."""
    if not isinstance(fact.value, Call):
        return fact.name
    if fact.value.unpacks:
        return None
    column = fact.value.keyword("sa_column")
    if column is None:
        return fact.name
    if not isinstance(column, Call) or column.unpacks:
        return None
    first = column.positional()[:1]
    if first and isinstance(first[0], Text):
        return first[0].value
    named = column.keyword("name")
    if named is not None:
        return named.value if isinstance(named, Text) else None
    return fact.name
