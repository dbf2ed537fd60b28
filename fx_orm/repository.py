"""Repository: the questions and changes of one entity, written on QueryBuilder and the entity manager.

It adds no SQL of its own. A program's repositories derive from it and name their queries.
"""

import copy
import inspect
import typing
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel

from fx_orm.errors import MappingError, NotFoundError, QueryError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.identity import key_names, mapper_of, read_identity
from fx_orm.object_manager import ObjectManager, current
from fx_orm.pagination import Page
from fx_orm.query_builder import QueryBuilder

T = TypeVar("T")

Criteria = Mapping[str, Any]
OrderBy = str | Mapping[str, str] | Sequence[str | Mapping[str, str]]
Values = Mapping[str, Any] | BaseModel


class Repository(Generic[T]):
    """Finds, counts and changes the entities of one class.

    Criteria are a dict: a value is equality, a list, set or tuple is IN, None is IS NULL. `order_by` is `"name"`,
    `"-name"`, `{"name": "desc"}` or a list of those. Unknown fields and directions raise QueryError.

    Outside a transaction each writing call is a committed one, which sends everything that is pending in the entity
    manager with it; inside `transaction()` it is a part of that.

    Example:
        class ProductRepository(Repository[Product]):
            def find_active(self) -> list[Product]:
                return self.find_by({"is_active": True}, order_by="name")
    """

    shows_deleted = False
    """Whether softly deleted entities are found too: `with_deleted()` gives a repository for which this is so."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            entity = next(iter(typing.get_args(base)), None)
            if isinstance(entity, type):
                _declared[cls] = entity

    def __init__(self, entity_class: type[T] | None = None, entity_manager: ObjectManager | None = None) -> None:
        self._given_class = entity_class
        self._given_manager = entity_manager
        if entity_class is not None:
            mapper_of(entity_class)
            if type(self) is not Repository:
                _declared.setdefault(type(self), entity_class)

    @property
    def entity_class(self) -> type[T]:
        """The class of the entities. Raises MappingError when nobody said it."""
        alias = next(iter(typing.get_args(getattr(self, "__orig_class__", None))), None)
        found: Any = self._given_class or _entity_of(type(self)) or alias
        if not isinstance(found, type):
            raise MappingError(
                f"{type(self).__name__} does not say of which entity it is; write "
                f"`class {type(self).__name__}(Repository[Product])` or `super().__init__(Product)`"
            )
        mapper_of(found)
        entity_class: type[T] = found
        return entity_class

    @property
    def entity_manager(self) -> ObjectManager:
        """The manager in use: the one given, else the one of the request, task or thread."""
        return self._given_manager if self._given_manager is not None else current()

    @entity_manager.setter
    def entity_manager(self, entity_manager: ObjectManager) -> None:
        self._given_manager = entity_manager

    @property
    def db(self) -> ObjectManager:
        """The same as `entity_manager`, for `QueryBuilder(self.db)`."""
        return self.entity_manager

    def using(self, entity_manager: ObjectManager) -> Self:
        """Return a copy of this repository that works with this manager."""
        other = copy.copy(self)
        other.entity_manager = entity_manager
        return other

    def with_deleted(self) -> Self:
        """Return a copy of this repository that finds, counts and changes softly deleted entities too."""
        other = copy.copy(self)
        other.shows_deleted = True
        return other

    def query_builder(self) -> QueryBuilder[T]:
        """Start a query for these entities."""
        query: QueryBuilder[T] = QueryBuilder(self.entity_class, manager=self._given_manager)
        return query.with_deleted() if self.shows_deleted else query

    def get_query_builder(self) -> QueryBuilder[T]:
        """Do the same as `query_builder`."""
        return self.query_builder()

    # Finding

    def find(self, id: Any) -> T | None:
        """Find an entity by its primary key (a tuple or a dict for a composite one), None when there is none."""
        if not self.shows_deleted:
            return self.entity_manager.find(self.entity_class, id)
        return self._find_deleted_too(id)

    def get(self, id: Any) -> T:
        """Find an entity by its primary key. Raises NotFoundError when there is none."""
        found = self._find_deleted_too(id) if self.shows_deleted else None
        return found if found is not None else self.entity_manager.get(self.entity_class, id)

    def find_all(self, order_by: OrderBy | None = None) -> list[T]:
        """Find all entities."""
        return self.find_by({}, order_by=order_by)

    def find_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        limit: int | None = None,
        offset: int | None = None,
        with_: str | Iterable[str] = (),
    ) -> list[T]:
        """Find the entities that meet all criteria; `with_` names relationships to load along."""
        return self._query(criteria, order_by, limit, offset, with_).get()

    def find_one_by(
        self, criteria: Criteria, order_by: OrderBy | None = None, with_: str | Iterable[str] = ()
    ) -> T | None:
        """Find the first entity that meets all criteria, None when there is none."""
        return self._query(criteria, order_by, with_=with_).first()

    def get_one_by(self, criteria: Criteria, order_by: OrderBy | None = None, with_: str | Iterable[str] = ()) -> T:
        """Find the first entity that meets all criteria. Raises NotFoundError when there is none."""
        found = self.find_one_by(criteria, order_by, with_)
        if found is None:
            shown = ", ".join(f"{name}={value!r}" for name, value in criteria.items())
            entity = self.entity_class
            raise NotFoundError(f"there is no {entity.__name__} with {shown}", entity=entity, criteria=criteria)
        return found

    def find_many(self, ids: Iterable[Any]) -> list[T]:
        """Find the entities with these primary keys, in this order; keys without a row are left out."""
        wanted = list(ids)
        names = key_names(mapper_of(self.entity_class))
        if len(names) > 1:
            return [found for key in wanted if (found := self.find(key)) is not None]
        by_key = {getattr(entity, names[0]): entity for entity in self.query_builder().where_in(names[0], wanted).get()}
        return [by_key[key] for key in dict.fromkeys(wanted) if key in by_key]

    def first(self, criteria: Criteria | None = None, order_by: OrderBy | None = None) -> T | None:
        """Find the first entity, by default the one with the lowest primary key."""
        return self._query(criteria, order_by or self._key_order("asc")).first()

    def last(self, criteria: Criteria | None = None) -> T | None:
        """Find the entity with the highest primary key."""
        return self._query(criteria, self._key_order("desc")).first()

    def count(self, criteria: Criteria | None = None) -> int:
        """Count the entities that meet all criteria."""
        return self._query(criteria).count()

    def exists(self, criteria: Criteria | None = None) -> bool:
        """Tell whether an entity meets all criteria."""
        return self._query(criteria).exists()

    def pluck(self, field: str, criteria: Criteria | None = None, order_by: OrderBy | None = None) -> list[Any]:
        """Return one field's values of the entities that meet all criteria."""
        self._check_field(field)
        values: list[Any] = self._query(criteria, order_by).pluck(field)
        return values

    def paginate(
        self, page: int = 1, per_page: int = 20, criteria: Criteria | None = None, order_by: OrderBy | None = None
    ) -> Page[T]:
        """Find one page of the entities that meet all criteria, by default in the order of the primary key.

        Entities that `order_by` leaves equal are in the order of the primary key, so that no page repeats one.
        """
        if page < 1 or per_page < 1:
            raise QueryError(f"paginate(page={page}, per_page={per_page}): both count from 1", page=page)
        key_order = self._key_order("asc")
        order = [*self._order(order_by)]
        order += [(field, way) for field, way in key_order.items() if field not in dict(order)]
        query = self._query(criteria, [{field: way} for field, way in order], per_page, (page - 1) * per_page)
        return Page(query.get(), self.count(criteria), page, per_page)

    # Changing

    def add(self, entity: T) -> T:
        """Save an entity that was made elsewhere. Returns it, with its generated key."""
        with self.entity_manager.writing():
            return self.entity_manager.persist(entity)

    def create(self, data: Values | None = None, **fields: Any) -> T:
        """Make an entity of a dict or a model, validated as the entity's class does, and save it."""
        values = {**self._values(data or {}), **self._values(fields)}
        return self.add(self.entity_class(**values))

    def update(self, id: Any, data: Values) -> bool:
        """Change fields of one entity, validated as the entity does, all or none; False when there is none."""
        values = self._values(data)
        with self.entity_manager.writing():
            entity = self.find(id)
            if entity is not None:
                _assign(entity, values)
            return entity is not None

    def update_by(self, criteria: Criteria, data: Values) -> int:
        """Change fields of all entities that meet the criteria, in one statement. Returns how many."""
        return self._query(criteria).update(self._values(data))

    def delete(self, entity_or_id: Any) -> bool:
        """Delete an entity, or the one with a primary key; False when there is none.

        An entity of `SoftDelete` is stamped: its row stays, and is found no more.
        """
        with self.entity_manager.writing():
            entity = entity_or_id if isinstance(entity_or_id, self.entity_class) else self.find(entity_or_id)
            if entity is not None:
                self.entity_manager.remove(entity)
            return entity is not None

    def force_delete(self, entity_or_id: Any) -> bool:
        """Remove the row of an entity, also of one that is deleted softly already; False when there is none."""
        with self.entity_manager.writing():
            is_entity = isinstance(entity_or_id, self.entity_class)
            entity = entity_or_id if is_entity else self._find_deleted_too(entity_or_id)
            if entity is not None:
                self.entity_manager.force_delete(entity)
            return entity is not None

    def delete_by(self, criteria: Criteria) -> int:
        """Delete all entities that meet the criteria, in one statement. Returns how many."""
        return self._query(criteria).delete()

    def insert_many(self, rows: Iterable[Values | T]) -> int:
        """Save many entities, or dicts and models that become entities. Returns how many."""
        entities = [self._entity(row) for row in rows]
        with self.entity_manager.writing():
            self.entity_manager.persist_all(entities)
        return len(entities)

    def _find_deleted_too(self, id: Any) -> T | None:
        identity = read_identity(mapper_of(self.entity_class), id)
        return None if identity is None else self.query_builder().with_deleted().find(identity)

    def _query(
        self,
        criteria: Criteria | None,
        order_by: OrderBy | None = None,
        limit: int | None = None,
        offset: int | None = None,
        with_: str | Iterable[str] = (),
    ) -> QueryBuilder[T]:
        query = self.query_builder()
        for field, value in _pairs(criteria or {}):
            self._check_field(field)
            _restrict(query, field, value)
        for field, direction in self._order(order_by):
            query.order_by(field, direction)
        if limit is not None:
            query.limit(limit)
        if offset is not None:
            query.offset(offset)
        paths = [with_] if isinstance(with_, str) else list(with_)
        if paths:
            query.with_(*paths)
        return query

    def _order(self, order_by: OrderBy | None) -> list[tuple[str, str]]:
        if order_by is None:
            return []
        order: list[tuple[str, str]] = []
        for part in [order_by] if isinstance(order_by, (str, Mapping)) else order_by:
            if isinstance(part, str):
                order.append((part.removeprefix("-"), "desc" if part.startswith("-") else "asc"))
            else:
                order.extend(part.items())
        for field, direction in order:
            self._check_field(field)
            if direction.lower() not in ("asc", "desc"):
                remedy = did_you_mean(direction, ("asc", "desc")) or "; it is asc or desc"
                raise QueryError(f'order_by: "{direction}" is no direction{remedy}', name=direction)
        return order

    def _key_order(self, direction: str) -> dict[str, str]:
        return dict.fromkeys(key_names(mapper_of(self.entity_class)), direction)

    def _entity(self, row: Values | T) -> T:
        if isinstance(row, self.entity_class):
            return row
        return self.entity_class(**self._values(typing.cast("Values", row)))

    def _values(self, data: Values) -> dict[str, Any]:
        """Read what a dict or a model says; fields that a model was not given are not said."""
        values = data.model_dump(exclude_unset=True) if isinstance(data, BaseModel) else dict(data)
        mapper = mapper_of(self.entity_class)
        for field in values:
            if field not in mapper.relationships:
                self._check_field(field)
        return values

    def _check_field(self, field: str) -> None:
        mapper = mapper_of(self.entity_class)
        if field in mapper.column_attrs:
            return
        name = self.entity_class.__name__
        if field in mapper.relationships:
            columns = [column.key for column in mapper.relationships[field].local_columns]
            raise QueryError(f"{name}.{field} is a relationship; use {' and '.join(map(repr, columns))}", name=field)
        raise QueryError(
            f'{name} has no field "{field}"{did_you_mean(field, mapper.column_attrs.keys())}',
            entity=self.entity_class,
            name=field,
        )


