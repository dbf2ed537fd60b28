"""Type checkers see entities and queries as they are: each marked line of the examples is refused, and no other."""

import json
import re
import subprocess
import sys
from pathlib import Path

NAMES = ("entities.py", "queries.py", "repositories.py", "asynchronous.py")
EXAMPLES = [Path(__file__).with_name(name) for name in NAMES]
ROOT = Path(__file__).parents[2]
REFUSED = {
    (example.name, n)
    for example in EXAMPLES
    for n, line in enumerate(example.read_text(encoding="utf-8").splitlines(), 1)
    if line.endswith("# refused")
}


def test_pyright() -> None:
    settings = ROOT / "tests" / "typing" / "pyrightconfig.json"
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", "--project", settings],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = json.loads(done.stdout)["generalDiagnostics"]
    found = {(Path(error["file"]).name, error["range"]["start"]["line"] + 1) for error in errors}
    assert found == REFUSED, errors


def test_mypy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, "--follow-imports", "silent", *EXAMPLES],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = re.findall(r"^tests[/\\]typing[/\\](\w+\.py):(\d+): error", done.stdout, re.MULTILINE)
    assert {(name, int(line)) for name, line in errors} == REFUSED, done.stdout + done.stderr
