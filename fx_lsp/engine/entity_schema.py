"""The tables that the entities of a project declare, as `fx_orm.schema` writes them, from source text alone.

The same names and types as the runtime's; where a declaration cannot be read with certainty the table or column is
listed as uncertain, and nothing may be concluded from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fx_lsp.engine.expressions import Argument, Attribute, Call, Entries, Expression, Literal, Name, Text
from fx_lsp.engine.snapshot import Entity, Field, Local, Snapshot
from fx_orm.schema.column_types import ColumnType, column_type, is_nullable
from fx_orm.schema.differences import AddColumn, Difference
from fx_orm.schema.expressions import default_of
from fx_orm.schema.literals import quoted
from fx_orm.schema.naming import NamingConvention
from fx_orm.schema.tables import Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint

_OPAQUE_ARGUMENTS = frozenset({"sa_column", "sa_type", "sa_column_args", "sa_column_kwargs"})
_OF_THE_RUNTIME = frozenset({"onupdate"})
"""Keywords of a column that its table in the database does not show."""


@dataclass(frozen=True, slots=True)
class EntitySchema:
    """The schema, and what of it is not certain.

    Attributes:
        uncertain_tables: those whose keys, constraints and indexes are not all known.
        uncertain_columns: those of which the type or more is not known, by table and name.
        unreadable_tables: those whose columns are not all known.
        dangling_keys: tables with a foreign key, and the table that it names and nothing declares.
    """

    schema: Schema
    uncertain_tables: frozenset[str]
    uncertain_columns: frozenset[tuple[str, str]]
    unreadable_tables: frozenset[str]
    dangling_keys: frozenset[tuple[str, str]]

    @property
    def certain(self) -> bool:
        """Whether everything was read with certainty."""
        return not self.uncertain_tables and not self.uncertain_columns


def entity_schema(snapshot: Snapshot, entities: Iterable[Entity]) -> EntitySchema:
    """Read the tables of entities."""
    tables: list[Table] = []
    uncertain_tables: set[str] = set()
    uncertain_columns: set[tuple[str, str]] = set()
    unreadable: set[str] = set()
    for entity in entities:
        if entity.table is None:
            continue
        columns: list[Column] = []
        for field in entity.fields.values():
            column = _column(snapshot, field)
            if column is not None:
                columns.append(column)
            elif field.column:
                uncertain_columns.add((entity.table, field.column))
        if not entity.complete or any(field.column is None for field in entity.fields.values()):
            unreadable.add(entity.table)
            uncertain_tables.add(entity.table)
        if not entity.ours or entity.fact.assigned("__table_args__") is not None:
            uncertain_tables.add(entity.table)
        tables.append(_table(entity, entity.table, columns, snapshot.naming))
    dangling = _dangling_keys(snapshot, tables)
    uncertain_tables.update(table for table, _ in dangling)
    schema = Schema.of(sorted(tables, key=lambda table: table.name))
    return EntitySchema(
        schema, frozenset(uncertain_tables), frozenset(uncertain_columns), frozenset(unreadable), frozenset(dangling)
    )


def _dangling_keys(snapshot: Snapshot, tables: Iterable[Table]) -> set[tuple[str, str]]:
    """Find the foreign keys that lead nowhere: misspelt, which a migration would make worse."""
    known = {name.casefold() for name in snapshot.table_names}
    return {
        (table.name, key.referred_table)
        for table in tables
        for key in table.foreign_keys
        if key.referred_table.casefold() not in known
    }


def _table(entity: Entity, name: str, columns: list[Column], naming: NamingConvention) -> Table:
    fields = entity.columns
    keys = tuple(column for column, field in fields.items() if _flag(field, "primary_key"))
    unique = [column for column, field in fields.items() if _flag(field, "unique") and not _flag(field, "index")]
    foreign_keys = [found for column, field in fields.items() if (found := _foreign_key(name, column, field, naming))]
    indexed = [
        column
        for column, field in fields.items()
        if _flag(field, "index")
        or (
            field.argument("foreign_key") is not None
            and field.argument("index") is None
            and column not in (*keys[:1], *unique)
        )
    ]
    indexes = [Index(naming.index(name, [found]), (found,), unique=_flag(fields[found], "unique")) for found in indexed]
    # In the runtime's order, so that both write the same file.
    return Table(
        name,
        tuple(columns),
        PrimaryKey(keys, naming.primary_key(name, keys)),
        tuple(sorted(foreign_keys, key=lambda key: str(key.name))),
        tuple(UniqueConstraint((column,), naming.unique(name, [column])) for column in sorted(unique)),
        (),
        tuple(sorted(indexes, key=lambda index: index.name)),
    )


def _foreign_key(table: str, column: str, field: Field, naming: NamingConvention) -> ForeignKey | None:
    target = field.argument("foreign_key")
    if not isinstance(target, Text) or target.value.count(".") != 1:
        return None
    referred, _, referred_column = target.value.partition(".")
    ondelete = field.argument("ondelete")
    return ForeignKey(
        (column,),
        referred,
        (referred_column,),
        naming.foreign_key(table, [column], referred, [referred_column]),
        ondelete=ondelete.value.upper() if isinstance(ondelete, Text) else None,
    )


def _column(snapshot: Snapshot, field: Field) -> Column | None:
    """Read a column; None when its type, nullability or keys are not certain."""
    fact = field.fact
    if isinstance(fact.value, Call) and fact.value.method != "Field":
        return None
    if field.call and (field.call.unpacks or any(_is_opaque(argument) for argument in field.call.arguments)):
        return None
    if field.column is None or not all(_is_readable(field, name) for name in ("primary_key", "unique", "index")):
        return None
    target = field.argument("foreign_key")
    if target is not None and not (isinstance(target, Text) and target.value.count(".") == 1):
        return None
    found = _type(snapshot, field)
    if found is None:
        return None
    nullable = field.argument("nullable")
    if nullable is not None and not isinstance(nullable, Literal):
        return None
    if _flag(field, "primary_key"):
        allows_null = False
    elif isinstance(nullable, Literal):
        allows_null = nullable.value is True
    else:
        allows_null = is_nullable(fact.annotation)
    renamed = field.argument("renamed_from")
    return Column(
        field.column,
        found,
        allows_null,
        fill=None if allows_null else _fill(field),
        renamed_from=renamed.value if isinstance(renamed, Text) else None,
    )


def _is_opaque(argument: Argument) -> bool:
    """Whether an argument may say more of the column than is read here."""
    if argument.keyword not in _OPAQUE_ARGUMENTS:
        return False
    if argument.keyword != "sa_column_kwargs" or not isinstance(argument.value, Entries):
        return True
    keys = [key.value if isinstance(key, Text) else None for key, _ in argument.value.entries]
    return not _OF_THE_RUNTIME.issuperset(keys)


def _type(snapshot: Snapshot, field: Field) -> ColumnType | None:
    numbers = {name: _number(field, name) for name in ("max_length", "max_digits", "decimal_places")}
    if any(field.argument(name) is not None and number is None for name, number in numbers.items()):
        return None
    members = _enum_members(snapshot, field)
    return column_type(
        field.fact.annotation,
        max_length=numbers["max_length"],
        max_digits=numbers["max_digits"],
        decimal_places=numbers["decimal_places"],
        enum_members=members,
    )


def _enum_members(snapshot: Snapshot, field: Field) -> list[str] | None:
    """List the members of the enumeration that a field is annotated with."""
    names = [part.strip() for part in field.fact.annotation.removeprefix("Optional[").rstrip("]").split("|")]
    kinds = [name for name in names if name != "None"]
    found = snapshot.resolve_name(field.path, kinds[0]) if len(kinds) == 1 else None
    if not isinstance(found, Local) or found.fact.dynamic:
        return None
    if not any(snapshot.is_kind_of(found, "enum", kind) for kind in ("Enum", "StrEnum", "IntEnum")):
        return None
    return [member.name for member in found.fact.assignments if not member.name.startswith("_")]


def _fill(field: Field) -> str | None:
    """Write a constant default as rows that exist get it."""
    factory = field.argument("default_factory")
    if isinstance(factory, Name) and factory.name in {"dict", "list"}:
        return default_of({} if factory.name == "dict" else [])
    match default_value(field):
        case Text(value=value) | Literal(value=bool() | int() | float() as value):
            return default_of(value)
        case Attribute(value=Name(name=kind), name=member) if field.fact.annotation.split(" | ")[0] == kind:
            return quoted(member)  # a member of the enumeration, stored by its name
        case _:
            return None


def unreadable_default(snapshot: Snapshot, differences: Iterable[Difference]) -> str:
    """Say which new column has a default that could not be read; nothing where there is none."""
    for difference in differences:
        column = difference.definition if isinstance(difference, AddColumn) else None
        entity = snapshot.entity_of_table(difference.table)
        field = entity.columns.get(column.name) if entity and column else None
        if column is None or field is None or column.nullable or column.fill is not None:
            continue
        if default_value(field) is not None:
            return f'the default of column "{column.name}" of table "{difference.table}" cannot be read'
    return ""


def default_value(field: Field) -> Expression | None:
    """Find the default of a field, as it is written."""
    if not field.call:
        return field.fact.value
    return field.argument("default") or next(iter(field.call.positional()), None)


def _flag(field: Field, name: str) -> bool:
    value = field.argument(name)
    return isinstance(value, Literal) and value.value is True


def _is_readable(field: Field, name: str) -> bool:
    return field.argument(name) is None or isinstance(field.argument(name), Literal)


def _number(field: Field, name: str) -> int | None:
    value = field.argument(name)
    if isinstance(value, Literal) and isinstance(value.value, int):
        return value.value
    return None
