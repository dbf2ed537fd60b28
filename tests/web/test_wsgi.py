"""The WSGI middleware between two of Python's validators of PEP 3333, behind a real server, on the three databases."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import httpx
import pytest
import sqlalchemy as sa

from fx_orm import EntityManagerInterface, Repository, scope
from fx_orm.errors import FxError
from fx_orm.web import WSGIEntityManagerMiddleware
from tests.web.visits import Visit

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

Stored = Callable[[], list[str]]
TEXT = [("Content-Type", "text/plain")]

visits = Repository(Visit)
em = EntityManagerInterface()


class Server(ThreadingMixIn, WSGIServer):
    block_on_close = True


class Handler(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()


@contextmanager
def serving(app: "WSGIApplication") -> Iterator[httpx.Client]:
    with make_server("127.0.0.1", 0, validator(app), Server, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=30) as client:
                yield client
        finally:
            server.shutdown()
            thread.join()


def serving_paths(**paths: Callable[["StartResponse"], Iterable[bytes]]) -> Any:
    """Serve functions by the path that is their name."""

    def app(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        return paths[environ["PATH_INFO"].strip("/")](start_response)

    return serving(WSGIEntityManagerMiddleware(validator(app)))


def test_the_status_says_what_becomes_of_pending_work(engine: sa.Engine, stored: Stored) -> None:
    def answering(status: str) -> Callable[["StartResponse"], list[bytes]]:
        def endpoint(start_response: "StartResponse") -> list[bytes]:
            start_response(status, TEXT)
            em.persist(Visit(name=status[:3]))  # the response has not started: its body has not
            return [b"x"]

        return endpoint

    def raising(start_response: "StartResponse") -> list[bytes]:
        em.persist(Visit(name="raised"))
        em.flush()
        raise ValueError("wrong")

    paths = {status[:3]: answering(status) for status in ("200 OK", "303 See Other", "404 Not Found", "500 Error")}
    with serving_paths(**paths, raised=raising) as client:
        assert [client.get(f"/{path}").status_code for path in paths] == [200, 303, 404, 500]
        assert client.get("/raised").status_code == 500
    assert stored() == ["200", "303"]


def test_a_commit_that_fails_is_answered(engine: sa.Engine, stored: Stored) -> None:
    def duplicate(start_response: "StartResponse") -> list[bytes]:
        em.persist(Visit(name="ann"))
        start_response("200 OK", TEXT)
        return [b"stored"]

    def missing(start_response: "StartResponse") -> list[bytes]:
        visits.get(7)
        raise AssertionError

    with serving_paths(duplicate=duplicate, missing=missing) as client:
        assert client.get("/duplicate").text == "stored"
        answer = client.get("/duplicate")
        assert (answer.status_code, answer.reason_phrase) == (409, "Conflict")
        assert answer.json() == {"detail": 'table "web_visit" has a row with this "name" already'}
        answer = client.get("/missing")
        assert (answer.status_code, answer.json()) == (404, {"detail": "there is no Visit 7"})
    assert stored() == ["ann"]


def test_a_body_is_read_after_the_commit_and_changes_nothing(
    engine: sa.Engine, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    raised: list[str] = []

    def reading(start_response: "StartResponse") -> Iterator[bytes]:
        em.persist(Visit(name="before"))
        start_response("200 OK", TEXT)
        yield b"stored: "
        for visit in visits.query_builder().stream():
            yield visit.name.encode()
        em.persist(Visit(name="pending"))

    def changing(start_response: "StartResponse") -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        yield b"x"
        try:
            visits.add(Visit(name="late"))
        except FxError as error:
            raised.append(str(error))
            raise

    with serving_paths(reading=reading, changing=changing) as client:
        assert client.get("/reading").text == "stored: before"
        assert client.get("/changing").text == "x"
    assert stored() == ["before"]
    assert raised == ["the response has started, but there are changes: Visit (new)"]
    assert caplog.messages == ["GET /reading: never committed, and lost: Visit (new)"]


def test_write_and_the_replacement_of_a_response_follow_the_standard(engine: sa.Engine, stored: Stored) -> None:
    def writing(start_response: "StartResponse") -> list[bytes]:
        em.persist(Visit(name="written"))
        write = start_response("200 OK", TEXT)
        write(b"a")
        assert stored() == ["written"]
        write(b"b")
        return [b"c"]

    def replacing(start_response: "StartResponse") -> list[bytes]:
        em.persist(Visit(name="replaced"))
        start_response("200 OK", TEXT)
        try:
            raise ValueError("wrong")
        except ValueError as error:
            start_response("500 Error", TEXT, (type(error), error, error.__traceback__))
        return [b"sorry"]

    with serving_paths(writing=writing, replacing=replacing) as client:
        assert client.get("/writing").text == "abc"
        answer = client.get("/replacing")
        assert (answer.status_code, answer.text) == (500, "sorry")
    assert stored() == ["written"]


def test_a_head_may_come_with_the_first_piece_or_without_any(engine: sa.Engine, stored: Stored) -> None:
    def late(start_response: "StartResponse") -> Iterator[bytes]:
        em.persist(Visit(name="late"))
        start_response("200 OK", TEXT)
        yield b""
        assert stored() == ["late"]
        yield b"late"

    def empty(start_response: "StartResponse") -> list[bytes]:
        em.persist(Visit(name="empty"))
        start_response("204 No Content", [])
        return []

    with serving_paths(late=late, empty=empty) as client:
        assert client.get("/late").text == "late"
        assert client.get("/empty").status_code == 204
    assert stored() == ["late", "empty"]


def test_two_of_the_middleware_are_one_and_each_request_has_its_own_manager(engine: sa.Engine) -> None:
    seen: list[Any] = []

    def app(_environ: dict[str, Any], start_response: "StartResponse") -> Iterator[bytes]:
        seen.append(scope.current())
        start_response("200 OK", TEXT)
        seen.append(scope.current())
        yield b"x"
        seen.append(scope.current())

    with serving(WSGIEntityManagerMiddleware(WSGIEntityManagerMiddleware(validator(app)))) as client:
        for _ in range(2):
            client.get("/")
    assert [id(seen[0])] * 3 + [id(seen[3])] * 3 == [id(each) for each in seen]
    assert seen[0] is not seen[3]
    assert scope.current() not in seen


def test_a_client_that_goes_away_gives_the_connection_back(engine: sa.Engine, stored: Stored) -> None:
    is_closed = threading.Event()

    def endless(start_response: "StartResponse") -> Iterator[bytes]:
        em.persist(Visit(name="ann"))
        start_response("200 OK", TEXT)
        try:
            yield b"x" * 100
            while True:
                for visit in visits.query_builder().stream():
                    yield visit.name.encode() * 10_000
        finally:
            is_closed.set()

    with serving_paths(endless=endless) as client:
        connection = HTTPConnection(client.base_url.host, client.base_url.port or 0)
        connection.request("GET", "/endless")
        connection.getresponse().read(100)
        connection.close()
        assert is_closed.wait(30)
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert stored() == ["ann"]
