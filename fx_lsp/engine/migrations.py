"""The migration files of a project, and the schema that they build. Read by syntax, never run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from fx_lsp.engine.text import Document
from fx_orm.schema.revisions import Built, History, Revision, history, read_revision, schema_of


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of migration files."""

    folder: str
    history: History
    built: Built

    @property
    def certain(self) -> bool:
        """Whether the schema is known: every file was understood, and they fit each other."""
        return not self.history.problems and self.built.certain and len(self.history.heads) <= 1


def read_migrations(folder: str, documents: Mapping[str, Document]) -> Migrations | None:
    """Read the files in the `versions` of a folder; None when there are none."""
    versions = PurePosixPath(folder) / "versions"
    files = [path for path in sorted(documents) if PurePosixPath(path).parent == versions and _is_revision(path)]
    if not files:
        return None
    found = history(_revision(documents[path].text, path) for path in files)
    return Migrations(folder, found, schema_of(found))


def _is_revision(path: str) -> bool:
    return path.endswith(".py") and not path.endswith("/__init__.py")


@lru_cache(maxsize=4096)
def _revision(text: str, path: str) -> Revision:
    return read_revision(text, path)
