"""The server in real Emacs, through Eglot; the session itself is `emacs.el`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editor.programs import need
from tests.editor.shop import REPOSITORY

SESSION = Path(__file__).with_name("emacs.el")


@pytest.mark.editor
def test_a_session_with_eglot(shop: Path, artifacts: Path) -> None:
    emacs = need("emacs", "emacs-nox")
    environment = os.environ | {"HOME": str(artifacts), "FX_LSP": str(Path(sys.executable).with_name("fx-lsp"))}
    done = subprocess.run(
        [emacs, "-q", "--batch", "-l", str(SESSION), str(shop / REPOSITORY)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    print(done.stdout.splitlines()[-1])
