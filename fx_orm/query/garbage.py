"""Python's garbage collector and large results.

Every few hundred new objects it looks through all of them for circles. While thousands of rows become objects there is
nothing to find, and looking takes longer than making them.
"""

import gc
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext

MANY = 500
"""So many objects are worth a pause."""

_lock = threading.Lock()
_pauses = 0
_NOTHING = nullcontext()


def undisturbed(count: int) -> AbstractContextManager[None]:
    """Pause the collector while so many objects are made, if that is worth it; several threads may do so at once.

    Where the program has switched it off, it stays off.
    """
    return _paused() if count >= MANY else _NOTHING


@contextmanager
def _paused() -> Generator[None]:
    global _pauses  # noqa: PLW0603 - the collector is one for all threads, and so is the number of pauses
    with _lock:
        is_ours = _pauses > 0 or gc.isenabled()
        if is_ours:
            _pauses += 1
            gc.disable()
    try:
        yield
    finally:
        if is_ours:
            with _lock:
                _pauses -= 1
                if _pauses == 0:
                    gc.enable()
