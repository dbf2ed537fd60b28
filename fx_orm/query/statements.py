"""From a shape to a finished SELECT: the parts put together in SQL's order.

What a statement is for is told by its `Purpose`: rows, entities, a number. It executes nothing.
"""

from dataclasses import dataclass, replace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, aliased, selectinload

from fx_orm.errors import UnsupportedError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.mixins import SHOWS_DELETED, stamp_of
from fx_orm.query.binding import Binds
from fx_orm.query.conditions import combined, grouped_value
from fx_orm.query.context import Built, Context
from fx_orm.query.grouping import Groups
from fx_orm.query.keyset import Key, behind, in_order, keyset
from fx_orm.query.messages import wrong
from fx_orm.query.operands import function_problem
from fx_orm.query.result_types import result_type
from fx_orm.query.selection import Selection, selection
from fx_orm.query.shapes import Embedded, Lock, Ordering, Seek, Shape
from fx_orm.query.sources import From, from_clause
from fx_orm.query.tables import Tables
from fx_orm.sql import Ambiguous, Found
from fx_orm.sql.nodes import holds_aggregate, plain_columns


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a statement is to give: "rows" or "entities", "orm" entities, "count", "exists", "function" of a column."""

    kind: str
    function: str = ""
    column: str = ""


def statement(
    shape: Shape, purpose: Purpose, tables: Tables, database: str, binds: Binds, *, names_every_group: bool = False
) -> Built:
    """Build the statement that a shape and a purpose mean on a database.

    Raises:
        QueryError: a name, an expression or a combination in it is wrong.
        UnsupportedError: the database has no such feature.
    """
    context = Context(tables, database, binds, 0, embedded, names_every_group=names_every_group)
    if purpose.kind == "count":
        return _count(context, shape)
    if purpose.kind == "exists":
        return _exists(context, shape)
    if purpose.kind == "function":
        return _function(context, shape, purpose)
    if purpose.kind == "orm" and shape.combinations:
        return _combined_entities(context, shape)
    return _select(context, shape, orm=purpose.kind == "orm")


def embedded(outer: Context, query: Embedded, key_only: bool) -> Built:
    """Build a query inside another one: with its own names, those of the outer one behind them."""
    inner = Context(
        outer.tables, outer.database, outer.binds, outer.offset + query.offset, embedded, outer, ctes=dict(outer.ctes)
    )
    inner.names_every_group = outer.names_every_group
    return _select(inner, query.shape, key_only=key_only)


def _select(context: Context, shape: Shape, *, orm: bool = False, key_only: bool = False) -> Built:
    found = _tables(context, shape)
    condition = combined(context, shape.conditions)
    if shape.gives_entities:
        built, chosen = _entities(context, shape, found, orm=orm, key_only=key_only)
    else:
        if shape.eager:
            raise wrong("with_", shape.eager[0], "relationships are loaded for entities, not for selected columns")
        if shape.lazy is not None:
            raise wrong("lazy", shape.lazy, "relationships are those of entities, not of selected columns")
        chosen = selection(context, found, shape.items)
        rows = sa.select(*(column.element for column in chosen.columns))
        built = Built(rows.select_from(found.clause) if found is not None else rows, chosen.keys)
    finished: Any = _filtered(found, condition, built.statement)
    finished = _grouped(context, shape, found, chosen, finished)
    if (shape.distinct or chosen.distinct) and not shape.gives_entities:
        finished = finished.distinct()
    if shape.combinations:
        finished = _combined(context, shape, finished, len(built.keys))
    keys: tuple[Key, ...] = ()
    if shape.seek is not None:
        keys = keyset(context, shape, found, _order_keys(context, shape), context.grouped_by)
        finished = _beyond(context, shape.seek, keys, finished)
    finished = _ordered(context, shape, finished) if shape.seek is None else _limited(context, shape, finished)
    if context.names_every_group and context.determined:
        finished = finished.group_by(*context.determined)
    if shape.lock is not None:
        finished = _locked(context, shape.lock, finished)
    if context.outer is not None and found is not None and not shape.combinations:
        # Its own tables are its own, also where the query around it has the same ones.
        finished = finished.correlate_except(*found.tables)
    return Built(finished, built.keys, built.mapper, keys)


def _tables(context: Context, shape: Shape) -> From | None:
    """Find the tables of a query, among them those that `with_cte` names."""
    for name, query in shape.ctes:
        context.ctes[name] = context.alone().embedded(query).statement.cte(name)
    return from_clause(context, shape)


def _beyond(context: Context, seek: Seek, keys: tuple[Key, ...], query: Any) -> Any:
    """Keep the rows behind a position: they are known by their groups where there are such."""
    condition = behind(context, seek, keys)
    if condition is not None:
        query = query.where(condition) if context.grouped_by is None else query.having(condition)
    return in_order(query, keys, seek)


def _entities(
    context: Context, shape: Shape, found: From | None, *, orm: bool, key_only: bool
) -> tuple[Built, Selection]:
    """Select a whole entity: its columns, or the entity itself when SQLAlchemy's ORM is to load it."""
    if found is None or shape.entity is None:
        raise wrong("get", None, "the query has no table")
    mapper: Mapper[Any] = sa.inspect(shape.entity)
    root = found.parts[found.root]
    if shape.groups or shape.having:
        method = "group_by" if shape.groups else "having"
        raise wrong(method, None, "entities are not grouped; select() the columns that you need")
    chosen = Selection()
    target: Any = shape.entity
    if root.selectable is not mapper.selectable:
        target = aliased(shape.entity, root.selectable)
    options = [_eager(mapper, target, path, with_deleted=shape.with_deleted) for path in shape.eager]
    if orm:
        query: Any = sa.select(target).select_from(found.clause)
        built = Built(query.options(*options).execution_options(**{SHOWS_DELETED: True}), (), mapper)
    elif key_only and len(mapper.primary_key) == 1:
        key = root.selectable.c[str(mapper.primary_key[0].key)]
        built = Built(sa.select(key).select_from(found.clause), (str(key.name),), mapper)
    else:
        attributes = [attribute.key for attribute in mapper.column_attrs]
        columns = [root.columns[key] for key in attributes]
        built = Built(sa.select(*columns).select_from(found.clause), tuple(attributes), mapper)
    if shape.distinct and shape.joins:
        # Grouped by its key, an entity comes once, whatever the types of its other columns: JSON knows no DISTINCT.
        groups = Groups(found, [root.selectable.c[str(column.key)] for column in mapper.primary_key])
        context.check_grouped, context.grouped_by, context.determined = groups.check, groups.keys, groups.used
        for attribute in mapper.column_attrs:
            groups.check("distinct", attribute.key, root.columns[attribute.key])
        finished: Any = built.statement
        built = Built(finished.group_by(*groups.clauses(context.database)), built.keys, mapper)
    return built, chosen


