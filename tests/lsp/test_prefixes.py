"""Every feature, on every prefix of a file and with the cursor at its end, answers and does not raise."""

from pathlib import Path

import pytest

from fx_lsp.engine.index import Index
from fx_lsp.engine.project import posix
from fx_lsp.engine.text import Document, Span
from fx_lsp.features.code_action import code_actions
from fx_lsp.features.completion import completion
from fx_lsp.features.definition import definition
from fx_lsp.features.diagnostics import diagnostics
from fx_lsp.features.hover import hover
from tests.lsp.checks import NOW

SHOP = Path(__file__).parents[2] / "docs" / "examples" / "shop"
FILES = ("src/entity/product.py", "src/repository/product_repository.py", "src/repository/category_repository.py")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("step", [11])
def test_every_feature_over_every_prefix_and_suffix(name: str, step: int) -> None:
    index = Index(SHOP)
    index.scan()
    path = posix(SHOP / name)
    text = (SHOP / name).read_text(encoding="utf-8")
    for end in range(0, len(text), step):
        for part, offset in ((text[:end], end), (text[end:], 0), (text[:end] + text[end + 3 :], end)):
            document = Document(path, part, end)
            index.open(document)
            snapshot = index.snapshot()
            diagnostics(snapshot, path)
            completion(snapshot, document, offset)
            definition(snapshot, document, offset)
            hover(snapshot, document, offset)
            code_actions(snapshot, document, Span(max(0, offset - 10), offset), NOW)


def test_the_shop_has_no_diagnostics() -> None:
    index = Index(SHOP)
    index.scan()
    snapshot = index.snapshot()
    assert len(snapshot.entities) == 7
    assert [found for path in snapshot.facts for found in diagnostics(snapshot, path)] == []
