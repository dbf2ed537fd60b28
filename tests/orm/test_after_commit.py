"""`after_commit()` on the three databases: hooks run once, in order, when the rows are there for everybody to see."""

from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

import fx_orm
from fx_orm import EntityManager, EntityManagerInterface, database
from fx_orm.config import settings
from fx_orm.errors import AfterCommitError, DuplicateKeyError, FxError


class Letter(SQLModel, table=True):
    __tablename__ = "unit_letter"

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(max_length=40, unique=True)


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine]) -> sa.Engine:
    return engine_with(Letter)


@pytest.fixture
def addresses(engine: sa.Engine) -> Callable[[], list[str]]:
    """The addresses that another connection sees."""

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Letter.address).order_by(Letter.id)))

    return read


def test_hooks_run_in_order_when_the_rows_are_there(em: EntityManager, addresses: Callable[[], list[str]]) -> None:
    seen: list[object] = []
    with em.transaction():
        em.persist(Letter(address="ann"))
        em.after_commit(lambda: seen.append(addresses()))
        em.flush()

        @em.after_commit
        def second() -> None:
            seen.append("second")

        assert seen == []
    assert seen == [["ann"], "second"]
    with em.transaction():
        em.persist(Letter(address="bob"))
    assert seen == [["ann"], "second"]
    second()
    assert seen[2:] == ["second"]


def test_they_wait_for_the_outermost_transaction(em: EntityManager) -> None:
    seen: list[str] = []
    with em.transaction():
        with em.transaction(), em.transaction():
            em.after_commit(lambda: seen.append("innermost"))
        em.after_commit(lambda: seen.append("outer"))
        assert seen == []
    assert seen == ["innermost", "outer"]


