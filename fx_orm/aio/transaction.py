"""The blocks of `transaction()`, entered and left by `async with`."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from fx_orm.aio.bridge import AsyncSource
from fx_orm.aio.synchronous import SynchronousManager
from fx_orm.entity_manager.transactions import Transaction

P = ParamSpec("P")
T = TypeVar("T")


class AsyncTransaction:
    """A block that commits when it is left, and rolls back when an exception leaves it, cancellation included.

    As a decorator it puts each call of an asynchronous function into such a block, and repeats it as `retries` says.
    """

    def __init__(self, source: AsyncSource, begin: Callable[[SynchronousManager], Transaction]) -> None:
        self._source = source
        self._begin = begin
        self._block: Transaction | None = None

    async def __aenter__(self) -> Self:
        self._block = await self._source.bridge.run_sync(lambda manager: self._begin(manager).__enter__())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block = self._block
        if block is not None:
            await self._source.bridge.run_sync(lambda _manager: block.__exit__(kind, error, traceback))

    def __call__(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        """Put each call of `function` into such a block."""

        @wraps(function)
        async def in_transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            def run(manager: SynchronousManager) -> T:
                return self._begin(manager)(lambda: manager.wait_for(function(*args, **kwargs)))()

            return await self._source.bridge.run_sync(run)

        return in_transaction
