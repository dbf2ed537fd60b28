"""A person's typing in real Neovim: keys go in, the popup menu, the buffer and the diagnostics are looked at."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pynvim
import pytest

from tests.editor.shop import PRODUCT, REPOSITORY

pytestmark = pytest.mark.editor

CONFIGURATION = Path(__file__).with_name("neovim.lua")
PROGRAMS = Path(sys.executable).parent
PATIENCE = 20.0  # seconds


@pytest.fixture
def nvim(shop: Path, tmp_path: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pynvim.Nvim]:
    """Neovim in the shop's folder, with the server configured."""
    monkeypatch.chdir(shop)
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(artifacts / name))
    monkeypatch.setenv("FX_LSP", str(PROGRAMS / "fx-lsp"))
    address = tmp_path / "nvim"  # the path of a socket must be short
    command = [PROGRAMS / "nvim", "--clean", "--headless", "--listen", address, "-u", CONFIGURATION]
    with subprocess.Popen(command) as process:
        until("Neovim", address.exists)
        with pynvim.attach("socket", path=str(address)) as running:
            yield running
        process.terminate()


def until(what: str, ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def diagnostics(nvim: pynvim.Nvim) -> list[dict[str, Any]]:
    return list(nvim.exec_lua("return vim.diagnostic.get(0)"))


def go_to(nvim: pynvim.Nvim, text: str) -> None:
    """Put the cursor on the first character of a text."""
    assert nvim.funcs.search(rf"\V{text}", "w"), text


def test_a_column_that_does_not_exist(nvim: pynvim.Nvim) -> None:
    nvim.command(f"edit {REPOSITORY}")
    (found,) = until("a diagnostic", lambda: diagnostics(nvim))
    assert found["message"] == (
        'QueryBuilder.where("p.creatd_at"): table "product" (p) has no column "creatd_at"; did you mean "created_at"?'
    )
    line = nvim.current.buffer[found["lnum"]]
    assert line[found["col"] : found["end_col"]] == "creatd_at"


def test_completion_while_typing(nvim: pynvim.Nvim) -> None:
    nvim.command(f"edit {REPOSITORY}")
    until("a diagnostic", lambda: diagnostics(nvim))
    go_to(nvim, '.where("p.creatd_at"')
    nvim.input('C.where("p.')
    until("the popup menu", lambda: nvim.funcs.pumvisible())
    words = [item["word"] for item in nvim.funcs.complete_info(["items"])["items"]]
    assert {"created_at", "category_id", "name", "price"} <= set(words)
    nvim.input("cre<C-n><C-y>")
    until("the column", lambda: nvim.current.line.strip() == '.where("p.created_at')
    nvim.input('", ">=", since)<Esc>')
    until("an empty list", lambda: not diagnostics(nvim))


def test_the_fix_mends_the_buffer(nvim: pynvim.Nvim) -> None:
    nvim.command(f"edit {PRODUCT}")
    until("a diagnostic", lambda: diagnostics(nvim))
    go_to(nvim, 'product", link_table')
    nvim.exec_lua("vim.lsp.buf.code_action({ apply = true })")
    until("the change", lambda: 'back_populates="products", link_table' in nvim.current.line)
    until("an empty list", lambda: not diagnostics(nvim))


def test_the_definition_is_the_field(nvim: pynvim.Nvim) -> None:
    nvim.command(f"edit {REPOSITORY}")
    until("a diagnostic", lambda: diagnostics(nvim))
    go_to(nvim, 'description", "LIKE"')
    nvim.exec_lua("vim.lsp.buf.definition()")
    until("the other file", lambda: nvim.current.buffer.name.endswith(os.path.normpath(PRODUCT)))
    assert nvim.current.line.startswith("    description: str | None = ")
