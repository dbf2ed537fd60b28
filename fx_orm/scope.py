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

from fx_orm.errors import FxError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


INERT_LISTENERS = "fx_orm_inert_listeners"
"""Key of `session.info`: how many of its `do_orm_execute` listeners leave a plain SELECT alone."""

PAUSED = "fx_orm_paused"
"""Key of `session.info`: makes the context in which others may use the session while a reader waits to be asked on."""


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
        Raises FxError in a thread that a task started inside `use()` and that goes on after its end.
        """
        task = running_task()
        binding = self._binding.get()
        if binding is not None and (task is None or binding.is_of(task)):
            if not binding.use.is_over:
                return binding.use.source()
            if task is None and binding.task is not None:
                raise FxError(_LEFT_BEHIND)
        return self._of_thread() if task is None else self._of_task(task)

    @contextmanager
    def use(self, source: Callable[[], M]) -> Generator[None]:
        """Let `source` say who is current inside the block, each time somebody asks."""
        before = self._binding.get()
        use = _Use(source)
        self._binding.set(_Binding(use, _reference(running_task())))
        try:
            yield
        finally:
            use.is_over = True
            self._binding.set(before)

    def join(self) -> bool:
        """Count the running task as inside the `use()` that it was started in; False when it was started in none."""
        binding, task = self._binding.get(), running_task()
        if binding is None or binding.use.is_over:
            return False
        if task is not None and not binding.is_of(task):
            self._binding.set(_Binding(binding.use, _reference(task)))
        return True

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
    managers.install(factory)


def current() -> SessionSource:
    """Return the manager in use: the one of the enclosing `use()`, else the task's own, else the thread's own.

    A task started inside `use()` is not inside it: it runs beside the code that started it, and gets its own.
    """
    return managers.get()


@contextmanager
def use(manager: SessionSource) -> Generator[SessionSource]:
    """Make `manager` the current one inside the block, also in threads that run with a copy of this context.

    The block neither commits nor closes it.
    """
    with managers.use(lambda: manager):
        yield manager


def running_task() -> Any:
    """Return the asyncio task that runs here, None outside of any; asyncio is never imported for it."""
    asyncio = sys.modules.get("asyncio")
    # Asked at every use of a manager: an error where there is no event loop, as `current_task()` has it, takes longer.
    return None if asyncio is None or asyncio._get_running_loop() is None else asyncio.current_task()  # noqa: SLF001


_LEFT_BEHIND = (
    "this thread goes on after the request or use() block that started it, whose manager is closed: wait for it there, "
    "or give it a manager of its own by `with EntityManager() as em`"
)


@dataclass(slots=True)
class _Use(Generic[M]):
    source: Callable[[], M]
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class _Binding(Generic[M]):
    use: _Use[M]
    task: "weakref.ref[Any] | None"
    """The task that is inside; None outside of any."""

    def is_of(self, task: Any) -> bool:
        return self.task is None or self.task() is task


def _reference(task: Any) -> "weakref.ref[Any] | None":
    return None if task is None else weakref.ref(task)


class _Own(Generic[M]):
    """Keeps the manager of one thread; dies with the thread's local values."""

    def __init__(self, manager: M, end: Callable[[M, str], None]) -> None:
        self.manager = manager
        self._end = weakref.finalize(self, end, manager, f"thread {threading.current_thread().name!r}")


def _close(manager: SessionSource) -> None:
    manager.close()


managers: Current[SessionSource] = Current(None, _close)
"""Who is current for code that does not await."""
