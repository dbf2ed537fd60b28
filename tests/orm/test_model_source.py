"""The models of an entity as source code: the same models, and code that type checkers accept."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fx_orm.errors import MappingError
from fx_orm.model_source import KINDS, models_source
from tests.orm.declared import imported

ROOT = Path(__file__).parents[2]
EVERYTHING = '''
"""Every kind of field, default, constraint and validator that an entity may have."""
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Optional

from pydantic import AfterValidator, BaseModel, NaiveDatetime, PositiveInt, field_validator

from fx_orm import AbstractEntity, Field, SoftDelete, Timestamps

class Colour(Enum):
    RED = "red"

class Size(BaseModel):
    width: int

def shouted(value: str) -> str:
    return value.upper()

class Ware(Timestamps, SoftDelete, AbstractEntity, table=True):
    """Something \\\\ with "quotes".

    And a second line.
    """

    __tablename__ = "written_ware"
    id: int | None = Field(default=None, primary_key=True)
    code: uuid.UUID = Field(default_factory=uuid.uuid4)
    name: str = Field(min_length=1, max_length=40, regex=r"^\\w+$", description='Its "name"', title="Name")
    alias: str = Field(default="a", alias="otherName")
    price: Decimal = Field(default=Decimal("1.50"), gt=0, max_digits=10, decimal_places=2)
    colour: Colour = Colour.RED
    colours: list[Colour] = Field(default_factory=list)
    answer: Literal["yes", "no"] | None = "yes"
    since: date = date(2024, 1, 2)
    at: datetime = Field(default_factory=lambda: datetime(2024, 1, 1, tzinfo=UTC))
    wall: NaiveDatetime | None = None
    wait: timedelta = timedelta(days=1)
    count: PositiveInt = 1
    size: Size | None = None
    words: dict[str, list[Annotated[int, Field(gt=3)]]] = Field(default_factory=dict)
    pair: tuple[int, ...] = (1, 2)
    anything: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    loud: Annotated[str, AfterValidator(shouted)] = "X"
    token: str = Field(default="", secret=True)
    owner: Optional[str]

    @field_validator("name", mode="before")
    @classmethod
    def stripped(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("owner", mode="wrap")
    @classmethod
    def wrapped(cls, value: Any, handler: Any, info: Any) -> Any:
        return f"{info.field_name}:{handler(value)}"
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src/entity").mkdir(parents=True)
    (tmp_path / "src/entity/ware.py").write_text(EVERYTHING.lstrip(), encoding="utf-8")
    return tmp_path


def run(source: str) -> ModuleType:
    module = ModuleType("written")
    exec(compile(source, "written", "exec", dont_inherit=True), vars(module))
    return module


def test_the_written_models_are_the_generated_ones(project: Path) -> None:
    with imported(project):
        from src.entity.ware import Ware  # type: ignore[import-not-found]

        written = run(models_source(Ware))
        for kind in KINDS:
            model, generated = getattr(written, f"Ware{kind}"), getattr(Ware, f"{kind}Model")
            assert model.model_json_schema() == generated.model_json_schema()
            assert list(model.model_fields) == list(generated.model_fields)
        made = written.WareCreate(name=" x ", loud="y", owner="z")
        expected = Ware.CreateModel(name=" x ", loud="y", owner="z", code=made.code)
        assert made.model_dump() == expected.model_dump()
        assert (made.name, made.loud, made.owner) == ("x", "Y", "owner:z")
        assert repr(made) == repr(expected)
        assert written.WarePatch(price=3).model_dump(exclude_unset=True) == {"price": 3}
        for wrong in ({"name": None}, {"price": -1}, {"nmae": "x"}):
            with pytest.raises(ValueError, match="1 validation error for WarePatch"):
                written.WarePatch(**wrong)
        entity = Ware(**made.model_dump(by_alias=True), anything={})
        assert (entity.name, entity.loud, entity.colour) == ("x", "Y", written.Colour.RED)


def test_type_checkers_accept_them(project: Path) -> None:
    with imported(project):
        from src.entity.ware import Ware

        (project / "src/model").mkdir()
        path = project / "src/model/ware.py"
        path.write_text(
            models_source(Ware) + '\nreveal_type(WarePatch(count=1).price)\nWareCreate(name=1, owner="z")\n'
        )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports", "silent", "--cache-dir", project / "c", path],
        cwd=project, env={"MYPYPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert "Revealed type is" in done.stdout
    assert "Decimal" in done.stdout
    assert len(errors) == 1, done.stdout + done.stderr
    assert 'has incompatible type "int"; expected "str"' in errors[0]


def test_the_text(declare: Callable[..., Any]) -> None:
    note = declare("""
class Note(AbstractEntity, table=True):
    __tablename__ = "written_note"
    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(max_length=10)
    read: bool = False
""").Note
    assert (
        models_source(note)
        == '''"""The models of Note. Written by `fx-orm create models Note`: run it again after a change."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def _unset() -> Any:
    """The value of a field that was not given; `model_dump(exclude_unset=True)` leaves it out."""
    return None


class NoteCreate(BaseModel):
    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    text: str = Field(max_length=10)
    read: bool = False


class NoteFind(BaseModel):
    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    id: int


class NotePatch(BaseModel):
    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    text: str = Field(default_factory=_unset, max_length=10)
    read: bool = Field(default_factory=_unset)
'''
    )


def test_what_has_no_name_is_refused(declare: Callable[..., Any]) -> None:
    local = declare("""
from pydantic import AfterValidator
class Local(AbstractEntity, table=True):
    __tablename__ = "written_local"
    id: int | None = Field(default=None, primary_key=True)
    text: typing.Annotated[str, AfterValidator(lambda value: value)]
""").Local
    with pytest.raises(MappingError) as caught:
        models_source(local)
    assert str(caught.value) == (
        "Local.text: Local.<lambda> has no name that a file can import; declare it at the top of a module"
    )


def command(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "fx_orm", "create", "models", *arguments],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, capture_output=True, text=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_command(project: Path) -> None:
    path = project / "src/model/ware.py"
    assert command(project, "ware") == (0, "✓ src/model/ware.py written: WareCreate, WareFind, WarePatch\n")
    assert command(project, "Ware") == (0, "✓ src/model/ware.py is up to date\n")
    entity = project / "src/entity/ware.py"
    entity.write_text(entity.read_text(encoding="utf-8").replace("max_length=40", "max_length=41"), encoding="utf-8")
    assert command(project, "Ware") == (0, "✓ src/model/ware.py written: WareCreate, WareFind, WarePatch\n")
    assert "max_length=41" in path.read_text(encoding="utf-8")
    path.write_text("# mine\n", encoding="utf-8")
    refusal = "✗ src/model/ware.py exists and was not written by this command; say --force or --output\n"
    assert command(project, "Ware") == (1, refusal)
    assert path.read_text(encoding="utf-8") == "# mine\n"
    assert command(project, "Ware", "--force")[0] == 0
    assert command(project, "Ware", "--output", "models.py")[0] == 0
    assert (project / "models.py").read_text(encoding="utf-8") == path.read_text(encoding="utf-8")
    assert command(project, "Wrae") == (1, '✗ there is no entity "Wrae" in the project; did you mean "Ware"?\n')
