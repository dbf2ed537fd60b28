"""One manager, one user at a time: the second of two threads or tasks is told who is first."""

import inspect
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from fx_orm import scope
from fx_orm.errors import ConcurrentUseError

_OURS = ("fx_orm", "sqlalchemy", "contextlib")


class ExclusiveUse:
    """Entered around each call of a manager, by the same thread or task as often as it likes.

    It does not wait: two at once are a mistake, and waiting would only hide it.
    """

    def __init__(self) -> None:
        self._free = threading.Lock()
        self._owner: tuple[int, Any] | None = None
        self._depth = 0

    def __enter__(self) -> None:
        owner = threading.get_ident(), scope.running_task()
        if self._owner == owner:
            self._depth += 1
            return
        if not self._free.acquire(blocking=False):
            self._refuse()
        self._owner, self._depth = owner, 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._free.release()

    def _refuse(self) -> None:
        first, second = _place(_frame_of(self._owner)), _place(inspect.currentframe())
        raise ConcurrentUseError(
            f"two threads or tasks use one entity manager at once: {first} and {second}; "
            "give each its own (EntityManagerInterface() does)",
            first=first,
            second=second,
        )


def _frame_of(owner: tuple[int, Any] | None) -> FrameType | None:
    """Find what another thread, or a waiting task, is doing at this moment."""
    if owner is None:
        return None
    thread, task = owner
    if task is not None and thread == threading.get_ident():
        stack: list[FrameType] = task.get_stack(limit=1)
        return stack[-1] if stack else None
    frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented, for such uses
    return frames.get(thread)


def _place(frame: FrameType | None) -> str:
    """Find the line of the program: the one that called us, or where it stands now between two of our calls."""
    stack = list(_outwards(frame))
    inside = next((index for index, each in enumerate(stack) if _top_module(each) == "fx_orm"), None)
    skipped = {*sys.stdlib_module_names} if inside is None else {*_OURS}
    for each in stack[inside or 0 :]:
        if _top_module(each) not in skipped:
            return f"{each.f_code.co_filename}:{each.f_lineno}"
    return "an unknown place"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _top_module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
