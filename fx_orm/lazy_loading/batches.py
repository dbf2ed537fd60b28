"""One query for a relationship of all entities that were loaded together.

Nobody keeps these entities together: each knows the number of the query that loaded it, SQLAlchemy's or ours, and the
session's identity map, which is weak, is searched for that number when a relationship is touched. Loading pays nothing
for it, and nothing is kept alive.

Only the plain joins of a relationship are made here, along foreign keys or through a link table. Others are left to
SQLAlchemy's lazy loader, one entity at a time.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Load, Mapper, RelationshipDirection, RelationshipProperty, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import UnmappedColumnError

from fx_orm.lazy_loading.modes import Origin, remember

LOADS_TOGETHER = "fx_orm_loads_together"
"""Execution option of the statement that loads a relationship for several entities: the class and the attribute."""

new_run = count(-1, -1).__next__
"""Number the queries whose rows become entities here; those that SQLAlchemy loads are counted from 1 upwards."""

_MOST_KEYS = 500  # in one statement, as SQLAlchemy's selectinload() takes them

_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the targets of a relationship are found: `columns`, of their table or of the link, equal the own `fields`."""

    relationship: RelationshipProperty[Any]
    fields: tuple[str, ...]
    columns: tuple[sa.ColumnElement[Any], ...]
    is_by_primary_key: bool
    """Whether the columns are the primary key of the target: it may be in the session already."""

    def key(self, state: Any) -> _Key:
        """Give the own values by which the targets are found, loading those that are expired."""
        entity = state.obj()
        return tuple(getattr(entity, field) for field in self.fields)

    def known(self, session: Session, key: _Key) -> Any | None:
        """Find the one target in the session, expired or not."""
        if not self.is_by_primary_key:
            return None
        return session.identity_map.get(self.relationship.mapper.identity_key_from_primary_key(key))

    def may_exist(self, session: Session, key: _Key) -> bool:
        """Tell whether there may be a target although the query gave none for this key.

        It may be expired, and deleted softly meanwhile; or the database takes two texts for one, and gave it for that.
        """
        points_there = self.relationship.direction is RelationshipDirection.MANYTOONE
        return (points_there and any(isinstance(value, str) for value in key)) or self.known(session, key) is not None

    def needs_query(self, session: Session, state: Any) -> bool:
        """Tell whether the database has to be asked for the targets."""
        key = self.key(state)
        return None not in key and not _is_fresh(self.known(session, key))

    def statement(self, keys: Collection[_Key]) -> "sa.Select[*tuple[Any, ...]]":
        """Select the targets for these keys, each with its key."""
        relationship = self.relationship
        query: Any = sa.select(relationship.mapper, *self.columns).select_from(relationship.mapper)
        if relationship.secondary is not None:
            query = query.join(relationship.secondary, relationship.secondaryjoin)
        if len(self.columns) == 1:
            query = query.where(self.columns[0].in_([key[0] for key in keys]))
        else:
            query = query.where(sa.tuple_(*self.columns).in_(list(keys)))
        return query.order_by(*relationship.order_by) if relationship.order_by else query  # type: ignore[no-any-return]


def lookup(relationship: RelationshipProperty[Any]) -> Lookup | None:
    """Read how the targets of a relationship are found; None where its join is not a plain one."""
    link, target = relationship.secondary, relationship.mapper
    pairs = relationship.local_remote_pairs if link is None else relationship.synchronize_pairs
    plain = sa.and_(*(own == other for own, other in pairs or ()))
    if not pairs or not plain.compare(relationship.primaryjoin) or relationship.entity.is_aliased_class:
        return None
    try:
        fields = {relationship.parent.get_property_by_column(own).key: other for own, other in pairs}
        primary_key = [target.get_property_by_column(column).key for column in target.primary_key]
        by_field = {} if link is not None else {_key_of(target, other): own for own, other in fields.items()}
    except UnmappedColumnError:
        return None
    is_by_primary_key = link is None and not relationship.uselist and by_field.keys() == set(primary_key)
    names = [by_field[name] for name in primary_key] if is_by_primary_key else list(fields)
    return Lookup(relationship, tuple(names), tuple(fields[name] for name in names), is_by_primary_key)


