"""Pages: a part of a result, and how much there is in all or how to go on.

Plain data; `paginate` and `cursor_paginate` make them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a result; pages count from 1. Iterating gives the items.

    Attributes:
        total: how many items all pages have.
        per_page: how many items a full page has.
    """

    items: list[T]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.per_page)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[T]):
    """One page of a result that is read from one row to the next; iterating gives the items.

    Attributes:
        per_page: how many items a full page has.
        next_cursor: what `cursor_paginate` takes for the page after this one, None at the end.
        previous_cursor: the same for the page before, None at the beginning.
    """

    items: list[T]
    per_page: int
    next_cursor: str | None
    previous_cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
