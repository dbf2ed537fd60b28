"""INSERT, UPDATE and DELETE of a builder: built for one run, values bound, names of columns resolved like any other.

Entities of the session that an UPDATE or DELETE touches are brought up to date by SQLAlchemy.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Mapper, Session

from fx_orm.errors import UnsupportedError
from fx_orm.mixins import now, stamp_of
from fx_orm.query.binding import Binds
from fx_orm.query.conditions import combined
from fx_orm.query.context import Context
from fx_orm.query.garbage import undisturbed
from fx_orm.query.incoming_rows import IncomingRows
from fx_orm.query.kinds import is_number, named
from fx_orm.query.messages import too_deep, wrong
from fx_orm.query.shapes import Shape
from fx_orm.query.sources import From, from_clause
from fx_orm.query.statements import embedded
from fx_orm.query.tables import Tables, columns_of
from fx_orm.query.values import WrongValue, converter


def insert(session: Session, shape: Shape, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows in one statement; say how many they are.

    A field of an entity that a row leaves out takes its default, as in the constructor; any other column is NULL. What
    only the database can fill in (a generated key, a default of the table) makes a statement of its own for the rows
    that leave it out.
    """
    table, mapper = _target(session, shape, "insert")
    columns = columns_of(table, mapper)
    incoming = IncomingRows(shape.entity, columns, table, "insert", _database(session))
    with undisturbed(len(rows)):
        for batch in _batches(table, [incoming.whole(row) for row in rows]):
            session.execute(sa.insert(table), batch)
    return len(rows)