def _key_of(mapper: Mapper[Any], column: Any) -> str:
    return mapper.get_property_by_column(column).key


def load_together(session: Session, state: Any, found_by: Lookup, origin: Origin | None) -> bool:
    """Load a relationship for an entity and those that were loaded with it; False when that is for SQLAlchemy to do."""
    attribute = found_by.relationship.key
    wanted: dict[_Key, list[Any]] = {}
    for entity, key in _without(session, state, found_by):
        target = found_by.known(session, key)
        if None in key:
            _set(entity, found_by, [])
        elif _is_fresh(target):
            if isinstance(target, found_by.relationship.mapper.class_):
                _set(entity, found_by, [target])
        elif key in wanted or len(wanted) < _MOST_KEYS:
            wanted.setdefault(key, []).append(entity)
    if sum(map(len, wanted.values())) < 2:
        return False
    found: dict[_Key, list[Any]] = {key: [] for key in wanted}
    options = {LOADS_TOGETHER: (state.class_, attribute)}
    for target, *values in session.execute(found_by.statement(wanted), execution_options=options).unique():
        if tuple(values) not in found:  # equal for the database (it may ignore case), but not here
            _part(entity for entities in wanted.values() for entity in entities)
            return False
        found[tuple(values)].append(target)
    for key, entities in wanted.items():
        targets = found[key]
        if not targets and found_by.may_exist(session, key):
            continue  # SQLAlchemy's loader finds it, or knows better that there is none
        for entity in entities:
            _set(entity, found_by, targets)
        if origin is not None:
            remember(targets, origin)
    return attribute in state.dict


def _without(session: Session, state: Any, found_by: Lookup) -> Iterator[tuple[Any, _Key]]:
    """Give the entities that were loaded together and lack the relationship, this one first, each with its key."""
    run = state.runid
    together = [] if run is None else [each for each in session.identity_map.all_states() if each.runid == run]
    if len(together) < 2:
        state.runid = None  # it need not be searched for again
        return
    at = together.index(state)
    deleted = {id(entity) for entity in session.deleted}
    relationship = found_by.relationship
    for each in (*together[at:], *together[:at]):
        entity = each.obj()
        if entity is None or id(entity) in deleted or not each.mapper.isa(relationship.parent):
            continue
        values = entity.__dict__
        is_known = all(field in values and field not in each.committed_state for field in found_by.fields)
        if is_known and relationship.key not in values and not _has_options(each, relationship):
            yield entity, tuple(values[field] for field in found_by.fields)


def _set(entity: Any, found_by: Lookup, targets: list[Any]) -> None:
    relationship = found_by.relationship
    if relationship.key in entity.__dict__:
        return  # a flush before the query has set it
    if relationship.uselist:
        set_committed_value(entity, relationship.key, targets)
    elif len(targets) < 2:  # of several, SQLAlchemy takes one and warns
        set_committed_value(entity, relationship.key, targets[0] if targets else None)


def _part(entities: Iterator[Any]) -> None:
    for entity in entities:
        sa.inspect(entity).runid = None


def _is_fresh(target: Any | None) -> bool:
    return target is not None and not sa.inspect(target).expired


def _has_options(state: Any, relationship: RelationshipProperty[Any]) -> bool:
    """Whether the query that loaded an entity has said how a relationship, or what lies behind it, is to be loaded."""
    if relationship.key in state.callables:
        return True
    if not state.load_options:
        return False
    path = (*state.load_path[relationship].path, relationship.mapper)
    return any(
        not isinstance(option, Load)
        or any(len(element.path) > len(path) and element.path.path[: len(path)] == path for element in option.context)
        for option in state.load_options
    )
