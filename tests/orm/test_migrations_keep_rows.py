"""Migrations between random schemas, up, down and up again on tables with rows: no row is lost on any database."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, Phase, given, settings

from fx_orm import database
from fx_orm.config import DatabaseSettings, Settings
from fx_orm.errors import MigrationError
from fx_orm.migrations.running import downgrade, upgrade
from fx_orm.migrations.status import status
from fx_orm.schema.column_types import column_type
from fx_orm.schema.planning import parents_first
from fx_orm.schema.tables import Column, PrimaryKey, Schema, Table
from tests.orm.schemas import INTEGER, schemas
from tests.orm.test_schema_migration_file import written

EXAMPLES = int(os.environ.get("FX_TEST_SCHEMA_PAIRS", "8"))


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "test.db").touch()
    yield Settings(root=tmp_path, database=DatabaseSettings(url=database_url))
    database.dispose()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(old=schemas(), new=schemas())
def test_up_down_up_keeps_the_rows(project: Settings, old: Schema, new: Schema) -> None:
    start_anew(project)
    write(project, "1", written(Schema(), old, "1", None))
    upgrade(project)
    insert_two_rows_each(project, old)
    write(project, "2", written(old, new))
    staying = set(old.tables) & set(new.tables)
    for move, expected in ((upgrade, new), (downgrade, old), (upgrade, new)):
        move(project)
        counted = count_rows(project)
        assert set(counted) == set(expected.tables)
        assert {table: counted[table] for table in staying} == dict.fromkeys(staying, 2)


def test_rows_get_the_time_of_the_migration_where_that_is_the_default(project: Settings) -> None:
    old = Schema.of([Table("event", (Column("id", INTEGER, nullable=False),), PrimaryKey(("id",), "pk_event"))])
    when = column_type("datetime")
    assert when is not None
    made_at = Column("made_at", when, nullable=False, fill="sa.func.now()")
    new = Schema.of([replace(old.tables["event"], columns=(*old.tables["event"].columns, made_at))])
    write(project, "1", written(Schema(), old, "1", None))
    upgrade(project)
    insert_two_rows_each(project, old)
    write(project, "2", written(old, new))
    upgrade(project)
    with database.engine(project).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(made_at) FROM event").scalar() == 2
        (made,) = (each for each in sa.inspect(connection).get_columns("event") if each["name"] == "made_at")
        assert made["default"] is None


def test_a_rebuilt_parent_keeps_the_children_that_plain_alembic_loses(tmp_path: Path) -> None:
    """With foreign keys on, SQLite's DROP TABLE of the old parent deletes the rows that refer to it by CASCADE."""
    ours, plain = tmp_path / "ours", tmp_path / "plain"
    for folder in (ours, plain):
        (folder / "migrations/versions").mkdir(parents=True)
    change = 'with op.batch_alter_table("parent") as batch_op:\n        '
    change += 'batch_op.alter_column("name", existing_type=sa.String(20), type_=sa.String(50))'
    project = Settings(root=ours, database=DatabaseSettings(url="sqlite:///shop.db"))
    write(project, "1", revision_text("1", None, change))
    make_parent_with_children(ours / "shop.db")
    make_parent_with_children(plain / "shop.db")

    upgrade(project)
    with database.engine(project).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar() == 3
    database.dispose()

    engine = sa.create_engine(f"sqlite:///{plain / 'shop.db'}", poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON").close())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations(context).batch_alter_table("parent") as batch:
            batch.alter_column("name", existing_type=sa.String(20), type_=sa.String(50))
        connection.commit()
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar() == 0


def test_a_failing_migration_leaves_sqlite_as_it_was(tmp_path: Path) -> None:
    project = Settings(root=tmp_path, database=DatabaseSettings(url="sqlite:///shop.db"))
    (tmp_path / "migrations/versions").mkdir(parents=True)
    make_parent_with_children(tmp_path / "shop.db")
    failing = 'op.add_column("parent", sa.Column("more", sa.Text()))\n    op.drop_table("nowhere")'
    write(project, "1", revision_text("1", None, failing))
    with pytest.raises(MigrationError) as caught:
        upgrade(project)
    assert str(caught.value) == "migration 1: no such table: nowhere"
    with database.engine(project).connect() as connection:
        assert [column["name"] for column in sa.inspect(connection).get_columns("parent")] == ["id", "name"]
    assert status(project).current == ()
    database.dispose()


def test_a_migration_that_leaves_rows_pointing_nowhere_is_taken_back(tmp_path: Path) -> None:
    project = Settings(root=tmp_path, database=DatabaseSettings(url="sqlite:///shop.db"))
    (tmp_path / "migrations/versions").mkdir(parents=True)
    make_parent_with_children(tmp_path / "shop.db")
    write(project, "1", revision_text("1", None, 'op.execute("DELETE FROM parent WHERE id = 2")'))
    with pytest.raises(MigrationError) as caught:
        upgrade(project)
    assert str(caught.value) == (
        '2 rows of table "child" would refer to rows of "parent" that are not there; nothing was changed'
    )
    with database.engine(project).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM parent").scalar() == 2
    database.dispose()


def revision_text(revision: str, down: str | None, upgrade: str) -> str:
    return (
        f'"""Change"""\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = "{revision}"\n'
        f"down_revision = {down!r}\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    pass\n"
    )


def write(project: Settings, revision: str, text: str) -> None:
    (project.root / f"migrations/versions/{revision}.py").write_text(text, encoding="utf-8")


def make_parent_with_children(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(20))")
        connection.exec_driver_sql(
            "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE)"
        )
        connection.exec_driver_sql("INSERT INTO parent VALUES (1, 'a'), (2, 'b')")
        connection.exec_driver_sql("INSERT INTO child VALUES (1, 1), (2, 2), (3, 2)")


def start_anew(project: Settings) -> None:
    shutil.rmtree(project.root / "migrations/versions")
    (project.root / "migrations/versions").mkdir()
    engine = database.engine(project)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            return
        off = "PRAGMA foreign_keys=OFF" if engine.dialect.name == "sqlite" else "SET FOREIGN_KEY_CHECKS=0"
        connection.exec_driver_sql(off)
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {table}")
    engine.dispose()


VALUES = {
    "pieces": [10, 20],
    "name": ["text 1", "text 2"],
    "is_active": [True, False],
    "seen_at": [sa.text("'2024-01-01 00:00:00'")] * 2,
    "data": [sa.text("""'{"a": 1}'""")] * 2,
    "status": [sa.text("'PAID'")] * 2,
    "code": [7, 8],
}


def insert_two_rows_each(project: Settings, schema: Schema) -> None:
    metadata = sa.MetaData()
    with database.engine(project).begin() as connection:
        metadata.reflect(connection)
        for table in parents_first(schema)[0]:
            for place in (0, 1):
                known = [column.name for column in table.columns if column.name in VALUES]
                row = {name: VALUES[name][place] for name in known}
                connection.execute(sa.insert(metadata.tables[table.name]).values({"id": place + 1, **row}))
        for table in schema:
            target = metadata.tables[table.name]
            for key in table.foreign_keys:
                connection.execute(sa.update(target).values({key.columns[0]: target.c.id}))


def count_rows(project: Settings) -> dict[str, int]:
    with database.engine(project).connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names}
