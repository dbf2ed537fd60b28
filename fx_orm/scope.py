"""Who is current: the manager of the request, else the one of the running task, else the one of the thread.

It makes no manager itself (the installed factory does) and opens no connection: standard library only, cheap to import.
"""

import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


INERT_LISTENERS = "fx_orm_inert_listeners"
"""Key of `session.info`: how many of its `do_orm_execute` listeners leave a plain SELECT alone."""


class SessionSource(Protocol):
    """What lies below an entity manager's face: the session, and how a query may use it."""

    @property
    def session(self) -> "Session":
        """The one session of this manager."""
        ...

    def reading(self) -> AbstractContextManager["Session"]:
        """Lend the session for one query; afterwards the connection goes back when nothing else holds it."""
        ...

    def writing(self) -> AbstractContextManager["Session"]:
        """Lend the session for one change: joins the transaction under way, else is one, committed at the end."""
        ...

    def unsaved(self) -> list[str]:
        """Describe, for people, what would be lost if the manager were closed now."""
        ...

    def close(self) -> None:
        """Give the connection back and forget the entities."""
        ...


class Unsaved(Protocol):
    """What every kind of manager can tell."""

    def unsaved(self) -> list[str]:
        """Describe, for people, what would be lost if the manager were closed now."""
        ...


M = TypeVar("M", bound=Unsaved)


class Current(Generic[M]):
    """Knows which manager of one kind is current: the one of the enclosing `use()`, else the task's or thread's own.

    `factory` makes the manager of a thread or task when it is first asked for; `close` is called when that ends.
    """

    def __init__(self, factory: Callable[[], M] | None, close: Callable[[M], None]) -> None:
        self._factory = factory
        self._close = close
        self._binding: ContextVar[_Binding[M] | None] = ContextVar("fx_orm_manager", default=None)
        self._threads = threading.local()
        self._tasks: weakref.WeakKeyDictionary[Any, M] = weakref.WeakKeyDictionary()
        self._tasks_lock = threading.Lock()

    def install(self, factory: Callable[[], M]) -> None:
        """Tell how a manager is made."""
        self._factory = factory

    def get(self) -> M:
        """Return the manager in use.

        A task started inside `use()` is not inside it: it runs beside the code that started it, and gets its own.
        """
        task = running_task()
        binding = self._binding.get()
        if binding is not None and (task is None or binding.task is None or binding.task() is task):
            return binding.manager
        return self._of_thread() if task is None else self._of_task(task)

    @contextmanager
    def use(self, manager: M) -> Generator[M]:
        """Make `manager` the current one inside the block."""
        before = self._binding.get()
        task = running_task()
        self._binding.set(_Binding(manager, None if task is None else weakref.ref(task)))
        try:
            yield manager
        finally:
            self._binding.set(before)

    def _of_thread(self) -> M:
        own: _Own[M] | None = getattr(self._threads, "own", None)
        if own is None:
            own = self._threads.own = _Own(self._make(), self._end)
        return own.manager

    def _of_task(self, task: Any) -> M:
        with self._tasks_lock:
            manager = self._tasks.get(task)
            if manager is None:
                manager = self._tasks[task] = self._make()
                task.add_done_callback(self._end_of_task)
        return manager

    def _end_of_task(self, task: Any) -> None:
        with self._tasks_lock:
            manager = self._tasks.pop(task, None)
        if manager is not None:
            self._end(manager, f"task {task.get_name()!r}")

    def _make(self) -> M:
        if self._factory is None:
            raise RuntimeError("fx_orm.scope.install() was not called: import fx_orm before asking who is current")
        return self._factory()

    def _end(self, manager: M, owner: str) -> None:
        """Close the manager of a thread or task that ended, and say what it never committed."""
        try:
            unsaved = manager.unsaved()
        finally:
            self._close(manager)
        if unsaved:
            warnings.warn(
                f"{owner} ended with changes that were never committed: {', '.join(unsaved)}; "
                "call commit(), or write inside transaction()",
                ResourceWarning,
                stacklevel=2,
            )


def install(factory: Callable[[], SessionSource]) -> None:
    """Tell how the manager of a thread or task is made when it is first asked for."""
    _managers.install(factory)


def current() -> SessionSource:
    """Return the manager in use: the one of the enclosing `use()`, else the task's own, else the thread's own.

    A task started inside `use()` is not inside it: it runs beside the code that started it, and gets its own.
    """
    return _managers.get()


def use(manager: SessionSource) -> AbstractContextManager[SessionSource]:
    """Make `manager` the current one inside the block, also in threads that run with a copy of this context.

    The block neither commits nor closes it.
    """
    return _managers.use(manager)


def running_task() -> Any:
    """Return the asyncio task that runs here, None outside of any; asyncio is never imported for it."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop in this thread
        return None


@dataclass(frozen=True, slots=True)
class _Binding(Generic[M]):
    manager: M
    task: "weakref.ref[Any] | None"


class _Own(Generic[M]):
    """Keeps the manager of one thread; dies with the thread's local values."""

    def __init__(self, manager: M, end: Callable[[M, str], None]) -> None:
        self.manager = manager
        self._end = weakref.finalize(self, end, manager, f"thread {threading.current_thread().name!r}")


def _close(manager: SessionSource) -> None:
    manager.close()


_managers: Current[SessionSource] = Current(None, _close)
