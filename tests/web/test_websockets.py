"""A WebSocket under the ASGI middleware and a real server: one manager while it is open, committed by nobody else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from websockets.sync.client import connect

from fx_orm import EntityManagerInterface, Repository
from fx_orm.web import EntityManagerMiddleware
from tests.web.visits import Visit

Serving = Callable[[Any], AbstractContextManager[httpx.Client]]

em = EntityManagerInterface()
visits = Repository(Visit)


def test_it_has_one_manager_that_holds_no_connection_and_commits_only_what_it_is_told_to(
    serving: Serving, engine: sa.Engine, stored: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    managers: list[object] = []
    app = FastAPI()
    app.add_middleware(EntityManagerMiddleware)

    @app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                name = await socket.receive_text()
                managers.append(em.entity_manager)
                with em.transaction():
                    em.persist(Visit(name=name))
                await socket.send_text(str(visits.count()))
        except WebSocketDisconnect:
            em.persist(Visit(name="never"))

    with serving(app) as client, connect(f"ws://{client.base_url.netloc.decode()}/chat") as socket:
        for name in ("ann", "bob"):
            socket.send(name)
            assert socket.recv() == str(len(managers))
            assert stored()[-1] == name
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert len(managers) == 2
    assert managers[0] is managers[1]
    assert stored() == ["ann", "bob"]
    assert "WebSocket /chat: never committed, and lost: Visit (new)" in caplog.text
