"""The fields that fx_orm's own mixins bring: read from its source text, as everything is."""

from functools import cache
from pathlib import Path

from fx_lsp.engine.facts import ClassFact
from fx_lsp.engine.project import posix
from fx_lsp.engine.reading import read_facts
from fx_lsp.engine.text import Document
from fx_orm import schema

_SOURCE = Path(str(schema.__file__)).parents[1] / "mixins.py"
_NAMES = ("Timestamps", "SoftDelete")


def mixin(library: str, name: str) -> tuple[str, ClassFact] | None:
    """Give file and facts of a mixin of fx_orm; None for every other class of a library."""
    return _mixins().get(name) if library == "fx_orm" else None


@cache
def _mixins() -> dict[str, tuple[str, ClassFact]]:
    path = posix(_SOURCE)
    try:
        text = _SOURCE.read_text(encoding="utf-8")
    except OSError:  # packed away: then nothing is known of them
        return {}
    return {fact.name: (path, fact) for fact in read_facts(Document(path, text)).classes if fact.name in _NAMES}
