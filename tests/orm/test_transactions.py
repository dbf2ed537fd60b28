"""`transaction()` on the three databases: what is kept and what is undone, inside and outside, and repeated work."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from fx_orm import database
from fx_orm.entity_manager import EntityManager
from fx_orm.errors import DuplicateKeyError, FxError, QueryError
from fx_orm.urls import resolve


class Account(SQLModel, table=True):
    __tablename__ = "unit_account"

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(max_length=40, unique=True)
    balance: int = 0


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = database.engine_for(resolve(database_url, Path.cwd()))
    SQLModel.metadata.create_all(engine, tables=[Account.__table__])
    yield engine
    database.dispose()


@pytest.fixture
def em(engine: sa.Engine) -> Iterator[EntityManager]:
    with EntityManager(engine) as em:
        yield em


@pytest.fixture
def owners(engine: sa.Engine) -> Callable[[], list[str]]:
    """Whose accounts another connection sees."""

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Account.owner).order_by(Account.owner)))

    return read


def test_it_commits_at_the_end(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Account(owner="ann"))
    assert owners() == ["ann"]


def test_an_exception_rolls_back_and_goes_on(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    account = Account(owner="ann")
    with pytest.raises(ZeroDivisionError), em.transaction():
        em.persist(account)
        em.flush()
        _ = 1 / 0
    assert owners() == []
    assert not em.contains(account)
    with em.transaction():
        em.persist(Account(owner="bob"))
    assert owners() == ["bob"]


def test_changed_entities_have_their_old_values_again(em: EntityManager) -> None:
    account = em.persist(Account(owner="ann", balance=1))
    em.commit()
    with pytest.raises(ZeroDivisionError), em.transaction():
        account.balance = 2
        em.flush()
        _ = 1 / 0
    assert account.balance == 1


def test_an_inner_failure_undoes_the_inner_part_only(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Account(owner="before"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.persist(Account(owner="inner"))
            em.flush()
            _ = 1 / 0
        em.persist(Account(owner="after"))
    assert owners() == ["after", "before"]


def test_an_error_of_the_database_inside_leaves_the_outer_part_usable(
    em: EntityManager, owners: Callable[[], list[str]]
) -> None:
    with em.transaction():
        em.persist(Account(owner="ann"))
        with pytest.raises(DuplicateKeyError), em.transaction():
            em.persist(Account(owner="ann"))
        em.persist(Account(owner="bob"))
    assert owners() == ["ann", "bob"]


def test_an_outer_failure_undoes_the_inner_part_too(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with pytest.raises(ZeroDivisionError), em.transaction():
        with em.transaction():
            em.persist(Account(owner="inner"))
        _ = 1 / 0
    assert owners() == []


def test_commit_inside_is_an_error(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with pytest.raises(FxError) as error, em.transaction():
        em.persist(Account(owner="ann"))
        em.commit()
    assert str(error.value) == (
        "commit() inside transaction(): the block commits when it is left; "
        "put what shall be committed by itself outside"
    )
    assert owners() == []


def test_rollback_inside_undoes_the_block_when_it_is_left(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Account(owner="outer"))
        with em.transaction():
            em.persist(Account(owner="inner"))
            em.rollback()
            em.persist(Account(owner="after it"))
    assert owners() == ["outer"]
    with em.transaction():
        em.persist(Account(owner="second"))
        em.rollback()
    assert owners() == ["outer"]


def test_rollback_in_the_handler_around_it_is_harmless(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    """The pattern that the documentation of services recommends."""

    def transfer() -> None:
        try:
            with em.transaction():
                em.persist(Account(owner="ann"))
                raise KeyError("unexpected")
        except ValueError:
            raise
        except Exception as error:
            em.rollback()
            raise RuntimeError(f"Failed to transfer: {error}") from error

    with pytest.raises(RuntimeError, match="Failed to transfer: 'unexpected'"):
        transfer()
    assert owners() == []
    em.persist(Account(owner="bob"))
    em.commit()
    assert owners() == ["bob"]


def test_a_swallowed_error_is_not_committed_silently(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    em.persist(Account(owner="ann"))
    em.commit()
    with (
        pytest.raises(FxError, match="nothing was committed: a statement of this transaction failed"),
        em.transaction(),
    ):
        em.persist(Account(owner="bob"))
        em.flush()
        em.persist(Account(owner="ann"))
        with pytest.raises(DuplicateKeyError):
            em.flush()
    assert owners() == ["ann"]
    with pytest.raises(FxError, match="nothing was committed"), em.transaction(), em.transaction():
        em.persist(Account(owner="ann"))
        with pytest.raises(DuplicateKeyError):
            em.flush()
    em.persist(Account(owner="carl"))
    em.commit()
    assert owners() == ["ann", "carl"]


def test_work_from_before_the_block_belongs_to_it(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    em.persist(Account(owner="pending"))
    with em.transaction():
        em.persist(Account(owner="inside"))
    assert owners() == ["inside", "pending"]


def test_a_read_only_transaction_refuses_changes(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    em.persist(Account(owner="ann"))
    em.commit()
    with pytest.raises(FxError) as error, em.transaction(read_only=True):
        em.get(Account, 1).balance = 5
    assert str(error.value) == "this transaction is read only, but there are changes: Account 1 (changed)"
    with pytest.raises(sa.exc.DBAPIError), em.transaction(read_only=True):
        em.exec_statement(sa.update(Account).values(balance=5))
    with em.transaction(read_only=True):
        assert em.get(Account, 1).balance == 0
    with em.transaction():
        em.get(Account, 1).balance = 7
    assert em.get(Account, 1).balance == 7


def test_isolation(em: EntityManager, engine: sa.Engine) -> None:
    question = {
        "postgresql": "SHOW transaction_isolation",
        "mysql": "SELECT REPLACE(@@tx_isolation, '-', ' ')",
        "sqlite": "SELECT 'serializable'",
    }[engine.dialect.name]
    with em.transaction(isolation="serializable"):
        assert [str(level).lower() for level in em.exec_statement(sa.text(question))] == ["serializable"]
    with em.transaction(isolation="REPEATABLE_READ"), pytest.raises(FxError, match="are for the outermost transaction"):
        em.transaction(isolation="SERIALIZABLE").__enter__()
    with pytest.raises(QueryError) as error:
        em.transaction(isolation="SERIALISABLE")
    assert str(error.value) == (
        'transaction(isolation="SERIALISABLE"): there is no such level; did you mean "SERIALIZABLE"?'
    )


def test_as_a_decorator(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    @em.transaction()
    def open_account(owner: str) -> Account:
        return em.persist(Account(owner=owner))

    assert open_account("ann").id == 1
    assert open_account("bob").owner == "bob"
    assert owners() == ["ann", "bob"]


def test_a_block_cannot_be_repeated(em: EntityManager) -> None:
    with pytest.raises(FxError, match="a with block cannot be repeated"), em.transaction(retries=3):
        pass


def test_run_repeats_what_met_a_deadlock(em: EntityManager, engine: sa.Engine) -> None:
    """Two real connections lock two rows crosswise; one is refused, and its work is done at the second attempt."""
    em.persist_all([Account(owner="ann"), Account(owner="bob")])
    em.commit()
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: no deadlock between transactions that write")
    both_locked_one = threading.Barrier(2)
    attempts: list[str] = []

    def add(name: str, first: int, second: int) -> None:
        with EntityManager(engine) as mine:

            def work() -> None:
                attempts.append(name)
                mine.exec_statement(sa.update(Account).where(Account.id == first).values(balance=Account.balance + 1))
                if attempts.count(name) == 1:
                    both_locked_one.wait(timeout=20)
                mine.exec_statement(sa.update(Account).where(Account.id == second).values(balance=Account.balance + 1))

            mine.run(work, retries=3)

    threads = [threading.Thread(target=add, args=args) for args in (("one", 1, 2), ("two", 2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(attempts) == 3
    assert [account.balance for account in em.exec_statement(sa.select(Account))] == [2, 2]


def test_run_repeats_what_could_not_be_serialized(em: EntityManager, engine: sa.Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("the others lock instead of failing to serialize")
    em.persist(Account(owner="ann"))
    em.commit()
    attempts: list[int] = []

    def work() -> None:
        attempts.append(1)
        account = em.get(Account, 1)
        if len(attempts) == 1:
            with EntityManager(engine) as other, other.transaction():
                other.get(Account, 1).balance = 10
        account.balance += 1

    @em.transaction(isolation="REPEATABLE READ", retries=2)
    def repeated() -> None:
        work()

    repeated()
    assert len(attempts) == 2
    assert em.get(Account, 1).balance == 11


def test_run_passes_other_errors_on(em: EntityManager) -> None:
    attempts: list[int] = []

    def work() -> None:
        attempts.append(1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        em.run(work)
    assert len(attempts) == 1
    assert em.run(lambda: 42) == 42
