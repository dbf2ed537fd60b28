"""The files of a project, read once and again when they change; open buffers lie over the disk.

Only files that can matter are parsed: those whose bytes name something of the ORM, and the modules through which those
import their bases. The result is a `Snapshot`; the index itself is the one thing in the engine that changes.
"""

import io
import os
import tokenize
from functools import lru_cache
from pathlib import Path, PurePosixPath

from fx_lsp.engine.expressions import Subscript, dotted
from fx_lsp.engine.facts import Facts, Import
from fx_lsp.engine.project import CONFIGURATION, Project, belongs, read_project, walk
from fx_lsp.engine.reading import read_facts
from fx_lsp.engine.snapshot import LIBRARIES, Snapshot
from fx_lsp.engine.text import Document

_NEEDLES = (
    *(b"SQLModel", b"AbstractEntity", b"table=True", b"Repository", b"QueryBuilder", b"query_builder"),
    *(b"__tablename__", b"Table(", b"from_table", b"down_revision"),
)
_LARGEST = 2_000_000


class Index:
    """The files of one project."""

    def __init__(self, root: Path) -> None:
        self.project: Project = read_project(root)
        self._stamps: dict[str, tuple[int, int]] = {}
        self._disk: dict[str, Document | None] = {}
        self._open: dict[str, Document] = {}
        self._facts: dict[str, Facts] = {}
        self.scanned = False
        self._unread: set[str] = set()
        self._unreadable: set[str] = set()
        self._snapshot: Snapshot | None = None

    def scan(self) -> list[Path]:
        """Walk the disk and read what is new or changed since the last time; return the projects inside this one."""
        contents = walk(Path(self.project.root))
        self.scanned = True
        for name, stat in contents.files.items():
            self._note(name, stat)
        for name in self._stamps.keys() - contents.files.keys():
            self._forget(name)
        self._snapshot = None
        return contents.projects

    def refresh(self, paths: list[str]) -> None:
        """Look again at some files, which may have come, changed or gone."""
        for name in paths:
            if name == f"{self.project.root}/{CONFIGURATION}":
                self.project = read_project(Path(self.project.root))
            if not belongs(self.project.root, name):
                continue
            try:
                self._note(name, Path(name).stat())
            except OSError:
                self._forget(name)
        self._snapshot = None

    def open(self, document: Document) -> None:
        """Lay a buffer over the file, or a newer state of it over an older one; it is read when it is asked for."""
        if self.scanned and not belongs(self.project.root, document.path):
            return
        self._open[document.path] = document
        self._unread.add(document.path)
        self._snapshot = None

    def close(self, path: str) -> None:
        """Take a buffer away: the file on the disk counts again."""
        if self._open.pop(path, None) is not None:
            self._facts.pop(path, None)
            self._unread.discard(path)
            self._stamps.pop(path, None)
            self.refresh([path])

    def snapshot(self) -> Snapshot:
        """Return the project as it is now; the same object until something changes."""
        if self._snapshot is None:
            self._snapshot = self._make()
        return self._snapshot

    def _make(self) -> Snapshot:
        for path in self._unread:
            self._facts[path] = read_facts(self._open[path], self._facts.get(path))
        self._unread.clear()
        documents = {path: found for path, found in {**self._disk, **self._open}.items() if found is not None}
        modules = _modules(self.project.root, frozenset({*self._stamps, *self._open}))
        facts = {path: self._facts[path] for path in sorted(documents) if path in self._facts}
        while missing := _imported(Snapshot(self.project.root, documents, facts, modules)) - facts.keys():
            for path in missing:
                document = self._read(path)
                facts[path] = self._facts[path] = read_facts(document or Document(path, ""))
                if document is not None:
                    documents[path] = self._disk[path] = document
        return Snapshot(
            self.project.root,
            documents,
            facts,
            modules,
            self.project.migrations_folder,
            self.project.entity_folders,
            whole=self.scanned and not self._unreadable,
            naming=self.project.naming,
        )

    def _note(self, path: str, stat: os.stat_result) -> None:
        stamp = (stat.st_mtime_ns, stat.st_size)
        if self._stamps.get(path) == stamp:
            return
        self._stamps[path] = stamp
        if path in self._open:
            return
        self._facts.pop(path, None)
        self._disk[path] = None
        if stat.st_size > _LARGEST:
            return
        content = self._bytes(path)
        if content is None or not any(needle in content for needle in _NEEDLES):
            return
        document = self._decode(path, content)
        if document is not None:
            self._disk[path] = document
            self._facts[path] = read_facts(document)

    def _forget(self, path: str) -> None:
        self._stamps.pop(path, None)
        self._disk.pop(path, None)
        self._unreadable.discard(path)
        if path not in self._open:
            self._facts.pop(path, None)

    def _read(self, path: str) -> Document | None:
        content = self._bytes(path)
        return None if content is None else self._decode(path, content)

    def _bytes(self, path: str) -> bytes | None:
        self._unreadable.discard(path)
        try:
            return Path(path).read_bytes()
        except OSError:
            self._unreadable.add(path)
            return None

    def _decode(self, path: str, content: bytes) -> Document | None:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            return Document(path, content.decode(encoding))
        except (SyntaxError, UnicodeDecodeError, LookupError):
            self._unreadable.add(path)
            return None


@lru_cache(maxsize=8)
def _modules(root: str, paths: frozenset[str]) -> dict[str, str]:
    """Name every file as a module, as seen from the root and from a `src` folder in it."""
    found: dict[str, str] = {}
    for path in sorted(paths):
        if not path.startswith(f"{root}/"):
            continue
        parts = path.removeprefix(f"{root}/").rpartition(".")[0].split("/")
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts:
            found[".".join(parts)] = path
        if len(parts) > 1 and parts[0] == "src":
            found.setdefault(".".join(parts[1:]), path)
    return found


def _imported(snapshot: Snapshot) -> set[str]:
    """Find the files through which the files that were read get their bases, and the packages they import from."""
    found: set[str] = set()
    for path, facts in snapshot.facts.items():
        bases = {
            name.split(".")[0]
            for fact in facts.classes
            for base in fact.bases
            if (name := dotted(base.value if isinstance(base, Subscript) else base))
        }
        for imported in facts.imports.values():
            target = _target(snapshot, imported, path)
            if target and (imported.local in bases or PurePosixPath(target).name == "__init__.py"):
                found.add(target)
    return found


def _target(snapshot: Snapshot, imported: Import, path: str) -> str | None:
    if not imported.level and imported.module.split(".")[0] in LIBRARIES:
        return None
    whole = f"{imported.module}.{imported.name}" if imported.name else imported.module
    return snapshot.module_path(imported.module, imported.level, path) or snapshot.module_path(
        whole, imported.level, path
    )
