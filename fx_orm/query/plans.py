"""Finished statements, kept by shape: the second call of a chain only binds and runs.

The store is bounded, safe across threads, and one for each engine; a plan is made anew when a table of it changed.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from fx_orm.query.binding import Binds, Slot
from fx_orm.query.context import Built
from fx_orm.query.loading import Load, loader
from fx_orm.query.messages import too_deep
from fx_orm.query.shapes import Compare, Shape
from fx_orm.query.statements import Purpose, statement
from fx_orm.query.tables import Tables

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement ready to run: how values are bound, what its columns are called, how its rows are loaded."""

    built: Built
    slots: tuple[Slot, ...]
    tables: tuple[sa.Table, ...]
    load: Load | None

    def parameters(self, values: Sequence[Any]) -> dict[str, Any]:
        """Convert a query's values to the parameters of the statement.

        Raises:
            QueryError: a value cannot stand beside its column.
        """
        return {slot.name: slot.value(values) for slot in self.slots}

    def is_current(self) -> bool:
        """Whether every table is still the one of its name: a notebook may have defined an entity again."""
        return all(table.metadata.tables.get(table.key) is table for table in self.tables)


def plan(shape: Shape, purpose: Purpose, connection: sa.Connection, *, keep: bool) -> Plan:
    """Return the plan for a shape, made now or before."""
    if not keep:
        return make_plan(shape, purpose, connection, connection.dialect.name)
    key = (shape, purpose)
    with _lock:
        plans = _plans.setdefault(connection.engine, OrderedDict())
        try:
            found = plans.get(key)
        except RecursionError as error:
            raise too_deep() from error
        if found is not None and found.is_current():
            plans.move_to_end(key)
            return found
    made = make_plan(shape, purpose, connection, connection.dialect.name)
    with _lock:
        plans[key] = made
        while len(plans) > _MOST:
            plans.popitem(last=False)
    return made


def plan_of_key(mapper: Mapper[Any], connection: sa.Connection) -> Plan:
    """Return the plan that loads one entity by its primary key: its values are those of the key."""
    plans = _key_plans.get(connection.engine)
    found = None if plans is None else plans.get(mapper)
    if found is not None and found.is_current():
        return found
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    conditions = tuple(Compare("AND", "find", key, "=", at) for at, key in enumerate(keys))
    shape = Shape(mapper.class_, conditions=conditions, with_deleted=True)
    made = make_plan(shape, Purpose("entities"), connection, connection.dialect.name)
    with _lock:
        _key_plans.setdefault(connection.engine, WeakKeyDictionary())[mapper] = made
    return made


def make_plan(shape: Shape, purpose: Purpose, connection: sa.Connection | None, dialect: str) -> Plan:
    """Build a plan; without a connection only tables of entities are known."""
    database = "mysql" if dialect == "mariadb" else dialect
    tables = Tables(shape.entity, connection)
    binds = Binds(database)
    names_every_group = connection is not None and _names_every_group(connection.dialect)
    try:
        built = statement(shape, purpose, tables, database, binds, names_every_group=names_every_group)
    except RecursionError as error:
        raise too_deep() from error
    load = loader(built.mapper) if purpose.kind == "entities" and built.mapper is not None else None
    return Plan(built, tuple(binds.slots.values()), tuple(tables.used.values()), load)


def _names_every_group(dialect: Any) -> bool:
    """Whether it is MariaDB in the mode that MySQL has by default: there a key in GROUP BY determines nothing."""
    # SQLAlchemy has no public name for the mode, which it reads with the first connection.
    mode = getattr(dialect, "_sql_mode", None) or ""
    return bool(getattr(dialect, "is_mariadb", False)) and "ONLY_FULL_GROUP_BY" in mode


_lock = threading.Lock()
_plans: WeakKeyDictionary[sa.Engine, OrderedDict[tuple[Shape, Purpose], Plan]] = WeakKeyDictionary()
_key_plans: WeakKeyDictionary[sa.Engine, WeakKeyDictionary[Mapper[Any], Plan]] = WeakKeyDictionary()
