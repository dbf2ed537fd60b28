"""Work that waits until nothing has happened for a moment, on the event loop of the server."""

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Delayed:
    """Runs a function once, some seconds after the last call of `start`."""

    def __init__(self, seconds: float, function: Callable[[], None]) -> None:
        self._seconds = seconds
        self._function = function
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start waiting, again when it waits already."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._run)

    def _run(self) -> None:
        self._timer = None
        try:
            self._function()
        except Exception:
            logger.exception("delayed work failed")