def repository_of(entity_class: type[T], entity_manager: ObjectManager | None = None) -> Repository[T]:
    """Return the repository of an entity: its own class where one is declared, else `Repository` itself.

    Raises MappingError where several are declared.
    """
    mapper_of(entity_class)
    classes = {
        (each.__module__, each.__qualname__): each for each in _subclasses(Repository) if _is_of(each, entity_class)
    }
    last = [each for each in classes.values() if not any(each in other.__mro__[1:] for other in classes.values())]
    if len(last) > 1:
        names = ", ".join(sorted(each.__name__ for each in last))
        raise MappingError(f"{entity_class.__name__} has several repositories ({names}); construct the one you mean")
    if not last:
        return Repository(entity_class, entity_manager)
    repository: Repository[T] = last[0]()
    return repository if entity_manager is None else repository.using(entity_manager)


_declared: "weakref.WeakKeyDictionary[type[Repository[Any]], type[Any]]" = weakref.WeakKeyDictionary()
"""The entity of each class of repositories, as far as known: by `Repository[Product]`, or by the first instance."""


def _subclasses(of: type[Repository[Any]]) -> Iterable[type[Repository[Any]]]:
    for each in of.__subclasses__():
        yield each
        yield from _subclasses(each)


def _entity_of(repository: type[Repository[Any]]) -> type[Any] | None:
    return next((_declared[each] for each in repository.__mro__ if each in _declared), None)


