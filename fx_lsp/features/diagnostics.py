"""What is wrong in a file: every rule's findings, but for those that a comment asks to keep quiet."""

from dataclasses import dataclass

from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.text import Span
from fx_lsp.rules import RULES
from fx_lsp.rules.rule import Fix, Severity


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, with its rule's code and severity."""

    span: Span
    code: str
    severity: Severity
    message: str
    fix: Fix | None


def diagnostics(snapshot: Snapshot, path: str) -> list[Diagnostic]:
    """Check a file with every rule, in the order of the text. `# fx: ignore[code]` on the line silences a code."""
    file = SourceFile(snapshot, path)
    found: list[Diagnostic] = []
    for rule in RULES:
        for finding in rule.check(file):
            line, _ = file.document.position(finding.span.start)
            if rule.code not in file.facts.ignored.get(line, ()):
                found.append(Diagnostic(finding.span, rule.code, rule.severity, finding.message, finding.fix))
    return sorted(found, key=lambda diagnostic: (diagnostic.span, diagnostic.code, diagnostic.message))
