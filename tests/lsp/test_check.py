"""`fx-lsp check` and the other doors of `python -m fx_lsp`: lines, exit statuses, bad input without a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fx_orm import __version__
from tests.lsp.fixture import write

ROOT = Path(__file__).parents[2]
WRONG = """
#- src/entity/shop.py
from fx_orm import AbstractEntity, Field

class Shop(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    parent_id: int | None = Field(default=None, foreign_key="shopp.id")
"""
LINE = (
    "src/entity/shop.py:5:62: error[unknown-foreign-key-target] "
    'Field(foreign_key="shopp.id"): there is no table "shopp"; did you mean "shop"?\n'
)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "fx_lsp", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def outcome(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = run(folder, *arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("path", [".", "src", "src/entity/shop.py"])
@pytest.mark.parametrize("configuration", ["#- config/orm.yaml\n", ""], ids=["configured", "not configured"])
def test_findings_are_lines_and_status_1(tmp_path: Path, path: str, configuration: str) -> None:
    write(tmp_path, WRONG + configuration)
    assert outcome(tmp_path, "check", path) == (1, LINE, "")


def test_a_part_of_a_project_without_configuration_knows_the_rest(tmp_path: Path) -> None:
    write(
        tmp_path,
        WRONG
        + """
#- src/service/shops.py
from fx_orm import QueryBuilder
from src.entity.shop import Shop

QueryBuilder(Shop).where("idd", 1).get()
""",
    )
    message = 'QueryBuilder.where("idd"): table "shop" has no column "idd"; did you mean "id"?'
    line = f"src/service/shops.py:4:27: error[unknown-column] {message}\n"
    assert outcome(tmp_path, "check", "src/service") == (1, line, "")


def test_nothing_found_is_silent_and_status_0(tmp_path: Path) -> None:
    write(tmp_path, WRONG.replace("shopp", "shop"))
    assert outcome(tmp_path, "check", ".") == (0, "", "")


def test_a_project_inside_the_folder_is_checked_by_itself(tmp_path: Path) -> None:
    other = WRONG.replace("#- src", "#- examples/shop/src").replace("shopp", "other")
    write(tmp_path, "#- examples/shop/config/orm.yaml\n" + other + "#- src/entity/other.py\nclass Other: ...\n")
    done = run(tmp_path, "check", ".")
    assert done.stdout.startswith("examples/shop/src/entity/shop.py:5:62: error[unknown-foreign-key-target]")
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "fx-lsp check: no path given; usage: fx-lsp check PATH...\n"),
        (["check", "--wat"], "fx-lsp check: unknown option '--wat'; usage: fx-lsp check PATH...\n"),
        (["check", "nowhere"], "fx-lsp check: nowhere: no such file or folder\n"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert outcome(tmp_path, *arguments) == (2, "", message)


def test_an_unknown_command_shows_the_usage(tmp_path: Path) -> None:
    status, shown, error = outcome(tmp_path, "wat")
    assert (status, shown) == (2, "")
    assert error.startswith("fx-lsp: unknown argument 'wat'\nusage: fx-lsp ")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"class Shop(AbstractEntity, table=True:\n  id: int", id="syntax error"),
        pytest.param(b"# -*- coding: nonsense -*-\nAbstractEntity", id="unknown encoding"),
        pytest.param(b"AbstractEntity \xff\xfe\x00", id="not text"),
        pytest.param(b"", id="no entities"),
    ],
)
def test_a_file_that_says_nothing_is_silent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "main.py").write_bytes(content)
    assert outcome(tmp_path, "check", ".") == (0, "", "")
    assert outcome(tmp_path, "check", "main.py") == (0, "", "")


def test_a_broken_configuration_and_a_loop_of_links_are_no_failure(tmp_path: Path) -> None:
    write(tmp_path, WRONG + "#- config/orm.yaml\ndatabase\n  url: '\n")
    (tmp_path / "src" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert outcome(tmp_path, "check", ".") == (1, LINE, "")


def test_the_version(tmp_path: Path) -> None:
    assert outcome(tmp_path, "--version") == (0, f"fx-lsp {__version__}\n", "")


def test_without_the_extra_the_command_names_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(\"No module named 'pygls'\", name='pygls')\n")
    code = "import sys; sys.path.insert(0, '.'); from fx_lsp.__main__ import main; sys.exit(main([]))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'fx-lsp: the language server is not installed; run: pip install "fx-orm[lsp]"\n'


def test_check_needs_neither_the_protocol_nor_a_database_library(tmp_path: Path) -> None:
    write(tmp_path, WRONG)
    code = (
        "import sys; from fx_lsp.__main__ import main; main(['check', '.']); "
        "print(sorted({'pygls', 'lsprotocol', 'sqlalchemy', 'sqlmodel', 'alembic'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == LINE + "[]\n"
