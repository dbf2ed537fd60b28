"""Where a project is on the disk: its root, its Python files, its folders of entities and migrations.

Reads names and the keys of `config/orm.yaml` that matter here; never runs anything, never raises on what it finds.
"""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from fx_orm.schema.naming import OURS, NamingConvention, mistake_in

CONFIGURATION = "config/orm.yaml"
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"})
_SUFFIXES = (".py", ".pyi")
_ENTITY_FOLDERS = ("src/entity",)
_MIGRATIONS = "migrations"


@dataclass(frozen=True, slots=True)
class Project:
    """A root folder, and the folders that its configuration names (absolute, with forward slashes)."""

    root: str
    entity_folders: tuple[str, ...]
    migrations_folder: str
    naming: NamingConvention = OURS


def posix(path: Path | str) -> str:
    """Write a path with forward slashes on every system: the form in which the engine knows files."""
    return Path(path).as_posix()


def find_root(path: Path) -> Path | None:
    """Find the nearest folder above (or at) a path that is the root of a project; None when there is none."""
    return next((folder for folder in (path, *path.parents) if is_root(folder)), None)


def find_unconfigured_root(path: Path) -> Path | None:
    """Find the nearest folder above (or at) a path that has entities where a project without configuration has them."""
    return next((up for up in (path, *path.parents) if any((up / name).is_dir() for name in _ENTITY_FOLDERS)), None)


def is_root(folder: Path) -> bool:
    """Whether a folder has `config/orm.yaml`, or `[tool.fx-orm]` in its pyproject.toml."""
    try:
        if (folder / CONFIGURATION).is_file():
            return True
        return "[tool.fx-orm" in (folder / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def read_project(root: Path) -> Project:
    """Read where a project keeps its entities and migrations; the defaults where it does not say."""
    settings = _configuration(root / CONFIGURATION)
    packages = settings.get("entities")
    names = [packages] if isinstance(packages, str) else packages if isinstance(packages, list) else []
    folders = [str(name).replace(".", "/") if "/" not in str(name) else str(name) for name in names]
    migrations = settings.get("migrations")
    return Project(
        posix(root),
        tuple(posix(root / folder) for folder in folders or _ENTITY_FOLDERS),
        posix(root / (migrations if isinstance(migrations, str) else _MIGRATIONS)),
        _naming(settings.get("database")),
    )


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies below a root: Python files with what the disk says of them, and projects inside the project."""

    files: dict[str, os.stat_result]
    projects: list[Path]


def belongs(root: str, path: str) -> bool:
    """Whether a Python file is one that `walk` would find: not in a virtual environment or a hidden folder."""
    if not path.startswith(f"{root}/") or not path.endswith(_SUFFIXES):
        return False
    folder = Path(root)
    for part in path.removeprefix(f"{root}/").split("/")[:-1]:
        folder /= part
        if part in _SKIPPED or part.startswith(".") or (folder / "pyvenv.cfg").exists():
            return False
    return True


def walk(root: Path) -> Contents:
    """Walk a project: not into virtual environments, hidden folders, links to folders, and other projects."""
    found = Contents({}, [])
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names:
            continue
        if folder != root and ("pyproject.toml" in names or "config" in names) and is_root(folder):
            found.projects.append(folder)
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED and not entry.name.startswith("."):
                        pending.append(Path(entry.path))
                elif entry.name.endswith(_SUFFIXES) and entry.is_file():
                    found.files[posix(entry.path)] = entry.stat()
            except OSError:
                continue
    return found


def _naming(database: object) -> NamingConvention:
    """Read the templates for names; wrong ones are the runtime's business to refuse."""
    templates = database.get("naming_convention") if isinstance(database, dict) else None
    given = templates if isinstance(templates, dict) else {}
    kinds = {field.name for field in fields(NamingConvention)}
    good = {kind: text for kind, text in given.items() if kind in kinds and isinstance(text, str)}
    return NamingConvention(**{kind: text for kind, text in good.items() if mistake_in(text) is None})


def _configuration(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
