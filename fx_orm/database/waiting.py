"""Waiting, in code that runs both in threads and, through SQLAlchemy's greenlets, in event loops."""

import asyncio
import time

from sqlalchemy.util.concurrency import await_, in_greenlet


def pause(seconds: float) -> None:
    """Wait; an event loop goes on with its other tasks meanwhile."""
    if _can_await():
        await_(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


def _can_await() -> bool:
    try:
        return in_greenlet()
    except ImportError:  # greenlet is not installed: nothing here is asynchronous
        return False
