"""What importing loads, and what is said where something is not installed."""

import subprocess
import sys

SAID = 'ConfigError: fx_orm.aio needs greenlet, which is not installed; run: pip install "fx-orm[async]"'


def test_without_greenlet() -> None:
    script = "import importlib.util as u; find = u.find_spec; u.find_spec = lambda name: None; import fx_orm.aio"
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == f"fx_orm.errors.base.{SAID}"
