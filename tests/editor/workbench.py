"""The workbench of VS Code as a person sees it: keys, rows, widgets, pictures."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

FIRST_PAINT = 90_000  # milliseconds; a cold start on a slow machine
PATIENCE = 30_000
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """Run a browser without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        try:
            yield running
        finally:
            running.close()


class Workbench:
    """One window of VS Code."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.page.set_default_timeout(PATIENCE)

    def go(self, address: str) -> None:
        """Open the window, and wait until it is painted."""
        self.page.goto(address)
        self.page.locator(".explorer-folders-view .monaco-list-row").first.wait_for(timeout=FIRST_PAINT)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type as fast as a person does."""
        self.page.keyboard.type(text, delay=50)

    def open(self, file: str) -> None:
        """Open a file by its name."""
        self._pick("Control+p", file, file.rpartition("/")[2])
        self.page.locator(".editor-instance .view-line").first.wait_for()

    def command(self, title: str) -> None:
        """Run a command of the palette."""
        self._pick("F1", f">{title}", title)

    def select(self, text: str) -> None:
        """Select the first place where a text stands in the file."""
        self.press("Control+Home", "Control+f")
        self.page.locator(".find-widget.visible textarea.input").first.fill(text)
        self.page.locator(".find-widget .matchesCount", has_text=re.compile("^1 of")).wait_for()
        self.press("Escape")
        self.page.locator(".find-widget.visible").wait_for(state="detached")

    def line(self, text: str) -> Locator:
        """Find a line of the editor by what stands in it; VS Code paints spaces as others."""
        return self.page.locator(".editor-instance .view-line", has_text=spaced(text))

    @property
    def unsaved(self) -> Locator:
        """Find the tabs of the files that differ from the disk."""
        return self.page.locator(".tab.dirty")

    @property
    def squiggles(self) -> Locator:
        """Find the underlined errors of the editor."""
        return self.page.locator(".editor-instance .squiggly-error")

    @property
    def warnings(self) -> Locator:
        """Find the underlined warnings of the editor."""
        return self.page.locator(".editor-instance .squiggly-warning")

    @property
    def problems(self) -> Locator:
        """Find the rows of the Problems panel."""
        return self.page.locator(".markers-panel .monaco-list-row")

    @property
    def suggestions(self) -> Locator:
        """Find the rows of the completion list."""
        return self.page.locator(".suggest-widget.visible .monaco-list-row")

    @property
    def light_bulb(self) -> Locator:
        """Find the light bulb beside the line of the cursor: there is something to do here."""
        return self.page.locator(".editor-instance .lightBulbWidget").first

    @property
    def actions(self) -> Locator:
        """Find the rows of the menu of code actions."""
        return self.page.locator(".action-widget .monaco-list-row")

    @property
    def notifications(self) -> Locator:
        """Find the messages in the corner."""
        return self.page.locator(".notification-toast")

    def _pick(self, key: str, text: str, row: str) -> None:
        self.press(key)
        self._input().fill(text)
        self.page.locator(".quick-input-list .monaco-list-row", has_text=row).first.click()

    def _input(self) -> Locator:
        return self.page.locator(".quick-input-widget input.input")


def spaced(text: str) -> re.Pattern[str]:
    """Match a text whatever its spaces are made of."""
    return re.compile(r"\s".join(re.escape(word) for word in text.split(" ")))


def photograph(page: Page, file: Path) -> None:
    """Keep a picture of the window."""
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
