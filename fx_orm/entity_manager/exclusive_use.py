"""One manager, one user at a time: the second of two threads or tasks is told who is first."""

import inspect
import threading
from types import FrameType
from typing import Any

from fx_orm import scope
from fx_orm.errors import ConcurrentUseError


class ExclusiveUse:
    """Entered around each call of a manager, by the same thread or task as often as it likes.

    It does not wait: two at once are a mistake, and waiting would only hide it.
    """

    def __init__(self) -> None:
        self._free = threading.Lock()
        self._owner: tuple[int, Any] | None = None
        self._depth = 0
        self._frame: FrameType | None = None

    def __enter__(self) -> None:
        owner = threading.get_ident(), scope.running_task()
        if self._owner == owner:
            self._depth += 1
            return
        if not self._free.acquire(blocking=False):
            self._refuse()
        self._owner, self._depth, self._frame = owner, 1, inspect.currentframe()

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = self._frame = None
            self._free.release()

    def _refuse(self) -> None:
        first, second = _place(self._frame), _place(inspect.currentframe())
        raise ConcurrentUseError(
            f"two threads or tasks use one entity manager at once: {first} and {second}; "
            "give each its own (EntityManagerInterface() does)",
            first=first,
            second=second,
        )


def _place(frame: FrameType | None) -> str:
    """Find the line of the program that a frame was called from."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in ("fx_orm", "sqlalchemy", "contextlib"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return "unknown"
