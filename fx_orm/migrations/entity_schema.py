"""Entities as a schema: what their tables are, in the words of a migration file.

It reads SQLAlchemy's tables and Pydantic's defaults; no database is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper
from sqlalchemy.sql.elements import ColumnElement, Null, TextClause
from sqlalchemy.sql.functions import FunctionElement

from fx_orm.errors import MigrationError
from fx_orm.migrations.type_text import type_text
from fx_orm.schema import naming
from fx_orm.schema.column_types import ColumnType
from fx_orm.schema.expressions import default_of
from fx_orm.schema.literals import quoted
from fx_orm.schema.tables import Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, UniqueConstraint


def entity_schema(entities: Iterable[type]) -> Schema:
    """Read the tables of entity classes, and the link tables between them.

    Raises:
        MigrationError: a type or a default cannot be written into a migration file.
    """
    tables: dict[str, Table] = {}
    for entity in entities:
        mapper: Mapper[Any] = sa.inspect(entity)
        defaults = _field_defaults(entity, mapper)
        for table in mapper.tables:
            if isinstance(table, sa.Table):
                tables[table.fullname] = _table(table, defaults)
        for relationship in mapper.relationships:
            if isinstance(relationship.secondary, sa.Table):
                link = relationship.secondary
                tables.setdefault(link.fullname, _table(link, {}))
    return Schema(dict(sorted(tables.items())))


def _field_defaults(entity: Any, mapper: Mapper[Any]) -> dict[tuple[str, str], object]:
    """Collect the constant defaults of fields: (table, column) -> value."""
    found: dict[tuple[str, str], object] = {}
    for attribute in mapper.column_attrs:
        field = getattr(entity, "model_fields", {}).get(attribute.key)
        if field is None:
            continue
        for column in attribute.columns:
            if isinstance(column, sa.Column):
                if field.default_factory in (dict, list):
                    found[column.table.fullname, column.name] = field.default_factory()
                elif field.default_factory is None and not field.is_required():
                    found[column.table.fullname, column.name] = field.default
    return found


def _table(table: sa.Table, defaults: Mapping[tuple[str, str], object]) -> Table:
    name = table.fullname
    constraints = sorted(table.constraints, key=lambda constraint: str(constraint.name))
    key_columns = tuple(column.name for column in table.primary_key)
    return Table(
        name,
        tuple(_column(column, defaults.get((name, column.name))) for column in table.columns),
        PrimaryKey(key_columns, _name(table.primary_key) or naming.primary_key_name(name)),
        tuple(_foreign_key(each) for each in constraints if isinstance(each, sa.ForeignKeyConstraint)),
        tuple(_unique(each) for each in constraints if isinstance(each, sa.UniqueConstraint)),
        tuple(_checks(constraints, name)),
        tuple(_index(each) for each in sorted(table.indexes, key=lambda index: str(index.name))),
    )


def _column(column: sa.Column[Any], default: object) -> Column:
    where = f"{column.table.fullname}.{column.name}"
    scalar = getattr(column.default, "arg", None)
    return Column(
        column.name,
        ColumnType(type_text(column.type, where)),
        bool(column.nullable),
        _server_default(column.server_default),
        default_of(default if default is not None else scalar),
        column.info.get("renamed_from"),
    )


def _server_default(default: Any) -> str | None:
    if default is None:
        return None
    if isinstance(default, sa.Computed):
        persisted = f", persisted={default.persisted}" if default.persisted is not None else ""
        return f"sa.Computed({quoted(_sql(default.sqltext))}{persisted})"
    if isinstance(default, sa.Identity):
        return f"sa.Identity(always={default.always})"
    argument = default.arg
    if isinstance(argument, str):
        return quoted(argument)
    if isinstance(argument, sa.True_ | sa.False_ | Null):
        return f"sa.{type(argument).__name__.strip('_').lower()}()"
    if isinstance(argument, FunctionElement) and str(argument).lower() == "now()":
        return "sa.func.now()"
    return f"sa.text({quoted(_sql(argument))})"


def _foreign_key(constraint: sa.ForeignKeyConstraint) -> ForeignKey:
    targets = [element.target_fullname.rpartition(".") for element in constraint.elements]
    table = constraint.table.fullname
    columns = tuple(column.name for column in constraint.columns)
    name = _name(constraint) or naming.foreign_key_name(table, columns, targets[0][0])
    ondelete, onupdate = constraint.ondelete, constraint.onupdate
    options = (
        ("deferrable", constraint.deferrable),
        ("initially", constraint.initially),
        ("match", constraint.match),
    )
    return ForeignKey(
        columns,
        targets[0][0],
        tuple(target[2] for target in targets),
        name,
        ondelete and ondelete.upper(),
        onupdate and onupdate.upper(),
        tuple((option, _option(value)) for option, value in options if value is not None),
    )


def _unique(constraint: sa.UniqueConstraint) -> UniqueConstraint:
    columns = tuple(column.name for column in constraint.columns)
    return UniqueConstraint(columns, _name(constraint) or naming.unique_name(constraint.table.fullname, columns))


def _checks(constraints: Iterable[sa.Constraint], table: str) -> Iterator[Check]:
    for constraint in constraints:
        belongs_to_type = getattr(constraint, "_type_bound", False)
        if isinstance(constraint, sa.CheckConstraint) and not belongs_to_type:
            condition = _sql(constraint.sqltext)
            yield Check(condition, _name(constraint) or naming.check_name(table, condition))


def _index(index: sa.Index) -> Index:
    table = index.table.fullname if index.table is not None else ""
    columns = tuple(
        part.name if isinstance(part, sa.Column) else f"sa.text({quoted(_sql(part))})" for part in index.expressions
    )
    options = sorted((key, _option(value)) for key, value in index.dialect_kwargs.items() if _is_said(value))
    return Index(_name(index) or naming.index_name(table, columns), columns, bool(index.unique), tuple(options))


def _is_said(option: object) -> bool:
    """Whether an option of a dialect is more than that dialect's empty default; a clause has no truth value."""
    return option is not None and option is not False and not (isinstance(option, dict | list | tuple) and not option)


def _option(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, ColumnElement | TextClause):
        return f"sa.text({quoted(_sql(value))})"
    if isinstance(value, bool | int | float | dict | list | tuple):
        return repr(value)
    raise MigrationError(f"{value!r} cannot be written into a migration file")


def _name(item: sa.Constraint | sa.Index) -> str | None:
    return str(item.name) if isinstance(item.name, str) else None


def _sql(expression: Any) -> str:
    return str(expression.compile(compile_kwargs={"literal_binds": True}))
