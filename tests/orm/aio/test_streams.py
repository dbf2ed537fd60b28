"""Streams: one part of a result at a time, and what becomes of one that is not read to its end."""

import asyncio
import contextlib
import gc
import tracemalloc

import pytest

from fx_orm.aio import AsyncEntityManager, Stream
from fx_orm.errors import QueryError
from tests.orm.aio.both_modes import Opened, asynchronous_only
from tests.orm.aio.tables import Book, Shelf

pytestmark = [pytest.mark.asyncio, asynchronous_only]


async def shelves(em: AsyncEntityManager, count: int) -> None:
    await em.get_repository(Shelf).insert_many([{"name": f"{number:03}"} for number in range(count)])


async def turns() -> None:
    """Let the event loop do what it has been told, and what that leads to."""
    for _ in range(200):
        await asyncio.sleep(0.001)


async def test_only_one_part_is_in_memory(em: AsyncEntityManager) -> None:
    rows = 4000
    await em.query_builder(Book).insert([{"title": "x", "extra": {"text": "x" * 4000}} for _ in range(rows)])
    query = em.query_builder(Book).select("title", "extra")
    tracemalloc.start()
    try:
        seen = 0
        async for row in query.stream(50):
            assert len(row["extra"]["text"]) == 4000
            seen += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == rows
    assert peak < rows * 4000 / 8


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 100])
async def test_parts_of_every_size(em: AsyncEntityManager, db: Opened, size: int) -> None:
    await shelves(em, 6)
    names = [f"{number:03}" for number in range(6)]
    assert [shelf.name async for shelf in em.query_builder(Shelf).order_by("id").stream(size)] == names
    await em.commit()
    assert db.checked_out == 0


async def test_a_loop_that_is_left_early(em: AsyncEntityManager, db: Opened) -> None:
    await shelves(em, 20)
    async for shelf in em.query_builder(Shelf).order_by("id").stream(4):
        if shelf.name == "005":
            break
    assert await em.query_builder(Shelf).count() == 20
    await em.commit()
    assert db.checked_out == 0


async def test_the_connection_goes_back_though_nothing_is_called_any_more(db: Opened) -> None:
    em = db.manager(release_when_idle=True)
    await shelves(em, 20)
    async for _ in em.query_builder(Shelf).stream(4):
        break
    await turns()
    assert db.checked_out == 0
    async for _ in em.query_builder(Shelf).stream(4):
        break
    await em.close()
    assert db.checked_out == 0


async def test_a_stream_that_only_the_collector_finds(db: Opened) -> None:
    em = db.manager(release_when_idle=True)
    await shelves(em, 20)
    circle: list[object] = []
    stream = em.query_builder(Shelf).stream(4)
    await anext(stream)
    circle.append((circle, stream))
    del circle, stream
    await asyncio.to_thread(gc.collect)
    await turns()
    assert db.checked_out == 0
    await em.close()


async def test_aclose(em: AsyncEntityManager, db: Opened) -> None:
    await shelves(em, 20)
    stream = em.query_builder(Shelf).stream(4)
    assert isinstance(stream, Stream)
    async with contextlib.aclosing(stream):
        assert (await anext(stream)).name == "000"
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    await stream.aclose()
    await em.query_builder(Shelf).stream(4).aclose()
    await em.commit()
    assert db.checked_out == 0


async def test_closing_the_manager_ends_its_streams(em: AsyncEntityManager, db: Opened) -> None:
    await shelves(em, 20)
    stream = em.query_builder(Shelf).stream(4)
    assert (await anext(stream)).name == "000"
    await em.close()
    assert db.checked_out == 0
    assert [shelf.name async for shelf in stream] == ["001", "002", "003"]  # what was read already
    assert await em.query_builder(Shelf).count() == 20


async def test_errors_come_with_the_first_item(em: AsyncEntityManager) -> None:
    stream = em.query_builder(Shelf).where("nmae", "x").stream()
    with pytest.raises(QueryError, match='did you mean "name"'):
        await anext(stream)
    with pytest.raises(QueryError, match="it reads entities by primary key"):
        async for _ in em.query_builder(Shelf).select("name").chunk():
            pass
    assert await em.query_builder(Shelf).count() == 0


async def test_an_error_in_the_loop(em: AsyncEntityManager, db: Opened) -> None:
    await shelves(em, 20)
    with pytest.raises(ZeroDivisionError):
        async for _ in em.query_builder(Shelf).stream(4):
            _ = 1 / 0
    assert await em.query_builder(Shelf).count() == 20


async def test_what_is_said_to_the_builder_later_is_not_heard(em: AsyncEntityManager) -> None:
    await shelves(em, 4)
    query = em.query_builder(Shelf).order_by("id")
    stream = query.stream(2)
    query.where("id", 99)
    assert len([shelf async for shelf in stream]) == 4
