"""The entities of a project are found, however its modules import each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fx_orm.config import Settings
from fx_orm.discovery import discover
from fx_orm.errors import ConfigError, MappingError
from tests.orm.declared import imported

HEAD = "from typing import TYPE_CHECKING\nfrom fx_orm import AbstractEntity, Field, Relationship\n"
TEAM = f"""{HEAD}
if TYPE_CHECKING:
    from src.entity.people.player import Player
class Team(AbstractEntity, table=True):
    __tablename__ = "discovered_team"
    id: int | None = Field(default=None, primary_key=True)
    players: list["Player"] = Relationship(back_populates="team")
"""
PLAYER = f"""{HEAD}
if TYPE_CHECKING:
    from src.entity.team import Team
class Player(AbstractEntity, table=True):
    __tablename__ = "discovered_player"
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(foreign_key="discovered_team.id")
    team: "Team | None" = Relationship(back_populates="players")
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    entity = tmp_path / "src" / "entity"
    (entity / "people").mkdir(parents=True)
    for folder in (tmp_path / "src", entity, entity / "people"):
        (folder / "__init__.py").write_text("")
    with imported(tmp_path):
        yield tmp_path


def test_every_module_is_imported(root: Path) -> None:
    (root / "src/entity/team.py").write_text(TEAM)
    (root / "src/entity/people/player.py").write_text(PLAYER)
    found = discover(Settings(root=root))
    assert [f"{entity.__module__}.{entity.__name__}" for entity in found] == [
        "src.entity.people.player.Player",
        "src.entity.team.Team",
    ]
    assert discover(Settings(root=root)) == found


def test_modules_that_import_each_other(root: Path) -> None:
    guard = "if TYPE_CHECKING:\n    from"
    team = TEAM.replace(f"{guard} src.entity.people.player import Player", "import src.entity.people.player")
    player = PLAYER.replace(f"{guard} src.entity.team import Team", "import src.entity.team")
    (root / "src/entity/team.py").write_text(team)
    (root / "src/entity/people/player.py").write_text(player)
    assert len(discover(Settings(root=root))) == 2


def test_names_that_import_each_other(root: Path) -> None:
    (root / "src/entity/team.py").write_text(TEAM.replace("if TYPE_CHECKING:\n    from", "from"))
    (root / "src/entity/people/player.py").write_text(PLAYER.replace("if TYPE_CHECKING:\n    from", "from"))
    with pytest.raises(MappingError) as caught:
        discover(Settings(root=root))
    assert str(caught.value).startswith(f"{root / 'src/entity/people/player.py'}:4: cannot be imported: ImportError: ")
    assert str(caught.value).endswith("; import the other entity under `if TYPE_CHECKING:`")


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("import nothing_of_the_kind", 1, "ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ("x = 1\n1 / 0", 2, "ZeroDivisionError: division by zero"),
        ("\nclass (", 2, "SyntaxError: invalid syntax"),
        ("import sys\nsys.exit(5)", 2, "SystemExit: 5"),
    ],
)
def test_a_module_that_fails(root: Path, source: str, line: int, reason: str) -> None:
    file = root / "src/entity/wrong.py"
    file.write_text(source)
    with pytest.raises(MappingError) as caught:
        discover(Settings(root=root))
    assert str(caught.value) == f"{file}:{line}: cannot be imported: {reason}"


def test_a_module_that_is_not_there_is_no_missing_package(root: Path) -> None:
    (root / "src/entity/folder.py").mkdir()
    with pytest.raises(MappingError, match=r"cannot be imported: ModuleNotFoundError: No module named 'src.entity"):
        discover(Settings(root=root))


@pytest.mark.parametrize("written", ["", "../entity", "...", "my entities"])
def test_what_is_no_package(root: Path, written: str) -> None:
    with pytest.raises(ConfigError) as caught:
        discover(Settings(root=root, entities=[written]))
    assert str(caught.value) == (
        f'entities: "{written}" is no package; write a folder from the project\'s root, such as src/entity'
    )


def test_no_such_package(root: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        discover(Settings(root=root, entities=["src/entities"]))
    assert str(caught.value) == (
        f'entities: there is no package "src/entities" in {root}; '
        "make the folder src/entities with an __init__.py, or name another package"
    )
