"""More than one event loop, one after the other and in several threads; and what a loop leaves at its end: nothing."""

import asyncio
import gc
import threading
from collections.abc import Iterator

import pytest

import fx_orm
from fx_orm import config
from fx_orm.aio import AsyncEntityManager, AsyncEntityManagerInterface, current, dispose
from fx_orm.database import async_engines
from fx_orm.errors import FxError
from tests.orm.aio.both_modes import Mode, asynchronous_only
from tests.orm.aio.tables import Shelf, ShelfRepository

pytestmark = asynchronous_only


@pytest.fixture
def loops(mode: Mode, database_url: str) -> Iterator[list[object]]:
    """The configured database, for event loops of the test's own; the engines that they had."""
    fx_orm.configure(database=mode.url(database_url).render_as_string(hide_password=False))
    yield []
    fx_orm.configure()


def test_a_second_event_loop(loops: list[object]) -> None:
    em = AsyncEntityManager()

    async def main() -> int:
        loops.append(async_engines.engine(config.settings()))
        await em.create_all_tables()
        await ShelfRepository().create(name=str(len(loops)))
        found = await em.query_builder(Shelf).count()
        await em.commit()
        return found

    assert [asyncio.run(main()) for _ in range(3)] == [1, 2, 3]
    assert len({id(engine) for engine in loops}) == 3
    gc.collect()  # what a loop left open would be warned of
    assert async_engines._loops == {}


def test_event_loops_of_several_threads(loops: list[object]) -> None:
    async def prepare() -> None:
        await AsyncEntityManager().create_all_tables()

    async def main(number: int) -> None:
        await asyncio.gather(*(ShelfRepository().create(name=f"{number}/{turn}") for turn in range(5)))

    asyncio.run(prepare())
    threads = [threading.Thread(target=lambda number=number: asyncio.run(main(number))) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def count() -> int:
        return await ShelfRepository().count()

    assert asyncio.run(count()) == 20


def test_a_loop_that_ends_in_the_middle_of_everything(loops: list[object]) -> None:
    """What is open at the end is closed, whoever has it: the main task, others, a stream."""

    async def main() -> None:
        await current().create_all_tables()
        await ShelfRepository().insert_many([{"name": str(number)} for number in range(20)])
        asyncio.create_task(forever())  # noqa: RUF006
        await asyncio.sleep(0.1)
        stream = ShelfRepository().stream(size=2)
        loops.append(stream)
        await anext(stream)

    async def forever() -> None:
        async with AsyncEntityManagerInterface().transaction():
            await ShelfRepository().count()
            await asyncio.sleep(600)

    asyncio.run(main())
    loops.clear()
    gc.collect()
    assert async_engines._loops == {}


def test_outside_of_a_loop(loops: list[object]) -> None:
    with pytest.raises(FxError) as error:
        ShelfRepository().query_builder().stream()
    assert str(error.value) == (
        "there is no running event loop here, to which connections of asyncio could belong; "
        "await this in a coroutine that asyncio.run() runs, or use EntityManager, Repository and QueryBuilder"
    )
    with pytest.raises(FxError, match="there is no running event loop here"):
        AsyncEntityManager().persist(Shelf(name="A"))


def test_dispose(loops: list[object]) -> None:
    async def main() -> None:
        await current().create_all_tables()
        engine = async_engines.engine(config.settings())
        assert engine.sync_engine.pool.checkedin() == 1  # type: ignore[attr-defined]
        await dispose()
        assert async_engines.engine(config.settings()) is not engine

    asyncio.run(main())
