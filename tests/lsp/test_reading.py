"""Facts of text that is being edited: tokens, statements, what one broken statement costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fx_lsp.engine.facts import Facts
from fx_lsp.engine.lexer import statements, tokenize
from fx_lsp.engine.reading import read_facts
from fx_lsp.engine.text import Document, Edit, Span


def read(text: str, last_good: Facts | None = None) -> Facts:
    return read_facts(Document("main.py", text), last_good)


def parts(text: str) -> list[str]:
    return [text[span.start : span.end].strip() for span in statements(text)]


def test_only_three_characters_end_a_line() -> None:
    text = "a\fb\x0bc\u2028d\x85e\n\r\nf\rg"
    document = Document("main.py", text)
    assert [document.line(number) for number in range(4)] == ["a\fb\x0bc\u2028d\x85e", "", "f", "g"]
    assert document.position(text.index("g")) == (3, 0)
    assert document.offset(3, 99) == len(text)
    assert document.offset(99, 0) == len(text)
    assert document.line(99) == ""


def test_edits_refer_to_the_text_before() -> None:
    assert Document("main.py", "one two").apply([Edit(Span(0, 3), "1"), Edit(Span(4, 7), "2")]) == "1 2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\nb = 2\n", ["a = 1", "b = 2"]),
        ("a = [\n1,\n]\nb = 2", ["a = [\n1,\n]", "b = 2"]),
        ('a = """\ndef b(): ...\n"""\nc = 1', ['a = """\ndef b(): ...\n"""', "c = 1"]),
        ("@one\n@two\nclass A:\n    x = 1\n\n\nb = 2", ["@one\n@two\nclass A:\n    x = 1", "b = 2"]),
        ("if a:\n    b\nelse:\n    c\nd", ["if a:\n    b\nelse:\n    c", "d"]),
        ("a = (1,\nclass B:\n    x = 1\nc = 2", ["a = (1,", "class B:\n    x = 1", "c = 2"]),
        ("a = b('c\ndef d(): pass", ["a = b('c", "def d(): pass"]),
        ("a = 1 + \\\n2\nb = 3", ["a = 1 + \\\n2", "b = 3"]),
        ("# only\n# comments\n", []),
        ("a = 1\r\nb = 2\rc = 3", ["a = 1", "b = 2", "c = 3"]),
    ],
)
def test_a_file_is_split_into_its_statements(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


def test_one_broken_function_does_not_lose_the_file() -> None:
    facts = read("class A:\n    x: int\n\ndef broken(:\n    pass\n\nclass B:\n    y: int\n")
    assert [found.name for found in facts.classes] == ["A", "B"]
    assert not facts.current


@pytest.mark.parametrize(
    ("broken", "hides"),
    [
        ("class Tag(AbstractEntity, table=True:", True),
        ("class Tag(Base):\n    __tablename__ = (", True),
        ("tags = Table('tag', metadata", True),
        ("class TagRepository(Repository[Tag]):\n    def find(self): return self.find_by({", False),
        ("def broken(:", False),
    ],
)
def test_a_broken_statement_hides_tables_only_where_it_may_declare_one(broken: str, *, hides: bool) -> None:
    assert read(f"import os\n\n{broken}\n").may_hide_tables is hides


def test_a_broken_class_loses_only_what_is_being_typed() -> None:
    text = "import os\n\n@final\nclass A(B):\n    x: int = (\n    y: int = 2\n    def f(self):\n        self.(\n"
    (found,) = read(text).classes
    assert [field.name for field in found.fields] == ["y"]
    assert text[found.fields[0].name_span.start :].startswith("y: int")
    assert not found.current


@pytest.mark.parametrize("header", ["class A:", "class A(B", "class A"])
def test_what_is_being_typed_keeps_its_last_good_facts_where_it_is_now(header: str) -> None:
    good = read("class A:\n    x: int = 1\n    y: int = 2\n    gone: int\n")
    text = f"\n\n{header}\n    y: int = 3\n    x: int = (\n"
    (found,) = read(text, good).classes
    assert {field.name: field.annotation for field in found.fields} == {"y": "int", "x": "int"}
    assert all(text[field.name_span.start :].startswith(f"{field.name}: int") for field in found.fields)
    assert text[found.name_span.start :].startswith("A")


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "\ud800",
        "(" * 500,
        "a = " + "-" * 5000 + "1",
        "\ufeffclass A: x: int",
        "class A:\n\tx: int\n        y: int",
    ],
)
def test_nothing_raises(text: str) -> None:
    read(text)


@given(st.text(alphabet="ab:=\"'()[]{}\\\n\r #@.,0\t\N{DUCK}", max_size=60))
@settings(max_examples=300, deadline=None)
def test_tokens_and_facts_of_anything(text: str) -> None:
    ends = 0
    for token in tokenize(text):
        assert token.text == text[token.span.start : token.span.end]
        assert token.span.start >= ends
        ends = token.span.end
    read(text)


EDITED = """\
from fx_orm import AbstractEntity, Field

class A(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=20)

def f(a):
    return a.where("name", "=", "x").get()
"""


EDIT = st.tuples(st.integers(0, 250), st.integers(0, 6), st.sampled_from(["", "a", "\n", '"', "(", ")"]))


@given(st.lists(EDIT, max_size=8))
@settings(max_examples=150, deadline=None)
def test_facts_of_an_edited_text_are_those_of_the_text(edits: list[tuple[int, int, str]]) -> None:
    """Statements are read once and moved; whatever the edits before, a text that parses has the same facts."""
    text, facts = EDITED, read(EDITED)
    for start, length, insert in edits:
        start = min(start, len(text))
        text = text[:start] + insert + text[start + length :]
        facts = read(text, facts)
    fresh = read(text)
    if fresh.current:
        assert facts == fresh
    current = [found for found in facts.classes if found.current]
    assert current == [found for found in fresh.classes if found.current]
