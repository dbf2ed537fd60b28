"""The projects of a workspace, each with its own index: a table of one project is unknown to the next."""

from pathlib import Path

from fx_lsp.engine.index import Index
from fx_lsp.engine.project import find_root, posix
from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.text import Document


class Workspace:
    """Folders, the projects found in them, and the buffers that are open."""

    def __init__(self, folders: list[Path]) -> None:
        self.folders = folders
        self._indexes: dict[str, Index] = {}
        self._open: dict[str, Document] = {}
        self._waiting: set[str] = set()

    def scan(self) -> None:
        """Read every project below the folders, and the one around each folder."""
        for folder in self.folders:
            self._scan(find_root(folder) or folder)

    def rescan(self) -> None:
        """Walk the disk again, in every project that is known."""
        for index in list(self._indexes.values()):
            if index.scanned:
                for nested in index.scan():
                    self._scan(nested)

    def open(self, document: Document) -> None:
        """Lay a buffer over a file, or a newer state of it; it is looked at when a snapshot is asked for."""
        self._open[document.path] = document
        self._waiting.add(document.path)

    def close(self, path: str) -> None:
        """Let the file on the disk count again."""
        self._waiting.discard(path)
        if self._open.pop(path, None) is not None:
            for index in self._indexes.values():
                index.close(path)

    def refresh(self, paths: list[str]) -> None:
        """Look again at files of which the editor says that they changed."""
        for path in paths:
            self._index(path).refresh([path])

    def document(self, path: str) -> Document | None:
        """Find an open buffer."""
        return self._open.get(path)

    def open_paths(self) -> list[str]:
        """List the files that are open."""
        return sorted(self._open)

    def snapshot(self, path: str) -> Snapshot:
        """Return the project of a file as it is now."""
        for waiting in sorted(self._waiting):
            self._index(waiting).open(self._open[waiting])
        self._waiting.clear()
        return self._index(path).snapshot()

    def _scan(self, root: Path) -> None:
        name = posix(root)
        if name not in self._indexes:
            index = self._indexes[name] = Index(root)
            for nested in index.scan():
                self._scan(nested)

    def _index(self, path: str) -> Index:
        """Find the innermost project of a file.

        A file outside all of them has one of its own, without its neighbours: its folder may be a home directory.
        """
        around = [root for root in self._indexes if path.startswith(f"{root}/")]
        if around:
            return self._indexes[max(around, key=len)]
        root = find_root(Path(path).parent)
        if root is not None:
            self._scan(root)
            return self._indexes[posix(root)]
        return self._indexes.setdefault(posix(Path(path).parent), Index(Path(path).parent))
