"""AsyncEntityManagerInterface: stands for the asynchronous manager of whoever calls: the request, or the task."""

from typing import TypeVar

from fx_orm.aio.bridge import Bridge
from fx_orm.aio.entity_manager import AsyncEntityManager
from fx_orm.aio.object_manager import AsyncObjectManager, current
from fx_orm.aio.repository import AsyncRepository, async_repository_of

T = TypeVar("T")


class AsyncEntityManagerInterface(AsyncEntityManager):
    """Each call goes to the manager given here, else to the current one: of the request, else of the task.

    Services keep one for their whole life, and share it between tasks; it keeps nothing itself.

    Example:
        class ProductService:
            def __init__(self, entity_manager: AsyncEntityManagerInterface) -> None:
                self.em = entity_manager
    """

    def __init__(self, entity_manager: AsyncObjectManager | None = None) -> None:
        self._given = entity_manager

    @property
    def entity_manager(self) -> AsyncObjectManager:
        """The manager that a call would go to now."""
        return self._given if self._given is not None else current()

    @property
    def bridge(self) -> Bridge:
        """What runs the synchronous code of the current manager."""
        return self.entity_manager.bridge

    def get_repository(self, entity_class: type[T]) -> AsyncRepository[T]:
        """Return the repository of an entity: its own class where one is declared."""
        return async_repository_of(entity_class, self._given)
