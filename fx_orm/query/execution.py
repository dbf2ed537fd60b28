"""Running a query in a session, and what comes back: entities, typed rows, single values.

It begins no transaction that the session would not begin, ends none, and closes nothing: the session is lent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import instance_state

from fx_orm.database import open_stream
from fx_orm.lazy_loading.modes import restrict
from fx_orm.query.garbage import MANY, undisturbed
from fx_orm.query.keyset import Key
from fx_orm.query.loading import covered, session_covered
from fx_orm.query.messages import too_deep
from fx_orm.query.plans import Plan, plan, plan_of_key
from fx_orm.query.rows import Row
from fx_orm.query.shapes import Shape
from fx_orm.query.statements import Purpose
from fx_orm.scope import PAUSED

Position = tuple[Any, ...]

_ROWS = Purpose("rows")
_ENTITIES = Purpose("entities")
_ORM = Purpose("orm")


def entities(session: Session, shape: Shape, values: Sequence[Any], *, keep: bool = True) -> list[Any]:
    """Load the entities that a query finds; those that the session has already are the same objects."""
    if _is_covered(session, shape):
        connection = _connection(session)
        prepared = plan(shape, _ENTITIES, connection, keep=keep)
        try:
            rows = connection.execute(prepared.built.statement, prepared.parameters(values)).all()
        except RecursionError as error:
            raise too_deep() from error
        return _restricted(shape, prepared.load(session, rows) if prepared.load is not None else [])
    prepared = plan(shape, _ORM, session.connection(), keep=keep)
    try:
        with undisturbed(MANY if shape.limit is None else 0):  # how many they are is not known before
            return _restricted(shape, session.scalars(prepared.built.statement, prepared.parameters(values)).all())
    except RecursionError as error:
        raise too_deep() from error


def _restricted(shape: Shape, found: Iterable[Any]) -> list[Any]:
    """Let what was said of lazy loading hold for these entities."""
    entities = list(found)
    if shape.lazy is not None and shape.entity is not None:
        restrict(entities, shape.entity, shape.eager, shape.lazy)
    return entities


def _is_covered(session: Session, shape: Shape) -> bool:
    is_plain = not shape.eager and shape.lock is None
    return is_plain and covered(sa.inspect(shape.entity)) and session_covered(session)


def find(session: Session, mapper: Mapper[Any], identity: tuple[Any, ...]) -> Any | None:
    """Load the entity with a primary key, softly deleted or not; the one that the session has already, if it has it."""
    known = session.identity_map.get(mapper.identity_key_from_primary_key(identity))
    if known is not None and mapper.inherits is None and not instance_state(known).expired:
        return known
    if known is not None or not (covered(mapper) and session_covered(session)):
        return session.get(mapper.class_, identity)
    connection = _connection(session)
    prepared = plan_of_key(mapper, connection)
    found = connection.execute(prepared.built.statement, prepared.parameters(identity)).all()
    return prepared.load(session, found)[0] if found and prepared.load is not None else None


def rows(session: Session, shape: Shape, values: Sequence[Any], *, keep: bool = True) -> list[Row]:
    """Read the rows that a query finds."""
    prepared, result = _run(session, shape, values, _ROWS, keep=keep)
    keys, found = prepared.built.keys, result.all()
    with undisturbed(len(found)):
        return [Row(zip(keys, row, strict=True)) for row in found]


def order_of_pages(session: Session, shape: Shape, *, keep: bool = True) -> tuple[Key, ...]:
    """Return the keys by which the pages of a query are ordered."""
    return plan(shape, _page_purpose(session, shape), session.connection(), keep=keep).built.keyset


def page(session: Session, shape: Shape, values: Sequence[Any], *, keep: bool = True) -> list[tuple[Any, Position]]:
    """Read one page: each entity or row with the values of its order keys."""
    purpose = _page_purpose(session, shape)
    connection = _connection(session)
    prepared = plan(shape, purpose, connection, keep=keep)
    statement, parameters = prepared.built.statement, prepared.parameters(values)
    if purpose is _ORM:
        located = [(row[0], tuple(row)[1:]) for row in session.execute(statement, parameters)]
        _restricted(shape, (entity for entity, _ in located))
        return located
    found = connection.execute(statement, parameters).all()
    width = len(prepared.built.keys)
    places = [tuple(row)[width:] for row in found]
    if prepared.load is not None:
        entities = _restricted(shape, prepared.load(session, [row[:width] for row in found]))
        return list(zip(entities, places, strict=True))
    keys = prepared.built.keys
    return [(Row(zip(keys, row[:width], strict=True)), place) for row, place in zip(found, places, strict=True)]


def _page_purpose(session: Session, shape: Shape) -> Purpose:
    if not shape.gives_entities:
        return _ROWS
    return _ENTITIES if _is_covered(session, shape) else _ORM


def stream(session: Session, shape: Shape, values: Sequence[Any], size: int, *, keep: bool = True) -> Iterator[Any]:
    """Read entities or rows one after the other, `size` at a time, from a cursor of the server where it has one."""
    options: dict[str, Any] = {"yield_per": size}
    paused: Callable[[], AbstractContextManager[None]] = session.info.get(PAUSED, nullcontext)
    if shape.gives_entities:
        connection = session.connection()
        prepared = plan(shape, _ORM, connection, keep=keep)
        statement, parameters = prepared.built.statement, prepared.parameters(values)
        with (
            closing(session.scalars(statement, parameters, execution_options=options)) as found,
            open_stream(connection, found) as stream,
        ):
            for part in found.partitions(size):
                with paused():
                    yield from _restricted(shape, part)
                stream.check()
        return
    connection = _connection(session)
    prepared = plan(shape, _ROWS, connection, keep=keep)
    keys, parameters = prepared.built.keys, prepared.parameters(values)
    with (
        connection.execute(prepared.built.statement, parameters, execution_options=options) as result,
        open_stream(connection, result) as stream,
    ):
        for part in result.partitions(size):
            with paused():
                yield from (Row(zip(keys, row, strict=True)) for row in part)
            stream.check()


def scalar(session: Session, shape: Shape, values: Sequence[Any], purpose: Purpose, *, keep: bool = True) -> Any:
    """Read one value: a count, a sum..."""
    return _run(session, shape, values, purpose, keep=keep)[1].scalar()


def _run(
    session: Session, shape: Shape, values: Sequence[Any], purpose: Purpose, *, keep: bool
) -> tuple[Plan, sa.CursorResult[Any]]:
    connection = _connection(session)
    prepared = plan(shape, purpose, connection, keep=keep)
    try:
        return prepared, connection.execute(prepared.built.statement, prepared.parameters(values))
    except RecursionError as error:
        raise too_deep() from error


def _connection(session: Session) -> sa.Connection:
    """Return the session's connection; what is pending is written first where the session would do so."""
    if session.autoflush:
        session.flush()
    return session.connection()
