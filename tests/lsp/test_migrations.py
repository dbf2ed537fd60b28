"""Entities against migration files: the runtime's schema, differences on the field, the file written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fx_lsp.engine.drift import migrated_entities
from fx_lsp.engine.entity_schema import entity_schema
from fx_lsp.engine.index import Index
from fx_lsp.engine.project import posix
from fx_lsp.engine.text import Document, Span
from fx_lsp.features.code_action import CodeAction, code_actions
from fx_lsp.features.diagnostics import diagnostics
from fx_orm.schema.differences import compare
from fx_orm.schema.migration_file import write_migration
from fx_orm.schema.revisions import read_revision
from fx_orm.schema.tables import Schema
from tests.lsp.checks import NOW, check_diagnostics
from tests.lsp.fixture import write

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "docs" / "examples" / "shop"


FIRST = """
#- migrations/versions/20240101_000000_first.py
from alembic import op
import sqlalchemy as sa

revision = "20240101_000000"
down_revision = None

def upgrade():
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
    )
"""
TAG = """\
#- src/entity/tag.py
from fx_orm import AbstractEntity, Field

class Tag(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
"""
NAME = "    name: str = Field(max_length=40)\n"


def test_what_is_migrated_is_silent(tmp_path: Path) -> None:
    check_diagnostics(tmp_path, FIRST + TAG + NAME)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            NAME + "    weight: float | None = None\n    #^^^^^ ",
            'column "weight" Float(precision=53) NULL is new in table "tag"',
        ),
        (
            "    name: str = Field(max_length=50)\n    #^^^ ",
            'column "name" of table "tag": type String(length=40) becomes String(length=50)',
        ),
        (
            "    name: str | None = Field(max_length=40)\n    #^^^ ",
            'column "name" of table "tag": NOT NULL becomes NULL',
        ),
        (
            "    name: str = Field(max_length=40, unique=True)\n    #^^^ ",
            'unique constraint on (name) is new in table "tag"',
        ),
        (
            "    name: str = Field(max_length=40, index=True)\n    #^^^ ",
            'index "ix_tag_name" on (name) is new in table "tag"',
        ),
    ],
)
def test_a_difference_is_on_the_field(tmp_path: Path, fields: str, message: str) -> None:
    check_diagnostics(tmp_path, FIRST + TAG + f"{fields}field-not-migrated: not migrated: {message}\n")


OPAQUE = '    op.execute("CREATE TABLE x (id int)")\n'


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("down_revision = None", 'down_revision = "missing"'), id="a revision is missing"),
        pytest.param(("    op.create_table(", f"{OPAQUE}    op.create_table("), id="opaque"),
        pytest.param(("def upgrade():", "def upgrade(:"), id="a file does not parse"),
    ],
)
def test_uncertain_migrations_are_silent(tmp_path: Path, change: tuple[str, str]) -> None:
    check_diagnostics(tmp_path, FIRST.replace(*change) + TAG + NAME + "    weight: float | None = None\n")


@pytest.mark.parametrize(
    "field",
    [
        "    when: Moment\n",
        "    when: int = Field(sa_type=SomeType)\n",
        "    when: int = Field(**arguments)\n",
        "    when: Annotated[int, 'x'] = 1\n",
        "    when: ClassVar[int] = 1\n",
    ],
)
def test_a_field_of_which_the_type_is_not_certain_is_silent(tmp_path: Path, field: str) -> None:
    check_diagnostics(tmp_path, FIRST + TAG + NAME + field)


PARENT = """\
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["tag.id"], name="fk_tag_parent_id_tag"),
        sa.Primary"""


def test_a_foreign_key_that_leads_nowhere_is_not_called_unmigrated(tmp_path: Path) -> None:
    key = """\
    parent_id: int | None = Field(foreign_key="tga.id")
    #                                          ^^^ unknown-foreign-key-target: Field(foreign_key="tga.id"): there is no table "tga"; did you mean "tag"?
"""  # noqa: E501
    check_diagnostics(tmp_path, FIRST.replace("        sa.Primary", PARENT) + TAG + NAME + key)


def test_a_table_that_only_migrations_make_is_known(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        FIRST
        + """\
#- src/queries.py
from fx_orm import QueryBuilder

