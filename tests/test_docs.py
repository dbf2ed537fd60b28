"""What the documents say is true: their Python runs, their links lead somewhere, the demo tells its story."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "docs/tutorial.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    if page.parent.name != "reference" and page != TUTORIAL  # generated from docstrings; run as a whole, below
    for number, block in enumerate(PYTHON.findall(page.read_text("utf-8")))
    if "#-" not in block  # the notation of the editor's tests is not a program
]


def run(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", **environment},
    )


@pytest.mark.parametrize("source", EXAMPLES)
def test_an_example_runs(source: str, tmp_path: Path) -> None:
    done = run("-W", "error", "-c", source, folder=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_make_targets_that_the_documents_name_exist() -> None:
    makefiles = (ROOT / "Makefile").read_text("utf-8") + (ROOT / "vscode-extension/editors.mk").read_text("utf-8")
    command = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
    named = {target for page in PAGES for target in command.findall(page.read_text("utf-8"))}
    assert {"demo", "test", "check"} <= named
    assert not {target for target in named if not re.search(rf"^{target}:", makefiles, re.MULTILINE)}


def test_the_demo_tells_its_story() -> None:
    done = run("docs/examples/demo.py", folder=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
    story = [
        "class Product(AbstractEntity, table=True)",
        "op.create_table(",
        "✓ All migrations applied",
        "JOIN tag AS t ON",
        "'pieces': 7",
        'did you mean "created_at"?',
        "offered",
        "created_at",
        "field-not-migrated",
        "op.add_column(",
    ]
    position = -1
    for sentence in story:
        position = done.stdout.find(sentence, position + 1)
        assert position >= 0, f"{sentence!r} does not come, or not in its place, in:\n{done.stdout}"


def test_the_tutorial_prints_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", TUTORIAL.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for folder in ("src", "src/entity", "src/repository"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    printed = ""
    for language, text in blocks:
        if language in ("python", "properties"):
            path = text.partition("\n")[0].removeprefix("# ")
            (tmp_path / path).write_text(text, encoding="utf-8")
        elif language == "bash":
            printed = "".join(_typed(line, tmp_path) for line in text.splitlines())
        else:
            assert printed == text
            printed = ""
    assert not printed


def _typed(line: str, folder: Path) -> str:
    """Run a command as it is typed; answer with what it prints, stamps of revisions made alike."""
    program, *arguments = shlex.split(line)
    module = {"fx-orm": ["-m", "fx_orm"], "fx-lsp": ["-m", "fx_lsp"], "python": []}[program]
    done = run(*module, *arguments, folder=folder)
    assert done.returncode == (program == "fx-lsp"), done.stderr
    return re.sub(r"\b\d{8}_\d{6}", "<STAMP>", done.stdout)
