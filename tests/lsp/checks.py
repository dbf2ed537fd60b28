"""One `check` for each feature: the only code of the editor's tests that knows the API. All tests are strings."""

import datetime
from pathlib import Path

from fx_lsp.engine.text import Span
from fx_lsp.features.code_action import code_actions
from fx_lsp.features.completion import completion
from fx_lsp.features.definition import definition
from fx_lsp.features.diagnostics import diagnostics
from fx_lsp.features.hover import hover
from tests.lsp.fixture import Expected, Fixture, marks, write

NOW = datetime.datetime(2024, 6, 3, 15, 23, 45)


def check_diagnostics(root: Path, text: str) -> None:
    """The diagnostics of every file are exactly the marked ones."""
    fixture = write(root, text)
    for name, content in fixture.files.items():
        shown, expected = found(fixture, name), marks(content)
        assert shown == expected, f"{name}: {shown}"


def found(fixture: Fixture, name: str) -> list[Expected]:
    """The diagnostics of a file, in the form of marks."""
    snapshot = fixture.snapshot()
    document = snapshot.document(fixture.path(name))
    if document is None:
        return []
    result: list[Expected] = []
    for diagnostic in diagnostics(snapshot, document.path):
        line, start = document.position(diagnostic.span.start)
        end = start + diagnostic.span.end - diagnostic.span.start
        result.append(Expected(line, start, end, diagnostic.code, diagnostic.message))
    return result


def check_completion(root: Path, text: str, *labels: str) -> None:
    """Exactly these are proposed, in this order."""
    assert [proposal.label for proposal in completion(*write(root, text).at_cursor())] == list(labels)


def check_completed(root: Path, text: str, label: str, expected: str) -> None:
    """Taking the proposal `label` leaves this line."""
    snapshot, document, offset = write(root, text).at_cursor()
    proposal = next(found for found in completion(snapshot, document, offset) if found.label == label)
    line, _ = document.position(offset)
    assert document.apply([proposal.edit]).split("\n")[line].strip() == expected


def check_definition(root: Path, text: str, *places: str) -> None:
    """The definitions are these, each written `path:line: text of that line from the place on`."""
    fixture = write(root, text)
    snapshot, document, offset = fixture.at_cursor()
    shown: list[str] = []
    for location in definition(snapshot, document, offset):
        target = snapshot.document(location.path)
        assert target is not None
        line, column = target.position(location.span.start)
        name = Path(location.path).relative_to(fixture.root).as_posix()
        shown.append(f"{name}:{line + 1}: {target.line(line)[column:]}")
    assert shown == list(places)


def check_fix(root: Path, text: str, title: str, expected: str) -> None:
    """The action `title` at the cursor changes the line of the diagnostic to this."""
    snapshot, document, offset = write(root, text).at_cursor()
    actions = {action.title: action for action in code_actions(snapshot, document, Span(offset, offset), NOW)}
    assert title in actions, sorted(actions)
    (path, edits), *_ = actions[title].edits
    edited = snapshot.document(path)
    assert edited is not None
    line, _ = edited.position(edits[0].span.start)
    assert edited.apply(edits).split("\n")[line].strip() == expected


def check_hover(root: Path, text: str, expected: str | None) -> None:
    """The card at the cursor is this Markdown."""
    shown = hover(*write(root, text).at_cursor())
    assert (shown.markdown if shown else None) == expected
