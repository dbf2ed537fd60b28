"""The asynchronous manager in use: the one of the enclosing `use()`, else the running task's own."""

from fx_orm import scope
from fx_orm.aio.bridge import AsyncSource


def _end(manager: AsyncSource) -> None:
    manager.bridge.end()


managers: scope.Current[AsyncSource] = scope.Current(None, _end)
