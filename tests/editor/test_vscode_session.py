"""A person's session in real VS Code: see what is wrong, have it mended, be helped while typing."""

import sqlite3
import subprocess
import sys
import venv
from contextlib import closing
from pathlib import Path

import pytest

from tests.editor.programs import need
from tests.editor.shop import PRODUCT, REPOSITORY, TAG
from tests.editor.vscode_installation import NEWEST, install
from tests.editor.vscode_server import serve
from tests.editor.workbench import FIRST_PAINT, Workbench, browser, photograph, spaced

pytestmark = pytest.mark.editor


def test_a_persons_session(shop: Path, artifacts: Path) -> None:
    with (
        browser(need("chromium", "chromium")) as running,
        serve(install(NEWEST), shop, artifacts, tests=False) as vscode,
    ):
        page = running.new_page(viewport={"width": 1280, "height": 800})
        workbench = Workbench(page)
        try:
            workbench.go(vscode.page)
            see_the_problem(workbench, artifacts)
            complete(workbench, artifacts)
            mend(workbench, artifacts)
            migrate(workbench, artifacts)
        finally:
            photograph(page, artifacts / "last.png")
    assert 'back_populates="products", link_table' in (shop / PRODUCT).read_text()
    run(shop, "create")
    run(shop, "upgrade")
    with closing(sqlite3.connect(shop / "shop.db")) as database:
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(tag)")]
    assert columns == ["id", "name", "colour"]


def see_the_problem(workbench: Workbench, artifacts: Path) -> None:
    workbench.open(REPOSITORY)
    workbench.press("Control+Shift+M")
    message = 'table "product" (p) has no column "creatd_at"; did you mean "created_at"?'
    problem = workbench.problems.filter(has_text=message)
    problem.wait_for(timeout=FIRST_PAINT)
    problem.click()
    workbench.squiggles.first.wait_for()
    photograph(workbench.page, artifacts / "problem.png")


def complete(workbench: Workbench, artifacts: Path) -> None:
    workbench.line('.where("p.is_active"').first.click()
    workbench.press("End", "Enter")
    workbench.type('.where("p.')
    workbench.suggestions.filter(has_text="category_id").wait_for()
    workbench.type("pr")
    workbench.suggestions.filter(has_text="price").wait_for()
    photograph(workbench.page, artifacts / "completion.png")
    workbench.press("Enter")
    workbench.line('.where("p.price').wait_for()


def mend(workbench: Workbench, artifacts: Path) -> None:
    workbench.open(PRODUCT)
    workbench.problems.filter(has_text="Tag has no relationship").dblclick()  # once shows the place, twice goes there
    workbench.light_bulb.wait_for()
    workbench.press("Control+.")
    workbench.actions.filter(has_text=spaced('Change to "products"')).first.wait_for()
    photograph(workbench.page, artifacts / "action.png")
    workbench.press("Enter")
    workbench.line('back_populates="products", link_table').wait_for()
    workbench.press("Control+s")
    workbench.squiggles.first.wait_for(state="detached")


def migrate(workbench: Workbench, artifacts: Path) -> None:
    workbench.open(TAG)
    workbench.line("unique=True").click()
    workbench.press("End", "Enter")
    workbench.type("colour: str | None = Field(default=None, max_length=20")
    workbench.warnings.first.wait_for()
    workbench.press("Home")
    workbench.light_bulb.wait_for()
    workbench.press("Control+.")
    workbench.actions.filter(has_text=spaced("Create the migration (1 change)")).first.wait_for()
    photograph(workbench.page, artifacts / "migration.png")
    workbench.press("Enter")
    workbench.warnings.first.wait_for(state="detached")
    workbench.command("File: Save All Files")
    workbench.unsaved.first.wait_for(state="detached")


def run(shop: Path, command: str) -> None:
    """Run a command on the shop's database, as it is configured in the shop."""
    subprocess.run([sys.executable, "-m", "fx_orm", "database", command], cwd=shop, check=True)


def test_a_missing_server_is_one_message_with_the_remedy(shop: Path, artifacts: Path) -> None:
    chromium = need("chromium", "chromium")
    bare = artifacts / "bare"
    venv.create(bare, symlinks=True)
    settings: dict[str, object] = {"fxOrm.interpreter": str(bare / "bin" / "python")}
    with (
        browser(chromium) as running,
        serve(install(NEWEST), shop, artifacts, settings=settings, tests=False) as vscode,
    ):
        workbench = Workbench(running.new_page())
        workbench.go(vscode.page)
        workbench.open(REPOSITORY)
        message = workbench.notifications.filter(has_text='Run: pip install "fx-orm[lsp]"')
        message.wait_for(timeout=FIRST_PAINT)
        photograph(workbench.page, artifacts / "message.png")
        assert workbench.notifications.count() == 1
        assert message.locator(".monaco-button").all_inner_texts() == ["Install", "Copy Command"]