def _batches(table: sa.Table, rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Put rows with the same columns together, after NULL was filled in where nothing else would be."""
    shapes = {tuple(row): row for row in rows}
    if len(shapes) == 1:
        return [rows]
    empty = dict.fromkeys(name for row in shapes.values() for name in row if _may_be_left_empty(table.c[name]))
    batches: dict[frozenset[str], list[dict[str, Any]]] = {}
    for row in rows:
        filled = {**empty, **row}
        batches.setdefault(frozenset(filled), []).append(filled)
    return batches.values()


def _may_be_left_empty(column: sa.Column[Any]) -> bool:
    """Whether a column that a row leaves out is NULL: nothing else would fill it."""
    return bool(column.nullable) and column.default is None and column.server_default is None


def upsert(
    session: Session,
    shape: Shape,
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    update: Sequence[str] | None,
) -> int:
    """Insert rows, or change those that exist with the same key: one statement, safe against others doing the same."""
    table, mapper = _target(session, shape, "upsert")
    columns = columns_of(table, mapper)
    incoming = IncomingRows(shape.entity, columns, table, "upsert", _database(session))
    key_columns = incoming.names(keys)
    _demand_unique(table, key_columns)
    chosen = None if update is None else incoming.names(update)
    batches: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        given = incoming.given(row)
        missing = [key for key in key_columns if key not in given]
        if missing:
            raise wrong("upsert", missing[0], "every row needs a value for each key", name=missing[0])
        values = incoming.whole(row)
        for name in chosen or ():
            if name not in given:
                raise wrong("upsert", name, "update names it, and a row has no value for it", name=name)
        changed = [key for key in given if key not in key_columns] if chosen is None else chosen
        batches.setdefault((*sorted(values), "", *changed), []).append(values)
    for names, batch in batches.items():
        changed = list(names[names.index("") + 1 :])
        # Two that do the same at the same time lock the rows in the same order: they wait, and never for each other.
        batch.sort(key=lambda values: [str(values[key]) for key in key_columns])
        session.execute(_upsert(_database(session), table, key_columns, changed), batch)
    if mapper is not None:
        session.expire_all()  # what the statement changed is not known: everything is read again at its next use
    return len(rows)


def _demand_unique(table: sa.Table, keys: list[str]) -> None:
    """Refuse keys that tell no row from another: MariaDB would insert beside the row that was meant."""
    constraints = (sa.PrimaryKeyConstraint, sa.UniqueConstraint)
    unique = [tuple(rule.columns.keys()) for rule in table.constraints if isinstance(rule, constraints)]
    unique += [tuple(index.columns.keys()) for index in table.indexes if index.unique]
    if sorted(keys) not in [sorted(columns) for columns in unique]:
        there = "; ".join(sorted(", ".join(columns) for columns in unique if columns)) or "none"
        raise wrong(
            "upsert",
            None,
            f'no primary or unique key of "{table.name}" has the columns {", ".join(keys)}; there is: {there}',
        )


def _upsert(database: str, table: sa.Table, keys: list[str], changed: list[str]) -> Any:
    if database == "mysql":
        mysql_insert = mysql.insert(table)
        # Without anything to change the key is set to itself: the row that exists stays as it is.
        updated = {name: mysql_insert.inserted[name] for name in changed} or {keys[0]: table.c[keys[0]]}
        return mysql_insert.on_duplicate_key_update(updated)
    dialect: Any = {"postgresql": postgresql, "sqlite": sqlite}.get(database)
    if dialect is None:
        raise UnsupportedError(
            f"QueryBuilder.upsert(): {database} is not supported; look first, then insert() or update()",
            database=database,
            feature="upsert",
            alternative="insert() or update()",
        )
    statement = dialect.insert(table)
    if not changed:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in changed}
    )


def update(session: Session, shape: Shape, values: Sequence[Any], changes: Mapping[str, Any], method: str) -> int:
    """Change the rows that the conditions leave; say how many they are."""
    table, mapper = _target(session, shape, method)
    condition = _condition(session, shape, values, method)
    columns = columns_of(table, mapper)
    changed = IncomingRows(shape.entity, columns, table, method, _database(session)).given(changes)
    if not changed:
        raise wrong(method, None, "no column is given a value")
    target: Any = shape.entity if mapper is not None and shape.entity is not None else table
    statement = sa.update(target)
    if condition is not None:
        statement = statement.where(condition)
    # The names of fields, where SQLAlchemy is to change the entities of the session too.
    by_target = {_field(mapper, table, name): value for name, value in changed.items()} if mapper else changed
    return _run(session, statement.values(by_target), target)


def increment(session: Session, shape: Shape, values: Sequence[Any], column: str, by: Any) -> int:
    """Add to a column in the database itself, so that no change of somebody else is lost."""
    table, mapper = _target(session, shape, "increment")
    columns, database = columns_of(table, mapper), _database(session)
    found = IncomingRows(shape.entity, columns, table, "increment", database).column(column)
    if not is_number(found.type):
        raise wrong("increment", column, f"the column holds {named(found.type)}, not numbers")
    convert = converter(found.type, database)
    try:
        amount = by if convert is None else convert(by)
    except WrongValue as problem:
        raise wrong("increment", column, str(problem), value=by) from None
    return update(session, shape, values, {column: found + amount}, "increment")


def delete(session: Session, shape: Shape, values: Sequence[Any]) -> int:
    """Delete the rows that the conditions leave, or stamp them where deleting is soft; say how many they are."""
    table, mapper = _target(session, shape, "delete")
    if mapper is None:
        mapper = Tables(None, None).mapper_of(table)
    stamp = stamp_of(mapper)
    if stamp is not None:
        return update(session, shape, values, {stamp: now()}, "delete")
    return force_delete(session, shape, values)


def force_delete(session: Session, shape: Shape, values: Sequence[Any]) -> int:
    """Delete the rows that the conditions leave, also where deleting is soft; say how many they are."""
    table, mapper = _target(session, shape, "force_delete")
    condition = _condition(session, shape, values, "force_delete")
    target: Any = shape.entity if mapper is not None and shape.entity is not None else table
    statement = sa.delete(target)
    return _run(session, statement if condition is None else statement.where(condition), target)


def _target(session: Session, shape: Shape, method: str) -> tuple[sa.Table, Mapper[Any] | None]:
    """Find the one table that is changed."""
    _demand_one_table(shape, method)
    if shape.entity is not None:
        mapper: Mapper[Any] = sa.inspect(shape.entity)
        if not isinstance(mapper.local_table, sa.Table) or mapper.inherits is not None:
            raise wrong(method, None, f"{shape.entity.__name__} spans several tables; change its entities instead")
        return mapper.local_table, mapper
    if shape.source is None or shape.source.query is not None:
        raise wrong(method, None, "it needs a table: from_table()")
    if session.autoflush:
        session.flush()
    known = Tables(None, session.connection()).find(shape.source.table, shape.source.method, shape.source.text)
    return known.table, None


def _demand_one_table(shape: Shape, method: str) -> None:
    """Refuse the clauses of a SELECT, which a change would otherwise ignore."""
    for said, name in (
        (shape.joins, "join"),
        (shape.groups, "group_by"),
        (shape.having, "having"),
        (shape.combinations, "union"),
        (shape.ctes, "with_cte"),
    ):
        if said:
            raise wrong(method, None, f"it changes one table, without {name}(); put where_in(column, builder) instead")
    for limiting, name in ((shape.limit, "limit"), (shape.offset, "offset")):
        if limiting is not None:
            raise wrong(method, None, f"{name}() does not go with it; not every database has it")
    for reading, name in (
        (shape.items, "select"),
        (shape.distinct, "distinct"),
        (shape.orders, "order_by"),
        (shape.eager, "with_"),
        (shape.lock, "for_update"),
    ):
        if reading:
            raise wrong(method, None, f"{name}() does not go with it: it reads nothing; leave it out")


def _condition(session: Session, shape: Shape, values: Sequence[Any], method: str) -> Any:
    """Build the conditions over the bare table: UPDATE and DELETE know no alias on every database."""
    connection = session.connection()
    tables = Tables(shape.entity, connection)
    database = _database(session)
    context = Context(tables, database, Binds(database, values), 0, embedded)
    if shape.source is not None and shape.source.alias is not None:
        raise wrong(method, shape.source.text, "a table that is changed takes no alias")
    found: From | None = from_clause(context, shape)
    condition = combined(context, shape.conditions)
    if found is not None and found.criterion is not None:
        return found.criterion if condition is None else sa.and_(condition, found.criterion)
    return condition


def _database(session: Session) -> str:
    name = session.connection().dialect.name
    return "mysql" if name == "mariadb" else name


def _field(mapper: Mapper[Any], table: sa.Table, name: str) -> str:
    """Return the name of the field that a column belongs to."""
    return str(mapper.get_property_by_column(table.c[name]).key)


def _run(session: Session, statement: Any, target: Any) -> int:
    options: dict[str, Any] = {} if isinstance(target, sa.Table) else {"synchronize_session": "auto"}
    try:
        result: Any = session.execute(statement, execution_options=options)
    except RecursionError as error:
        raise too_deep() from error
    return int(result.rowcount)
