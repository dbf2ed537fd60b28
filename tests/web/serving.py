"""Applications behind one real server, in a thread of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn


class Server:
    """Runs uvicorn once; `serving()` puts an application behind it, and waits until all of its requests are over."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        host, port = self._listening.getsockname()
        self.address = f"{host}:{port}"
        self._app: Any = None
        self._running = 0
        self._idle = threading.Condition()
        self._server = uvicorn.Server(
            uvicorn.Config(self._dispatch, interface="asgi3", log_level="critical", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]})
        self._thread.start()

    @contextmanager
    def serving(self, app: Any) -> Iterator[httpx.Client]:
        """Serve an application; give a client that knows its address."""
        self._app = app
        # uvicorn closes a connection after an error, which a client that goes on using it would see.
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=f"http://{self.address}", timeout=30, limits=limits) as client:
            yield client
        with self._idle:
            assert self._idle.wait_for(lambda: not self._running, timeout=30)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()

    async def _dispatch(self, connection: Any, receive: Any, send: Any) -> None:
        with self._idle:
            self._running += 1
        try:
            await self._app(connection, receive, send)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
