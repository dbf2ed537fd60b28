"""Importing the entity modules of a project: every module of its packages, once and under one name.

Entity modules need not import each other at run time: relationships name their targets as text, and the mappers are
configured when all modules are there. No mapper is touched here.
"""

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fx_orm.config import Settings
from fx_orm.errors import ConfigError, FxError, MappingError

_ACCEPTED = "packages of entity modules, as folders from the project's root"


def packages(settings: Settings) -> list[str]:
    """Name the entity packages as Python imports them: `src/entity` is `src.entity`."""
    return [_module_name(entry) for entry in settings.entities]


def import_entity_modules(settings: Settings) -> None:
    """Import every module of the entity packages, with the project's root on `sys.path`.

    Raises:
        ConfigError: a package of `entities:` does not exist.
        MappingError: a module cannot be imported; the message names file and cause.
    """
    root = str(settings.root)
    if root not in sys.path:
        sys.path.insert(0, root)
    importlib.invalidate_caches()  # a file may be newer than Python's memory of its folder
    for package, written in zip(packages(settings), settings.entities, strict=True):
        if not all(part.isidentifier() for part in package.split(".")):
            raise ConfigError(
                f'entities: "{written}" is no package; write a folder from the project\'s root, such as src/entity',
                key="entities",
                accepted=_ACCEPTED,
            )
        module = _import(package, written, settings.root)
        for name in sorted(_modules(module)):
            _import(name, written, settings.root)


def _module_name(entry: str) -> str:
    return entry.replace("\\", "/").strip("/").replace("/", ".")


def _modules(package: Any) -> Iterator[str]:
    paths = getattr(package, "__path__", None)  # a single module has none
    if paths is None:
        return
    for found in pkgutil.iter_modules(paths, f"{package.__name__}."):
        yield found.name
        if found.ispkg:
            yield from _modules(importlib.import_module(found.name))


def _import(name: str, written: str, root: Path) -> Any:
    try:
        return importlib.import_module(name)
    except FxError:
        raise
    except ModuleNotFoundError as error:
        if error.name and f"{_module_name(written)}.".startswith(f"{error.name}."):
            raise ConfigError(
                f'entities: there is no package "{written}" in {root}; '
                f"make the folder {written.replace('.', '/')} with an __init__.py, or name another package",
                key="entities",
                accepted=_ACCEPTED,
            ) from error
        raise _failed(name, error, "") from error
    except ImportError as error:
        circular = "partially initialized" in str(error)
        raise _failed(name, error, "; import the other entity under `if TYPE_CHECKING:`" if circular else "") from error
    except (Exception, SystemExit) as error:
        raise _failed(name, error, "") from error


def _failed(module: str, error: Exception | SystemExit, remedy: str) -> MappingError:
    spec = importlib.util.find_spec(module)
    file = getattr(error, "filename", None) or (spec.origin if spec else None) or module
    if isinstance(error, SyntaxError):
        line, reason = error.lineno, error.msg
    else:
        line, reason = _line_in(file, error), str(error)
    place = f"{file}:{line}" if line else file
    said = f"{type(error).__name__}: {' '.join(reason.split())}"
    return MappingError(f"{place}: cannot be imported: {said}{remedy}", file=file, line=line, module=module)


def _line_in(file: str, error: Exception | SystemExit) -> int | None:
    """Find the innermost line of a file that an error passed through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else None