def _is_of(repository: type[Repository[Any]], entity_class: type[Any]) -> bool:
    """Find out whether a repository is of an entity; one that says it in `__init__` alone is made for it."""
    if _entity_of(repository) is None and not _needed_arguments(repository):
        repository()
    return _entity_of(repository) is entity_class


def _needed_arguments(repository: type[Repository[Any]]) -> list[str]:
    parameters = inspect.signature(repository).parameters.values()
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in variable]


def _pairs(criteria: object) -> Iterable[tuple[str, Any]]:
    if not isinstance(criteria, Mapping):
        raise QueryError(f'criteria are a dict such as {{"name": value}}, not {criteria!r}', criteria=criteria)
    return criteria.items()


def _restrict(query: QueryBuilder[Any], field: str, value: Any) -> None:
    if value is None:
        query.where_null(field)
    elif not isinstance(value, (list, tuple, set, frozenset)):
        query.where(field, value)
    elif None in value:
        others = [each for each in value if each is not None]
        query.where_group(lambda group: group.where_in(field, others).or_where(field, "=", None))
    else:
        query.where_in(field, list(value))


def _assign(entity: Any, values: Mapping[str, Any]) -> None:
    """Change several fields, all or none where the entity can."""
    if hasattr(entity, "assign"):
        entity.assign(values)
        return
    for field, value in values.items():
        setattr(entity, field, value)
