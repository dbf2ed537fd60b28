"""Repository: the questions and changes of one entity, written on QueryBuilder and the entity manager.

It adds no SQL of its own. A program's repositories derive from it and name their queries.
"""

import inspect
from collections.abc import Iterable
from typing import Any, TypeVar

from fx_orm.errors import MappingError
from fx_orm.identity import mapper_of
from fx_orm.object_manager import ObjectManager
from fx_orm.repository.changing import Changing
from fx_orm.repository.ownership import OfEntity, entity_of, remember

__all__ = ["OfEntity", "Repository", "declared_repository", "remember", "repository_of"]

T = TypeVar("T")
R = TypeVar("R", bound=OfEntity[Any])


class Repository(Changing[T]):
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

    def __init__(self, entity_class: type[T] | None = None, entity_manager: ObjectManager | None = None) -> None:
        super().__init__(entity_class, entity_manager)
        if entity_class is not None and type(self) is not Repository:
            remember(type(self), entity_class)


def repository_of(entity_class: type[T], entity_manager: ObjectManager | None = None) -> Repository[T]:
    """Return the repository of an entity: its own class where one is declared, else `Repository` itself.

    Raises MappingError where several are declared.
    """
    declared = declared_repository(Repository, entity_class)
    if declared is None:
        return Repository(entity_class, entity_manager)
    repository: Repository[T] = declared()
    return repository if entity_manager is None else repository.using(entity_manager)


def declared_repository(base: type[R], entity_class: type[Any]) -> type[R] | None:
    """Find the class of repositories, derived from `base`, that is declared for an entity, None without one.

    Raises MappingError where there are several.
    """
    mapper_of(entity_class)
    classes = {(each.__module__, each.__qualname__): each for each in _subclasses(base) if _is_of(each, entity_class)}
    last = [each for each in classes.values() if not any(each in other.__mro__[1:] for other in classes.values())]
    if len(last) > 1:
        names = ", ".join(sorted(each.__name__ for each in last))
        raise MappingError(f"{entity_class.__name__} has several repositories ({names}); construct the one you mean")
    return last[0] if last else None


def _subclasses(of: type[R]) -> Iterable[type[R]]:
    for each in of.__subclasses__():
        yield each
        yield from _subclasses(each)


def _is_of(repository: type[OfEntity[Any]], entity_class: type[Any]) -> bool:
    """Find out whether a repository is of an entity; one that says it in `__init__` alone is made for it."""
    if entity_of(repository) is None and not _needed_arguments(repository):
        repository()
    return entity_of(repository) is entity_class


def _needed_arguments(repository: type[OfEntity[Any]]) -> list[str]:
    parameters = inspect.signature(repository).parameters.values()
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in variable]
