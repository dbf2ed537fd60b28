"""The managers of one request: one until its body is sent, and another for what runs afterwards.

Nothing here knows ASGI or WSGI; the two middlewares say when a response starts and when it ends.
"""

import logging
import threading
from collections.abc import Callable
from urllib.parse import quote

from fx_orm.entity_manager import EndingEntityManager
from fx_orm.errors import AfterCommitError

logger = logging.getLogger("fx_orm.web")

FIRST_ERROR = 400
"""From this status on a response commits nothing."""

_STARTED = "the response has started"
_OVER = "the request is over"


class RequestManagers:
    """Opens a request's manager at its first use, commits or rolls back with the response, closes it at the end.

    One that is `lasting`, a WebSocket's, gives its connection back after each call.
    """

    def __init__(self, method: str, path: str, *, lasting: bool = False) -> None:
        self._method = method
        self._path = path
        self._manager: EndingEntityManager | None = None
        self._opening = threading.Lock()
        self._releases = lasting
        self._answered = False

    @property
    def name(self) -> str:
        """Which request it is, for people."""
        return f"{self._method} {quote(self._path)}"

    @property
    def is_busy(self) -> bool:
        """Whether to answer or to end will wait for the database."""
        manager = self._manager
        return manager is not None and bool(manager.session.in_transaction() or manager.unsaved())

    def current(self) -> EndingEntityManager:
        """Return the manager of the request, or of what runs after its body; opened now if need be."""
        manager = self._manager
        if manager is None:
            with self._opening:
                manager = self._manager
                if manager is None:
                    manager = self._manager = self._open()
        return manager

    def answer(self, status: int) -> None:
        """Commit what is pending before a response of this status starts; roll it back for an error."""
        if self._manager is not None:
            try:
                self._manager.end_writing(_STARTED, commit=status < FIRST_ERROR)
            except AfterCommitError:  # the rows are committed, which the response says
                logger.exception("%s: the response goes out all the same", self.name)
        self._answered = True

    def end(self, *, failed: bool) -> Callable[[], None]:
        """Let go of the manager, and return what closes it. What runs afterwards gets another one.

        What a request that has not `failed` leaves uncommitted is lost, and logged as an error.
        """
        manager, self._manager = self._manager, None
        self._answered, self._releases = False, True

        def close() -> None:
            if manager is None:
                return
            lost = [] if failed else manager.unsaved()
            manager.end(_OVER)
            if lost:
                logger.error("%s: never committed, and lost: %s", self.name, ", ".join(lost))

        return close

    def _open(self) -> EndingEntityManager:
        manager = EndingEntityManager(release_when_idle=self._releases)
        if self._answered:
            manager.end_writing(_STARTED, commit=False)
        return manager
