"""Who is current in asynchronous code, and many at once."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import fx_orm
from fx_orm import EntityManagerInterface, config, scope
from fx_orm.aio import (
    AsyncEntityManager,
    AsyncEntityManagerInterface,
    AsyncQueryBuilder,
    AsyncRepository,
    current,
    use,
)
from fx_orm.database import async_engines
from fx_orm.errors import ConcurrentUseError, QueryError
from tests.orm.aio.both_modes import Opened, asynchronous_only
from tests.orm.aio.tables import Book, Shelf, ShelfRepository

pytestmark = [pytest.mark.asyncio, asynchronous_only]


@pytest_asyncio.fixture
async def configured(db: Opened) -> AsyncIterator[Opened]:
    """The database, configured."""
    fx_orm.configure(database=db.url.render_as_string(hide_password=False))
    yield Opened(db.mode, db.url, async_engines.engine(config.settings()).sync_engine)
    fx_orm.configure()


async def test_a_task_has_a_manager_of_its_own(configured: Opened) -> None:
    assert current() is current()
    assert await asyncio.create_task(of_task()) is not current()


async def of_task() -> object:
    assert current() is current()
    return current()


async def test_use_makes_a_manager_current_but_not_in_tasks_started_inside(configured: Opened) -> None:
    async with AsyncEntityManager() as em:
        with use(em):
            assert current() is em
            assert await asyncio.create_task(of_task()) is not em
        assert current() is not em


async def test_repositories_and_builders_use_the_current_one(configured: Opened) -> None:
    async with AsyncEntityManager() as em:
        with use(em):
            repository = ShelfRepository()
            shelf = await repository.create(name="A")
            assert em.contains(shelf)
            assert await AsyncQueryBuilder(Shelf).first() is shelf
            interface = AsyncEntityManagerInterface()
            assert await interface.find(Shelf, 1) is shelf
            assert interface.entity_manager is em
            assert isinstance(interface.get_repository(Shelf), ShelfRepository)
            assert await interface.get_repository(Book).count() == 0
        assert isinstance(em.get_repository(Shelf), ShelfRepository)
        assert em.get_repository(Shelf).entity_manager is em
    assert await repository.names() == ["A"]
    assert await AsyncEntityManagerInterface(em).find(Shelf, 1) is not shelf
    await em.close()


async def test_each_call_of_a_task_gives_its_connection_back(configured: Opened) -> None:
    shelves = AsyncRepository(Shelf)
    shelf = await shelves.create(name="A")
    for _ in range(100):
        assert await shelves.find(1) is shelf
        assert configured.checked_out == 0
    assert shelf.name == "A"


async def test_a_service_with_the_interface(configured: Opened) -> None:
    em = AsyncEntityManagerInterface()

    @em.transaction()
    async def put_up(name: str) -> Shelf:
        return em.persist(Shelf(name=name))

    assert (await put_up("A")).id == 1
    with pytest.raises(ZeroDivisionError):
        async with em.transaction():
            em.persist(Shelf(name="B"))
            _ = 1 / 0
    assert await em.query_builder(Shelf).pluck("name") == ["A"]
    assert configured.checked_out == 0


async def test_two_hundred_tasks_share_nothing(configured: Opened) -> None:
    async def work(number: int) -> object:
        em = AsyncEntityManagerInterface()
        async with em.transaction():
            shelf = em.persist(Shelf(name=f"{number:03}"))
            await em.flush()
            await asyncio.sleep(0)
            assert await em.find(Shelf, shelf.id) is shelf
        assert await ShelfRepository().exists({"name": f"{number:03}"})
        return current()

    managers = await asyncio.gather(*(work(number) for number in range(200)))
    assert len({id(manager) for manager in managers}) == 200
    assert configured.rows("SELECT name FROM aio_shelf ORDER BY name") == [(f"{n:03}",) for n in range(200)]
    assert configured.checked_out == 0


async def test_two_tasks_may_not_use_one_manager_at_once(configured: Opened) -> None:
    async with AsyncEntityManager() as em:

        async def first() -> None:
            await em.query_builder(Shelf).count()  # first

        task = asyncio.create_task(first())
        await asyncio.sleep(0)
        with pytest.raises(ConcurrentUseError) as error:
            await em.find(Shelf, 1)  # second
        await task
        await em.commit()
        lines = Path(__file__).read_text("utf-8").splitlines()
        for place, mark in ((error.value.first, "# first"), (error.value.second, "# second")):
            file, _, line = place.rpartition(":")
            assert Path(file) == Path(__file__)
            assert lines[int(line) - 1].endswith(mark)
        task = asyncio.create_task(em.query_builder(Shelf).count(), name="the other")
        await asyncio.sleep(0)
        with pytest.raises(ConcurrentUseError, match="two threads or tasks use one entity manager at once: the other"):
            await em.find(Shelf, 1)
        await task


async def test_close_waits_for_a_call_of_another_task(configured: Opened) -> None:
    em = AsyncEntityManager()
    task = asyncio.create_task(em.query_builder(Shelf).count())
    await asyncio.sleep(0)
    await em.close()
    assert task.done()
    assert configured.checked_out == 0


async def test_work_that_a_task_never_committed_is_warned_of(configured: Opened) -> None:
    async def forget() -> None:
        em = AsyncEntityManagerInterface()
        em.persist(Shelf(name="A"))
        await em.flush()
        em.persist(Shelf(name="B"))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await asyncio.create_task(forget(), name="worker")
        await asyncio.sleep(0.1)
    [warning] = [str(each.message) for each in caught if each.category is ResourceWarning]
    assert warning == (
        "task 'worker' ended with changes that were never committed: Shelf (new), Shelf (new); "
        "call commit(), or write inside transaction()"
    )
    assert configured.checked_out == 0
    assert configured.rows("SELECT * FROM aio_shelf") == []


async def test_a_task_that_ends_with_an_open_stream(configured: Opened) -> None:
    await ShelfRepository().insert_many([{"name": str(number)} for number in range(20)])

    async def leave() -> None:
        async for _ in ShelfRepository().stream(size=2):
            return

    streams: list[object] = []

    async def keep() -> None:
        streams.append(ShelfRepository().stream(size=2))
        await anext(streams[0])  # type: ignore[call-overload]

    for function in (leave, keep):
        await asyncio.create_task(function())
        for _ in range(100):
            await asyncio.sleep(0.001)
        assert configured.checked_out == 0


async def test_synchronous_and_asynchronous_managers_are_apart(configured: Opened) -> None:
    async with AsyncEntityManager() as em:
        with use(em):
            assert scope.current() is not em.sync_manager
    with pytest.raises(QueryError, match=r"AsyncQueryBuilder\(\): an object of EntityManagerInterface is synchronous"):
        AsyncQueryBuilder(EntityManagerInterface())  # type: ignore[call-overload]
    with pytest.raises(QueryError, match="two managers are given"):
        AsyncQueryBuilder(em, manager=em)
    with pytest.raises(QueryError, match="is neither an entity nor a manager"):
        AsyncQueryBuilder("shelf")  # type: ignore[call-overload]
