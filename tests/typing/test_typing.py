"""Type checkers see entities as they are: each marked line of the example is refused, and no other."""

import json
import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).with_name("entities.py")
ROOT = Path(__file__).parents[2]
REFUSED = {n for n, line in enumerate(EXAMPLE.read_text().splitlines(), 1) if line.endswith("# refused")}


def test_pyright() -> None:
    settings = ROOT / "tests" / "typing" / "pyrightconfig.json"
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--project", settings],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = json.loads(done.stdout)["generalDiagnostics"]
    assert {error["range"]["start"]["line"] + 1 for error in errors} == REFUSED, errors


def test_mypy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, "--follow-imports", "silent", EXAMPLE],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = re.findall(r"^tests[/\\]typing[/\\]entities\.py:(\d+): error", done.stdout, re.MULTILINE)
    assert {int(line) for line in errors} == REFUSED, done.stdout + done.stderr
