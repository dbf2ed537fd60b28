"""`run()` and `transaction(retries=)`: real connections that meet deadlocks or fail to serialize are run again."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fx_orm import AbstractEntity, EntityManager, Field, database
from fx_orm.errors import DuplicateKeyError, FxError

SERVERS = ("postgresql", "mariadb")
on_servers = pytest.mark.parametrize("database_name", SERVERS, indirect=True)  # SQLite has one writer at a time
on_postgresql = pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
on_mariadb = pytest.mark.parametrize("database_name", ["mariadb"], indirect=True)


class Account(AbstractEntity, table=True):
    __tablename__ = "repeated_account"

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(max_length=40, unique=True)
    balance: int = 0


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine]) -> sa.Engine:
    engine = engine_with(Account)
    with EntityManager(engine) as em, em.transaction():
        em.persist_all([Account(owner="ann"), Account(owner="bob")])
    return engine


@pytest.fixture
def balances(engine: sa.Engine) -> Callable[[], dict[str, int]]:
    """The balances that another connection sees."""

    def read() -> dict[str, int]:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(Account.owner, Account.balance))
            return {row.owner: row.balance for row in rows}

    return read


def add_one(em: EntityManager, key: int) -> None:
    em.exec_statement(sa.update(Account).where(Account.id == key).values(balance=Account.balance + 1))


class Meeting:
    """Two managers in threads that work at the same time; at their first attempts each waits for the other."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.attempts: list[str] = []
        self.errors: list[BaseException] = []
        self._both = threading.Barrier(2)

    def wait_for_the_other(self, name: str) -> None:
        """Wait, at the first attempt."""
        if self.attempts.count(name) == 1:
            self._both.wait(timeout=20)

    def crosswise(self, em: EntityManager, name: str) -> None:
        """Lock two rows, each in the other's order: the work that ends in a deadlock."""
        first, second = (1, 2) if name == "one" else (2, 1)
        add_one(em, first)
        self.wait_for_the_other(name)
        add_one(em, second)

    def hold(self, work: Callable[[EntityManager, str], Any], start: Callable[[EntityManager, Any], Any]) -> None:
        """Let both do their work, each through `start`, with a manager of its own."""

        def one(name: str) -> None:
            def attempt() -> None:
                self.attempts.append(name)
                work(em, name)

            with EntityManager(self.engine) as em:
                try:
                    start(em, attempt)
                except BaseException as error:
                    self.errors.append(error)

        threads = [threading.Thread(target=one, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)


@on_servers
def test_run_repeats_what_met_a_deadlock(engine: sa.Engine, balances: Callable[[], dict[str, int]]) -> None:
    """Two connections lock two rows crosswise; one is refused, and its work is done at the second attempt."""
    meeting = Meeting(engine)

    meeting.hold(meeting.crosswise, lambda em, attempt: em.run(attempt, retries=3))
    assert meeting.errors == []
    assert len(meeting.attempts) == 3
    assert balances() == {"ann": 2, "bob": 2}


@on_servers
def test_a_deadlock_in_a_savepoint_repeats_all_of_it(engine: sa.Engine, balances: Callable[[], dict[str, int]]) -> None:
    """MariaDB has undone the outer part too: what repeats only the inner one would lose it."""
    meeting = Meeting(engine)

    def crosswise(em: EntityManager, name: str) -> None:
        first, second = (1, 2) if name == "one" else (2, 1)
        add_one(em, first)
        meeting.wait_for_the_other(name)
        with em.transaction(), em.transaction():
            em.get(Account, second).balance += 1

    meeting.hold(crosswise, lambda em, attempt: em.run(attempt, retries=3))
    assert meeting.errors == []
    assert balances() == {"ann": 2, "bob": 2}


@on_servers
def test_without_retries_a_deadlock_is_raised(engine: sa.Engine, balances: Callable[[], dict[str, int]]) -> None:
    meeting = Meeting(engine)

    meeting.hold(meeting.crosswise, lambda em, attempt: em.run(attempt, retries=0))
    [error] = meeting.errors
    assert isinstance(error, sa.exc.OperationalError)
    assert database.is_retryable(error)
    assert len(meeting.attempts) == 2
    assert balances() == {"ann": 1, "bob": 1}


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
@on_postgresql
def test_a_row_that_was_changed_meanwhile(
    em: EntityManager, engine: sa.Engine, balances: Callable[[], dict[str, int]], isolation: str
) -> None:
    attempts: list[int] = []

    @em.transaction(isolation=isolation, retries=2)
    def add_to_what_was_read() -> int:
        account = em.get(Account, 1)
        attempts.append(account.balance)
        if len(attempts) == 1:
            with EntityManager(engine) as other, other.transaction():
                other.get(Account, 1).balance = 10
        account.balance += 1
        return account.balance

    assert add_to_what_was_read() == 11
    assert attempts == [0, 10]
    assert balances()["ann"] == 11


@on_postgresql
def test_two_that_each_read_what_the_other_writes(engine: sa.Engine, balances: Callable[[], dict[str, int]]) -> None:
    """No row is changed by both: only SERIALIZABLE notices, when the second of them commits."""
    meeting = Meeting(engine)

    def write_what_the_other_has(em: EntityManager, name: str) -> None:
        mine, theirs = ("ann", "bob") if name == "one" else ("bob", "ann")
        read = em.get_repository(Account).get_one_by({"owner": theirs}).balance
        meeting.wait_for_the_other(name)
        em.get_repository(Account).get_one_by({"owner": mine}).balance = read + 1

    meeting.hold(
        write_what_the_other_has,
        lambda em, attempt: em.transaction(isolation="SERIALIZABLE", retries=3)(attempt)(),
    )
    assert meeting.errors == []
    assert len(meeting.attempts) == 3
    assert sorted(balances().values()) == [1, 2]  # one after the other; both would be 1 otherwise


@on_mariadb
def test_two_that_each_read_what_the_other_writes_under_locks(
    engine: sa.Engine, balances: Callable[[], dict[str, int]]
) -> None:
    """MariaDB's SERIALIZABLE lets reads lock: the two wait for each other, which is a deadlock."""
    meeting = Meeting(engine)

    def write_what_the_other_has(em: EntityManager, name: str) -> None:
        mine, theirs = (1, 2) if name == "one" else (2, 1)
        read = em.get(Account, theirs).balance
        meeting.wait_for_the_other(name)
        em.get(Account, mine).balance = read + 1

    meeting.hold(
        write_what_the_other_has,
        lambda em, attempt: em.transaction(isolation="SERIALIZABLE", retries=3)(attempt)(),
    )
    assert meeting.errors == []
    assert len(meeting.attempts) == 3
    assert sorted(balances().values()) == [1, 2]


@on_mariadb
def test_a_row_that_was_changed_after_the_snapshot(
    em: EntityManager, engine: sa.Engine, balances: Callable[[], dict[str, int]]
) -> None:
    """MariaDB fails to serialize like PostgreSQL with innodb_snapshot_isolation, which newer ones have on."""
    with engine.connect() as connection:
        if not connection.scalars(sa.text("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'")).all():
            pytest.skip("this MariaDB has no such variable")
    attempts: list[int] = []

    def add_to_what_was_read() -> None:
        em.exec_statement(sa.text("SET SESSION innodb_snapshot_isolation = ON"))
        account = em.get(Account, 1)
        attempts.append(account.balance)
        if len(attempts) == 1:
            with EntityManager(engine) as other, other.transaction():
                other.get(Account, 1).balance = 10
        account.balance += 1

    em.run(add_to_what_was_read)
    assert attempts == [0, 10]
    assert balances()["ann"] == 11


def test_what_is_no_collision_is_not_repeated(em: EntityManager, balances: Callable[[], dict[str, int]]) -> None:
    attempts: list[int] = []

    def work(error: Exception | None) -> int:
        attempts.append(1)
        add_one(em, 1)
        if error is None:
            em.persist(Account(owner="ann"))
            em.flush()
        raise error or AssertionError("the key exists already")

    with pytest.raises(ValueError, match="no"):
        em.run(lambda: work(ValueError("no")))
    with pytest.raises(DuplicateKeyError):
        em.run(lambda: work(None))
    assert len(attempts) == 2
    assert balances() == {"ann": 0, "bob": 0}
    assert em.run(lambda: 42) == 42


def test_each_attempt_begins_with_nothing(em: EntityManager, balances: Callable[[], dict[str, int]]) -> None:
    """The database is made to say that it was a deadlock, three times."""
    attempts: list[int] = []

    def work() -> str:
        attempts.append(em.get(Account, 1).balance)
        em.get(Account, 1).balance = len(attempts)
        em.persist(Account(owner="carl"))
        em.flush()
        if len(attempts) <= 3:
            raise sa.exc.OperationalError("UPDATE", None, Exception(1213, "Deadlock found"))
        return "done"

    assert em.run(work, retries=3) == "done"
    assert attempts == [0, 0, 0, 0]
    assert balances() == {"ann": 4, "bob": 0, "carl": 0}
    em.get_repository(Account).delete_by({"owner": "carl"})
    attempts.clear()
    with pytest.raises(sa.exc.OperationalError, match="Deadlock found"):
        em.run(work, retries=1)
    assert len(attempts) == 2


def test_retries_belong_to_the_outermost_transaction(em: EntityManager) -> None:
    with em.transaction(), pytest.raises(FxError) as error:
        em.run(lambda: None)
    assert str(error.value) == "run(retries=) inside transaction() cannot repeat what came before it; call it outside"
    with em.transaction():
        assert em.run(lambda: 42, retries=0) == 42
    with pytest.raises(FxError) as error:
        em.run(lambda: None, retries=-1)
    assert str(error.value) == "run(retries=-1): this is how often to try again; give 0 or more"
    with pytest.raises(FxError, match="a with block cannot be repeated"), em.transaction(retries=3):
        pass


@on_servers
def test_many_that_collide_all_succeed(engine: sa.Engine, balances: Callable[[], dict[str, int]]) -> None:
    """Four threads move one from one account to the other, in both directions, five times each."""
    errors: list[BaseException] = []

    def move(source: int, target: int) -> None:
        def once() -> None:
            em.get(Account, source).balance -= 1
            em.flush()
            em.get(Account, target).balance += 1

        with EntityManager(engine) as em:
            try:
                for _ in range(5):
                    em.transaction(isolation="SERIALIZABLE", retries=50)(once)()
            except BaseException as error:
                errors.append(error)

    ways = [(1, 2), (1, 2), (1, 2), (2, 1)]
    threads = [threading.Thread(target=move, args=way) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert errors == []
    assert balances() == {"ann": -10, "bob": 10}
