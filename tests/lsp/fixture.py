"""The notation of the editor's tests: one string is a whole project.

    #- src/entity/product.py      starts a file (without one the text is `main.py`)
    self.find_by({"na<CURSOR>"})  the cursor
    #             ^^^^ code: ...  expects a diagnostic at exactly the columns above; `...` is the end of the message
    #^^^^ code: message           without a gap the range starts at the first column

A file without marks expects no diagnostic. The lines with marks stay in the text: they are comments.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from fx_lsp.engine.index import Index
from fx_lsp.engine.project import posix
from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.text import Document

CURSOR = "<CURSOR>"
_FILE = re.compile(r"^#- (.+)\n", re.MULTILINE)
_MARK = re.compile(r"^\s*#( *)(\^+) ([a-z-]+): (.*)$")


@dataclass(frozen=True)
class Expected:
    """A diagnostic that a mark expects: line and columns from 0."""

    line: int
    start: int
    end: int
    code: str
    message: str


@dataclass
class Fixture:
    """A project on disk, made from a string."""

    root: Path
    files: dict[str, str] = field(default_factory=dict)
    cursor: tuple[str, int] | None = None

    def path(self, name: str) -> str:
        return posix(self.root / name)

    def snapshot(self) -> Snapshot:
        index = Index(self.root)
        index.scan()
        return index.snapshot()

    def at_cursor(self) -> tuple[Snapshot, Document, int]:
        """The project with the file of the cursor open in an editor, and the cursor's offset."""
        assert self.cursor is not None, "no <CURSOR>"
        name, offset = self.cursor
        index = Index(self.root)
        index.scan()
        document = Document(self.path(name), self.files[name], 1)
        index.open(document)
        return index.snapshot(), document, offset


def write(root: Path, text: str) -> Fixture:
    """Write the files of a fixture below a folder."""
    root = root.resolve()
    fixture = Fixture(root)
    for name, content in split(text):
        if CURSOR in content:
            fixture.cursor = name, content.index(CURSOR)
            content = content.replace(CURSOR, "")
        fixture.files[name] = content
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    return fixture


def split(text: str) -> list[tuple[str, str]]:
    """Take a fixture apart into (name, content)."""
    parts = _FILE.split(text.lstrip("\n"))
    files = [("main.py", parts[0])] if parts[0].strip() else []
    return files + list(zip(parts[1::2], parts[2::2], strict=True))


def marks(content: str) -> list[Expected]:
    """Read the marks of a file; each speaks of the nearest line above that is no mark."""
    found: list[Expected] = []
    target = -1
    for number, line in enumerate(content.split("\n")):
        match = _MARK.match(line)
        if match is None:
            target = number
            continue
        # `#^^` marks from the column of the `#` itself.
        start = match.start(2) if match[1] else line.index("#")
        found.append(Expected(target, start, match.end(2), match[3], match[4]))
    return found
