"""Install a wheel bare and with each extra into clean environments, and try it there (`make package`).

Run as `python tests/packaging/try_wheel.py dist/fx_orm-*.whl`. It talks to the package registry and to no database
server: drivers are imported, not connected.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ENTITY = """
from fx_orm import AbstractEntity, EntityManager, Field, Repository, configure

configure("sqlite:///:memory:")


class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1)


EntityManager().create_all_tables()
products = Repository(Product)
products.create({"name": "Cup"})
assert products.find_one_by({"name": "Cup"}).id == 1
"""

# extra -> a program that must succeed in its environment
EXTRAS = {
    "": ENTITY,
    "postgresql": "import psycopg",
    "mysql": "import pymysql, cryptography",
    "async": "import aiosqlite, asyncpg, aiomysql, fx_orm.aio",
    "lsp": "import pygls, lsprotocol, jedi",
}


def main(wheel: Path) -> None:
    """Try every extra; the first failure ends it with what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        for extra, program in EXTRAS.items():
            python = _environment(Path(folder) / (extra or "bare"), f"{wheel}[{extra}]" if extra else str(wheel))
            _run(python, "-c", program)
            assert _run(python, "-m", "fx_orm", "--version").startswith("fx-orm ")
            assert _run(python, "-m", "fx_lsp", "--version").startswith("fx-lsp ")
            if extra != "lsp":
                said = _run(python, "-m", "fx_lsp", expected=2)
                assert 'pip install "fx-orm[lsp]"' in said, said
                assert len(said.strip().splitlines()) == 1, said
            print(f"{wheel.name}[{extra}]: works" if extra else f"{wheel.name}: works")


def _environment(folder: Path, requirement: str) -> Path:
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement)
    return python


def _run(python: Path, *arguments: str, expected: int = 0) -> str:
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [python, *arguments], check=False, cwd=empty, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    if done.returncode != expected:
        raise SystemExit(f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + (done.stderr if expected else "")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
