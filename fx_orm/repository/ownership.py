"""Of which entity a repository is, and with which manager it works.

The class says it (`Repository[Product]`), or the first instance (`super().__init__(Product)`).
"""

import copy
import typing
import weakref
from typing import Any, Generic, Self, TypeVar

from fx_orm.errors import MappingError, QueryError
from fx_orm.errors.calls import kind_of
from fx_orm.identity import mapper_of
from fx_orm.object_manager import ObjectManager, current
from fx_orm.query_builder import QueryBuilder

T = TypeVar("T")
M = TypeVar("M")


class OfEntity(Generic[T]):
    """What repositories of both kinds know, synchronous and asynchronous: their entity."""

    shows_deleted = False
    """Whether softly deleted entities are found too: `with_deleted()` gives a repository for which this is so."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            entity = next(iter(typing.get_args(base)), None)
            if isinstance(entity, type):
                _declared[cls] = entity

    def __init__(self, entity_class: type[T] | None = None) -> None:
        self._given_class = entity_class
        if entity_class is not None:
            mapper_of(entity_class)

    @property
    def entity_class(self) -> type[T]:
        """The class of the entities. Raises MappingError when nobody said it.

        Example:
            >>> products.entity_class.__name__
            'Product'
        """
        alias = next(iter(typing.get_args(getattr(self, "__orig_class__", None))), None)
        found: Any = self._given_class or entity_of(type(self)) or alias
        if not isinstance(found, type):
            raise MappingError(
                f"{type(self).__name__} does not say of which entity it is; write "
                f"`class {type(self).__name__}(Repository[Product])` or `super().__init__(Product)`"
            )
        mapper_of(found)
        entity_class: type[T] = found
        return entity_class

    def with_deleted(self) -> Self:
        """Return a copy of this repository that finds, counts and changes softly deleted entities too.

        Example:
            >>> products.with_deleted().count()
            3
        """
        other = copy.copy(self)
        other.shows_deleted = True
        return other


class Owned(OfEntity[T]):
    """What all repositories know: their entity, their manager, how a query starts."""

    def __init__(self, entity_class: type[T] | None = None, entity_manager: ObjectManager | None = None) -> None:
        super().__init__(entity_class)
        self._given_manager = None if entity_manager is None else checked_manager(entity_manager)

    @property
    def entity_manager(self) -> ObjectManager:
        """The manager in use: the one given, else the one of the request, task or thread.

        Example:
            >>> products.entity_manager.contains(products.find(1))
            True
        """
        return self._given_manager if self._given_manager is not None else current()

    @entity_manager.setter
    def entity_manager(self, entity_manager: ObjectManager) -> None:
        self._given_manager = checked_manager(entity_manager)

    @property
    def db(self) -> ObjectManager:
        """The same as `entity_manager`, for `QueryBuilder(self.db)`.

        Example:
            >>> QueryBuilder(products.db).from_table("product p").where("p.stock", ">", 50).count()
            2
        """
        return self.entity_manager

    def using(self, entity_manager: ObjectManager) -> Self:
        """Return a copy of this repository that works with this manager.

        Example:
            >>> with EntityManager() as em:
            ...     products.using(em).count()
            3
        """
        other = copy.copy(self)
        other.entity_manager = entity_manager
        return other

    def query_builder(self) -> QueryBuilder[T]:
        """Start a query for these entities.

        Example:
            >>> products.query_builder().where("stock", ">", 50).count()
            2
        """
        query: QueryBuilder[T] = QueryBuilder(self.entity_class, manager=self._given_manager)
        return query.with_deleted() if self.shows_deleted else query

    def get_query_builder(self) -> QueryBuilder[T]:
        """Do the same as `query_builder`.

        Example:
            >>> products.get_query_builder().where("stock", ">", 50).count()
            2
        """
        return self.query_builder()


def checked_manager(entity_manager: M) -> M:
    """Take an entity manager from a caller.

    Raises:
        QueryError: it is none.
    """
    if not callable(getattr(entity_manager, "persist", None)):
        raise QueryError(f"Repository(): {kind_of(entity_manager)} is no entity manager")
    return entity_manager


def entity_of(repository: type[OfEntity[Any]]) -> type[Any] | None:
    """Return the entity of a class of repositories, None while nobody said it."""
    return next((_declared[each] for each in repository.__mro__ if each in _declared), None)


def remember(repository: type[OfEntity[Any]], entity_class: type[Any]) -> None:
    """Note the entity that an instance of a class was made for, unless the class says it."""
    _declared.setdefault(repository, entity_class)


_declared: "weakref.WeakKeyDictionary[type[OfEntity[Any]], type[Any]]" = weakref.WeakKeyDictionary()
"""The entity of each class of repositories, as far as known: by `Repository[Product]`, or by the first instance."""
