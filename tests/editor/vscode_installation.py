"""Real VS Code, installed from the npm registry alone: no compiler, no display, no installer's script.

The npm package `code-server` holds the whole built VS Code server with its workbench below `lib/vscode`; only that is
unpacked, and run by a Node of its own, which comes from npm too. Installations are kept, one for each version.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "editors"

NEWEST = "4.139.1"  # VS Code 1.139.1
OLDEST = "4.99.4"  # VS Code 1.99.3: what `engines.vscode` of the extension promises
_NODE = "24.21.0"
_NODE_OF_OLDEST = "20.20.2"
_LOGGER = Path(__file__).with_name("spdlog.js")
_RIPGREP = "1.18.0"
# Large, and of no use to the tests.
_SUPERFLUOUS = ("extensions/copilot", "extensions/mermaid-markdown-features", "extensions/microsoft-authentication")


@dataclass(frozen=True)
class Installation:
    """A Node, and the VS Code server that it runs."""

    node: Path
    server: Path


def install(version: str) -> Installation:
    """Find a version of code-server in the cache, or install it there."""
    node = _kept(f"node-{_node_version(version)}", lambda folder: _unpack_node(_node_version(version), folder))
    vscode = _kept(f"code-server-{version}", lambda folder: _unpack_vscode(version, folder))
    return Installation(node / "node", vscode / "out" / "server-main.js")


def _node_version(version: str) -> str:
    return _NODE_OF_OLDEST if version == OLDEST else _NODE


def _kept(name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder of the cache; half of it never looks like the whole."""
    folder = CACHE / name
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as workshop:
            made = Path(workshop) / name
            made.mkdir()
            make(made)
            made.rename(folder)
    return folder


def _unpack_node(version: str, folder: Path) -> None:
    _unpack(f"node-linux-{_architecture()}@{version}", "package/bin/node", folder / "node")


def _unpack_vscode(version: str, folder: Path) -> None:
    _unpack(f"code-server@{version}", "package/lib/vscode", folder)
    # The published lock file lacks a peer dependency, and no script may run: some compile, some download.
    _npm("ci", "--legacy-peer-deps", "--ignore-scripts", "--omit=dev", folder=folder)
    modules = folder / "node_modules"
    shutil.copy(_LOGGER, modules / "@vscode/spdlog/index.js")
    watchdog = modules / "native-watchdog"  # ends an orphaned extension host; it is native code, too
    for found in (watchdog, modules / "@vscode/native-watchdog"):
        if found.exists():
            (found / "index.js").write_text("exports.start = () => {};\n")
    ripgrep = modules / "@vscode/ripgrep"
    if ripgrep.exists() and not (ripgrep / "bin/rg").exists():
        (ripgrep / "bin").mkdir(exist_ok=True)
        _unpack(f"@vscode/ripgrep-linux-{_architecture()}@{_RIPGREP}", "package/bin/rg", ripgrep / "bin/rg")
    (folder / "node_modules.asar").symlink_to("node_modules")
    for name in _SUPERFLUOUS:
        shutil.rmtree(folder / name, ignore_errors=True)


def _unpack(package: str, member: str, target: Path) -> None:
    """Take a file, or a folder, out of a package of npm."""
    with tempfile.TemporaryDirectory(dir=CACHE) as workshop:
        archive = _npm("pack", "--silent", package, folder=Path(workshop)).strip()
        with tarfile.open(Path(workshop) / archive) as packed:
            names = (item for item in packed if item.name == member or item.name.startswith(f"{member}/"))
            packed.extractall(workshop, members=names, filter="tar")
        unpacked = Path(workshop) / member
        if unpacked.is_dir():
            shutil.copytree(unpacked, target, symlinks=True, dirs_exist_ok=True, copy_function=os.rename)
        else:
            unpacked.rename(target)


def _npm(*arguments: str, folder: Path) -> str:
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    done = subprocess.run(["npm", *arguments, *quiet], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _architecture() -> str:
    return {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
