"""The ASGI middleware.

The event loop never waits for the database here: what commits, rolls back or closes does so in a thread.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from fx_orm import scope
from fx_orm.web.answers import STATUSES, Answer, answer_to
from fx_orm.web.request import RequestManagers

Message = MutableMapping[str, Any]
Connection = MutableMapping[str, Any]  # ASGI calls it a scope
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Connection, Receive, Send], Awaitable[None]]

_SEEN = "fx_orm.web"
"""Key of a connection: one of us is further out already."""

_THREADS = 1000
"""More than are needed at once: a commit that waits for a thread could wait for those who wait for its connection."""

_BODIES = ("http.response.body", "http.response.zerocopysend", "http.response.pathsend")


class EntityManagerMiddleware:
    """Give each request its entity manager: committed just before the response starts, closed after its body.

    `EntityManagerInterface()`, repositories and query builders find it by themselves; it is opened at its first use.
    A response below 400 commits what is pending, any other one and every exception rolls back; when the commit fails
    the client gets an error, never the response. While the body is sent the manager can be read from, and changes are
    refused. What runs after the body, and tasks that are started, have managers of their own. A WebSocket has one
    manager, which nobody commits for it: it uses `transaction()`.

    Errors of fx_orm that leave the application are answered with the status that `statuses` gives and a line of JSON.

    Add it first, so that it is next to the application: what runs the application in a task of its own, as Starlette's
    `BaseHTTPMiddleware` does, belongs around it.

    Example:
        app = FastAPI()
        app.add_middleware(EntityManagerMiddleware)
    """

    def __init__(self, app: Application, *, statuses: Mapping[type[Exception], int] = STATUSES) -> None:
        self.app = app
        self._statuses = statuses
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="fx_orm.web")

    async def __call__(self, connection: Connection, receive: Receive, send: Send, /) -> None:
        """Serve one connection; the events of the application's own life pass through."""
        if connection["type"] not in ("http", "websocket"):
            await self.app(connection, receive, send)
        elif _SEEN in connection:
            scope.managers.join()
            await self.app(connection, receive, send)
        else:
            connection[_SEEN] = True
            lasting = connection["type"] == "websocket"
            managers = RequestManagers(connection.get("method", "WebSocket"), connection["path"], lasting=lasting)
            await self._serve(_Exchange(managers, send, self._threads), connection, receive)

    async def _serve(self, exchange: "_Exchange", connection: Connection, receive: Receive) -> None:
        failed = True
        with scope.managers.use(exchange.managers.current):
            try:
                await self.app(connection, receive, exchange.send)
                failed = False
            except Exception as error:
                await exchange.end(failed=True)
                answer = None
                if connection["type"] == "http" and not exchange.started:
                    answer = answer_to(exchange.failure or error, self._statuses, exchange.managers.name)
                if answer is None:
                    raise
                await exchange.answer(answer)
            finally:
                await exchange.end(failed=failed)


class _Exchange:
    """One connection on its way: what was sent, and what that means for the manager."""

    def __init__(self, managers: RequestManagers, send: Send, threads: ThreadPoolExecutor) -> None:
        self.managers = managers
        self.started = False
        self.failure: Exception | None = None
        """Why the response could not start."""
        self._send = send
        self._threads = threads
        self._begun: list[asyncio.Future[None]] = []

    async def send(self, message: Message) -> None:
        """Pass a message on: before the start of the response the manager commits, after its end it is closed."""
        kind = message["type"]
        if kind == "http.response.start":
            await self._start(message["status"])
        await self._send(message)
        if kind in _BODIES and not message.get("more_body", False):
            await self.end(failed=False)

    async def answer(self, answer: Answer) -> None:
        """Send a whole response, past the manager."""
        headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": answer.body})

    async def end(self, *, failed: bool) -> None:
        """Close the manager, if one is open."""
        is_busy = self.managers.is_busy
        await self._work(self.managers.end(failed=failed), in_thread=is_busy)

    async def _start(self, status: int) -> None:
        scope.managers.join()  # the body is made by the task that sends it, which may be another one
        try:
            await self._work(lambda: self.managers.answer(status), in_thread=self.managers.is_busy)
        except Exception as error:
            self.failure = error
            raise
        self.started = True

    async def _work(self, call: Callable[[], None], *, in_thread: bool) -> None:
        """Do what may wait for the database. Once begun it is done, also when this task is cancelled meanwhile."""
        done: asyncio.Future[None] | None = None
        if in_thread and scope.running_task() is not None:  # without asyncio there is nobody to do it for us
            done = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, call)
            self._begun.append(done)
        else:
            call()
        if self._begun:
            await asyncio.wait(self._begun)
            self._begun = [each for each in self._begun if not each.done()]
        if done is not None:
            done.result()
