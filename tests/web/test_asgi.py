"""The ASGI middleware under FastAPI and a real server, on the three databases: what is committed, and when."""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Annotated, Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

import fx_orm
from fx_orm import EntityManagerInterface, Repository, scope
from fx_orm.errors import DuplicateKeyError, FxError
from fx_orm.web import EntityManagerMiddleware, entity_manager
from tests.web.visits import Visit

Manager = Annotated[EntityManagerInterface, Depends(entity_manager)]
Stored = Callable[[], list[str]]
Serving = Callable[[Any], AbstractContextManager[httpx.Client]]

visits = Repository(Visit)
em = EntityManagerInterface()


@pytest.fixture
def app(engine: sa.Engine) -> FastAPI:
    app = FastAPI()
    app.add_middleware(EntityManagerMiddleware)
    return app


def test_a_response_below_400_commits_before_it_starts(serving: Serving, app: FastAPI, stored: Stored) -> None:
    @app.post("/visit")
    def visit(name: str, em: Manager) -> dict[str, str]:
        em.persist(Visit(name=name))
        return {"name": name}

    @app.post("/redirect")
    async def redirect(name: str) -> RedirectResponse:
        em.persist(Visit(name=name))
        return RedirectResponse("/", status_code=303)

    with serving(app) as client:
        with client.stream("POST", "/visit?name=ann") as response:
            assert response.status_code == 200
            assert stored() == ["ann"]
        assert client.post("/redirect?name=bob").status_code == 303
    assert stored() == ["ann", "bob"]


def test_an_error_rolls_back(serving: Serving, app: FastAPI, stored: Stored) -> None:
    @app.post("/{end}")
    def visit(end: str, em: Manager) -> None:
        em.persist(Visit(name=end))
        em.flush()
        if end == "raised":
            raise ValueError(end)
        raise HTTPException(int(end))

    with serving(app) as client:
        assert [client.post(f"/{end}").status_code for end in ("raised", "404", "500")] == [500, 404, 500]
    assert stored() == []


def test_what_the_request_commits_itself_stays(serving: Serving, app: FastAPI, stored: Stored) -> None:
    @app.post("/")
    def visit(em: Manager) -> None:
        with em.transaction():
            em.persist(Visit(name="block"))
        visits.add(Visit(name="repository"))
        em.persist(Visit(name="pending"))
        raise HTTPException(404)

    with serving(app) as client:
        assert client.post("/").status_code == 404
    assert stored() == ["block", "repository"]


