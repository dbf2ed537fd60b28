"""One manager, one user at a time: the second of two threads or tasks is told who is first."""

import inspect
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import CoroutineType, FrameType
from typing import Any

from fx_orm import scope
from fx_orm.errors import ConcurrentUseError

_OURS = ("fx_orm", "sqlalchemy", "contextlib")


class ExclusiveUse:
    """Entered around each call of a manager, by the same thread or task as often as it likes.

    It does not wait, but where it says so: two at once are a mistake, and waiting would only hide it. `remedy` gives
    each user a manager.
    """

    def __init__(self, remedy: str) -> None:
        self._remedy = remedy
        self._free = threading.Lock()
        self._owner: tuple[int, Any] | None = None
        self._depth = 0

    def begin(self) -> None:
        """Enter. Raises ConcurrentUseError when somebody else is inside."""
        owner = threading.get_ident(), scope.running_task()
        if self._owner == owner:
            self._depth += 1
            return
        if not self._free.acquire(blocking=False):
            self._refuse()
        self._owner, self._depth = owner, 1

    def end(self) -> None:
        """Leave what was entered last."""
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._free.release()

    @contextmanager
    def once_free(self) -> Generator[None]:
        """Wait until another thread is done, for who ends the manager that a thread was left with."""
        self._wait()
        try:
            yield
        finally:
            self.end()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Let others in while a reader waits to be asked for more, which waits for their calls to end."""
        self.end()
        try:
            yield
        finally:
            self._wait()

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()

    def _wait(self) -> None:
        owner = threading.get_ident(), scope.running_task()
        if self._owner != owner:
            self._free.acquire()
            self._owner = owner
        self._depth += 1

    def _refuse(self) -> None:
        task = self._owner[1] if self._owner is not None else None
        first = _place(_stack_of(self._owner)) or (task.get_name() if task is not None else "an unknown place")
        second = _place(_outwards(inspect.currentframe())) or "an unknown place"
        raise ConcurrentUseError(
            f"two threads or tasks use one entity manager at once: {first} and {second}; "
            f"give each its own ({self._remedy} does)",
            first=first,
            second=second,
        )


def _stack_of(owner: tuple[int, Any] | None) -> list[FrameType]:
    """Find what another thread, or a waiting task, is doing at this moment, the innermost first."""
    if owner is None:
        return []
    thread, task = owner
    if task is not None and thread == threading.get_ident():
        return _waiting(task.get_coro())
    frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented, for such uses
    return _outwards(frames.get(thread))


def _waiting(coroutine: Any) -> list[FrameType]:
    """Find the frames of a coroutine that waits for another one, which waits for another one."""
    stack: list[FrameType] = []
    while isinstance(coroutine, CoroutineType):
        if coroutine.cr_frame is not None:
            stack.insert(0, coroutine.cr_frame)
        coroutine = coroutine.cr_await
    return stack


def _place(stack: list[FrameType]) -> str | None:
    """Find the line of the program: the one that called us, or where it stands now between two of our calls."""
    inside = next((index for index, each in enumerate(stack) if _top_module(each) == "fx_orm"), None)
    skipped = {*sys.stdlib_module_names} if inside is None else {*_OURS}
    for each in stack[inside or 0 :]:
        if _top_module(each) not in skipped:
            return f"{each.f_code.co_filename}:{each.f_lineno}"
    return None


def _outwards(frame: FrameType | None) -> list[FrameType]:
    stack: list[FrameType] = []
    while frame is not None:
        stack.append(frame)
        frame = frame.f_back
    return stack


def _top_module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
