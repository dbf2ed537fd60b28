"""What shall happen once a transaction is committed: letters to send, jobs to start, caches to empty.

It knows no session: whoever commits or rolls back says so.
"""

import inspect
from collections.abc import Callable
from typing import Any

from fx_orm.errors import AfterCommitError, FxError

Hook = Callable[[], object]


class CommitHooks:
    """The hooks of one manager: first they wait for a commit, then they are due, then they have run."""

    def __init__(self) -> None:
        self._waiting: list[Hook] = []
        self._due: list[Hook] = []

    def add(self, hook: Any) -> None:
        """Let a hook wait. Raises FxError for what cannot be called, or would have to be awaited."""
        if not callable(hook):
            raise FxError(f"after_commit({hook!r}): this cannot be called; give a function without arguments")
        if inspect.iscoroutinefunction(hook):
            raise FxError(f"after_commit({_name(hook)}): nobody would await this coroutine; give a plain function")
        self._waiting.append(hook)

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def names(self) -> list[str]:
        """Describe for people which ones wait."""
        return [f"{_name(hook)} (after_commit)" for hook in self._waiting]

    def forget(self, first: int = 0) -> None:
        """Drop those that wait, from this one on: what they were registered with is rolled back."""
        del self._waiting[first:]

    def commit(self) -> None:
        """Let all that wait be due."""
        self._due += self._waiting
        self._waiting.clear()

    def run(self) -> None:
        """Run those that are due, in order. Raises AfterCommitError at the end when one of them failed."""
        if not self._due:
            return
        failed: list[tuple[str, Exception]] = []
        due, self._due = self._due, []
        for hook in due:
            try:
                hook()
            except Exception as error:  # noqa: BLE001 - raised again, after the others
                failed.append((_name(hook), error))
        if failed:
            name, first = failed[0]
            others = f" (and {len(failed) - 1} more)" if failed[1:] else ""
            raise AfterCommitError(
                f'everything is committed, but the hook "{name}" failed afterwards{others}: '
                f"{type(first).__name__}: {first}",
                hook=name,
                errors=[error for _, error in failed],
            ) from first


def _name(hook: Any) -> str:
    return str(getattr(hook, "__qualname__", None) or repr(hook)).replace("<locals>.", "")
