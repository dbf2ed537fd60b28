"""Results that are read part by part: an asynchronous iterator over a synchronous one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import GeneratorType
from typing import Any, Self, TypeAlias, TypeVar

T = TypeVar("T")

Reading: TypeAlias = "GeneratorType[Any, None, None]"
"""The synchronous iterator that reads, with the cursor that it holds."""


class Stream(AsyncIterator[T]):
    """Gives a result part by part: only one part is in memory, and the connection is in use until the end.

    A loop that is left early closes the cursor, at the latest before the manager's next call does anything else;
    `aclose()` closes it at once.

    Example:
        async for product in products.stream():
            ...
    """

    def __init__(
        self,
        read: "Callable[[Reading | None], Awaitable[tuple[Reading, list[T]]]]",
        close: Callable[[Reading], Awaitable[None]],
        abandon: Callable[[Reading, asyncio.AbstractEventLoop], None],
        size: int,
    ) -> None:
        self._read = read
        self._close = close
        self._abandon = abandon
        self._size = size
        self._items: deque[T] = deque()
        self._reading: Reading | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if not self._items and not self._ended:
            await self._read_part()
        if not self._items:
            raise StopAsyncIteration
        return self._items.popleft()

    async def aclose(self) -> None:
        """Close the cursor now; nothing more is read."""
        self._items.clear()
        self._ended = True
        if self._reading is not None:
            await self._close(self._reading)

    def __del__(self) -> None:
        reading = self._reading
        if reading is not None and reading.gi_frame is not None and self._loop is not None:
            self._abandon(reading, self._loop)

    async def _read_part(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reading, found = await self._read(self._reading)
        self._items.extend(found)
        self._ended = len(found) < self._size
