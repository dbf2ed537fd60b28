"""Entities for the length of a test: declared from a folder or from text, forgotten afterwards."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fx_orm.abstract_entity.redefinition import forget
from fx_orm.abstract_entity.relationship_checks import unchecked
from fx_orm.relationships.targets import table_classes


@contextmanager
def forgotten_entities() -> Iterator[None]:
    """Forget the entities and modules that come up inside."""
    entities, modules = set(table_classes()), set(sys.modules)
    try:
        yield
    finally:
        for entity in set(table_classes()) - entities:
            unchecked.discard(entity)
            forget(entity)
        for name in set(sys.modules) - modules:
            if name.split(".")[0] in ("src", "declared"):
                del sys.modules[name]


@contextmanager
def imported(folder: Path) -> Iterator[None]:
    """Let modules be imported from a folder, as a project's root is."""
    sys.path.insert(0, str(folder))
    try:
        with forgotten_entities():
            yield
    finally:
        sys.path.remove(str(folder))
