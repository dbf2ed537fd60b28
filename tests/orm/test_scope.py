"""Who is current, on the three databases: requests, tasks, threads; connections that go back; two users at once."""

import asyncio
import contextvars
import gc
import inspect
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from sqlmodel import Field, Relationship, SQLModel, select

import fx_orm
from fx_orm import database, scope
from fx_orm.config import settings
from fx_orm.entity_manager import EntityManager
from fx_orm.entity_manager_interface import EntityManagerInterface
from fx_orm.errors import ConcurrentUseError, FxError
from fx_orm.object_manager import ObjectManager


class Squad(SQLModel, table=True):
    __tablename__ = "unit_team"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)

    players: list["Striker"] = Relationship(back_populates="team")


class Striker(SQLModel, table=True):
    __tablename__ = "unit_player"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    team_id: int | None = Field(default=None, foreign_key="unit_team.id")

    team: Squad | None = Relationship(back_populates="players")


@pytest.fixture
def engine(configured_with: Callable[..., sa.Engine]) -> sa.Engine:
    """The configured database, with the tables and one player in a team."""
    engine = configured_with(Squad, Striker)
    with EntityManager(engine) as em, em.transaction():
        em.persist(Striker(name="Zoe", team=Squad(name="Reds")))
    return engine


def current() -> EntityManager:
    manager = scope.current()
    assert isinstance(manager, EntityManager)
    return manager


def connections_in_use(engine: sa.Engine) -> int:
    return engine.pool.checkedout()  # type: ignore[attr-defined]


def test_a_thread_has_one_manager_of_its_own(engine: sa.Engine) -> None:
    assert current() is current()
    others: list[EntityManager] = []
    thread = threading.Thread(target=lambda: others.extend([current(), current()]))
    thread.start()
    thread.join()
    assert others[0] is others[1] is not current()


def test_use_makes_a_manager_current_also_in_other_threads_of_the_request(engine: sa.Engine) -> None:
    async def request() -> None:
        with EntityManager() as em, scope.use(em):
            assert current() is em
            assert await asyncio.to_thread(current) is em
            own = await asyncio.create_task(in_task())
            assert own is not em
            with EntityManager() as inner, scope.use(inner):
                assert current() is inner
            assert current() is em
        assert current() is not em

    async def in_task() -> EntityManager:
        assert current() is current()
        return current()

    asyncio.run(request())


def test_a_source_is_asked_each_time_and_only_inside_the_block(engine: sa.Engine) -> None:
    made: list[EntityManager] = []

    def source() -> EntityManager:
        made.append(EntityManager())
        return made[-1]

    async def request() -> contextvars.Context:
        with scope.managers.use(source):
            assert [current(), current()] == made
            assert len(made) == 2
            return contextvars.copy_context()

    left = asyncio.run(request())
    with pytest.raises(FxError, match=r"^this thread goes on after the request or use\(\) block that started it"):
        left.run(current)
    assert len(made) == 2


def test_a_task_that_joins_is_inside_the_block_in_which_it_was_started(engine: sa.Engine) -> None:
    async def joining() -> list[EntityManager]:
        before = current()
        assert scope.managers.join()
        assert await asyncio.create_task(in_task()) is not current()
        return [before, current(), await asyncio.to_thread(current)]

    async def in_task() -> EntityManager:
        return current()

    async def late(is_over: asyncio.Event) -> bool:
        await is_over.wait()
        return scope.managers.join()

    async def request() -> None:
        is_over = asyncio.Event()
        with EntityManager() as em, scope.use(em):
            own, *joined = await asyncio.create_task(joining())
            assert own is not em
            assert joined == [em, em]
            left = asyncio.create_task(late(is_over))
            await asyncio.sleep(0)
        is_over.set()
        assert not await left
        assert not scope.managers.join()

    asyncio.run(request())


def test_a_call_gives_its_connection_back(engine: sa.Engine) -> None:
    em = current()
    player = em.get(Striker, 1)
    assert connections_in_use(engine) == 0
    assert player.team is not None
    assert player.team.name == "Reds"
    assert connections_in_use(engine) == 0
    assert [each.name for each in em.exec_statement(select(Striker))] == ["Zoe"]
    with pytest.raises(sa.exc.DBAPIError):
        em.exec_statement(sa.text("SELECT nonsense FROM unit_player"))
    assert connections_in_use(engine) == 0
    player.name = "Kim"
    assert em.unsaved() == ["Striker 1 (changed)"]
    em.flush()
    assert connections_in_use(engine) == 1
    em.commit()
    assert connections_in_use(engine) == 0


def test_what_was_loaded_is_read_again_by_the_next_call(engine: sa.Engine) -> None:
    player = current().get(Striker, 1)
    with engine.begin() as connection:
        connection.execute(sa.update(Striker).values(name="Kim"))
    assert player.name == "Zoe"
    assert current().get(Striker, 1) is player
    assert player.name == "Kim"


def test_many_calls_hold_one_connection(engine: sa.Engine) -> None:
    """Ten thousand calls, the tenth part over the network."""
    made: list[object] = []
    sa.event.listen(engine, "connect", lambda connection, _record: made.append(connection))
    engine.dispose()
    em = EntityManagerInterface()
    for _ in range(10_000 if engine.dialect.name == "sqlite" else 1_000):
        assert em.find(Striker, 1) is not None
        assert connections_in_use(engine) == 0
    assert len(made) == 1


