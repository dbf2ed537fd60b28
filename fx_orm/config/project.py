"""The project's root: the folder that relative paths in settings start from."""

import tomllib
from pathlib import Path

from fx_orm.errors import ConfigError

ORM_YAML = Path("config", "orm.yaml")


def find_root(start: Path | None = None) -> Path:
    """Find the nearest folder, upwards from `start`, with config/orm.yaml or `[tool.fx-orm]` in pyproject.toml.

    Without one it is `start` itself (by default the working directory). Raises ConfigError for a pyproject.toml that
    cannot be read, and for settings written into it.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / ORM_YAML).is_file() or _is_marked(folder / "pyproject.toml"):
            return folder
    return start


def _is_marked(pyproject: Path) -> bool:
    if not pyproject.is_file():
        return False
    try:
        table = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {}).get("fx-orm")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{pyproject} cannot be read: {error}", file=pyproject) from error
    if table:
        key = next(iter(table))
        raise ConfigError(
            f'{pyproject}: [tool.fx-orm] only marks the root of the project; move "{key}" to config/orm.yaml',
            file=pyproject,
            key=key,
        )
    return table is not None
