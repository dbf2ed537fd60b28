"""Each rule's documentation is its first test: the example triggers it alone, what to use instead is silent."""

import re
import textwrap
from pathlib import Path

import pytest

from fx_lsp.rules import RULES
from fx_lsp.rules.rule import Rule
from tests.lsp.checks import check_diagnostics, found
from tests.lsp.fixture import write

FOLDER = Path(__file__).parents[2] / "fx_lsp" / "rules"


def example(rule: Rule, heading: str) -> str:
    """The code block below a heading of the rule's documentation."""
    match = re.search(rf"^{heading}:\n    ```python\n(.*?)^    ```", rule.documentation, re.MULTILINE | re.DOTALL)
    assert match, f"{rule.code} has no {heading!r}"
    return textwrap.dedent(match[1])


def test_every_file_is_a_rule_of_the_list() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "rule"}
    assert {rule.code for rule in RULES} == {stem.replace("_", "-") for stem in files}
    assert all(rule.check.__module__.split(".")[-1] == rule.code.replace("-", "_") for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_example_triggers_the_rule_alone(tmp_path: Path, rule: Rule) -> None:
    fixture = write(tmp_path, example(rule, "Example"))
    codes = [diagnostic.code for name in fixture.files for diagnostic in found(fixture, name)]
    assert codes
    assert set(codes) == {rule.code}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_what_to_use_instead_is_silent(tmp_path: Path, rule: Rule) -> None:
    check_diagnostics(tmp_path, example(rule, "Use instead"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_comment_silences_the_rule(tmp_path: Path, rule: Rule) -> None:
    fixture = write(tmp_path, example(rule, "Example"))
    for name, content in fixture.files.items():
        lines = {expected.line for expected in found(fixture, name)}
        quiet = content.split("\n")
        for line in lines:
            quiet[line] += f"  # fx: ignore[{rule.code}]"
        (fixture.root / name).write_text("\n".join(quiet))
    assert not [diagnostic for name in fixture.files for diagnostic in found(fixture, name)]