def test_threads_and_tasks_at_once_share_nothing(engine: sa.Engine) -> None:
    """32 threads, and 200 tasks of one event loop, use one EntityManagerInterface; the pool has fewer connections."""
    em = EntityManagerInterface()
    managers: list[object] = []
    errors: list[BaseException] = []
    start = threading.Barrier(33)

    def in_a_thread(number: int) -> None:
        try:
            start.wait(timeout=20)
            managers.append(em.entity_manager)
            for turn in range(5):
                with em.transaction():
                    player = em.persist(Striker(name=f"thread {number} {turn}"))
                assert em.get(Striker, player.id) is player
        except BaseException as error:
            errors.append(error)

    async def in_a_task(number: int) -> None:
        mine = em.entity_manager
        managers.append(mine)
        assert em.find(Striker, 1) is not None
        await asyncio.sleep(0)
        with em.transaction():
            player = em.persist(Striker(name=f"task {number}"))
        await asyncio.sleep(0)
        assert em.entity_manager is mine
        assert em.get(Striker, player.id) is player

    async def tasks() -> None:
        await asyncio.gather(*(in_a_task(number) for number in range(200)))

    threads = [threading.Thread(target=in_a_thread, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    start.wait(timeout=20)
    asyncio.run(tasks())
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({id(manager) for manager in managers}) == 232
    names = em.exec_statement(select(Striker.name))
    expected = [f"thread {number} {turn}" for number in range(32) for turn in range(5)]
    assert sorted(names) == sorted(["Zoe", *expected, *(f"task {number}" for number in range(200))])
    assert connections_in_use(engine) == 0


def test_work_that_a_thread_never_committed_is_warned_of(engine: sa.Engine) -> None:
    def forget() -> None:
        current().get(Striker, 1).name = "Kim"
        current().persist(Squad(name="Blues"))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        thread = threading.Thread(target=forget, name="worker")
        thread.start()
        thread.join()
        del thread
        gc.collect()
    [warning] = [str(each.message) for each in caught if each.category is ResourceWarning]
    assert warning == (
        "thread 'worker' ended with changes that were never committed: Squad (new), Striker 1 (changed); "
        "call commit(), or write inside transaction()"
    )
    assert connections_in_use(engine) == 0
    assert current().get(Striker, 1).name == "Zoe"


def test_two_threads_at_once_are_refused_with_both_places(engine: sa.Engine) -> None:
    em = EntityManager(engine)
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with em.reading():
            inside.set()
            leave.wait(timeout=20)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(timeout=20)
    with pytest.raises(ConcurrentUseError) as error:
        em.find(Striker, 1)
    leave.set()
    thread.join()
    assert Path(error.value.first.rpartition(":")[0]) == Path(error.value.second.rpartition(":")[0]) == Path(__file__)
    assert error.value.first != error.value.second
    assert str(error.value) == (
        f"two threads or tasks use one entity manager at once: {error.value.first} and {error.value.second}; "
        "give each its own (EntityManagerInterface() does)"
    )
    assert em.find(Striker, 1) is not None
    em.close()


def test_two_tasks_at_once_are_refused_with_both_places(engine: sa.Engine) -> None:
    em = EntityManager(engine)

    async def first() -> None:
        with em.reading():
            await asyncio.sleep(20)

    async def main() -> ConcurrentUseError:
        task = asyncio.create_task(first())
        await asyncio.sleep(0)
        with pytest.raises(ConcurrentUseError) as error:
            em.find(Striker, 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return error.value

    error = asyncio.run(main())
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert lines[int(error.first.rpartition(":")[2]) - 1].strip() == "await asyncio.sleep(20)"
    assert lines[int(error.second.rpartition(":")[2]) - 1].strip() == "em.find(Striker, 1)"
    em.close()


def test_threads_that_use_one_manager_in_turn_are_no_mistake(engine: sa.Engine) -> None:
    """As the threads do that a web framework runs one request in."""
    em = EntityManager(engine)

    async def main() -> None:
        block = em.transaction()
        await asyncio.to_thread(block.__enter__)
        player = await asyncio.to_thread(em.get, Striker, 1)
        player.name = "Kim"
        await asyncio.to_thread(block.__exit__, None, None, None)

    asyncio.run(main())
    assert em.exec_statement(select(Striker.name)) == ["Kim"]
    em.close()


class Fake:
    """What a unit test may give to a service instead of a manager: some methods of the protocol."""

    def __init__(self) -> None:
        self.persisted: list[object] = []

    def persist(self, entity: object) -> object:
        self.persisted.append(entity)
        return entity


def test_the_interface_goes_to_the_manager_that_it_is_given() -> None:
    fake = Fake()
    em = EntityManagerInterface(cast("ObjectManager", fake))
    team = em.persist(Squad(name="Reds"))
    assert fake.persisted == [team]
    assert em.entity_manager is fake


def test_manager_and_interface_are_what_the_protocol_says(engine: sa.Engine) -> None:
    """The type checker compares the signatures; here that nothing is missing, and nothing more is public."""
    with EntityManager(engine) as manager:
        promised: list[ObjectManager] = [manager, EntityManagerInterface()]
    names = {name for name in dir(ObjectManager) if not name.startswith("_")}
    more = {EntityManager: {"get_repository"}, EntityManagerInterface: {"get_repository", "entity_manager"}}
    assert {type(each): {name for name in dir(each) if not name.startswith("_")} - names for each in promised} == more
    for name in sorted(names - {"session"}):
        signatures = {
            str(signature.replace(return_annotation=signature.empty))
            for signature in (
                inspect.signature(getattr(each, name)) for each in (EntityManager, EntityManagerInterface)
            )
        }
        assert len(signatures) == 1, name


def test_another_configuration_is_another_database(engine: sa.Engine, tmp_path: Path) -> None:
    em = current()
    player = em.get(Striker, 1)
    fx_orm.configure(database=f"sqlite:///{tmp_path / 'other.db'}")
    SQLModel.metadata.create_all(database.engine(settings()), tables=[Squad.__table__, Striker.__table__])
    assert em.find(Striker, 1) is None
    assert not em.contains(player)
