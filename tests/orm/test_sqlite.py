"""SQLite on its own: several writers, savepoints and snapshots as they should be, databases in memory."""

import subprocess
import sys
import threading
from collections import Counter as Counting
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import fx_orm
from fx_orm import EntityManager, EntityManagerInterface, QueryBuilder, database
from fx_orm.config import DatabaseSettings, settings
from fx_orm.errors import DatabaseUnavailable
from tests.orm import sqlite_writer
from tests.orm.sqlite_writer import Counter, Entry

ROOT = Path(__file__).parents[2]
TABLES = [Counter.__table__, Entry.__table__]
COUNTERS = ("transactions", "repeated", "builders", "statements")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[str]:
    """The URL of the configured database, a file with the counters at zero."""
    url = f"sqlite:///{tmp_path / 'writers.db'}"
    yield from _configured(url)


@pytest.fixture
def memory() -> Iterator[str]:
    """The same in memory."""
    yield from _configured("sqlite:///:memory:")


def _configured(url: str) -> Iterator[str]:
    fx_orm.configure(database=url)
    SQLModel.metadata.create_all(database.engine(settings()), tables=TABLES)
    em = EntityManagerInterface()
    with em.transaction():
        em.persist_all([Counter(name=name) for name in COUNTERS])
    yield url
    em.close()
    database.dispose()
    fx_orm.configure()


def in_threads(names: list[str], rounds: int) -> list[BaseException]:
    """Let threads write; return their errors."""
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            sqlite_writer.write(name, rounds)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_threads_and_processes_that_write_at_once_lose_nothing(file: str) -> None:
    """Nobody is told that the database is locked; every row is there once, every counter has counted everybody."""
    rounds, threads, processes = 5, [f"thread {n}" for n in range(4)], [f"process {n}" for n in range(3)]
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.orm.sqlite_writer", file, name, str(rounds)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for name in processes
    ]
    assert in_threads(threads, rounds) == []
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * len(processes)
    em = EntityManagerInterface()
    names = [*threads, *processes]
    written = Counting(em.exec_statement(fx_orm.select(Entry.written_by)))
    assert written == dict.fromkeys(names, 6 * rounds)
    counters = {counter.name: counter.value for counter in QueryBuilder(Counter).get()}
    assert counters == dict.fromkeys(COUNTERS, rounds * len(names))
    assert database.engine(settings()).pool.checkedout() == 0  # type: ignore[attr-defined]


def test_readers_wait_for_nobody(file: str) -> None:
    em = EntityManagerInterface()
    seen: list[int] = []
    with em.transaction():
        em.get(Counter, "repeated").value = 7
        em.flush()
        thread = threading.Thread(target=lambda: seen.append(em.get(Counter, "repeated").value))
        thread.start()
        thread.join(timeout=20)
    assert seen == [0]
    assert em.get(Counter, "repeated").value == 7


def test_a_writer_that_waits_in_vain(file: str) -> None:
    with EntityManager(database.engine_for(sa.make_url(f"{file}?timeout=0.1"))) as other:
        em = EntityManagerInterface()
        with em.transaction():
            with pytest.raises(sa.exc.OperationalError, match="database is locked"), other.transaction():
                pass
            em.persist(Entry(written_by="us"))
        with other.transaction():
            other.persist(Entry(written_by="other"))
    assert QueryBuilder(Entry).order_by("id").pluck("written_by") == ["us", "other"]


def test_a_transaction_begins_with_its_first_statement_also_if_that_reads(file: str) -> None:
    """The driver, left alone, begins none for a SELECT: two of them could see different states."""
    with EntityManager(database.engine(settings())) as em, em.transaction(read_only=True):
        before = em.exec_statement(sa.select(sa.func.count()).select_from(Entry))
        with database.engine(settings()).begin() as connection:
            connection.execute(sa.insert(Entry).values(written_by="other"))
        assert em.exec_statement(sa.select(sa.func.count()).select_from(Entry)) == before == [0]


def test_a_savepoint_may_come_first_and_tables_are_rolled_back_with_the_rest(file: str) -> None:
    """The driver, left alone, begins none for SAVEPOINT, and commits before it creates a table."""
    em = EntityManagerInterface()
    with pytest.raises(ZeroDivisionError), em.transaction():
        with em.transaction():
            em.persist(Entry(written_by="inner"))
        em.exec_statement(sa.text("CREATE TABLE passing (id INTEGER)"))
        _ = 1 / 0
    assert QueryBuilder(Entry).count() == 0
    assert sa.inspect(database.engine(settings())).get_table_names() == ["writer_counter", "writer_entry"]
    with em.transaction():
        em.exec_statement(sa.text("CREATE TABLE staying (id INTEGER)"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.exec_statement(sa.text("CREATE TABLE passing (id INTEGER)"))
            _ = 1 / 0
    assert "staying" in sa.inspect(database.engine(settings())).get_table_names()
    assert "passing" not in sa.inspect(database.engine(settings())).get_table_names()


def test_in_memory_all_managers_and_threads_share_one_connection(memory: str) -> None:
    em = EntityManagerInterface()
    em.get_repository(Entry).create({"written_by": "us"})
    with EntityManager() as other:
        assert other.exec_statement(fx_orm.select(Entry.written_by)) == ["us"]
    rounds, names = 3, [f"thread {n}" for n in range(4)]
    pool = database.engine(settings()).pool
    # Managers that keep their transaction between two calls would wait for each other: only the others write here.
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for _ in range(rounds):
                with em.transaction():
                    em.get(Counter, "transactions").value += 1
                    em.persist(Entry(written_by=name))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert em.get(Counter, "transactions").value == rounds * len(names)
    assert QueryBuilder(Entry).count() == 1 + rounds * len(names)
    assert (pool.size(), pool.checkedout()) == (1, 0)  # type: ignore[attr-defined]


def test_in_memory_a_second_transaction_beside_an_open_one_waits_in_vain() -> None:
    engine = database.engine_for(sa.make_url("sqlite:///:memory:"), DatabaseSettings(pool_timeout=1))
    with EntityManager(engine) as em, EntityManager(engine) as other:
        em.exec_statement(sa.text("SELECT 1"))
        with pytest.raises(DatabaseUnavailable) as error:
            other.exec_statement(sa.text("SELECT 1"))
    assert str(error.value) == (
        "no connection became free in time: a database in memory has one connection, and a manager holds it; "
        "commit or close that one, let the work join its transaction, or use a file"
    )
    database.dispose()


def test_in_memory_the_rows_live_as_long_as_the_engine(memory: str) -> None:
    em = EntityManagerInterface()
    em.get_repository(Entry).create({"written_by": "us"})
    em.close()
    assert QueryBuilder(Entry).count() == 1
    database.dispose()
    assert sa.inspect(database.engine(settings())).get_table_names() == []
    SQLModel.metadata.create_all(database.engine(settings()), tables=TABLES)
