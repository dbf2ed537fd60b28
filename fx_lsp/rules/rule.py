"""What a rule is, and what it finds."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.text import Edit, Span


class Severity(Enum):
    """How bad a finding is; the value is the word that `fx-lsp check` prints."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that removes the cause; `path` is the file that it edits."""

    title: str
    path: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place at which a rule objects."""

    span: Span
    message: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of mistake. `code` is its file's name with dashes; `check` finds every place in one file."""

    code: str
    severity: Severity
    check: Callable[[SourceFile], Iterator[Finding]]

    @property
    def documentation(self) -> str:
        """What the rule's file says of it."""
        return sys.modules[self.check.__module__].__doc__ or ""


def replace_with(file: SourceFile, span: Span, name: str | None) -> Fix | None:
    """Make the fix that puts another name in the place of a wrong one; none without a name."""
    if name is None:
        return None
    return Fix(f'Change to "{name}"', file.path, (Edit(span, name),))


def unknown_names(file: SourceFile, kind: str) -> Iterator[Finding]:
    """Find the names in queries and repository calls that mean nothing; `kind` is `column` or `table`."""
    for name in file.names:
        if name.wrong is not None and name.wrong.kind == kind:
            fix = replace_with(file, name.span, name.wrong.instead) if name.exact else None
            yield Finding(name.span, name.wrong.message, fix)