def _combined_entities(context: Context, shape: Shape) -> Built:
    """Let SQLAlchemy's ORM load the entities of a UNION and its like."""
    rows = _select(context, replace(shape, eager=()))
    entity = cast("type[Any]", shape.entity)
    mapper: Mapper[Any] = sa.inspect(entity)
    loaded: Any = sa.select(entity).from_statement(rows.statement).execution_options(**{SHOWS_DELETED: True})
    options = [_eager(mapper, entity, path, with_deleted=shape.with_deleted) for path in shape.eager]
    return Built(loaded.options(*options), (), mapper)


def _eager(mapper: Mapper[Any], target: Any, path: str, *, with_deleted: bool) -> Any:
    """Turn `orders.lines` into the option that loads it."""
    option: Any = None
    at = mapper
    for name in path.split("."):
        relationship = at.relationships.get(name)
        if relationship is None:
            hint = did_you_mean(name, at.relationships.keys())
            raise wrong("with_", path, f'{at.class_.__name__} has no relationship "{name}"{hint}', name=name)
        attribute = getattr(target if option is None else at.class_, name)
        stamp = None if with_deleted else stamp_of(relationship.mapper)
        if stamp is not None:
            attribute = attribute.and_(getattr(relationship.mapper.class_, stamp).is_(None))
        option = selectinload(attribute) if option is None else option.selectinload(attribute)
        at = relationship.mapper
    return option


def _filtered(found: From | None, condition: Any, query: Any) -> Any:
    if condition is not None:
        query = query.where(condition)
    if found is not None and found.criterion is not None:
        query = query.where(found.criterion)
    return query


def _grouped(context: Context, shape: Shape, found: From | None, chosen: Selection, query: Any) -> Any:
    """Add GROUP BY and HAVING, after the rule of what may be selected beside them."""
    aggregates = any(column.tree is not None and holds_aggregate(column.tree) for column in chosen.columns)
    if not shape.groups and not shape.having and not aggregates:
        return query
    keys = context.grouped_by = [_group_key(context, name) for name in shape.groups]
    if found is not None:
        groups = Groups(found, keys)
        context.check_grouped, context.determined = groups.check, groups.used
        for selected in chosen.columns:
            if selected.column is not None:
                groups.check("select", selected.written, selected.column)
            elif selected.tree is not None and selected.key not in shape.groups:
                for column in plain_columns(selected.tree):
                    place = context.resolve("select", selected.written, column.qualifier, column.name)
                    groups.check("select", selected.written, place.value)
        keys = groups.clauses(context.database)
    if keys:
        query = query.group_by(*keys)
    having = combined(context, shape.having, grouped_value)
    return query if having is None else query.having(having)


def _group_key(context: Context, name: str) -> Any:
    """Find a column, or else what the select list calls so: a column comes first, as in SQL's GROUP BY."""
    reference = context.read("group_by", name)
    is_column = isinstance(context.scope.resolve(None, reference.column.text), Found | Ambiguous)
    if reference.qualifier is None and reference.column.text in context.labels and not is_column:
        label = context.labels[reference.column.text]
        return label.element if isinstance(label, sa.Label) else label
    return context.found("group_by", name, reference).value


