"""One query for a relationship of all entities that were loaded together.

Nobody keeps these entities together: each knows the number of the query that loaded it, SQLAlchemy's or ours, and the
session's identity map, which is weak, is searched for that number when a relationship is touched. Loading pays nothing
for it, and nothing is kept alive.

Only the plain joins of a relationship are made here, along foreign keys or through a link table. Others are left to
SQLAlchemy's lazy loader, one entity at a time.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Load, Mapper, RelationshipDirection, RelationshipProperty, Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.base import LoaderCallableStatus
from sqlalchemy.orm.exc import UnmappedColumnError

from fx_orm.lazy_loading.modes import Origin, remember

LOADS_TOGETHER = "fx_orm_loads_together"
"""Execution option of the statement that loads a relationship for several entities: the class and the attribute."""

new_run = count(-1, -1).__next__
"""Number the queries whose rows become entities here; those that SQLAlchemy loads are counted from 1 upwards."""

_MOST_KEYS = 500  # in one statement, as SQLAlchemy's selectinload() takes them

_NO_VALUE = LoaderCallableStatus.NO_VALUE

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
    relationship = found_by.relationship
    wanted: dict[_Key, list[Any]] = {}
    for key, entities in _by_key(_together(session, state), session, found_by).items():
        target = found_by.known(session, key)
        if None in key:
            _set(entities, relationship, [])
        elif _is_fresh(target):
            if isinstance(target, relationship.mapper.class_):
                _set(entities, relationship, [target])
        elif len(wanted) < _MOST_KEYS:
            wanted[key] = entities
    if sum(map(len, wanted.values())) < 2:
        return False
    found: dict[_Key, list[Any]] = {key: [] for key in wanted}
    options = {LOADS_TOGETHER: (state.class_, relationship.key)}
    for target, *values in session.execute(found_by.statement(wanted), execution_options=options).unique():
        if tuple(values) not in found:  # equal for the database (it may ignore case), but not here
            for entity in chain.from_iterable(wanted.values()):
                instance_state(entity).runid = None
            return False
        found[tuple(values)].append(target)
    for key, targets in found.items():
        if not targets and found_by.may_exist(session, key):
            continue  # SQLAlchemy's loader finds it, or knows better that there is none
        _set(wanted[key], relationship, targets)
        if origin is not None:
            remember(targets, origin)
    return relationship.key in state.dict


def _together(session: Session, state: Any) -> list[Any]:
    """Find the entities that were loaded together, from this one on; those before it come last."""
    run = state.runid
    together = [] if run is None else [each for each in session.identity_map.all_states() if each.runid == run]
    if len(together) < 2:
        state.runid = None  # it need not be searched for again
        return []
    at = together.index(state)
    return together[at:] + together[:at]


def _by_key(states: list[Any], session: Session, found_by: Lookup) -> dict[_Key, list[Any]]:
    """Group the entities that lack the relationship by the values by which its targets are found.

    What the program has changed is left alone, and so is what is about to be deleted.
    """
    relationship = found_by.relationship
    attribute, fields = relationship.key, {*found_by.fields}
    read = itemgetter(*found_by.fields)
    deleted = {instance_state(entity) for entity in session.deleted}
    has_it = cache(lambda mapper: mapper.isa(relationship.parent))
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for state in states:
        entity = state.obj()
        if entity is None or state in deleted or not has_it(state.mapper):
            continue
        if state.committed_state and _is_changed(state.committed_state, attribute, fields):
            continue
        if (state.load_options or state.callables) and _has_options(state, relationship):
            continue
        values = entity.__dict__
        if attribute not in values and values.keys() >= fields:
            groups[read(values)].append(entity)
    return groups if len(found_by.fields) > 1 else {(key,): entities for key, entities in groups.items()}


def _is_changed(before: dict[str, Any], attribute: str, fields: set[str]) -> bool:
    # NO_VALUE: something was added to a collection that is not loaded, which the loaded one will hold too.
    return not fields.isdisjoint(before) or before.get(attribute, _NO_VALUE) is not _NO_VALUE


def _set(entities: list[Any], relationship: RelationshipProperty[Any], targets: list[Any]) -> None:
    attribute = relationship.key
    if not relationship.uselist and len(targets) > 1:
        return  # SQLAlchemy takes one of them and warns
    value: Any = targets if relationship.uselist else next(iter(targets), None)
    for entity in entities:
        if attribute not in entity.__dict__:  # a flush before the query may have set it
            set_committed_value(entity, attribute, value)


def _is_fresh(target: Any | None) -> bool:
    return target is not None and not instance_state(target).expired


def _has_options(state: Any, relationship: RelationshipProperty[Any]) -> bool:
    """Whether the query that loaded an entity has said how a relationship, or what lies behind it, is to be loaded."""
    if relationship.key in state.callables:
        return True
    path = (*state.load_path[relationship].path, relationship.mapper)
    return any(
        not isinstance(option, Load)
        or any(len(element.path) > len(path) and element.path.path[: len(path)] == path for element in option.context)
        for option in state.load_options
    )
