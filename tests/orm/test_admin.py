import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from fx_orm import database
from fx_orm.admin import create_database, database_exists, database_label, drop_database
from fx_orm.config import DatabaseSettings, Settings
from fx_orm.errors import ConfigError, DatabaseUnavailable

HOSTILE = f"""we"ird `na'me` %(x)s-ü {os.getpid()}"""  # of its own in each process that runs tests


@pytest.fixture
def hostile(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings whose database has a name that must be quoted."""
    url = sa.make_url(database_url)
    system = url.get_backend_name()
    details = DatabaseSettings(
        driver=system,
        host=url.host,
        port=url.port,
        username=url.username,
        password=url.password,
        database="folder/app.db" if system == "sqlite" else HOSTILE,
    )
    project = Settings(root=tmp_path, database=details)
    drop_database(project, force=True)
    yield project
    drop_database(project, force=True)
    database.dispose()


def test_a_database_is_created_once_and_dropped_once(hostile: Settings) -> None:
    assert not database_exists(hostile)
    assert create_database(hostile)
    assert database_exists(hostile)
    assert not create_database(hostile)
    with database.engine(hostile).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER)")
    assert drop_database(hostile)
    assert not database_exists(hostile)
    assert not drop_database(hostile)


def test_a_database_in_use_is_dropped_only_by_force(hostile: Settings) -> None:
    create_database(hostile)
    other = sa.create_engine(database.engine(hostile).url)
    with other.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        if other.dialect.name == "postgresql":  # the others do not mind the sessions of others
            with pytest.raises(DatabaseUnavailable) as caught:
                drop_database(hostile)
            assert str(caught.value) == f'the database "{HOSTILE}" is in use by others; end them, or say --force'
        assert drop_database(hostile, force=True)
        connection.invalidate()
    other.dispose()


@pytest.mark.parametrize("url", ["postgresql://u:secret@127.0.0.1:1/shop", "mysql://u:secret@127.0.0.1:1/shop"])
@pytest.mark.parametrize("question", [create_database, drop_database, database_exists])
def test_a_dead_server_is_no_missing_database(url: str, question: object, tmp_path: Path) -> None:
    assert callable(question)
    with pytest.raises(DatabaseUnavailable) as caught:
        question(Settings(root=tmp_path, database=DatabaseSettings(url=url)))
    assert "the server does not answer" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_servers_own_databases_are_not_dropped(tmp_path: Path) -> None:
    project = Settings(root=tmp_path, database=DatabaseSettings(url="postgresql://postgres@127.0.0.1:5432/template1"))
    with pytest.raises(ConfigError) as caught:
        drop_database(project, force=True)
    assert str(caught.value) == '"template1" belongs to the server itself; it is not dropped'


def test_a_server_without_a_database_is_said(tmp_path: Path) -> None:
    project = Settings(root=tmp_path, database=DatabaseSettings(url="mysql://root@127.0.0.1:3306"))
    with pytest.raises(ConfigError, match="names no database; write its name behind the last /"):
        create_database(project)


@pytest.mark.parametrize("question", [create_database, drop_database])
def test_what_is_no_database_is_neither_one_that_exists_nor_dropped(question: object, tmp_path: Path) -> None:
    assert callable(question)
    (tmp_path / "data").mkdir()
    (tmp_path / "main.py").write_text("print('a program')")
    for name, said in (("data", "is a folder, not a database"), ("main.py", "is not an SQLite database")):
        with pytest.raises(ConfigError) as caught:
            question(Settings(root=tmp_path, database=DatabaseSettings(url=f"sqlite:///{name}")))
        assert str(caught.value) == f"{tmp_path / name} {said}"
        assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("sqlite:///app.db", "app.db"),
        ("sqlite:///data/app.db", "data/app.db"),
        ("sqlite:///:memory:", ":memory:"),
        ("postgresql://u@h/shop", "shop"),
    ],
)
def test_databases_are_named_as_people_know_them(url: str, label: str, tmp_path: Path) -> None:
    assert database_label(Settings(root=tmp_path, database=DatabaseSettings(url=url))) == label


def test_a_database_in_memory_is_always_there(tmp_path: Path) -> None:
    project = Settings(root=tmp_path, database=DatabaseSettings(url="sqlite:///:memory:"))
    assert database_exists(project)
    assert not create_database(project)
    assert not drop_database(project)
