"""Addresses of databases: what people write in `url` or in its details, as SQLAlchemy's URL with a driver that is here.

It connects to nothing. No error shows a password.
"""

import importlib.util
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import sqlalchemy as sa

from fx_orm.config import DatabaseSettings, Settings
from fx_orm.errors import ConfigError, UnsupportedError
from fx_orm.errors.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class _System:
    """A database system: SQLAlchemy's name, our drivers (SQLAlchemy's name -> module) in order, how to install one.

    `asynchronous` are those for asyncio; psycopg is of both kinds.
    """

    dialect: str
    drivers: dict[str, str]
    install: str
    asynchronous: dict[str, str] = field(default_factory=dict)


_MYSQL = {"pymysql": "pymysql", "mysqldb": "MySQLdb", "mysqlconnector": "mysql.connector"}
_INSTALL_MYSQL = 'pip install "fx-orm[mysql]"'
_INSTALL_ASYNC = 'pip install "fx-orm[async]"'
_SYSTEMS = {
    "sqlite": _System("sqlite", {"pysqlite": "sqlite3"}, "", {"aiosqlite": "aiosqlite"}),
    "postgresql": _System(
        "postgresql",
        {"psycopg": "psycopg", "psycopg2": "psycopg2"},
        'pip install "fx-orm[postgresql]"',
        {"asyncpg": "asyncpg", "psycopg": "psycopg"},
    ),
    "mysql": _System("mysql", _MYSQL, _INSTALL_MYSQL, {"aiomysql": "aiomysql"}),
    "mariadb": _System("mariadb", _MYSQL, _INSTALL_MYSQL, {"aiomysql": "aiomysql"}),
    "mssql": _System("mssql", {"pyodbc": "pyodbc"}, 'pip install "fx-orm[mssql]"'),
    "oracle": _System("oracle", {"oracledb": "oracledb"}, 'pip install "fx-orm[oracle]"'),
}
_ALIASES = {"postgres": "postgresql", "sqlite3": "sqlite"}
_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NOT_FOR_AIOMYSQL = {"read_timeout", "write_timeout"}
_OF_ASYNCPG: dict[str, Callable[[str], Any]] = {
    "host": str,
    "timeout": float,
    "command_timeout": float,
    "statement_cache_size": int,
    "max_cached_statement_lifetime": int,
    "max_cacheable_statement_size": int,
    "prepared_statement_cache_size": int,
}
# What follows the @ of the credentials: host or [IPv6], port, name of the database, arguments.
_ADDRESS = re.compile(r"(?:\[[^\]]+\]|[^@/?#:\[\]]*)(?::\d+)?(?:/[^?@]*)?(?:\?(?:[^=&@/]+=[^&]*(?:&|$))*)?")
_FORMS = "sqlite:///app.db, postgresql://user:password@host:5432/name or mysql://user:password@host:3306/name"


def database_url(settings: Settings, *, asynchronous: bool = False) -> sa.URL:
    """Return the address of the project's database, with the first installed driver where none was named.

    One address serves both kinds of code: where it names a driver of the other kind (`asynchronous` or not), the first
    installed one of this kind is taken. SQLite files are absolute: relative ones start at the project's root. Raises
    ConfigError without any address, for one that cannot be read, and where no driver is installed (with the pip
    command), UnsupportedError where fx_orm knows no asynchronous driver.
    """
    database = settings.database
    if database.url is not None:
        return resolve(database.url, settings.root, charset=database.charset, asynchronous=asynchronous)
    if database.driver is None:
        raise ConfigError(
            'no database is configured: set DATABASE_URL in the environment or in .env, or "url" below "database:" '
            "in config/orm.yaml",
            key="database.url",
        )
    return _finish(_from_details(database), settings.root, database.charset, asynchronous=asynchronous)


def resolve(url: str | sa.URL, root: Path, *, charset: str = "utf8mb4", asynchronous: bool = False) -> sa.URL:
    """Read one address; `root` is where relative SQLite files start. Raises ConfigError as `database_url` does."""
    return _finish(url if isinstance(url, sa.URL) else _parse(url), root, charset, asynchronous=asynchronous)


