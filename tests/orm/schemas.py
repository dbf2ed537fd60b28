"""Pairs of schemas for hypothesis: small, with every kind of thing that can change."""

import datetime

from hypothesis import strategies as st

from fx_orm.schema import naming
from fx_orm.schema.column_types import ColumnType, column_type
from fx_orm.schema.expressions import default_of
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint

INTEGER = ColumnType("sa.Integer()")
TABLES = ("alpha", "beta", "gamma")
INT = ("int", {}, 3)
TEXT = ("str", {"max_length": 40}, "it's")
# The kinds that a column may have, each of which every database can turn into the others.
COLUMNS = {
    "pieces": (INT, ("Decimal", {"max_digits": 10, "decimal_places": 2}, 2), ("float", {}, 1.5)),
    "name": (TEXT, ("str", {"max_length": 80}, "")),
    "is_active": (("bool", {}, True),),
    "seen_at": (("datetime", {}, datetime.datetime(2024, 6, 3, 15, 23)),),
    "data": (("dict[str, str]", {}, {}),),
    "status": (("Status", {}, "OPEN"),),
}
MEMBERS = (("OPEN", "PAID"), ("OPEN", "SENT", "PAID"), ("PAID", "OPEN"))


def entity_column(
    name: str, kind: tuple[str, dict[str, int], object], members: tuple[str, ...], *, nullable: bool
) -> Column:
    """Make a column as an entity would."""
    annotation, arguments, default = kind
    enum_members = members if annotation == "Status" else None
    found = column_type(annotation, **arguments, enum_members=enum_members)
    assert found is not None
    return Column(name, found, nullable, fill=default_of(default))


@st.composite
def tables(draw: st.DrawFn, name: str, others: tuple[str, ...], members: tuple[str, ...]) -> Table:
    """A table that may refer to others, itself among them."""
    columns = [
        entity_column(each, draw(st.sampled_from(COLUMNS[each])), members, nullable=draw(st.booleans()))
        for each in draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True))
    ]
    if draw(st.booleans()):
        columns.append(Column("code", INTEGER))
    targets = draw(st.lists(st.sampled_from(others), unique=True, max_size=2))
    columns += [Column(f"{target}_id", INTEGER) for target in targets]
    free = [column.name for column in columns if column.nullable and column.type == INTEGER]
    unique = [each for each in free if draw(st.booleans())]
    indexed = [each for each in free if each not in unique and draw(st.booleans())]
    is_checked = any(column.name == "pieces" for column in columns) and draw(st.booleans())
    checks = (Check("pieces < 1000", naming.check_name(name, "pieces")),) if is_checked else ()
    keys = [
        ForeignKey(
            (f"{target}_id",),
            target,
            ("id",),
            naming.foreign_key_name(name, (f"{target}_id",), target),
            draw(st.sampled_from((None, "CASCADE", "SET NULL"))),
        )
        for target in targets
    ]
    return Table(
        name,
        (Column("id", INTEGER, nullable=False), *columns),
        PrimaryKey(("id",), naming.primary_key_name(name)),
        tuple(keys),
        tuple(UniqueConstraint((each,), naming.unique_name(name, (each,))) for each in unique if each != "pieces"),
        checks,
        tuple(Index(naming.index_name(name, (each,)), (each,)) for each in indexed),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A schema of up to three tables."""
    names = tuple(draw(st.lists(st.sampled_from(TABLES), unique=True)))
    members = draw(st.sampled_from(MEMBERS))
    return Schema.of(draw(tables(name, names, members)) for name in names)
