"""The example shop: silent as it is, one finding for each planted mistake, and no prefix of a file raises."""

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
@pytest.mark.parametrize("step", [23])
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


@pytest.mark.parametrize(
    ("name", "right", "wrong", "code"),
    [
        ("repository/product_repository.py", '.or_where("description"', '.or_where("descripton"', "unknown-column"),
        ("repository/product_repository.py", '{"sku": sku}', '{"skuu": sku}', "unknown-column"),
        ("repository/product_repository.py", '"pt.tag_id = t.id"', '"pt.tag = t.id"', "unknown-column"),
        ("repository/product_repository.py", '.where("t.name"', '.where("g.name"', "unknown-table"),
        ("repository/product_repository.py", "WHEN stock > 0", "WHEN stok > 0", "unknown-column"),
        (
            "repository/category_repository.py",
            '.order_by("total_stock"',
            '.order_by("totl_stock"',
            "unknown-column",
        ),
        ("repository/order_repository.py", 'order_by="placed_at"', 'order_by="placedat"', "unknown-column"),
        ("entity/order.py", '"customer_order.id"', '"order.id"', "unknown-foreign-key-target"),
        ("entity/product_tag.py", '"product.id"', '"product.ident"', "unknown-foreign-key-target"),
        ("entity/tag.py", 'back_populates="tags"', 'back_populates="tag"', "back-populates-mismatch"),
        ("entity/order.py", 'lines: list["OrderLine"]', 'rows: list["OrderLine"]', "back-populates-mismatch"),
    ],
)
def test_each_planted_mistake_is_one_diagnostic(name: str, right: str, wrong: str, code: str) -> None:
    index = Index(SHOP)
    index.scan()
    path = SHOP / "src" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    index.open(Document(posix(path), text.replace(right, wrong), 1))
    snapshot = index.snapshot()
    assert [found.code for path in snapshot.facts for found in diagnostics(snapshot, path)] == [code]