def shown(url: sa.URL) -> str:
    """Write an address for people: the password is ***, and so is whatever the driver's arguments may hide."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}"
    hidden = {key: "***" for key in url.query if re.search("pass|pwd|secret|token|key", key, re.IGNORECASE)}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def driver_arguments(url: sa.URL) -> tuple[sa.URL, dict[str, Any]]:
    """Split a resolved address into what SQLAlchemy reads and what its driver must be given besides.

    TLS is written in libpq's words (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`) for every server, for PostgreSQL
    everything else too (`application_name`, `connect_timeout`). Raises ConfigError for what a driver does not know.
    """
    driver = url.get_driver_name()
    if url.get_backend_name() in ("mysql", "mariadb"):
        unknown = _NOT_FOR_AIOMYSQL & url.query.keys() if driver == "aiomysql" else ()
        for name in sorted(unknown):
            raise ConfigError(
                f"aiomysql knows no {name}; leave it out, and write asyncio.timeout() around what may take long",
                key="database.url",
            )
        return _without_tls(url), _mysql_tls(driver, url)
    if driver == "asyncpg":
        return _asyncpg_arguments(url)
    return url, {}


def _parse(url: str) -> sa.URL:
    """Split a URL as people write it: like SQLAlchemy's parser, but a password may hold @, /, #, ? and :."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        raise ConfigError(f"the database's URL has no scheme; write one of {_FORMS}", key="database.url")
    if _ALIASES.get(scheme.partition("+")[0].lower(), scheme.partition("+")[0].lower()) == "sqlite":
        return _parse_sqlite(scheme, rest)
    ends = [-1, *(index for index, character in enumerate(rest) if character == "@")]
    end = next((index for index in ends if _ADDRESS.fullmatch(rest, index + 1)), None)
    if end is None:
        raise ConfigError(
            f"the database's URL cannot be read after the password; write one of {_FORMS}", key="database.url"
        )
    parsed = sa.make_url(f"{scheme.lower()}://{rest[end + 1 :]}")
    username, colon, password = rest[: max(end, 0)].partition(":")
    return parsed.set(username=unquote(username) or None, password=unquote(password) if colon else None)


def _parse_sqlite(scheme: str, rest: str) -> sa.URL:
    path, _, arguments = rest.partition("?")
    if path and not path.startswith("/"):
        raise ConfigError(
            f"sqlite://{path} has two slashes; write sqlite:///{path} for a file of the project, "
            f"or sqlite:////{path} for an absolute path",
            key="database.url",
        )
    query = sa.make_url(f"sqlite:///x?{arguments}").query
    return sa.URL.create(scheme.lower(), database=unquote(path[1:]) or ":memory:", query=query)


def _from_details(database: DatabaseSettings) -> sa.URL:
    driver = database.driver or ""
    if driver.partition("+")[0] in ("sqlite", "sqlite3"):
        return sa.URL.create(driver, database=database.database or ":memory:")
    return sa.URL.create(
        driver,
        username=database.username,
        password=database.password,
        host=database.host or "localhost",
        port=database.port,
        database=database.database,
    )


def _finish(url: sa.URL, root: Path, charset: str, *, asynchronous: bool) -> sa.URL:
    name, _, driver = url.drivername.lower().partition("+")
    name = _ALIASES.get(name, name)
    system = _SYSTEMS.get(name)
    if system is None:
        remedy = did_you_mean(name, [*_SYSTEMS, *_ALIASES]) or f"; known are {', '.join(_SYSTEMS)}"
        raise ConfigError(
            f'"{name}" is no database system{remedy}',
            key="database.driver",
            accepted=list(_SYSTEMS),
        )
    driver = _driver(name, system, driver, asynchronous=asynchronous)
    url = url.set(drivername=f"{system.dialect}+{driver}")
    if name == "sqlite":
        return _sqlite_file(url, root)
    _check_tls(url)
    if name in ("mysql", "mariadb") and "charset" not in url.query:
        return url.update_query_dict({"charset": charset})
    return url


def _driver(name: str, system: _System, driver: str, *, asynchronous: bool) -> str:
    if driver == "cx_oracle":
        raise ConfigError("the driver cx_oracle was replaced; write oracle+oracledb://", key="database.driver")
    known = list(dict.fromkeys([*system.drivers, *system.asynchronous]))
    if driver and driver not in known:
        raise ConfigError(
            f'"{driver}" is no driver for {name}{did_you_mean(driver, known) or "; known are " + ", ".join(known)}',
            key="database.driver",
            accepted=known,
        )
    usable = system.asynchronous if asynchronous else system.drivers
    if not usable:
        raise UnsupportedError(
            f"fx_orm has no asynchronous driver for {name}; use EntityManager, Repository and QueryBuilder",
            database=name,
            feature="asyncio",
            alternative="EntityManager, Repository and QueryBuilder",
        )
    candidates = [driver] if driver in usable else list(usable)
    found = next((each for each in candidates if _is_installed(usable[each])), None)
    if found is None:
        kind = "asynchronous driver" if asynchronous else "driver"
        pip = _command(system, candidates, asynchronous=asynchronous)
        raise ConfigError(f"no {kind} for {name} is installed; run: {pip}", key="database.driver", command=pip)
    return found