def _ordered(context: Context, shape: Shape, query: Any) -> Any:
    for order, element in _order_keys(context, shape):
        query = query.order_by(element.desc() if order.direction == "DESC" else element)
    return _limited(context, shape, query)


def _limited(context: Context, shape: Shape, query: Any) -> Any:
    if shape.limit is not None:
        query = query.limit(context.binds.parameter(context.offset + shape.limit, sa.Integer(), "limit", ""))
    if shape.offset is not None:
        query = query.offset(context.binds.parameter(context.offset + shape.offset, sa.Integer(), "offset", ""))
    return query


def _order_keys(context: Context, shape: Shape) -> list[tuple[Ordering, Any]]:
    return [
        (order, order.clause if order.clause is not None else _order_key(context, shape, order.method, order.column))
        for order in shape.orders
    ]


def _order_key(context: Context, shape: Shape, method: str, name: str) -> Any:
    element = context.column_or_label(method, name)
    if shape.combinations:
        return sa.column(context.read(method, name).column.text)
    if context.check_grouped is not None and not isinstance(element, sa.Label):
        context.check_grouped(method, name, element)
    return element


def _combined(context: Context, shape: Shape, query: Any, width: int) -> Any:
    result = query
    for combination in shape.combinations:
        inner = context.alone().embedded(combination.query)
        if len(inner.keys) != width:
            raise wrong(
                combination.operator,
                None,
                f"both queries give the same number of columns, not {width} and {len(inner.keys)}",
            )
        part, shape = inner.statement, combination.query.shape
        if shape.combinations or shape.orders or shape.limit is not None or shape.offset is not None:
            part = sa.select(part.subquery())  # SQLite takes no brackets, ORDER BY and LIMIT inside a union
        result = getattr(sa, combination.operator.rstrip("_") + ("_" if combination.operator == "except_" else ""))(
            result, part
        )
    return result


def _locked(context: Context, lock: Lock, query: Any) -> Any:
    if context.database == "sqlite":
        if lock.skip_locked or lock.nowait:
            what = "SKIP LOCKED" if lock.skip_locked else "NOWAIT"
            raise UnsupportedError(
                f"QueryBuilder.for_update(): SQLite locks the whole database and has no {what}; leave it out",
                database="sqlite",
                feature=what,
                alternative="for_update()",
            )
        return query
    return query.with_for_update(skip_locked=lock.skip_locked, nowait=lock.nowait)


def _count(context: Context, shape: Shape) -> Built:
    """Count the rows that the query would give: directly where it can be, else over the query."""
    is_plain = not (shape.groups or shape.having or shape.combinations or shape.distinct)
    is_plain = is_plain and shape.limit is None and shape.offset is None and not shape.items
    if not is_plain:
        inner = _select(context, _without_order(shape)).statement.subquery("counted")
        return Built(sa.select(sa.func.count()).select_from(inner), ("count",))
    found = _tables(context, shape)
    if found is None:
        raise wrong("count", None, "the query has no table; call from_table()")
    query = _filtered(found, combined(context, shape.conditions), sa.select(sa.func.count()).select_from(found.clause))
    return Built(query, ("count",))


def _exists(context: Context, shape: Shape) -> Built:
    """Ask for one row: of the tables where it can be, else of the query."""
    one: Any = sa.select(sa.literal_column("1"))
    is_plain = not (shape.groups or shape.having or shape.combinations or shape.items)
    if not is_plain:
        return Built(one.select_from(_select(context, shape).statement.subquery("found")), ("found",))
    found = _tables(context, shape)
    if found is None:
        raise wrong("exists", None, "the query has no table; call from_table()")
    query = _filtered(found, combined(context, shape.conditions), one.select_from(found.clause))
    return Built(_ordered(context, shape, query), ("found",))


def _without_order(shape: Shape) -> Shape:
    return replace(shape, orders=(), eager=(), lock=None) if shape.limit is None else shape


def _function(context: Context, shape: Shape, purpose: Purpose) -> Built:
    """Compute SUM, AVG, MIN or MAX of one column over the rows that the conditions leave."""
    if shape.groups or shape.limit is not None or shape.offset is not None or shape.distinct or shape.combinations:
        raise wrong(
            purpose.function,
            purpose.column,
            "it is computed over all rows that the conditions leave: without group_by, limit, offset and distinct; "
            "or select() the function",
        )
    found = _tables(context, shape)
    if found is None:
        raise wrong(purpose.function, purpose.column, "the query has no table; call from_table()")
    column = context.column(purpose.function, purpose.column)
    if problem := function_problem(purpose.function, [column.type]):
        raise wrong(purpose.function, purpose.column, problem, name=purpose.column)
    computed: Any = getattr(sa.func, purpose.function)(column, type_=result_type(purpose.function, [column]))
    query = _filtered(found, combined(context, shape.conditions), sa.select(computed).select_from(found.clause))
    return Built(query, (purpose.function,))
