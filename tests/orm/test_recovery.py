"""A manager stays usable after every kind of error, wherever it happens, on the three databases."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from fx_orm import AbstractEntity, CheckConstraint, EntityManager, Field, QueryBuilder
from fx_orm.errors import (
    AfterCommitError,
    DatabaseUnavailable,
    DuplicateKeyError,
    ForeignKeyError,
    FxError,
    QueryError,
    StaleEntityError,
)


class Jar(AbstractEntity, table=True):
    __tablename__ = "recovery_jar"
    __table_args__ = (CheckConstraint("grams >= 0", name="grams"),)

    id: int | None = Field(default=None, primary_key=True)
    label: str = Field(max_length=40, unique=True)
    grams: int = 0
    lid_of: int | None = Field(default=None, foreign_key="recovery_jar.id")
    version: int = Field(default=1, version=True)


class UnwillingError(Exception):
    """Raised by a listener of ours."""


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine], database_name: str) -> sa.Engine:
    engine = engine_with(Jar, timeout="0.2") if database_name == "sqlite" else engine_with(Jar)
    with EntityManager(engine) as em, em.transaction():
        em.persist_all([Jar(label="salt"), Jar(label="tea")])
    return engine


@pytest.fixture
def labels(engine: sa.Engine) -> Callable[[], list[str]]:
    """The labels that another connection sees."""

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Jar.label).order_by(Jar.label)))

    return read


def duplicate(em: EntityManager, _engine: sa.Engine) -> None:
    em.persist(Jar(label="salt"))
    em.flush()


def no_such_row(em: EntityManager, _engine: sa.Engine) -> None:
    em.persist(Jar(label="lid", lid_of=99))
    em.flush()


def check(em: EntityManager, _engine: sa.Engine) -> None:
    em.get(Jar, 2).grams = -1
    em.flush()


def nonsense(em: EntityManager, _engine: sa.Engine) -> None:
    em.exec_statement(sa.text("SELECT nonsense FROM recovery_jar"))


def wrong_query(em: EntityManager, _engine: sa.Engine) -> None:
    QueryBuilder(Jar, manager=em).where("labl", "salt").get()


def flush_that_fails(em: EntityManager, _engine: sa.Engine) -> None:
    """An error of Python in the midst of a flush, after the first of its statements."""

    def refuse(*_: object) -> None:
        raise UnwillingError

    sa.event.listen(em.session, "after_flush", refuse)
    try:
        em.persist(Jar(label="jam"))
        em.flush()
    finally:
        sa.event.remove(em.session, "after_flush", refuse)


def interrupt(em: EntityManager, _engine: sa.Engine) -> None:
    em.persist(Jar(label="jam"))
    em.flush()
    raise KeyboardInterrupt


def stale(em: EntityManager, engine: sa.Engine) -> None:
    jar = em.get(Jar, 2)
    if engine.dialect.name == "sqlite":
        # One writes at a time, so it is us, past the manager.
        em.session.connection().exec_driver_sql("UPDATE recovery_jar SET version = 5 WHERE id = 2")
    else:
        with engine.begin() as connection:
            connection.execute(sa.update(Jar).where(Jar.id == 2).values(version=5))
    jar.grams = 7
    em.flush()


def lost_connection(em: EntityManager, engine: sa.Engine) -> None:
    own, kill = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
        "mysql": ("SELECT CONNECTION_ID()", "KILL {}"),
    }[engine.dialect.name]
    [number] = em.exec_statement(sa.text(own))
    with engine.connect() as killer:
        killer.exec_driver_sql(kill.format(number))
    em.exec_statement(sa.select(Jar.id))


def timeout(em: EntityManager, engine: sa.Engine) -> None:
    if engine.dialect.name == "postgresql":
        em.exec_statement(sa.text("SET LOCAL statement_timeout = 50"))
        em.exec_statement(sa.text("SELECT pg_sleep(10)"))
    elif engine.dialect.name == "mysql":
        slow = "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b"
        em.exec_statement(sa.text(f"SET STATEMENT max_statement_time = 0.05 FOR {slow}"))


def deadlock(em: EntityManager, engine: sa.Engine) -> None:
    """Another connection locks two rows crosswise. It has changed more and waits less, so that we are refused."""
    locked = threading.Event()

    def add(key: int) -> sa.Update:
        return sa.update(Jar).where(Jar.id == key).values(grams=Jar.grams + 1)

    def other() -> None:
        with engine.connect() as connection:
            connection.execute(sa.insert(Jar), [{"label": f"other {n}", "grams": 0, "version": 1} for n in range(30)])
            connection.execute(add(2))
            locked.set()
            time.sleep(0.3)
            connection.execute(add(1))
            connection.rollback()

    em.exec_statement(add(1))
    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert locked.wait(timeout=20)
        em.exec_statement(add(2))
    finally:
        thread.join(timeout=30)


EVERYWHERE = ("sqlite", "postgresql", "mariadb")
SERVERS = ("postgresql", "mariadb")
ERRORS: list[tuple[Callable[[EntityManager, sa.Engine], None], Any, tuple[str, ...]]] = [
    (duplicate, DuplicateKeyError, EVERYWHERE),
    (no_such_row, ForeignKeyError, EVERYWHERE),
    (check, sa.exc.DBAPIError, EVERYWHERE),
    (nonsense, sa.exc.DBAPIError, EVERYWHERE),
    (wrong_query, QueryError, EVERYWHERE),
    (flush_that_fails, UnwillingError, EVERYWHERE),
    (interrupt, KeyboardInterrupt, EVERYWHERE),
    (stale, StaleEntityError, EVERYWHERE),
    (timeout, sa.exc.DBAPIError, SERVERS),
    (lost_connection, DatabaseUnavailable, SERVERS),
    (deadlock, sa.exc.DBAPIError, SERVERS),
]
every_error = pytest.mark.parametrize(
    ("database_name", "fail", "kind"),
    [
        pytest.param(name, fail, kind, id=f"{name}-{fail.__name__}")
        for fail, kind, systems in ERRORS
        for name in systems
    ],
    indirect=["database_name"],
)


@every_error
def test_outside_of_transactions(
    em: EntityManager, engine: sa.Engine, labels: Callable[[], list[str]], fail: Any, kind: Any
) -> None:
    em.persist(Jar(label="before"))
    with pytest.raises(kind):
        fail(em, engine)
    em.rollback()
    assert em.unsaved() == []
    assert labels() == ["salt", "tea"]
    em.persist(Jar(label="after"))
    em.commit()
    assert labels() == ["after", "salt", "tea"]


@every_error
def test_in_a_transaction(
    em: EntityManager, engine: sa.Engine, labels: Callable[[], list[str]], fail: Any, kind: Any
) -> None:
    with pytest.raises(kind), em.transaction():
        em.persist(Jar(label="before"))
        em.flush()
        fail(em, engine)
    assert em.unsaved() == []
    assert labels() == ["salt", "tea"]
    with em.transaction():
        em.persist(Jar(label="after"))
        assert [jar.grams for jar in QueryBuilder(Jar, manager=em).order_by("id").limit(2).get()] == [0, 0]
    assert labels() == ["after", "salt", "tea"]


UNDONE = {"lost_connection": EVERYWHERE, "deadlock": ("mariadb",)}
"""What undoes the outer transaction too, and where."""


@every_error
def test_in_a_savepoint(
    em: EntityManager,
    engine: sa.Engine,
    labels: Callable[[], list[str]],
    database_name: str,
    fail: Any,
    kind: Any,
) -> None:
    """The outer part goes on where the database keeps it; where it does not, nothing is committed without a word."""
    is_undone = database_name in UNDONE.get(fail.__name__, ())
    refused = pytest.raises(FxError, match=r"nothing more|nothing was committed") if is_undone else nullcontext()
    with refused, em.transaction():
        em.persist(Jar(label="outer"))
        with pytest.raises(kind), em.transaction():
            em.persist(Jar(label="inner"))
            fail(em, engine)
        if is_undone:
            with pytest.raises(FxError, match="this transaction was broken by an earlier error and runs nothing more"):
                em.find(Jar, 1)
        else:
            assert em.get(Jar, 1).label == "salt"
        em.persist(Jar(label="outer too"))
    kept = [] if is_undone else ["outer", "outer too"]
    assert labels() == [*kept, "salt", "tea"]
    assert em.unsaved() == []
    em.persist(Jar(label="after"))
    em.commit()
    assert labels() == ["after", *kept, "salt", "tea"]


@every_error
def test_with_the_error_swallowed_inside(
    em: EntityManager, engine: sa.Engine, labels: Callable[[], list[str]], fail: Any, kind: Any
) -> None:
    """Either all of the transaction is committed, or nothing of it and there is an error."""
    name = fail.__name__
    if name in ("wrong_query", "interrupt"):
        kept = True
    elif name in ("nonsense", "timeout"):
        kept = engine.dialect.name != "postgresql"
    else:
        kept = False
    refused = nullcontext() if kept else pytest.raises(FxError, match=r"runs nothing more|nothing was committed")
    with refused, em.transaction():
        em.persist(Jar(label="before"))
        em.flush()
        with pytest.raises(kind):
            fail(em, engine)
        em.persist(Jar(label="between"))
    stored = {"before", "between"} if kept else set()
    assert set(labels()) == {"salt", "tea"} | stored | ({"jam"} if name == "interrupt" else set())
    with em.transaction():
        em.persist(Jar(label="zest"))
    assert "zest" in labels()


def test_a_hook_that_fails(em: EntityManager, labels: Callable[[], list[str]]) -> None:
    def refuse() -> None:
        raise UnwillingError

    with pytest.raises(AfterCommitError), em.transaction():
        em.persist(Jar(label="first"))
        em.after_commit(refuse)
    assert em.unsaved() == []
    em.persist(Jar(label="second"))
    em.commit()
    assert labels() == ["first", "salt", "second", "tea"]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Heed Ctrl+C, which a shell lets those ignore that it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no such signals")
@pytest.mark.parametrize("database_name", SERVERS, indirect=True)  # SQLite is not left before a statement's end
def test_an_interrupt_in_the_midst_of_a_statement(
    em: EntityManager, engine: sa.Engine, labels: Callable[[], list[str]]
) -> None:
    """What the connection would still have answered is not taken for the answer to the next statement."""
    slow = {"postgresql": "SELECT pg_sleep(20)", "mysql": "SELECT SLEEP(20)"}[engine.dialect.name]
    threading.Timer(0.3, signal.pthread_kill, (threading.get_ident(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), em.transaction():
        em.persist(Jar(label="before"))
        em.flush()
        em.exec_statement(sa.text(slow))
    assert em.exec_statement(sa.text("SELECT 42")) == [42]
    with em.transaction():
        em.persist(Jar(label="after"))
    assert labels() == ["after", "salt", "tea"]


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_a_statement_that_rolls_all_back_by_itself(em: EntityManager, labels: Callable[[], list[str]]) -> None:
    """SQLite would run what comes then outside of any transaction."""
    rolls_back = sa.text("INSERT OR ROLLBACK INTO recovery_jar (label, grams, version) VALUES ('salt', 0, 1)")
    with pytest.raises(FxError, match="runs nothing more"), em.transaction():
        em.persist(Jar(label="outer"))
        with pytest.raises(DuplicateKeyError), em.transaction():
            em.exec_statement(rolls_back)
        em.exec_statement(sa.update(Jar).values(grams=1))
    with pytest.raises(FxError, match="nothing was committed"), em.transaction(), pytest.raises(DuplicateKeyError):
        em.exec_statement(rolls_back)
    assert labels() == ["salt", "tea"]
    assert [jar.grams for jar in QueryBuilder(Jar, manager=em).get()] == [0, 0]
