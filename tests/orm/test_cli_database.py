"""The commands as they are typed: a project in a folder of its own, a real database, what is printed, the exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "docs/examples/shop"
STAMP = r"\d{8}_\d{6}"


@dataclass(frozen=True)
class Project:
    """A copy of the shop."""

    root: Path
    url: str

    def run(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run `fx-orm` and give what it printed, stdout and then stderr; the exit code must be `code`."""
        kept = {key: value for key, value in os.environ.items() if key not in ("CI", "APP_ENV", "DATABASE_URL")}
        variables = {**kept, "PYTHONPATH": str(ROOT), "DATABASE_URL": self.url, "PYTHONUTF8": "1", **environment}
        done = subprocess.run(
            [sys.executable, "-m", "fx_orm", *arguments],
            cwd=self.root,
            env=variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == code, said
        return said

    def edit(self, entity: str, old: str, new: str) -> None:
        path = self.root / f"src/entity/{entity}.py"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def migrations(self) -> list[Path]:
        return sorted((self.root / "migrations/versions").glob("*.py"))

    def query(self, sql: str) -> list[tuple[object, ...]]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(sql)
            return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    return make_project(tmp_path, database_url)


@pytest.fixture
def sqlite_project(tmp_path: Path) -> Project:
    return make_project(tmp_path, f"sqlite:///{tmp_path / 'shop/app.db'}")


def make_project(folder: Path, url: str) -> Project:
    root = folder / "shop"
    shutil.copytree(SHOP, root, ignore=shutil.ignore_patterns("__pycache__", "*.db*", "migrations"))
    return Project(root, url)


def test_from_an_empty_folder_to_a_migrated_shop(project: Project) -> None:
    created = project.run("database", "create")
    assert created.endswith("✓ Ready for migrations and table creation\n")
    said = project.run("database", "create-migration", "-m", "Create the shop")
    assert re.fullmatch(
        rf"✓ Migration created: migrations/versions/{STAMP}_create_the_shop\.py\n"
        r'(  table "\w+" is new\n){7}'
        r"✓ Read the file, then apply it: fx-orm database upgrade\n",
        said,
    )
    (file,) = project.migrations()
    stamp = file.name[:15]
    assert project.run("database", "upgrade") == (
        f"✓ Running migration base -> {stamp}\n✓ Database schema updated successfully\n✓ All migrations applied\n"
    )
    assert project.run("database", "status") == (
        f"Current revision: {stamp}\n\nMigration History:\n✓ {stamp} - Create the shop (current)\n\n"
        "Pending migrations: None\n"
    )
    assert project.run("database", "create-migration") == (
        "✓ Nothing to do: the migrations build what the entities say\n"
    )
    assert project.run("database", "upgrade") == "✓ All migrations applied\n"
    assert project.run("database", "status", "--check").endswith("Pending migrations: None\n")


def test_a_changed_field_up_down_up_keeps_the_rows(project: Project) -> None:
    project.run("database", "create")
    project.run("database", "create-migration")
    project.run("database", "upgrade")
    project.query("INSERT INTO category (id, name) VALUES (1, 'Books'), (2, 'Tea')")
    project.query("INSERT INTO tag (id, name) VALUES (1, 'new')")
    name = "name: str = Field(min_length=1, max_length=80, unique=True)"
    title = 'title: str = Field(min_length=1, max_length=120, unique=True, renamed_from="name")'
    project.edit("category", name, f"{title}\n    position: int = Field(default=7)")

    said = project.run("database", "create-migration", "-m", "Rename")
    assert 'column "name" of table "category" is now called "title"' in said
    first, second = (file.name[:15] for file in project.migrations())
    assert project.run("database", "status", "--check", code=3).endswith(f"Pending migrations: {second}\n")
    project.run("database", "upgrade")
    rows = [(1, "Books", 7), (2, "Tea", 7)]
    assert project.query("SELECT id, title, position FROM category ORDER BY id") == rows
    assert project.run("database", "downgrade") == (
        f"✓ Rolling back migration {second} -> {first}\n✓ Database schema reverted successfully\n"
    )
    assert project.query("SELECT id, name FROM category ORDER BY id") == [(1, "Books"), (2, "Tea")]
    project.run("database", "upgrade")
    assert project.query("SELECT id, title, position FROM category ORDER BY id") == rows
    assert project.run("database", "create-migration").startswith("✓ Nothing to do")


def test_a_new_not_null_field_without_a_default_needs_a_value(sqlite_project: Project) -> None:
    project = sqlite_project
    project.run("database", "create")
    project.run("database", "create-migration")
    project.run("database", "upgrade")
    project.query("INSERT INTO tag (id, name) VALUES (1, 'new')")
    project.edit("tag", "    name: str", "    weight: int\n    name: str")
    assert project.run("database", "create-migration", code=1) == (
        '✗ column "weight" of table "tag" is NOT NULL and has no constant default: what do rows that exist get? '
        "Say it with --default tag.weight=VALUE\n"
    )
    assert project.run("database", "create-migration", "--default", "tag.weight=heavy", code=1) == (
        '✗ --default tag.weight=heavy: column "weight" takes a whole number\n'
    )
    project.run("database", "create-migration", "--default", "tag.weight=3")
    project.run("database", "upgrade")
    assert project.query("SELECT weight FROM tag") == [(3,)]


def test_what_a_rename_and_a_default_name_must_exist(sqlite_project: Project) -> None:
    sqlite_project.run("database", "create-migration")
    assert sqlite_project.run("database", "create-migration", "--rename", "tga.name=title", code=1) == (
        '✗ --rename: there is no table "tga"; did you mean "tag"?\n'
    )
    assert sqlite_project.run("database", "create-migration", "--default", "tag.nmae=x", code=1) == (
        '✗ --default: table "tag" has no column "nmae"; did you mean "name"?\n'
    )
    assert "is not written as TABLE.COLUMN=VALUE" in sqlite_project.run(
        "database", "create-migration", "--rename", "name", code=2
    )


def test_what_may_be_a_rename_is_said_where_nobody_can_be_asked(sqlite_project: Project) -> None:
    project = sqlite_project
    project.run("database", "create-migration")
    project.edit("product", "description: str | None", "summary: str | None")
    lost = '⚠ Column "description" is dropped with its values. Was it renamed? --rename product.description=summary\n'
    assert lost in project.run("database", "create-migration")
    project.migrations()[-1].unlink()
    said = project.run("database", "create-migration", "--rename", "product.description=summary")
    assert "⚠" not in said
    assert 'column "description" of table "product" is now called "summary"' in said


def test_status_for_machines(sqlite_project: Project) -> None:
    sqlite_project.run("database", "create-migration", "-m", "Create the shop")
    (file,) = sqlite_project.migrations()
    stamp = file.name[:15]
    assert json.loads(sqlite_project.run("database", "status", "--json")) == {
        "exists": False,
        "current": [],
        "history": [{"revision": stamp, "message": "Create the shop", "applied": False}],
        "pending": [stamp],
        "unknown": [],
        "differences": None,
    }


def test_create_and_drop_say_what_they_did(sqlite_project: Project) -> None:
    project = sqlite_project
    assert project.run("database", "create").splitlines()[0] == "✓ Database 'app.db' created successfully"
    assert project.run("database", "create").splitlines()[0] == "✓ Database 'app.db' exists already"
    assert project.run("database", "drop", code=1) == (
        "⚠ Warning: This will permanently delete all data\n"
        "✗ Database 'app.db' was not dropped: nobody is here to be asked; say --yes\n"
    )
    assert project.run("database", "drop", CI="true") == (
        "⚠ Warning: This will permanently delete all data\n✓ Database 'app.db' dropped successfully\n"
    )
    assert not list(project.root.glob("app.db*"))
    assert project.run("database", "drop", "--yes").endswith("✓ Database 'app.db' does not exist\n")


BAD_ENTITIES = {
    "a syntax error": "class Broken(:\n",
    "no primary key": (
        "from fx_orm import AbstractEntity\n\n\nclass Broken(AbstractEntity, table=True):\n    name: str\n"
    ),
    "an import that fails": "import nowhere_to_be_found\n",
}


@pytest.mark.parametrize("text", BAD_ENTITIES.values(), ids=BAD_ENTITIES)
def test_a_broken_entity_is_one_line_and_drops_no_table(sqlite_project: Project, text: str) -> None:
    sqlite_project.run("database", "create-migration")
    (sqlite_project.root / "src/entity/broken.py").write_text(text, encoding="utf-8")
    said = sqlite_project.run("database", "create-migration", code=1)
    assert said.startswith("✗ ")
    assert said.count("\n") == 1
    assert "broken" in said.lower()
    assert len(sqlite_project.migrations()) == 1


def test_other_bad_input_is_one_line(sqlite_project: Project) -> None:
    project = sqlite_project
    (project.root / ".env").unlink()
    no_url = project.run("database", "status", code=1, DATABASE_URL="")
    assert no_url.startswith("✗ ")
    assert no_url.count("\n") == 1
    dead = "postgresql://shop:secret@127.0.0.1:1/shop"
    for command in ("create", "upgrade", "status"):
        project.run("database", "create-migration")
        said = project.run("database", command, code=1, DATABASE_URL=dead)
        assert "the server does not answer" in said
        assert "secret" not in said
        assert said.count("\n") == 1
    assert project.run("database", "upgrade", code=1) == (
        '✗ there is no database "app.db"; run: fx-orm database create\n'
    )
    for entity in (project.root / "src/entity").glob("[!_]*.py"):
        entity.unlink()
    assert project.run("database", "create-migration", code=1).startswith("✗ there are no entities in src/entity")


def test_a_broken_migration_file_is_named(sqlite_project: Project) -> None:
    project = sqlite_project
    project.run("database", "create")
    (project.root / "migrations/versions").mkdir(parents=True)
    (project.root / "migrations/versions/1.py").write_text("def upgrade(:\n", encoding="utf-8")
    for command in ("create-migration", "upgrade", "status"):
        assert project.run("database", command, code=1) == "✗ migrations/versions/1.py: line 1: invalid syntax\n"


def test_upgrade_says_where_it_left_the_database(sqlite_project: Project) -> None:
    project = sqlite_project
    project.run("database", "create")
    assert project.run("database", "upgrade") == (
        "⚠ There are no migrations yet; write the first: fx-orm database create-migration\n"
    )
    project.run("database", "create-migration")
    first = project.migrations()[0].name[:15]
    project.edit("tag", "    id:", "    note: str | None = None\n    id:")
    project.run("database", "create-migration")
    assert project.run("database", "upgrade", first) == (
        f"✓ Running migration base -> {first}\n✓ Database schema updated successfully\n"
    )
    assert project.run("database", "upgrade", first) == "✓ Nothing to do: the database is there already\n"
    assert project.run("database", "upgrade").endswith("✓ All migrations applied\n")
    assert "say the revision or --steps, not both" in project.run("database", "downgrade", "base", "--steps=1", code=2)


def test_a_folder_that_cannot_be_made_is_said(sqlite_project: Project) -> None:
    (sqlite_project.root / "migrations").write_text("in the way")
    assert sqlite_project.run("database", "create-migration", code=1) == (
        "✗ migrations/versions cannot be written: Not a directory\n"
    )


def test_a_database_migrated_by_other_files_is_said(sqlite_project: Project) -> None:
    project = sqlite_project
    project.run("database", "create")
    project.run("database", "create-migration")
    project.run("database", "upgrade")
    (file,) = project.migrations()
    file.unlink()
    assert project.run("database", "upgrade", code=1) == (
        f"✗ the database is at revision {file.name[:15]}, which no migration file has; get the file back, "
        "or migrate with the code that has it\n"
    )
    assert f"⚠ {file.name[:15]} is applied, but no migration file has it" in project.run("database", "status")


def test_two_upgrades_at_once_both_succeed(project: Project) -> None:
    project.run("database", "create")
    project.run("database", "create-migration")
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": project.url, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "fx_orm", "database", "upgrade"]
    both = [
        subprocess.Popen(command, cwd=project.root, env=variables, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(text.count("Running migration") for text in said) == [0, 1]


def test_the_version_and_wrong_usage(sqlite_project: Project) -> None:
    assert sqlite_project.run("--version").startswith("fx-orm ")
    assert "No such command 'upgrad'" in sqlite_project.run("database", "upgrad", code=2)
    assert "fx-orm database create-migration -m" in sqlite_project.run("database", "create-migration", "--help")
    elsewhere = Project(sqlite_project.root.parent, sqlite_project.url)
    assert elsewhere.run("--project", "shop", "database", "create").startswith("✓ Database 'app.db' created")
