"""Takes the pictures of the documentation in real VS Code, from the example shop (`make pictures`).

A picture is the editor alone: no side bar, no menu, nothing that is not spoken of. What it shows is what the server
says; when the server says something else, the picture is not taken.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FloatRect, Page, ViewportSize

from tests.editor.programs import need
from tests.editor.shop import REPOSITORY, TAG, copy_shop
from tests.editor.vscode_installation import NEWEST, ROOT, install
from tests.editor.vscode_server import serve
from tests.editor.workbench import FIRST_PAINT, Workbench, browser, spaced

IMAGES = ROOT / "docs" / "images"
WIDTH = 1000
SCALE = 1.5
SETTLED = 500  # milliseconds in which widgets are blended in
LARGEST = 200_000  # bytes
SETTINGS: dict[str, object] = {
    "breadcrumbs.enabled": False,
    "editor.cursorBlinking": "solid",
    "editor.fontSize": 14,
    "editor.hideCursorInOverviewRuler": True,
    "editor.hover.above": False,
    "editor.lightbulb.enabled": "off",
    "editor.matchBrackets": "never",
    "editor.minimap.enabled": False,
    "editor.occurrencesHighlight": "off",
    "editor.overviewRulerBorder": False,
    "editor.overviewRulerLanes": 0,
    "editor.scrollbar.horizontal": "hidden",
    "editor.scrollbar.vertical": "hidden",
    "editor.stickyScroll.enabled": False,
    "problems.showCurrentInStatus": False,
    "workbench.activityBar.location": "hidden",
    "workbench.editor.editorActionsLocation": "hidden",
    "workbench.layoutControl.enabled": False,
    "workbench.statusBar.visible": False,
}


def main() -> None:
    """Take every picture, and say how large it is."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, (height, take) in PICTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            shop = copy_shop(Path(folder).resolve() / "shop", mistakes=False)
            keep_one_method(shop / REPOSITORY, "find_recent")
            window = ViewportSize(width=WIDTH, height=height)
            size = photograph(IMAGES / f"{name}.png", take, window, shop, Path(folder).resolve() / "profile")
        sys.stdout.write(f"docs/images/{name}.png  {size // 1000} kB\n")


def photograph(target: Path, take: Callable[[Workbench], None], window: ViewportSize, shop: Path, profile: Path) -> int:
    """Take one picture; returns its size in bytes."""
    with (
        browser(need("chromium", "chromium")) as running,
        serve(install(NEWEST), shop, profile, settings=SETTINGS, tests=False) as vscode,
    ):
        page = running.new_page(viewport=window, device_scale_factor=SCALE)
        workbench = Workbench(page)
        workbench.go(vscode.page)
        workbench.press("Control+b")  # the side bar goes
        take(workbench)
        page.wait_for_timeout(SETTLED)
        page.screenshot(path=target, clip=editor_alone(page), animations="disabled")
    size = target.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{target} has {size} bytes, more than {LARGEST}")
    return size


def keep_one_method(file: Path, name: str) -> None:
    """Leave only one method in a class, so that the whole file is in the picture."""
    parts = file.read_text(encoding="utf-8").split("\n    def ")
    method = next(part for part in parts if part.startswith(f"{name}("))
    file.write_text(f"{parts[0]}\n    def {method.rstrip()}\n", encoding="utf-8")


def diagnostic(workbench: Workbench) -> None:
    """A misspelt column, and what the editor says of it."""
    misspell(workbench)
    workbench.press("ArrowLeft")
    workbench.command("Show or Focus Hover")
    workbench.page.locator(".monaco-hover:not(.hidden)", has_text="did you mean").first.wait_for()


def completion(workbench: Workbench) -> None:
    """The columns of a table, in a string that is being typed."""
    misspell(workbench)  # when that is underlined, the server is there
    workbench.select('.where("p.creatd_at", ">=", since)')
    workbench.type('.where("p.')
    workbench.suggestions.filter(has_text="created_at").wait_for()


def migration(workbench: Workbench) -> None:
    """A field that no migration makes yet, and the action that writes one."""
    workbench.open(TAG)
    workbench.line("unique=True").click()
    workbench.press("End", "Enter")
    workbench.type("colour: str | None = Field(default=None, max_length=20")
    workbench.warnings.first.wait_for(timeout=FIRST_PAINT)
    workbench.press("Home", "Control+.")
    workbench.actions.filter(has_text=spaced("Create the migration")).first.wait_for()


def misspell(workbench: Workbench) -> None:
    """Open the repository and misspell a column in it."""
    workbench.open(REPOSITORY)
    workbench.select("created_at")
    workbench.type("creatd_at")
    workbench.squiggles.first.wait_for(timeout=FIRST_PAINT)


def editor_alone(page: Page) -> FloatRect:
    """Find the rectangle of the editor with its tab."""
    box = page.locator(".part.editor .editor-group-container").bounding_box()
    assert box
    return FloatRect(x=box["x"], y=box["y"], width=box["width"], height=box["height"])


# name of the file: height of the window, what is shown
PICTURES = {"diagnostic": (520, diagnostic), "completion": (650, completion), "migration": (420, migration)}


if __name__ == "__main__":
    main()
