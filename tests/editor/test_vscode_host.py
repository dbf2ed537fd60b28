"""The packed extension in real VS Code, newest and oldest, tested from inside of its extension host.

The tests are `vscode-extension/test/host`; this starts VS Code, lets it run them, and tells how they went.
"""

from pathlib import Path

import pytest

from tests.editor.programs import need
from tests.editor.vscode_installation import NEWEST, OLDEST, install
from tests.editor.vscode_server import serve
from tests.editor.workbench import browser, photograph

PATIENCE = 120  # seconds for all tests of a version


@pytest.mark.editor
@pytest.mark.parametrize("version", [NEWEST, OLDEST])
def test_in_the_extension_host(version: str, shop: Path, artifacts: Path) -> None:
    chromium = need("chromium", "chromium")
    lines: list[str] = []
    codes: list[int] = []
    with serve(install(version), shop, artifacts, tests=True) as vscode, browser(chromium) as running:
        page = running.new_page()
        page.expose_function("codeAutomationLog", lambda _level, parts: lines.append(" ".join(map(str, parts))))
        page.expose_function("codeAutomationExit", lambda code: codes.append(code))
        page.goto(vscode.page_of_host_tests)
        for _ in range(PATIENCE * 10):
            if codes:
                break
            page.wait_for_timeout(100)
        if codes != [0]:
            photograph(page, artifacts / "failed.png")
    (artifacts / "host.log").write_text("\n".join(lines))
    report = "\n".join(line.removeprefix("[mocha] ") for line in lines if line.startswith("[mocha]"))
    print(report)
    assert codes == [0], report or "VS Code ran no test"
