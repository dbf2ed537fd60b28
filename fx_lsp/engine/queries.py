"""The queries of a function: which calls build one query together, whatever statements they are spread over.

A builder is changeable, so everything that is called on it in a function counts, in any order: names are resolved when
the query runs. What leaves the function's sight before that may still get other tables: then the query is open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fx_lsp.engine.expressions import Attribute, Call, Expression, Name, calls_of_chain
from fx_lsp.engine.facts import Facts, FunctionFact
from fx_lsp.engine.meanings import Builder, RepositoryOf
from fx_lsp.engine.resolve import Place, resolve
from fx_lsp.engine.snapshot import Entity, Snapshot
from fx_lsp.engine.vocabulary import ENDS, REPOSITORY, STARTS


@dataclass(slots=True)
class Query:
    """A query builder and what is called on it, in the order of the text. `open`: more may come from elsewhere."""

    builder: Builder
    calls: list[Call] = field(default_factory=list[Call])
    open: bool = False


@dataclass(frozen=True, slots=True)
class RepositoryCall:
    """A call of one of a repository's own methods."""

    entity: Entity
    call: Call


def read_function(snapshot: Snapshot, facts: Facts, function: FunctionFact) -> tuple[list[Query], list[RepositoryCall]]:
    """Gather the queries and repository calls of one function."""
    queries: dict[int, Query] = {}
    repository_calls: list[RepositoryCall] = []
    for chain in function.chains:
        root, calls = calls_of_chain(chain.call)
        place = Place(snapshot, facts, function, chain.call.span.start)
        receiver, rest = _receiver(place, root, calls)
        known = isinstance(receiver, RepositoryOf) and rest and rest[0].method not in receiver.own
        if isinstance(receiver, RepositoryOf) and known and rest[0].method in REPOSITORY:
            repository_calls.append(RepositoryCall(receiver.entity, rest[0]))
        if not isinstance(receiver, Builder):
            continue
        query = queries.setdefault(receiver.key, Query(receiver))
        query.calls.extend(rest)
        ended = any(call.method in ENDS for call in rest)
        # A manager or repository that the chain begins with may go anywhere: that tells it nothing of this builder.
        is_builder = len(rest) == len(calls)
        shared = is_builder and isinstance(root, Name) and root.name in function.escaping
        query.open = query.open or shared or (chain.fate == "escapes" and not ended)
    for name, key in _builder_names(snapshot, facts, function):
        if key in queries and (name in function.escaping or "." in name):
            queries[key].open = True
    return list(queries.values()), repository_calls


def _receiver(place: Place, root: Expression, calls: list[Call]) -> tuple[object, list[Call]]:
    """Find the first call of a chain whose receiver is a builder or repository, and the calls from there on."""
    receiver: object = resolve(place, root)
    for index, call in enumerate(calls):
        if isinstance(receiver, Builder):
            return receiver, calls[index:]
        if isinstance(receiver, RepositoryOf) and call.method not in STARTS:
            return receiver, calls[index:]
        receiver = resolve(place, call)
    return receiver, []


def _builder_names(snapshot: Snapshot, facts: Facts, function: FunctionFact) -> Iterator[tuple[str, int]]:
    """List the names under which a function keeps its builders."""
    for binding in function.bindings:
        if isinstance(binding.value, Call | Name | Attribute):
            found = resolve(Place(snapshot, facts, function, binding.value.span.start), binding.value)
            if isinstance(found, Builder):
                yield binding.name, found.key


def query_at(snapshot: Snapshot, facts: Facts, function: FunctionFact, chain: Call) -> Query | RepositoryOf | None:
    """Find the query that a chain builds, with everything that the function calls on it; or the chain's repository."""
    root, calls = calls_of_chain(chain)
    receiver, rest = _receiver(Place(snapshot, facts, function, chain.span.start), root, calls)
    if isinstance(receiver, RepositoryOf):
        return receiver
    if not isinstance(receiver, Builder):
        return None
    queries, _ = read_function(snapshot, facts, function)
    query = next((found for found in queries if found.builder.key == receiver.key), Query(receiver))
    known = {call.span for call in query.calls}
    query.calls.extend(call for call in rest if call.span not in known)
    return query
