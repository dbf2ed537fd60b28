"""A running VS Code server with a profile of its own, the packed extension in it, and one folder."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.editor.vscode_installation import ROOT, Installation

VSIX = ROOT / "vscode-extension" / "fx-orm.vsix"
DRIVER = ROOT / "vscode-extension" / "test" / "host" / "driver"
HOST_TESTS = ROOT / "vscode-extension" / "dist" / "host-tests" / "index.js"
SETTINGS = {
    # Nothing but the editor: no assistant, no welcome, no updates, no other server's opinion.
    "chat.disableAIFeatures": True,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "files.autoSave": "off",
    "files.watcherExclude": {"**/.venv/**": True},
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.commandCenter": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "fxOrm.trace.server": "messages",
}
_PATIENCE = 60.0  # seconds until the server must listen


@dataclass(frozen=True)
class VsCode:
    """Where a running VS Code is reached, and what it shows."""

    address: str
    folder: Path

    @property
    def page(self) -> str:
        """The page of a person: the workbench with the folder open."""
        return f"{self.address}/?folder={quote(str(self.folder))}"

    @property
    def page_of_host_tests(self) -> str:
        """The page that runs our tests in the extension host, as desktop VS Code does for `extensionTestsPath`."""
        payload = [
            # Without an extension under development VS Code ignores the tests; the extension tested is the packed one.
            ["extensionDevelopmentPath", self._remote(DRIVER)],
            ["extensionTestsPath", self._remote(HOST_TESTS)],
            ["skipWelcome", "true"],
            ["skipReleaseNotes", "true"],
        ]
        return f"{self.page}&payload={quote(json.dumps(payload))}"

    def _remote(self, path: Path) -> str:
        return f"vscode-remote://{urlsplit(self.address).netloc}{path}"


@contextmanager
def serve(
    installation: Installation, folder: Path, profile: Path, *, settings: dict[str, object] | None = None, tests: bool
) -> Iterator[VsCode]:
    """Run VS Code with the packed extension until the block ends; logs stay in the profile.

    `tests` lets the page run tests in the extension host; it also keeps notifications from being shown.
    """
    write_settings(profile, SETTINGS | (settings or {}))
    common = [
        str(installation.node),
        str(installation.server),
        "--accept-server-license-terms",
        "--telemetry-level=off",
    ]
    common += [f"--{name}-dir={profile / name}" for name in ("server-data", "user-data", "extensions")]
    (profile / "home").mkdir(parents=True, exist_ok=True)
    environment = {"HOME": str(profile / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    subprocess.run([*common, "--install-extension", str(VSIX)], env=environment, check=True, stdout=subprocess.DEVNULL)

    command = [*common, "--host=127.0.0.1", "--port=0", "--without-connection-token", "--disable-workspace-trust"]
    log = profile / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *(["--enable-smoke-test-driver"] if tests else [])],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield VsCode(f"http://127.0.0.1:{_port(log, process)}", folder)
    finally:
        process.terminate()
        process.wait(timeout=20)


def write_settings(profile: Path, settings: dict[str, object]) -> None:
    """Write the settings, for the user and for the machine: a remote window takes some from there alone."""
    for scope in ("User", "Machine"):
        file = profile / "user-data" / scope / "settings.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings, indent=2))


def _port(log: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"^Extension host agent listening on (\d+)", log.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"VS Code does not start:\n{log.read_text()}")
