"""Importing the entity modules of a project: every module of its packages, once and under one name.

Entity modules need not import each other at run time: relationships name their targets as text, and the mappers are
configured when all modules are there. No mapper is touched here.
"""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fx_orm.config import Settings
from fx_orm.errors import ConfigError, FxError, MappingError


def packages(settings: Settings) -> list[str]:
    """Name the entity packages as Python imports them: `src/entity` is `src.entity`."""
    return [entry.replace("\\", "/").strip("/").replace("/", ".") for entry in settings.entities]


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
        module = _import(package, written, settings.root)
        for name in sorted(_modules(module)):
            _import(name, written, settings.root)


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
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise ConfigError(
                f'entities: there is no package "{written}" in {root}; '
                f"make the folder {written.replace('.', '/')} with an __init__.py, or name another package",
                key="entities",
                accepted="packages of entity modules, as folders from the project's root",
            ) from error
        raise _failed(name, error, "") from error
    except ImportError as error:
        circular = "partially initialized" in str(error)
        raise _failed(name, error, "; import the other entity under `if TYPE_CHECKING:`" if circular else "") from error
    except Exception as error:
        raise _failed(name, error, "") from error


def _failed(module: str, error: Exception, remedy: str) -> MappingError:
    spec = importlib.util.find_spec(module)
    file = getattr(error, "filename", None) or (spec.origin if spec else None) or module
    traceback, line = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    place = f"{file}:{line}" if line else file
    reason = " ".join(str(error).split())
    return MappingError(
        f"{place}: cannot be imported: {type(error).__name__}: {reason}{remedy}", file=file, line=line, module=module
    )
