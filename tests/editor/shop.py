"""A copy of the example shop with mistakes planted in it: what every editor is shown."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.editor.vscode_installation import ROOT

SHOP = ROOT / "docs" / "examples" / "shop"
PRODUCT = "src/entity/product.py"
TAG = "src/entity/tag.py"
REPOSITORY = "src/repository/product_repository.py"

# file, what stands there, what is made of it
MISTAKES = (
    (PRODUCT, 'back_populates="products", link_table', 'back_populates="product", link_table'),
    (REPOSITORY, '.where("p.created_at"', '.where("p.creatd_at"'),
)


def copy_shop(folder: Path, *, mistakes: bool = True) -> Path:
    """Copy the shop, with this interpreter's environment as its `.venv` and a migration that makes all its tables."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("*.db*", "migrations", "__pycache__"))
    (folder / ".venv").symlink_to(sys.prefix)
    create = [sys.executable, "-m", "fx_orm", "database", "create-migration", "-m", "Create the shop"]
    subprocess.run(create, cwd=folder, check=True, stdout=subprocess.PIPE)
    for name, right, wrong in MISTAKES if mistakes else ():
        replace(folder / name, right, wrong)
    return folder


def replace(file: Path, old: str, new: str) -> None:
    """Replace what stands in a file once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")
