"""The WSGI middleware.

A server sends the head of a response with the first piece of its body (PEP 3333): the commit comes just before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fx_orm import scope
from fx_orm.errors import FxError
from fx_orm.web.answers import STATUSES, answer_to
from fx_orm.web.request import RequestManagers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_SEEN = "fx_orm.web"
"""Key of the environment: one of us is further out already."""


class WSGIEntityManagerMiddleware:
    """Give each request its entity manager, as `EntityManagerMiddleware` does for ASGI.

    Example:
        app = Flask(__name__)
        app.wsgi_app = WSGIEntityManagerMiddleware(app.wsgi_app)
    """

    def __init__(self, app: "WSGIApplication", *, statuses: Mapping[type[Exception], int] = STATUSES) -> None:
        self.app = app
        self._statuses = statuses

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request."""
        if _SEEN in environ:
            return self.app(environ, start_response)
        environ[_SEEN] = True
        managers = RequestManagers(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        response = _Response(managers, start_response, self._statuses)
        response.begin(self.app, environ)
        return response


class _Response:
    """The body of one response, whose head waits for its first piece."""

    def __init__(
        self, managers: RequestManagers, start_response: "StartResponse", statuses: Mapping[type[Exception], int]
    ) -> None:
        self._managers = managers
        self._start_response = start_response
        self._statuses = statuses
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._write: Callable[[bytes], object] | None = None
        self._pieces: Iterator[bytes] = iter(())
        self._close: Callable[[], object] | None = None
        self._failed = True
        """Until the last piece was made."""

    def begin(self, app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
        """Let the application begin; it may go on when it is asked for the pieces of its body."""
        with scope.managers.use(self._managers.current):
            try:
                body = app(environ, self._note)
                self._close = getattr(body, "close", None)
                self._pieces = iter(body)
            except Exception as error:
                if not self._answer(error):
                    raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with scope.managers.use(self._managers.current):
            try:
                piece = next(self._pieces, None)
                self._start()
            except Exception as error:
                if not self._answer(error):
                    raise
                piece = next(self._pieces)
        if piece is None:
            self._failed = False
            self._managers.end(failed=False)()
            raise StopIteration
        return piece

    def close(self) -> None:
        """End the request, whether or not all of the body was sent."""
        try:
            if self._close is not None:
                with scope.managers.use(self._managers.current):
                    self._close()
        finally:
            self._managers.end(failed=self._failed)()

    def _note(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        """Take the head of the response: `start_response` of PEP 3333, for the application."""
        if self._write is not None:
            return self._start_response(status, headers, exc_info)  # it is too late, and the server says so
        if self._head is not None and exc_info is None:
            raise FxError("start_response() was called a second time, without the exception that is to be reported")
        self._head = status, headers
        return self._write_piece

    def _write_piece(self, piece: bytes) -> None:
        self._start()
        if self._write is not None:
            self._write(piece)

    def _start(self) -> None:
        """Commit, or roll back, and give the head to the server; without a head, the server complains."""
        if self._write is None and self._head is not None:
            status, headers = self._head
            self._managers.answer(int(status[:3]))
            self._write = self._start_response(status, headers)

    def _answer(self, error: Exception) -> bool:
        """Roll back; answer the error if it has an answer and nothing was sent yet, and tell whether that is so."""
        self._managers.end(failed=True)()
        answer = None if self._write is not None else answer_to(error, self._statuses, self._managers.name)
        if answer is None:
            return False
        self._write = self._start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", answer.headers)
        self._pieces = iter((answer.body,))
        return True
