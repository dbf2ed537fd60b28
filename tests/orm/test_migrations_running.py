from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from fx_orm import database
from fx_orm.config import DatabaseSettings, Settings
from fx_orm.errors import MigrationError
from fx_orm.migrations.locks import migration_lock
from fx_orm.migrations.running import Applied, downgrade, upgrade
from fx_orm.migrations.sqlite import migration_connection
from fx_orm.migrations.status import status


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "test.db").touch()
    yield Settings(root=tmp_path, database=DatabaseSettings(url=database_url))
    database.dispose()


def write(project: Settings, revision: str, down: str | None, up: str, back: str = "pass") -> None:
    (project.root / f"migrations/versions/{revision}.py").write_text(
        f'"""Step {revision}"""\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = "{revision}"\n'
        f"down_revision = {down!r}\n\n\ndef upgrade():\n    {up}\n\n\ndef downgrade():\n    {back}\n",
        encoding="utf-8",
    )


def create(table: str) -> str:
    return f'op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))'


def test_migrations_run_up_to_a_revision_and_back(project: Settings) -> None:
    write(project, "1", None, create("a"), 'op.drop_table("a")')
    write(project, "2", "1", create("b"), 'op.drop_table("b")')
    seen: list[Applied] = []
    assert upgrade(project, "1") == [Applied(None, "1", "Step 1")]
    assert upgrade(project, progress=seen.append) == [Applied("1", "2", "Step 2")] == seen
    assert upgrade(project) == []
    assert status(project).current == ("2",)
    assert downgrade(project) == [Applied("2", "1", "Step 2")]
    assert downgrade(project, "base") == [Applied("1", None, "Step 1")]
    assert downgrade(project) == []
    assert [each.revision for each in status(project).pending] == ["1", "2"]


def test_a_failing_migration_is_named_and_not_counted_as_applied(project: Settings) -> None:
    write(project, "1", None, create("a"))
    write(project, "2", "1", 'op.drop_table("nowhere")')
    with pytest.raises(MigrationError, match=r"^migration 2: .*nowhere") as caught:
        upgrade(project)
    assert caught.value.revision == "2"
    # SQLite takes everything of one upgrade back, the others what belongs to the migration that failed.
    assert status(project).current == (() if database.engine(project).dialect.name == "sqlite" else ("1",))


def test_whatever_a_migration_raises_is_one_line(project: Settings) -> None:
    write(project, "1", None, 'raise RuntimeError("not\\n    today")')
    with pytest.raises(MigrationError, match=r"^migration 1: RuntimeError: not today"):
        upgrade(project)


def test_a_file_that_cannot_be_imported_is_named(project: Settings) -> None:
    write(project, "1", None, create("a"))
    file = project.root / "migrations/versions/1.py"
    file.write_text(file.read_text() + "\nraise ValueError('not here')\n")
    line = len(file.read_text().splitlines())
    with pytest.raises(MigrationError) as caught:
        upgrade(project)
    assert str(caught.value) == f"migrations/versions/1.py:{line}: ValueError: not here"


@pytest.mark.parametrize("run", [upgrade, downgrade])
def test_a_revision_that_is_not_there_is_said(project: Settings, run: Callable[..., object]) -> None:
    write(project, "20240101_000000", None, create("a"))
    with pytest.raises(MigrationError) as caught:
        run(project, "20240101_000001")
    assert str(caught.value) == 'there is no migration "20240101_000001"; did you mean "20240101_000000"?'


def test_a_second_runner_gives_up_after_its_patience(project: Settings) -> None:
    engine = database.engine(project)
    write(project, "1", None, create("a"))
    message = "another upgrade has been running on this database for 0 seconds; try later"
    held = migration_lock(engine, 1)
    if engine.dialect.name == "sqlite":
        message = "another program is writing to this database, or upgrading it; try later"
        held = migration_connection(engine.url, 1)
    with held, pytest.raises(MigrationError) as caught:
        upgrade(project, lock_timeout=0)
    assert str(caught.value) == message
    assert upgrade(project, lock_timeout=0) == [Applied(None, "1", "Step 1")]


def test_two_heads_are_said_before_anything_runs(project: Settings) -> None:
    write(project, "1", None, create("a"))
    write(project, "2", "1", create("b"))
    write(project, "3", "1", create("c"))
    with pytest.raises(MigrationError) as caught:
        upgrade(project)
    assert str(caught.value) == "the migrations 2 and 3 both come last; let one follow the other by its down_revision"
    assert sa.inspect(database.engine(project)).get_table_names() == []


def test_without_files_there_is_nothing_to_do(project: Settings) -> None:
    assert upgrade(project) == []
    assert status(project).revisions == ()