def test_a_commit_that_fails_is_never_a_success(
    serving: Serving, app: FastAPI, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    @app.post("/duplicate")
    def duplicate(em: Manager) -> None:
        em.persist(Visit(name="ann"))

    @app.post("/invalid")
    async def invalid() -> None:
        em.persist(Visit.model_construct(name=None))

    with serving(app) as client:
        assert client.post("/duplicate").status_code == 200
        answer = client.post("/duplicate")
        assert (answer.status_code, answer.headers["content-type"]) == (409, "application/json")
        assert answer.json() == {"detail": 'table "web_visit" has a row with this "name" already'}
        assert client.post("/invalid").status_code == 500
    assert stored() == ["ann"]


def test_errors_of_the_orm_are_answered(serving: Serving, app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/visit/{id}")
    def visit(id: int) -> Visit:
        return visits.get(id)

    with serving(app) as client:
        answer = client.get("/visit/7")
        assert (answer.status_code, answer.json()) == (404, {"detail": "there is no Visit 7"})
    assert caplog.records == []


def test_a_database_that_does_not_answer_is_logged_and_not_described(
    app: FastAPI, serving: Serving, engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/")
    def endpoint() -> list[Visit]:
        fx_orm.configure(database="postgresql://nobody:secret@127.0.0.1:1/nothing")
        return visits.find_all()

    with serving(app) as client:
        answer = client.get("/")
    assert (answer.status_code, answer.json()) == (503, {"detail": "the service is not available at the moment"})
    assert "127.0.0.1:1/nothing" in caplog.text
    assert "secret" not in caplog.text


def test_handlers_of_the_application_come_first(serving: Serving, app: FastAPI) -> None:
    @app.exception_handler(DuplicateKeyError)
    async def handle(_request: Request, error: DuplicateKeyError) -> Any:
        return RedirectResponse("/login", status_code=307)

    @app.post("/")
    def visit(em: Manager, *, flush: bool) -> None:
        em.persist(Visit(name="ann"))
        if flush:
            em.flush()

    with serving(app) as client:
        answers = [client.post("/", params={"flush": flush}) for flush in (True, True, False)]
    assert [answer.status_code for answer in answers] == [200, 307, 409]


def test_each_request_has_its_manager_in_the_threads_that_it_uses(serving: Serving, app: FastAPI) -> None:
    async def asynchronous() -> int:
        return id(scope.current())

    def synchronous() -> int:
        return id(scope.current())

    @app.get("/")
    def endpoint(
        em: Manager, first: Annotated[int, Depends(asynchronous)], second: Annotated[int, Depends(synchronous)]
    ) -> list[int]:
        seen.append(scope.current())
        return [first, second, id(em.entity_manager), id(scope.current())]

    seen: list[Any] = []
    with serving(app) as client:
        numbers = [set(client.get("/").json()) for _ in range(3)]
    assert [len(each) for each in numbers] == [1, 1, 1]
    assert len({id(each) for each in seen}) == 3


def test_a_task_started_in_a_request_has_its_own_manager(serving: Serving, app: FastAPI, stored: Stored) -> None:
    async def beside() -> int:
        with em.transaction():
            em.persist(Visit(name="beside"))
        return id(scope.current())

    @app.post("/")
    async def endpoint() -> bool:
        em.persist(Visit(name="pending"))
        other = await asyncio.create_task(beside())
        if other == id(scope.current()):
            raise AssertionError
        raise HTTPException(400)

    with serving(app) as client:
        assert client.post("/").status_code == 400
    assert stored() == ["beside"]


def test_a_request_that_needs_no_database_takes_no_connection(
    serving: Serving, app: FastAPI, engine: sa.Engine
) -> None:
    @app.get("/")
    def endpoint(em: Manager) -> str:
        return type(em).__name__

    taken: list[object] = []
    sa.event.listen(engine, "checkout", lambda *_: taken.append(_))
    with serving(app) as client:
        assert client.get("/").json() == "EntityManagerInterface"
    assert taken == []


def streaming(body: Any, path: str) -> FastAPI:
    app = FastAPI()
    app.add_middleware(EntityManagerMiddleware)

    @app.get(path)
    def endpoint() -> StreamingResponse:
        em.persist(Visit(name="before"))
        return StreamingResponse(body())

    return app


def synchronous_body(last: Callable[[], object] = lambda: None) -> Callable[[], Iterator[str]]:
    def body() -> Iterator[str]:
        for visit in visits.find_by({}, order_by="id"):
            yield visit.name
        last()

    return body


def asynchronous_body(last: Callable[[], object] = lambda: None) -> Callable[[], AsyncIterator[str]]:
    async def body() -> AsyncIterator[str]:
        for visit in visits.find_by({}, order_by="id"):
            yield visit.name
        last()

    return body


BODIES = [synchronous_body, asynchronous_body]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_may_be_read_from_the_manager(serving: Serving, body: Any, stored: Stored) -> None:
    with serving(streaming(body(), "/")) as client:
        assert client.get("/").text == "before"
    assert stored() == ["before"]


def change_and_flush() -> None:
    em.persist(Visit(name="late"))
    em.flush()


def change_by_block() -> None:
    with em.transaction():
        em.persist(Visit(name="late"))


def change_by_query() -> None:
    visits.update_by({"name": "before query"}, {"name": "late"})


CHANGES: dict[str, Callable[[], object]] = {
    "flush": change_and_flush,
    "block": change_by_block,
    "query": change_by_query,
    "repository": lambda: visits.add(Visit(name="late")),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_may_not_change_anything(
    serving: Serving, app: FastAPI, body: Any, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    raised: dict[str, str] = {}

    @app.get("/{name}")
    def endpoint(name: str) -> StreamingResponse:
        def last() -> None:
            try:
                CHANGES[name]()
            except FxError as error:
                raised[name] = str(error)
                raise

        em.persist(Visit(name=f"before {name}"))
        return StreamingResponse(body(last)())

    with serving(app) as client:
        for name in CHANGES:
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(f"/{name}")
    assert stored() == [f"before {name}" for name in CHANGES]
    assert raised == {
        "flush": "the response has started, but there are changes: Visit (new)",
        "block": "the response has started, but there are changes: Visit (new)",
        "query": "the response has started, but there are changes: a statement",
        "repository": "the response has started, but there are changes: Visit (new)",
    }
    assert caplog.messages == []


@pytest.mark.parametrize("body", BODIES)
def test_what_a_body_leaves_pending_is_named(
    serving: Serving, body: Any, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(streaming(body(lambda: em.persist(Visit(name="late"))), "/a b")) as client:
        assert client.get("/a b").text == "before"
    assert stored() == ["before"]
    assert caplog.messages == ["GET /a%20b: never committed, and lost: Visit (new)"]


def test_background_tasks_have_a_manager_of_their_own(
    serving: Serving, app: FastAPI, stored: Stored, engine: sa.Engine
) -> None:
    request: list[Any] = []
    afterwards: list[Any] = []

    def synchronous(em: EntityManagerInterface) -> None:
        afterwards.append(scope.current())
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        with em.transaction():
            em.persist(Visit(name="synchronous"))

    async def asynchronous(em: EntityManagerInterface) -> None:
        afterwards.append(scope.current())
        visits.add(Visit(name="asynchronous"))

    @app.post("/")
    def endpoint(em: Manager, tasks: BackgroundTasks) -> None:
        request.append(scope.current())
        em.persist(Visit(name="request"))
        tasks.add_task(synchronous, em)
        tasks.add_task(asynchronous, em)

    with serving(app) as client:
        assert client.post("/").status_code == 200
    assert stored() == ["request", "synchronous", "asynchronous"]
    assert afterwards == [afterwards[0]] * 2
    assert afterwards[0] is not request[0]


def test_what_a_background_task_leaves_pending_is_named(
    serving: Serving, app: FastAPI, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    @app.post("/")
    def endpoint(tasks: BackgroundTasks) -> None:
        tasks.add_task(lambda: em.persist(Visit(name="late")))

    with serving(app) as client:
        assert client.post("/").status_code == 200
    assert stored() == []
    assert caplog.messages == ["POST /: never committed, and lost: Visit (new)"]


def test_a_block_that_encloses_the_response_is_an_error(serving: Serving, app: FastAPI, stored: Stored) -> None:
    async def too_long() -> AsyncIterator[None]:
        with em.transaction():
            yield

    @app.post("/request", dependencies=[Depends(too_long)])
    async def request() -> None:
        em.persist(Visit(name="request"))

    @app.post("/function", dependencies=[Depends(too_long, scope="function")])
    async def function() -> None:
        em.persist(Visit(name="function"))

    with serving(app) as client:
        assert client.post("/request").status_code == 500
        assert client.post("/function").status_code == 200
    assert stored() == ["function"]


def test_middleware_in_between_may_run_the_application_in_a_task_of_its_own(
    app: FastAPI, serving: Serving, stored: Stored
) -> None:
    """`add_middleware` puts what comes later around what came before; two of ours are one."""
    managers: list[Any] = []

    @app.post("/visit")
    async def visit(em: Manager) -> None:
        managers.append(scope.current())
        em.persist(Visit(name="visit"))

    @app.post("/stream")
    async def stream() -> StreamingResponse:
        managers.append(scope.current())
        em.persist(Visit(name="stream"))
        return StreamingResponse(asynchronous_body()())

    class Around(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            managers.append(scope.current())
            return await call_next(request)

    app.add_middleware(Around)
    with serving(app) as client:
        assert client.post("/visit").status_code == 200
        assert client.post("/stream").text == "visitstream"
        app.middleware_stack = None
        app.add_middleware(EntityManagerMiddleware)
        assert client.post("/stream").status_code == 409
    own, request, other_own, other_request, outer, inner = managers
    assert stored() == ["visit", "stream"]
    assert len({id(each) for each in (own, request, other_own, other_request, outer)}) == 5
    assert inner is outer


def test_a_dependency_joins_the_request_behind_other_middleware(
    engine: sa.Engine, serving: Serving, stored: Stored
) -> None:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    app.add_middleware(EntityManagerMiddleware)

    @app.post("/{name}", dependencies=[Depends(entity_manager)])
    async def visit(name: str) -> None:
        em.persist(Visit(name=name))

    with serving(app) as client:
        assert client.post("/ann").status_code == 200
    assert stored() == ["ann"]


def test_without_middleware_the_dependency_says_what_to_write(serving: Serving) -> None:
    app = FastAPI()
    raised: list[str] = []

    @app.exception_handler(FxError)
    async def handle(_request: Request, error: FxError) -> Response:
        raised.append(str(error))
        return Response(status_code=500)

    @app.get("/")
    def endpoint(em: Manager) -> None:
        raise AssertionError

    with serving(app) as client:
        client.get("/")
    assert "".join(raised) == (
        "Depends(entity_manager): this request has no entity manager; "
        "write app.add_middleware(fx_orm.web.EntityManagerMiddleware)"
    )


def test_a_hook_that_fails_after_the_commit_does_not_deny_it(
    app: FastAPI, serving: Serving, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    def hook() -> None:
        seen.append(stored())
        raise OSError("no mail")

    @app.post("/")
    def visit(em: Manager) -> None:
        em.persist(Visit(name="ann"))
        em.entity_manager.after_commit(hook)

    seen: list[list[str]] = []
    with serving(app) as client:
        assert client.post("/").status_code == 200
    assert seen == [["ann"]]
    assert caplog.messages == ["POST /: the response goes out all the same"]


def test_the_life_of_the_application_passes_through() -> None:
    seen: list[str] = []

    async def app(connection: Any, receive: Any, send: Any) -> None:
        assert connection == {"type": "lifespan"}
        seen.append((await receive())["type"])
        await send({"type": "lifespan.startup.complete"})

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        seen.append(message["type"])

    asyncio.run(EntityManagerMiddleware(app)({"type": "lifespan"}, receive, send))
    assert seen == ["lifespan.startup", "lifespan.startup.complete"]


def test_a_client_that_goes_away_gives_the_connection_back(app: FastAPI, serving: Serving, engine: sa.Engine) -> None:
    streams: list[Any] = []

    @app.get("/{kind}")
    def endpoint(kind: str) -> StreamingResponse:
        em.persist(Visit(name=kind))
        streams.append(endless() if kind == "synchronous" else asynchronously_endless())
        return StreamingResponse(streams[-1])

    def endless() -> Iterator[str]:
        while True:
            for visit in visits.query_builder().stream():
                yield visit.name * 1000

    async def asynchronously_endless() -> AsyncIterator[str]:
        with em.transaction(read_only=True):
            for text in endless():
                yield text
                await asyncio.sleep(0)

    for kind in ("synchronous", "asynchronous"):
        with serving(app) as client, client.stream("GET", f"/{kind}") as response:
            for _ in zip(range(3), response.iter_bytes(), strict=False):
                pass
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_thread_that_is_left_behind_commits_nothing(app: FastAPI, serving: Serving, stored: Stored) -> None:
    is_flushed, may_go_on = threading.Event(), threading.Event()
    left: list[asyncio.Future[str]] = []

    def work() -> str:
        em.persist(Visit(name="ann"))
        em.flush()
        is_flushed.set()
        may_go_on.wait(30)
        with pytest.raises(FxError) as caught, em.transaction():
            em.persist(Visit(name="bob"))
        return str(caught.value)

    @app.post("/")
    async def endpoint() -> None:
        left.append(asyncio.get_running_loop().run_in_executor(None, contextvars.copy_context().run, work))
        await asyncio.to_thread(is_flushed.wait)
        raise asyncio.CancelledError

    @app.get("/")
    async def result() -> str:
        return await left[0]

    with serving(app) as client:
        assert client.post("/").status_code == 500
        may_go_on.set()
        assert client.get("/").json().startswith("this thread goes on after the request or use() block that started it")
    assert stored() == []