def names():
    QueryBuilder().from_table("tgs t").get()
    #                          ^^^ unknown-table: QueryBuilder.from_table("tgs t"): \
there is no table "tgs"; did you mean "tag"?
    return QueryBuilder().from_table("tag t").where("t.nmae", 1).get()
    #                                                  ^^^^ unknown-column: QueryBuilder.where("t.nmae"): \
table "tag" (t) has no column "nmae"; did you mean "name"?
""",
    )


NOT_NULL = (
    'column "weight" of table "tag" is NOT NULL and has no constant default: what do rows that exist get? '
    "Say it with --default tag.weight=VALUE"
)


def action(root: Path, text: str) -> CodeAction:
    """The action on the diagnostic at the cursor."""
    snapshot, document, offset = write(root, text).at_cursor()
    (found,) = code_actions(snapshot, document, Span(offset, offset), NOW)
    return found


def test_the_migration_is_written_beside_the_others(tmp_path: Path) -> None:
    found = action(tmp_path, FIRST + TAG + NAME + "    wei<CURSOR>ght: float | None = None\n")
    ((path, text),) = found.files
    assert found.title == "Create the migration (1 change)"
    assert path == posix(tmp_path.resolve() / "migrations/versions/20240603_152345_migration.py")
    assert text.startswith('"""migration\n\nRevision ID: 20240603_152345\nRevises: 20240101_000000\n')
    assert 'op.add_column("tag", sa.Column("weight", sa.Float(precision=53), nullable=True))' in text
    assert read_revision(text).revision == "20240603_152345"
    # With it the project is in order again.
    field = "    weight: float | None = None\n"
    check_diagnostics(tmp_path, f"{FIRST}{TAG}{NAME}{field}#- migrations/versions/{Path(path).name}\n{text}")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            "    wei<CURSOR>ght: float\n",
            NOT_NULL,
        ),
        (
            "    wei<CURSOR>ght: float = 1.5\n    when: Moment\n",
            'the type of column "when" of table "tag" is not certain',
        ),
        (
            "    wei<CURSOR>ght: float = HEAVY\n",
            'the default of column "weight" of table "tag" cannot be read',
        ),
        (
            '    wei<CURSOR>ght: float = 1.5\n    owner_id: int = Field(foreign_key="tga.id")\n',
            'a foreign key of table "tag" leads to "tga", which does not exist',
        ),
    ],
)
def test_an_action_that_cannot_be_taken_says_why(tmp_path: Path, fields: str, reason: str) -> None:
    found = action(tmp_path, FIRST + TAG + NAME + fields)
    assert (found.files, found.refused) == ((), reason)


SHOP_ON_ITS_OWN = """
import importlib, pathlib, sys
from sqlmodel.main import default_registry
from fx_orm.migrations.entity_schema import entity_schema

sys.path.insert(0, ".")
for path in sorted(pathlib.Path("src/entity").glob("*.py")):
    importlib.import_module(f"src.entity.{path.stem}")
print(repr(entity_schema(sorted((m.class_ for m in default_registry.mappers), key=lambda c: c.__name__))))
"""


