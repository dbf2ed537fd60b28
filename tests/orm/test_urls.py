"""Addresses as people write them, as the drivers get them, and as they are shown."""

import ssl
from pathlib import Path

import pytest

from fx_orm import urls
from fx_orm.config import DatabaseSettings, Settings
from fx_orm.errors import ConfigError, UnsupportedError
from fx_orm.urls import database_url, driver_arguments, resolve, shown

ROOT = Path(Path.cwd().anchor, "shop")


@pytest.mark.parametrize(
    ("written", "as_shown"),
    [
        ("sqlite:///app.db", f"sqlite:///{ROOT / 'app.db'}"),
        ("sqlite:///data/größe.db", f"sqlite:///{ROOT / 'data' / 'größe.db'}"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite:///:memory:"),
        ("postgresql://u:p@h:5432/db", "postgresql+psycopg://u:***@h:5432/db"),
        ("postgres://u@h/db?sslmode=require", "postgresql+psycopg://u@h/db?sslmode=require"),
        ("postgresql:///db?host=/var/run", "postgresql+psycopg:///db?host=%2Fvar%2Frun"),
        ("postgresql://h/db?options=a@b", "postgresql+psycopg://h/db?options=a%40b"),
        ("mysql://u:p@[::1]:3306/db", "mysql+pymysql://u:***@[::1]:3306/db?charset=utf8mb4"),
        ("mariadb://h/db?charset=latin1", "mariadb+pymysql://h/db?charset=latin1"),
        ("MySQL+PyMySQL://h/db", "mysql+pymysql://h/db?charset=utf8mb4"),
        ("mysql://h/db?ssl_key_password=x", "mysql+pymysql://h/db?charset=utf8mb4&ssl_key_password=%2A%2A%2A"),
    ],
)
def test_forms(written: str, as_shown: str) -> None:
    assert shown(resolve(written, ROOT)) == as_shown


def test_an_absolute_sqlite_file_stays_where_it_is(tmp_path: Path) -> None:
    assert resolve(f"sqlite:///{tmp_path / 'x.db'}", ROOT).database == str(tmp_path / "x.db")


@pytest.mark.parametrize("password", ["p@ss", "a/b", "a:b", "w?x", "w#x", "p@ss/w?r#d:x", "50%off", "ä ö"])
def test_passwords_may_hold_any_character(password: str) -> None:
    url = resolve(f"postgresql://me:{password}@host:5432/db?application_name=x", ROOT)
    assert (url.username, url.password, url.host, url.port, url.database) == ("me", password, "host", 5432, "db")
    details = DatabaseSettings(driver="postgresql", username="me", password=password, host="host", database="db")
    assert database_url(Settings(root=ROOT, database=details)).password == password


def test_percent_signs_may_be_written_encoded() -> None:
    assert resolve("mysql://me:p%40ss@host/db", ROOT).password == "p@ss"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "app.db",
            (
                "the database's URL has no scheme; write one of sqlite:///app.db, "
                "postgresql://user:password@host:5432/name or mysql://user:password@host:3306/name"
            ),
        ),
        (
            "sqlite://app.db",
            (
                "sqlite://app.db has two slashes; write sqlite:///app.db for a file of the project, "
                "or sqlite:////app.db for an absolute path"
            ),
        ),
        ("postgresq://h/db", '"postgresq" is no database system; did you mean "postgresql"?'),
        (
            "redis://h",
            '"redis" is no database system; known are sqlite, postgresql, mysql, mariadb, mssql, oracle',
        ),
        ("postgresql+psycopg3://h/db", '"psycopg3" is no driver for postgresql; did you mean "psycopg"?'),
        ("oracle+cx_oracle://h", "the driver cx_oracle was replaced; write oracle+oracledb://"),
        ("oracle://h", 'no driver for oracle is installed; run: pip install "fx-orm[oracle]"'),
        ("mysql+mysqldb://h", "no driver for mysql is installed; run: pip install mysqlclient"),
        ("postgresql://h/db?sslmode=requre", 'sslmode is "requre"; did you mean "require"?'),
        (
            "postgresql://me:hunter2@h:port/db",
            (
                "the database's URL cannot be read after the password; write one of sqlite:///app.db, "
                "postgresql://user:password@host:5432/name or mysql://user:password@host:3306/name"
            ),
        ),
    ],
)
def test_mistakes(written: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        resolve(written, ROOT)
    assert str(error.value) == expected


def test_without_any_address() -> None:
    with pytest.raises(ConfigError) as error:
        database_url(Settings())
    assert str(error.value) == (
        'no database is configured: set DATABASE_URL in the environment or in .env, or "url" below "database:" '
        "in config/orm.yaml"
    )


@pytest.mark.parametrize(
    ("mode", "verify", "host_name"),
    [
        ("require", ssl.CERT_NONE, False),
        ("verify-ca", ssl.CERT_REQUIRED, False),
        ("verify-full", ssl.CERT_REQUIRED, True),
    ],
)
def test_tls_for_pymysql(mode: str, verify: ssl.VerifyMode, host_name: bool) -> None:
    url, arguments = driver_arguments(resolve(f"mysql://h/db?sslmode={mode}", ROOT))
    assert "sslmode" not in url.query
    assert (arguments["ssl"].verify_mode, arguments["ssl"].check_hostname) == (verify, host_name)


def test_tls_for_the_others() -> None:
    assert driver_arguments(resolve("mysql://h/db?sslmode=disable", ROOT))[1] == {"ssl_disabled": True}
    assert driver_arguments(resolve("mysql://h/db?sslmode=prefer", ROOT))[1] == {}
    assert driver_arguments(resolve("postgresql://h/db?sslmode=require", ROOT))[0].query == {"sslmode": "require"}


@pytest.mark.parametrize(
    ("written", "synchronous", "asynchronous"),
    [
        ("sqlite:///:memory:", "sqlite+pysqlite", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///:memory:", "sqlite+pysqlite", "sqlite+aiosqlite"),
        ("postgresql://h/db", "postgresql+psycopg", "postgresql+asyncpg"),
        ("postgresql+asyncpg://h/db", "postgresql+psycopg", "postgresql+asyncpg"),
        ("postgresql+psycopg://h/db", "postgresql+psycopg", "postgresql+psycopg"),
        ("postgresql+psycopg2://h/db", "postgresql+psycopg2", "postgresql+asyncpg"),
        ("mariadb://h/db", "mariadb+pymysql", "mariadb+aiomysql"),
        ("mysql+aiomysql://h/db", "mysql+pymysql", "mysql+aiomysql"),
    ],
)
def test_one_address_serves_both_kinds_of_code(
    written: str, synchronous: str, asynchronous: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urls, "_is_installed", lambda _module: True)
    assert resolve(written, ROOT).drivername == synchronous
    assert resolve(written, ROOT, asynchronous=True).drivername == asynchronous


def test_a_missing_asynchronous_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "_is_installed", lambda module: module == "psycopg")
    assert resolve("postgresql://h/db", ROOT, asynchronous=True).drivername == "postgresql+psycopg"
    with pytest.raises(ConfigError) as missing:
        resolve("mariadb://h/db", ROOT, asynchronous=True)
    assert str(missing.value) == ('no asynchronous driver for mariadb is installed; run: pip install "fx-orm[async]"')
    with pytest.raises(UnsupportedError) as unsupported:
        resolve("oracle://h/db", ROOT, asynchronous=True)
    assert str(unsupported.value) == (
        "fx_orm has no asynchronous driver for oracle; use EntityManager, Repository and QueryBuilder"
    )


def test_arguments_for_asyncpg() -> None:
    written = "postgresql://h/db?sslmode=require&application_name=a%20b&connect_timeout=3&command_timeout=60"
    url, arguments = driver_arguments(resolve(written, ROOT, asynchronous=True))
    assert dict(url.query) == {}
    assert arguments == {
        "timeout": 3.0,
        "command_timeout": 60.0,
        "dsn": "postgresql://?sslmode=require&application_name=a+b",
    }
    socket = driver_arguments(resolve("postgresql:///db?host=/var/run", ROOT, asynchronous=True))
    assert (dict(socket[0].query), socket[1]) == ({"host": "/var/run"}, {})


def test_arguments_for_aiomysql() -> None:
    _, arguments = driver_arguments(resolve("mysql://h/db?sslmode=verify-full", ROOT, asynchronous=True))
    assert arguments["ssl"].check_hostname
    assert driver_arguments(resolve("mysql://h/db?sslmode=disable", ROOT, asynchronous=True))[1] == {}
    with pytest.raises(ConfigError) as error:
        driver_arguments(resolve("mysql://h/db?read_timeout=3", ROOT, asynchronous=True))
    assert str(error.value) == (
        "aiomysql knows no read_timeout; leave it out, and write asyncio.timeout() around what may take long"
    )
