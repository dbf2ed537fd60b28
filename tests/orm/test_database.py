"""Engines and connections: made once, told the right things first, explained when they fail."""

import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from fx_orm import database
from fx_orm.config import DatabaseSettings, Settings
from fx_orm.errors import DatabaseUnavailable, DuplicateKeyError
from fx_orm.urls import resolve


@pytest.fixture(autouse=True)
def _engines() -> Iterator[None]:
    yield
    database.dispose()


@pytest.fixture
def engine(database_url: str) -> sa.Engine:
    return database.engine_for(resolve(database_url, Path.cwd()))


def sqlite(path: Path, **settings: object) -> sa.Engine:
    return database.engine_for(resolve(f"sqlite:///{path}", Path.cwd()), DatabaseSettings(**settings))


def test_the_same_settings_have_one_engine_in_all_threads(tmp_path: Path) -> None:
    engines: list[sa.Engine] = []
    settings = Settings(root=tmp_path, database=DatabaseSettings(url="sqlite:///app.db"))
    threads = [threading.Thread(target=lambda: engines.append(database.engine(settings))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(engine) for engine in engines}) == 1
    assert database.engine(settings.model_copy(update={"log_sql": True})) is not engines[0]


def test_the_pool_is_as_configured(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "x.db", pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(DatabaseUnavailable) as error, database.explained(), engine.connect():
        pass
    assert str(error.value) == (
        "no connection became free in time: all of the pool are in use; close managers when their work is done, "
        "or raise pool_size, max_overflow or pool_timeout"
    )


def test_the_time_of_a_connection_is_utc(engine: sa.Engine) -> None:
    question = "SELECT CURRENT_TIMESTAMP" if engine.dialect.name != "postgresql" else "SELECT LOCALTIMESTAMP"
    with engine.connect() as connection:
        now = connection.exec_driver_sql(question).scalar_one()
    now = datetime.fromisoformat(now) if isinstance(now, str) else now
    assert abs((now - datetime.now(UTC).replace(tzinfo=None)).total_seconds()) < 60


def test_mysql_refuses_what_it_would_cut_off(engine: sa.Engine) -> None:
    if engine.dialect.name != "mysql":
        return
    with engine.connect() as connection:
        assert "STRICT_TRANS_TABLES" in connection.exec_driver_sql("SELECT @@sql_mode").scalar_one()


def test_sqlite_is_told_how_to_work(tmp_path: Path) -> None:
    with sqlite(tmp_path / "x.db").connect() as connection:
        pragmas = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        told = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in pragmas]
    assert told == ["wal", 1, 30000, 1]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file that is not in WAL yet, and in which somebody is writing."""
    writer = sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False)
    writer.execute("CREATE TABLE a (id INTEGER)")
    writer.execute("BEGIN IMMEDIATE")  # the lock for which the switch to WAL does not wait by itself
    yield writer
    writer.close()


def test_the_first_connection_to_a_locked_file_waits(locked: sqlite3.Connection, tmp_path: Path) -> None:
    writer = threading.Timer(0.3, locked.execute, ["COMMIT"])
    writer.start()
    with sqlite(tmp_path / "x.db").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    writer.join()


def test_it_waits_no_longer_than_it_is_told(locked: sqlite3.Connection, tmp_path: Path) -> None:
    engine = database.engine_for(resolve(f"sqlite:///{tmp_path / 'x.db'}?timeout=0.05", Path.cwd()))
    with pytest.raises(sa.exc.OperationalError, match="database is locked"):
        engine.connect()
    locked.execute("COMMIT")
    engine.connect().close()


def test_ddl_of_sqlite_rolls_back(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "x.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER)")
        connection.rollback()
    assert sa.inspect(engine).get_table_names() == []


def test_a_database_in_memory_is_one_connection() -> None:
    engine = database.engine_for(resolve("sqlite:///:memory:", Path.cwd()))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER)")
    found: list[list[str]] = []
    thread = threading.Thread(target=lambda: found.append(sa.inspect(engine).get_table_names()))
    thread.start()
    thread.join()
    assert found == [["a"]]


def test_processes_that_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "x.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER NOT NULL)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        import sqlalchemy as sa
        from fx_orm import database
        from fx_orm.entity_manager import EntityManager
        from fx_orm.urls import resolve
        em = EntityManager(database.engine_for(resolve(f"sqlite:///{sys.argv[1]}", Path.cwd())))
        for _ in range(50):
            with em.transaction():
                [n] = em.exec_statement(sa.text("SELECT n FROM counter"))
                em.exec_statement(sa.text("UPDATE counter SET n = :n"), {"n": n + 1})
        em.close()
        """
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "x.db")], cwd=Path(__file__).parents[2])
        for _ in range(3)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM counter").scalar_one() == 150


def test_a_database_that_is_not_there(database_url: str, tmp_path: Path) -> None:
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str(tmp_path / "no" / "x.db"))
        reason = "the file cannot be opened; is there its folder, and may it be written to?"
    else:
        url = url.set(database="fx_test_nowhere")
        reason = 'there is no database "fx_test_nowhere"; run: fx-orm database create'
    with pytest.raises(DatabaseUnavailable) as error:
        database.engine_for(resolve(url, Path.cwd())).connect()
    assert str(error.value) == f"{error.value.database}: {reason}"
    assert isinstance(error.value, sa.exc.OperationalError)


def test_a_server_that_does_not_answer_or_refuses(database_url: str) -> None:
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return
    with pytest.raises(DatabaseUnavailable) as silent:
        database.engine_for(resolve(url.set(port=1, password="hunter2"), Path.cwd())).connect()
    assert str(silent.value).endswith(": the server does not answer; is it running, and are host and port right?")
    with pytest.raises(DatabaseUnavailable) as refused:
        database.engine_for(resolve(url.set(username="fx_nobody", password="hunter2"), Path.cwd())).connect()
    assert str(refused.value).endswith(': the server refused the user "fx_nobody" or the password')
    assert "hunter2" not in f"{silent.value}{silent.value!r}{refused.value}{refused.value!r}"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("This is no database. " * 100)
    with pytest.raises(DatabaseUnavailable) as error:
        sqlite(tmp_path / "x.db").connect()
    assert str(error.value) == f"sqlite:///{tmp_path / 'x.db'}: the file is not an SQLite database"


def test_values_are_in_no_error(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as error:
        connection.execute(sa.text("SELECT nonsense WHERE 1 = :secret"), {"secret": "hunter2"})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_rows_that_fail_among_many_are_not_reported_twice(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """psycopg would log that the rest of its pipeline failed too; the error itself is raised, and says all."""
    engine = database.engine_for(resolve(database_url, Path.cwd()))
    table = sa.Table("many", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    table.create(engine)
    one = sa.text("INSERT INTO many VALUES (:id)")
    with engine.connect() as connection:
        with pytest.raises(DuplicateKeyError):
            connection.execute(one, [{"id": 1}, *({"id": number} for number in range(1, 10_000))])
        connection.rollback()
        changed = connection.execute(one, [{"id": number} for number in range(1, 10_000)])
        assert changed.rowcount == 9_999
        [number] = connection.scalars(sa.text("SELECT pg_backend_pid()"))
        with engine.connect() as killer:
            killer.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
        with pytest.raises(DatabaseUnavailable):
            connection.execute(one, [{"id": number} for number in range(10_000, 30_000)])
        connection.rollback()
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    assert [record.getMessage() for record in caplog.records if record.name.startswith("psycopg")] == []
    database.dispose()
