"""One file of a snapshot, with everything that rules and features read of it, each computed once.

Features ask here instead of joining facts themselves.
"""

from dataclasses import dataclass
from functools import cached_property

from fx_lsp.engine.drift import Drift, drift
from fx_lsp.engine.facts import Facts
from fx_lsp.engine.queries import read_function
from fx_lsp.engine.references import NameReference, query_references, repository_references
from fx_lsp.engine.relations import BackReference, ForeignKey, back_references, foreign_keys
from fx_lsp.engine.snapshot import Entity, Snapshot
from fx_lsp.engine.text import Document


@dataclass(frozen=True)
class SourceFile:
    """A file as rules and features see it; `stale` statements have facts of an earlier state of the text."""

    snapshot: Snapshot
    path: str

    @cached_property
    def document(self) -> Document:
        """The text."""
        return self.snapshot.document(self.path) or Document(self.path, "")

    @cached_property
    def facts(self) -> Facts:
        """The facts of the text; none where the file says nothing of the ORM."""
        return self.snapshot.facts.get(self.path) or Facts(self.path)

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        """The entities that the file declares."""
        return tuple(found for found in self.snapshot.entities if found.path == self.path)

    @cached_property
    def foreign_keys(self) -> list[ForeignKey]:
        """The foreign keys that the file's entities declare."""
        return foreign_keys(self.snapshot, self.path)

    @cached_property
    def names(self) -> list[NameReference]:
        """The names in the strings of the file's queries and repository calls."""
        found: list[NameReference] = []
        for function in self.facts.functions:
            queries, calls = read_function(self.snapshot, self.facts, function)
            for query in queries:
                found.extend(query_references(self.snapshot, query))
            for call in calls:
                found.extend(repository_references(call))
        return found

    @cached_property
    def drift(self) -> Drift | None:
        """What the entities of the project say and no migration file does; None where that is not certain."""
        return drift(self.snapshot)

    @cached_property
    def back_references(self) -> list[BackReference]:
        """The `back_populates` that the file's entities declare."""
        return back_references(self.snapshot, self.path)
