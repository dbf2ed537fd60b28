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
from typing import TYPE_CHECKING, Any, Protocol

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


def install(factory: Callable[[], SessionSource]) -> None:
    """Tell how the manager of a thread or task is made when it is first asked for."""
    global _factory  # noqa: PLW0603 - the one setting of this module
    _factory = factory


def current() -> SessionSource:
    """Return the manager in use: the one of the enclosing `use()`, else the task's own, else the thread's own.

    A task started inside `use()` is not inside it: it runs beside the code that started it, and gets its own.
    """
    task = running_task()
    binding = _binding.get()
    if binding is not None and (task is None or binding.task is None or binding.task() is task):
        return binding.manager
    if task is not None:
        return _of_task(task)
    return _of_thread()


@contextmanager
def use(manager: SessionSource) -> Generator[SessionSource]:
    """Make `manager` the current one inside the block, also in threads that run with a copy of this context.

    The block neither commits nor closes it.
    """
    before = _binding.get()
    task = running_task()
    _binding.set(_Binding(manager, None if task is None else weakref.ref(task)))
    try:
        yield manager
    finally:
        _binding.set(before)


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
class _Binding:
    manager: SessionSource
    task: "weakref.ref[Any] | None"


class _Own:
    """Keeps the manager of one thread; dies with the thread's local values."""

    def __init__(self, manager: SessionSource) -> None:
        self.manager = manager
        self._end = weakref.finalize(self, _end, manager, f"thread {threading.current_thread().name!r}")


_factory: Callable[[], SessionSource] | None = None
_binding: ContextVar[_Binding | None] = ContextVar("fx_orm_manager", default=None)
_threads = threading.local()
_tasks: "weakref.WeakKeyDictionary[Any, SessionSource]" = weakref.WeakKeyDictionary()
_tasks_lock = threading.Lock()


def _of_thread() -> SessionSource:
    own: _Own | None = getattr(_threads, "own", None)
    if own is None:
        own = _threads.own = _Own(_make())
    return own.manager


def _of_task(task: Any) -> SessionSource:
    with _tasks_lock:
        manager = _tasks.get(task)
        if manager is None:
            manager = _tasks[task] = _make()
            task.add_done_callback(_end_of_task)
    return manager


def _end_of_task(task: Any) -> None:
    with _tasks_lock:
        manager = _tasks.pop(task, None)
    if manager is not None:
        _end(manager, f"task {task.get_name()!r}")


def _make() -> SessionSource:
    if _factory is None:
        raise RuntimeError("fx_orm.scope.install() was not called: import fx_orm before asking who is current")
    return _factory()


def _end(manager: SessionSource, owner: str) -> None:
    """Close the manager of a thread or task that ended, and say what it never committed."""
    try:
        unsaved = manager.unsaved()
    finally:
        manager.close()
    if unsaved:
        warnings.warn(
            f"{owner} ended with changes that were never committed: {', '.join(unsaved)}; "
            "call commit(), or write inside transaction()",
            ResourceWarning,
            stacklevel=2,
        )
