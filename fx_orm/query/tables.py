"""The tables that a name in a query may mean: those of entities, and those that only the database has.

A table that no entity maps is reflected once for each engine and then checked and typed like any other.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.orm import Mapper
from sqlmodel import SQLModel
from sqlmodel.main import default_registry

from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.messages import wrong


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table, and the entity that maps it if there is one."""

    table: sa.Table
    mapper: Mapper[Any] | None


class Tables:
    """Finds tables by name for one query; `connection` is asked about those that no entity maps."""

    def __init__(self, entity: type[Any] | None, connection: sa.Connection | None) -> None:
        self._registries = {default_registry}
        self._metadata = [SQLModel.metadata]
        if entity is not None:
            mapper: Mapper[Any] = sa.inspect(entity)
            self._registries.add(mapper.registry)
            own = mapper.local_table
            if isinstance(own, sa.Table) and own.metadata is not SQLModel.metadata:
                self._metadata.insert(0, own.metadata)
        self._connection = connection
        self.used: dict[str, sa.Table] = {}

    def find(self, name: str, method: str, argument: str) -> KnownTable:
        """Find a table.

        Raises:
            QueryError: neither an entity nor the database has one of this name.
        """
        for metadata in self._metadata:
            table = metadata.tables.get(name)
            if table is not None:
                self.used[name] = table
                return KnownTable(table, self.mapper_of(table))
        reflected = self._reflected(name)
        if reflected is not None:
            self.used[name] = reflected
            return KnownTable(reflected, None)
        known = {each for metadata in self._metadata for each in metadata.tables}
        if self._connection is None:
            problem = f'no entity maps a table "{name}", and there is no database to ask{did_you_mean(name, known)}'
        else:
            known.update(sa.inspect(self._connection).get_table_names())
            problem = f'table "{name}" does not exist{did_you_mean(name, known)}'
        raise wrong(method, argument, problem, name=name)

    def mapper_of(self, table: sa.Table) -> Mapper[Any] | None:
        """Find the entity that maps a table."""
        return next((mapper for mapper in self._mappers() if mapper.local_table is table), None)

    def _mappers(self) -> Iterator[Mapper[Any]]:
        for registry in self._registries:
            yield from registry.mappers

    def _reflected(self, name: str) -> sa.Table | None:
        if self._connection is None:
            return None
        with _lock:
            tables = _reflections.setdefault(self._connection.engine, {})
            if name not in tables:
                schema, _, bare = name.rpartition(".")
                if not _exists(self._connection, schema or None, bare):
                    return None
                try:
                    tables[name] = sa.Table(bare, sa.MetaData(), schema=schema or None, autoload_with=self._connection)
                except NoSuchTableError:
                    return None
            return tables[name]


def _exists(connection: sa.Connection, schema: str | None, name: str) -> bool:
    """Look a table up in the catalogue, so that no other name than one of its own gets into the SQL of a reflection."""
    if not name.isprintable() or not (schema or "").isprintable():
        return False
    inspector = sa.inspect(connection)
    if connection.dialect.name == "postgresql":  # asks with a bound value, and along the search path
        return bool(inspector.has_table(name, schema=schema))
    if schema is not None and schema not in inspector.get_schema_names():
        return False
    temporary = inspector.get_temp_table_names() if connection.dialect.name == "sqlite" and schema is None else []
    return name in (*inspector.get_table_names(schema), *inspector.get_view_names(schema), *temporary)


def columns_of(selectable: sa.FromClause, mapper: Mapper[Any] | None) -> Mapping[str, sa.ColumnElement[Any]]:
    """Return the columns of a table, or of its alias, by field name first and by column name where that is free."""
    found: dict[str, sa.ColumnElement[Any]] = {}
    if mapper is not None:
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            if isinstance(column, sa.Column) and column.table is mapper.local_table:
                found[attribute.key] = selectable.c[column.key]
    every: list[tuple[str, Any]] = list(selectable.c.items())
    for key, column in every:
        if not any(column is known for known in found.values()):
            found[key] = column
    for _, column in every:
        found.setdefault(str(column.name), column)
    return found


_lock = threading.RLock()
_reflections: WeakKeyDictionary[sa.Engine, dict[str, sa.Table]] = WeakKeyDictionary()