def test_a_savepoint_that_is_rolled_back_takes_its_own_along(em: EntityManager) -> None:
    seen: list[str] = []
    with em.transaction():
        em.after_commit(lambda: seen.append("before"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.after_commit(lambda: seen.append("inner"))
            with em.transaction():
                em.after_commit(lambda: seen.append("innermost"))
            _ = 1 / 0
        with em.transaction():
            em.after_commit(lambda: seen.append("undone"))
            em.rollback()
        em.after_commit(lambda: seen.append("after"))
    assert seen == ["before", "after"]


def test_never_after_a_rollback(em: EntityManager, addresses: Callable[[], list[str]]) -> None:
    seen: list[str] = []

    def hook() -> None:
        seen.append("hook")

    em.persist(Letter(address="ann"))
    em.commit()
    with pytest.raises(ZeroDivisionError), em.transaction():
        em.after_commit(hook)
        _ = 1 / 0
    with em.transaction():
        em.after_commit(hook)
        em.rollback()
    with pytest.raises(DuplicateKeyError), em.transaction():
        em.after_commit(hook)
        em.persist(Letter(address="ann"))
    em.after_commit(hook)
    em.rollback()
    em.after_commit(hook)
    em.persist(Letter(address="ann"))
    with pytest.raises(DuplicateKeyError):
        em.flush()
    em.after_commit(hook)
    em.close()
    em.persist(Letter(address="bob"))
    em.commit()
    assert addresses() == ["ann", "bob"]
    assert seen == []


def test_outside_a_transaction_they_wait_for_commit(em: EntityManager) -> None:
    seen: list[str] = []
    em.after_commit(lambda: seen.append("first"))
    em.persist(Letter(address="ann"))
    em.flush()
    assert em.find(Letter, 1) is not None
    assert seen == []
    assert em.unsaved() == [
        "Letter (new)",
        "test_outside_a_transaction_they_wait_for_commit.<lambda> (after_commit)",
    ]
    em.commit()
    assert seen == ["first"]
    assert em.unsaved() == []
    em.after_commit(lambda: seen.append("second"))
    em.get_repository(Letter).create({"address": "bob"})
    assert seen == ["first", "second"]
    em.after_commit(lambda: seen.append("third"))
    with em.transaction():
        pass
    assert seen == ["first", "second", "third"]


def test_a_hook_may_write_in_a_transaction_of_its_own(em: EntityManager, addresses: Callable[[], list[str]]) -> None:
    seen: list[object] = []

    def answer() -> None:
        with em.transaction():
            em.persist(Letter(address="answer"))
            em.after_commit(lambda: seen.append(addresses()))
        em.after_commit(lambda: seen.append("with the next commit"))

    with em.transaction():
        em.persist(Letter(address="question"))
        em.after_commit(answer)
    assert seen == [["question", "answer"]]
    em.commit()
    assert seen == [["question", "answer"], "with the next commit"]


def test_one_that_fails_undoes_nothing_and_stops_no_other(
    em: EntityManager, addresses: Callable[[], list[str]]
) -> None:
    seen: list[str] = []

    def send() -> None:
        raise ConnectionError("no post office")

    def refuse() -> None:
        em.persist(Letter(address="ann"))
        em.commit()

    with pytest.raises(AfterCommitError) as error, em.transaction():
        em.persist(Letter(address="ann"))
        em.after_commit(send)
        em.after_commit(refuse)
        em.after_commit(lambda: seen.append("the last"))
    assert str(error.value) == (
        'everything is committed, but the hook "test_one_that_fails_undoes_nothing_and_stops_no_other.send" '
        "failed afterwards (and 1 more): ConnectionError: no post office"
    )
    first, second = error.value.errors
    assert error.value.__cause__ is first
    assert (type(first), type(second)) == (ConnectionError, DuplicateKeyError)
    assert seen == ["the last"]
    assert addresses() == ["ann"]
    em.persist(Letter(address="bob"))
    em.commit()
    assert addresses() == ["ann", "bob"]


def test_work_is_not_repeated_for_what_a_hook_did(em: EntityManager, addresses: Callable[[], list[str]]) -> None:
    """What is committed is not done twice, whatever a hook met."""

    class Refused(sa.exc.DBAPIError):
        """Looks like a deadlock."""

    def meet_a_deadlock() -> None:
        raise Refused("UPDATE", None, Exception(1213, "Deadlock found"))

    def work() -> None:
        em.persist(Letter(address="ann"))
        em.after_commit(meet_a_deadlock)

    with pytest.raises(AfterCommitError, match="everything is committed"):
        em.run(work, retries=3)
    assert addresses() == ["ann"]


def test_each_attempt_has_its_own_hooks(em: EntityManager) -> None:
    seen: list[int] = []
    attempts: list[int] = []

    def work() -> None:
        attempts.append(len(attempts))
        em.after_commit(partial(seen.append, len(attempts)))
        if len(attempts) == 1:
            raise sa.exc.DBAPIError("UPDATE", None, Exception(1213, "Deadlock found"))

    em.run(work)
    assert seen == [2]


def test_what_is_no_hook(em: EntityManager) -> None:
    async def send() -> None: ...

    with pytest.raises(FxError) as error:
        em.after_commit(send)
    assert str(error.value) == (
        "after_commit(test_what_is_no_hook.send): nobody would await this coroutine; give a plain function"
    )
    with pytest.raises(FxError) as error:
        em.after_commit(5)  # type: ignore[type-var]
    assert str(error.value) == "after_commit(5): this cannot be called; give a function without arguments"


def test_the_interface_passes_them_to_the_current_manager(engine: sa.Engine, database_url: str) -> None:
    fx_orm.configure(database=database_url)
    seen: list[str] = []
    em = EntityManagerInterface()
    try:
        with em.transaction():
            em.persist(Letter(address="ann"))
            em.after_commit(lambda: seen.append("sent"))
        assert seen == ["sent"]
        em.after_commit(lambda: seen.append("waited"))
        assert em.find(Letter, 1) is not None
        assert seen == ["sent"]
        em.commit()
        assert seen == ["sent", "waited"]
        assert database.engine(settings()).pool.checkedout() == 0  # type: ignore[attr-defined]
    finally:
        em.close()
        fx_orm.configure()
