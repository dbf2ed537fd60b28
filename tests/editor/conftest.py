"""What the tests in real editors need: an editor, a folder to open, and a place for what is worth keeping.

They run when they are asked for (`make test-editors`), in an environment of their own. What is kept of each (pictures,
logs, profiles) is in `artifacts/editors/<test>`.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.editor.shop import copy_shop
from tests.editor.vscode_installation import ROOT

collect_ignore_glob = [] if os.environ.get("FX_TEST_EDITORS") else ["test_*.py"]

ARTIFACTS = ROOT / "artifacts" / "editors"


@pytest.fixture
def artifacts(request: pytest.FixtureRequest) -> Path:
    """An empty folder that stays when the test is over."""
    name = request.node.name.translate(str.maketrans("[]/", "-_-")).rstrip("_")
    folder = ARTIFACTS / f"{request.path.stem}-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The example shop with mistakes in it."""
    return copy_shop(tmp_path.resolve() / "shop")
