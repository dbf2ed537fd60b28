"""Settings: where they come from, which is stronger, and what is said about each mistake."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fx_orm
from fx_orm.config import find_root, load_settings, settings
from fx_orm.errors import ConfigError

Write = Callable[[str, str], Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project, which is the working directory; nothing is configured outside of it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "orm.yaml").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "APP_ENV"):
        monkeypatch.delenv(name, raising=False)
    fx_orm.configure()
    yield tmp_path
    fx_orm.configure()


@pytest.fixture
def write(project: Path) -> Write:
    def write_file(name: str, text: str) -> Path:
        path = project / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def message() -> str:
    """What is wrong with the project's settings."""
    with pytest.raises(ConfigError) as error:
        load_settings()
    return str(error.value)


def test_defaults(project: Path) -> None:
    loaded = load_settings()
    assert loaded.root == project
    assert loaded.entities == ["src/entity"]
    assert loaded.database.url is None
    assert (loaded.database.pool_size, loaded.database.max_overflow) == (20, 10)
    assert (loaded.database.autocommit, loaded.database.autoflush) == (False, False)


def test_the_stronger_source_wins(project: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("config/orm.yaml", "database:\n  url: sqlite:///yaml.db\n  pool_size: 3\n")
    assert load_settings().database.url == "sqlite:///yaml.db"
    write(".env", "DATABASE_URL=sqlite:///env.db\nDATABASE_MAX_OVERFLOW=7\n")
    assert load_settings().database.url == "sqlite:///env.db"
    write(".env.testing", "DATABASE_URL=sqlite:///testing.db\n")
    assert load_settings().database.url == "sqlite:///env.db"
    monkeypatch.setenv("APP_ENV", "testing")
    assert load_settings().database.url == "sqlite:///testing.db"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///process.db")
    assert load_settings().database.url == "sqlite:///process.db"
    fx_orm.configure(database="sqlite:///program.db")
    loaded = load_settings()
    assert loaded.database.url == "sqlite:///program.db"
    assert (loaded.database.pool_size, loaded.database.max_overflow) == (3, 7)


def test_details_of_a_stronger_source_hide_a_weaker_url(write: Write) -> None:
    write("config/orm.yaml", "database:\n  url: sqlite:///yaml.db\n")
    fx_orm.configure(database={"driver": "postgresql", "host": "db"})
    assert (load_settings().database.url, load_settings().database.host) == (None, "db")


def test_variables(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(".env", "DB_NAME=shop\nDB_HOST=${MACHINE:-localhost}\nLITERAL='${MACHINE}'\nEMPTY=\n")
    write(
        "config/orm.yaml",
        "database:\n"
        '  driver: "${DB_DRIVER:-postgresql}"\n'
        '  host: "${DB_HOST}"\n'
        '  port: "${DB_PORT:-5432}"\n'
        '  database: "${DB_NAME}_test"\n'
        '  password: "a$b$${c}${LITERAL}"\n'
        '  username: "${EMPTY:-me}"\n',
    )
    database = load_settings().database
    assert (database.driver, database.host, database.port) == ("postgresql", "localhost", 5432)
    assert (database.database, database.password, database.username) == ("shop_test", "a$b${c}${MACHINE}", "me")
    monkeypatch.setenv("MACHINE", "db1")
    assert load_settings().database.host == "db1"


def test_an_unset_variable_in_the_url_leaves_the_details(write: Write) -> None:
    write("config/orm.yaml", 'database:\n  url: "${DATABASE_URL}"\n  driver: sqlite\n  database: app.db\n')
    assert (load_settings().database.url, load_settings().database.driver) == (None, "sqlite")
    write("config/orm.yaml", 'database:\n  url: "${DATABASE_URL}"\n  password: "${DB_PASSWORD}"\n')
    assert message() == (
        'config/orm.yaml:3: the variable "DB_PASSWORD" in "database.password" is not set; '
        "set it in the environment or in .env, or write ${DB_PASSWORD:-default}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'database \n  # comment\n  url: "${DATABASE_URL}"\n',
            'config/orm.yaml:1: missing ":" after "database"; write `database:`',
        ),
        (
            'database:\n  driver: sqlite\n  database  "app.db"\n  pool_size: 3\n',
            'config/orm.yaml:3: missing ":" after "database"; write `database: "app.db"`',
        ),
        (
            "database:\n  pool_sise: 3\n",
            'config/orm.yaml:2: unknown key "pool_sise" in "database"; did you mean "pool_size"?',
        ),
        (
            "datebase:\n  url: x\n",
            'config/orm.yaml:1: unknown key "datebase"; did you mean "database"?',
        ),
        (
            "root: /\n",
            (
                'config/orm.yaml:1: unknown key "root"; known are backups, database, entities, lazy, log_sql, '
                "migrations, secret"
            ),
        ),
        (
            "database:\n  url: sqlite:///x\n  pool_size: many\n",
            'config/orm.yaml:3: "database.pool_size" is "many"; it takes a whole number of at least 1',
        ),
        (
            "database:\n  port: 70000\n",
            'config/orm.yaml:2: "database.port" is "70000"; it takes a whole number from 1 to 65535',
        ),
        (
            "database:\n  autoflush: perhaps\n",
            'config/orm.yaml:2: "database.autoflush" is "perhaps"; it takes true or false',
        ),
        ("entities: src/entity\n", 'config/orm.yaml:1: "entities" is "src/entity"; it takes a list of texts'),
        (
            "entities:\n  - src/a\n  - {b: c}\n",
            'config/orm.yaml:3: "entities.1" is a mapping; it takes a list of texts',
        ),
        ("database:\n  url: a\n  url: b\n", 'config/orm.yaml:3: "url" is written twice, first on line 2'),
        ("database:\n  url: [1\n", "config/orm.yaml:3: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("- a\n", "config/orm.yaml:1: expected settings such as `database:`"),
        (
            'database:\n  password: ["${X"]\n',
            (
                'config/orm.yaml:2: malformed variable in "database.password.0"; '
                "write ${NAME} or ${NAME:-default}, or $${ for the two characters themselves"
            ),
        ),
        (
            "database:\n  naming_convention:\n    fk: 'fk_%(tabel_name)s'\n",
            (
                'config/orm.yaml:3: "database.naming_convention.fk" is "fk_%(tabel_name)s": there is no token '
                '"tabel_name"; did you mean "table_name"?; it takes pk, fk, uq, ix and ck, each with a template '
                "such as ix_%(table_name)s_%(column_0_name)s"
            ),
        ),
        (
            "database:\n  naming_convention:\n    foreign: x\n",
            (
                'config/orm.yaml:3: "database.naming_convention.foreign" is "foreign"; it takes pk, fk, uq, ix and ck, '
                "each with a template such as ix_%(table_name)s_%(column_0_name)s"
            ),
        ),
        ("database:\n  password: [secret]\n", 'config/orm.yaml:2: "database.password" is not valid; it takes a text'),
    ],
)
def test_mistakes_in_orm_yaml(write: Write, text: str, expected: str) -> None:
    write("config/orm.yaml", text)
    assert message() == expected


def test_mistakes_elsewhere(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(".env", "# fine\n\nDATABASE_POOL_SIZE=none\n")
    assert message() == (
        '.env:3: DATABASE_POOL_SIZE: "database.pool_size" is "none"; it takes a whole number of at least 1'
    )
    write(".env", "A=1\nnonsense\n")
    assert message() == ".env:2: not a variable; write NAME=value"
    write(".env", "DATABASE_URL=sqlite:///${DATABASE_URL}\n")
    assert message() == '.env:1: the variable "DATABASE_URL" refers to itself'
    write(".env", "DATABASE_URL=sqlite:///${NOWHERE}\n")
    assert message().startswith('.env:1: the variable "NOWHERE" in "DATABASE_URL" is not set;')
    write(".env", "")
    monkeypatch.setenv("FX_ORM_LOG_SQL", "loud")
    assert message() == 'environment: FX_ORM_LOG_SQL: "log_sql" is "loud"; it takes true or false'
    monkeypatch.delenv("FX_ORM_LOG_SQL")
    monkeypatch.setenv("APP_ENV", "../secrets")
    assert message() == 'APP_ENV is "../secrets"; it takes a name such as production'


def test_a_wrong_configure_changes_nothing(project: Path) -> None:
    fx_orm.configure(database="sqlite:///a.db")
    with pytest.raises(ConfigError) as error:
        fx_orm.configure(databse="sqlite:///b.db")
    assert str(error.value) == 'configure(): unknown key "databse"; did you mean "database"?'
    assert error.value.accepted == ["backups", "database", "entities", "lazy", "log_sql", "migrations", "secret"]
    assert settings().database.url == "sqlite:///a.db"


def test_passwords_are_not_shown(write: Write) -> None:
    write("config/orm.yaml", "database:\n  url: postgresql://me:hunter2@h/db\n  password: hunter2\n")
    assert "hunter2" not in repr(load_settings())


def test_the_root_is_found_upwards(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = project / "src" / "entity"
    deep.mkdir(parents=True)
    assert find_root(deep) == project
    (project / "src" / "pyproject.toml").write_text("[tool.fx-orm]\n")
    assert find_root(deep) == project / "src"
    (project / "src" / "pyproject.toml").write_text("[tool.fx-orm]\nentities = ['x']\n")
    with pytest.raises(ConfigError) as error:
        find_root(deep)
    assert str(error.value).endswith(
        'pyproject.toml: [tool.fx-orm] only marks the root of the project; move "entities" to config/orm.yaml'
    )
    with pytest.raises(ConfigError, match="is not a folder; name the root of a project"):
        load_settings(project / "nowhere")