def test_the_schema_of_the_shops_source_text_is_that_of_its_classes() -> None:
    """In a process of its own: entities that are imported once stay."""
    index = Index(SHOP)
    index.scan()
    snapshot = index.snapshot()
    read = entity_schema(snapshot, migrated_entities(snapshot))
    assert read.certain
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SHOP_ON_ITS_OWN]
    done = subprocess.run(command, cwd=SHOP, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(Schema(dict(sorted(read.schema.tables.items()))))


def test_the_shop_from_its_first_migration_to_the_next(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("migrations", "*.db*"))
    root = tmp_path.resolve()
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    index = Index(root)
    index.scan()
    entities = entity_schema(index.snapshot(), migrated_entities(index.snapshot())).schema
    first = write_migration(
        compare(Schema(), entities),
        before=Schema(),
        revision="20240101_000000",
        down_revision=None,
        message="first",
        created=NOW,
    )
    (versions / "20240101_000000_first.py").write_text(first, encoding="utf-8")
    assert shown(index) == []
    tag = root / "src" / "entity" / "tag.py"
    text = tag.read_text(encoding="utf-8").replace("max_length=40", "max_length=60")
    text = text.replace(
        "    products:", '    colour: str = Field(default="red", max_length=20, index=True)\n    products:'
    )
    tag.write_text(text, encoding="utf-8")
    assert shown(index) == [
        'tag.py:14: not migrated: column "name" of table "tag": type String(length=40) becomes String(length=60)',
        'tag.py:16: not migrated: column "colour" String(length=20) NOT NULL is new in table "tag"',
        'tag.py:16: not migrated: index "ix_tag_colour" on (colour) is new in table "tag"',
    ]
    document = Document(posix(tag), text)
    (found, *_) = code_actions(index.snapshot(), document, Span(text.index("colour"), text.index("colour")), NOW)
    ((path, migration),) = found.files
    Path(path).write_text(migration, encoding="utf-8")
    assert shown(index) == []


def shown(index: Index) -> list[str]:
    """Every diagnostic of the project as it is on the disk now."""
    index.scan()
    snapshot = index.snapshot()
    return [
        f"{Path(path).name}:{document.position(found.span.start)[0] + 1}: {found.message}"
        for path in sorted(snapshot.facts)
        if (document := snapshot.document(path))
        for found in diagnostics(snapshot, path)
    ]


def test_a_virtual_environment_is_no_part_of_the_project(tmp_path: Path) -> None:
    fixture = write(tmp_path, FIRST + TAG + NAME + "#- odd/pyvenv.cfg\n#- odd/lib/other.py\n#- .hidden/other.py\n")
    index = Index(fixture.root)
    index.scan()
    other = "from fx_orm import AbstractEntity\nclass Other(AbstractEntity, table=True):\n    id: int\n"
    for name in ("odd/lib/other.py", ".hidden/other.py"):
        (fixture.root / name).write_text(other)
        index.refresh([fixture.path(name)])
        index.open(Document(fixture.path(name), other, 1))
    assert [entity.name for entity in index.snapshot().entities] == ["Tag"]


def test_the_names_of_an_existing_database(tmp_path: Path) -> None:
    """The editor calls constraints as the runtime does under `naming_convention:`."""
    fixture = write(
        tmp_path,
        """
#- config/orm.yaml
database:
  naming_convention: {pk: "%(table_name)s_pkey", fk: "%(table_name)s_%(column_0_name)s_fkey", ix: "%(oops)s"}
#- src/entity/note.py
from fx_orm import AbstractEntity, Field

class Note(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    parent_id: int | None = Field(default=None, foreign_key="note.id")
""",
    )
    snapshot = fixture.snapshot()
    table = entity_schema(snapshot, snapshot.entities).schema.tables["note"]
    assert table.primary_key.name == "note_pkey"
    assert [key.name for key in table.foreign_keys] == ["note_parent_id_fkey"]
    assert [index.name for index in table.indexes] == ["ix_note_parent_id"]


MIXED = """
#- src/__init__.py
#- src/entity/__init__.py
#- src/entity/note.py
from fx_orm import AbstractEntity, Field, SoftDelete, Timestamps

class Note(SoftDelete, AbstractEntity, Timestamps, table=True):
    id: int | None = Field(default=None, primary_key=True)
    text: str
"""


def test_the_fields_of_our_mixins_are_known(tmp_path: Path) -> None:
    """As the runtime has them, in its order."""
    snapshot = write(tmp_path, MIXED).snapshot()
    (note,) = snapshot.entities
    assert (note.table, note.complete) == ("note", True)
    read = entity_schema(snapshot, [note])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SHOP_ON_ITS_OWN]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(Schema(dict(read.schema.tables)))
    assert read.certain


def test_the_configuration_names_the_folders(tmp_path: Path) -> None:
    text = FIRST.replace("migrations/versions", "changes/versions") + TAG.replace("src/entity", "shop/models") + NAME
    fixture = write(tmp_path, text + "    weight: float | None = None\n")
    index = Index(fixture.root)
    assert shown(index) == []
    write(tmp_path, "#- config/orm.yaml\nentities: [shop.models]\nmigrations: changes\n")
    index.refresh([fixture.path("config/orm.yaml")])
    assert [line.partition(": ")[0] for line in shown(index)] == ["tag.py:6"]