def _command(system: _System, drivers: list[str], *, asynchronous: bool) -> str:
    """Say how one of these drivers is installed."""
    if asynchronous:
        return _INSTALL_ASYNC
    is_default = drivers[0] == next(iter(system.drivers))
    return system.install if is_default else f"pip install {_package(drivers[0])}"


def _package(driver: str) -> str:
    names = {"psycopg2": "psycopg2-binary", "mysqldb": "mysqlclient", "mysqlconnector": "mysql-connector-python"}
    return names.get(driver, driver)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False


def _sqlite_file(url: sa.URL, root: Path) -> sa.URL:
    file = url.database or ":memory:"
    if file == ":memory:" or file.startswith("file:"):
        return url.set(database=file)
    return url.set(database=str(root / file))


def _asyncpg_arguments(url: sa.URL) -> tuple[sa.URL, dict[str, Any]]:
    """Hand libpq's words to asyncpg as a DSN, which it reads; SQLAlchemy would take them for arguments of Python's."""
    own = {name: value for name, value in url.query.items() if name in _OF_ASYNCPG}
    words = {name: value for name, value in url.query.items() if name not in own}
    numbers = {name: _OF_ASYNCPG[name](str(value)) for name, value in own.items() if name != "host"}
    if "connect_timeout" in words:
        numbers["timeout"] = float(str(words.pop("connect_timeout")))
    if words:
        numbers["dsn"] = f"postgresql://?{urlencode(words, doseq=True)}"
    return url.set(query={"host": own["host"]} if "host" in own else {}), numbers


def _check_tls(url: sa.URL) -> None:
    mode = url.query.get("sslmode")
    if mode is not None and mode not in _TLS:
        raise ConfigError(
            f'sslmode is "{mode}"{did_you_mean(str(mode), _TLS) or "; it takes " + ", ".join(_TLS)}',
            key="database.url",
            accepted=list(_TLS),
        )


def _without_tls(url: sa.URL) -> sa.URL:
    return url.difference_update_query(["sslmode", "sslrootcert", "sslcert", "sslkey"])


def _mysql_tls(driver: str, url: sa.URL) -> dict[str, Any]:
    """Say libpq's words for TLS in those of MySQL's drivers, which SQLAlchemy would hand over incompletely."""
    mode = url.query.get("sslmode")
    files = {name: str(url.query[f"ssl{name}"]) for name in ("rootcert", "cert", "key") if f"ssl{name}" in url.query}
    if mode in (None, "allow", "prefer") and not files:
        return {}  # the drivers' own way: TLS when the server offers it
    if driver == "mysqldb":
        names = {"disable": "DISABLED", "verify-ca": "VERIFY_CA", "verify-full": "VERIFY_IDENTITY"}
        renamed = {"rootcert": "ca", "cert": "cert", "key": "key"}
        return {
            "ssl_mode": names.get(str(mode), "REQUIRED"),
            "ssl": {renamed[name]: file for name, file in files.items()},
        }
    if driver == "mysqlconnector":
        renamed = {"rootcert": "ssl_ca", "cert": "ssl_cert", "key": "ssl_key"}
        return {
            "ssl_disabled": mode == "disable",
            "ssl_verify_cert": mode in ("verify-ca", "verify-full"),
            "ssl_verify_identity": mode == "verify-full",
            **{renamed[name]: file for name, file in files.items()},
        }
    if mode == "disable":
        return {"ssl_disabled": True} if driver == "pymysql" else {}
    return {"ssl": _tls_context(str(mode), files)}


def _tls_context(mode: str, files: dict[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=files.get("rootcert"))
        if "cert" in files:
            context.load_cert_chain(files["cert"], files.get("key"))
    except OSError as error:
        raise ConfigError(f"the TLS files of the database's URL cannot be read: {error}", key="database.url") from error
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if mode in ("verify-ca", "verify-full") else ssl.CERT_NONE
    return context
