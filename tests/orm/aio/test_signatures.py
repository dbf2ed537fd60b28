"""The asynchronous faces have every public method of the synchronous ones, with the same signature."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from fx_orm import EntityManager, EntityManagerInterface, QueryBuilder, Repository
from fx_orm.aio import (
    AsyncEntityManager,
    AsyncEntityManagerInterface,
    AsyncObjectManager,
    AsyncQueryBuilder,
    AsyncRepository,
)
from fx_orm.object_manager import ObjectManager

PAIRS: list[tuple[type[Any], type[Any]]] = [
    (EntityManager, AsyncEntityManager),
    (EntityManagerInterface, AsyncEntityManagerInterface),
    (ObjectManager, AsyncObjectManager),
    (Repository, AsyncRepository),
    (QueryBuilder, AsyncQueryBuilder),
]
INTERNAL = {"reading", "writing"}  # lends the session to queries; the bridge does
OWN = {"bridge", "run_sync", "sync_manager"}
AT_ONCE = {
    *("after_commit", "persist", "persist_all", "detach", "clear", "contains", "get_reference", "unsaved"),
    *("query_builder", "get_query_builder", "get_repository", "transaction"),
    *("__init__", "using", "with_deleted", "stream", "chunk", "select", "add_select", "as_", "all_rows"),
}
"""Methods that talk to no database: they are not awaited. Those that both kinds inherit from one class are not here."""
COUNTERPARTS = {
    r"\bSessionSource \| Session\b": "AsyncSource",
    r"Callable\[\[\], ~T\]": "Callable[[], Awaitable[~T]]",
    r"\bEngine\b": "AsyncEngine",
    r"\bAbstractContextManager\b": "AbstractAsyncContextManager",
    r"\b(CurrentTransaction|Transaction)\b": "AsyncTransaction",
    r"\b(EntityManager|ObjectManager|QueryBuilder|Repository|Session)\b": r"Async\1",
    r"\bIterator\b": "Stream",
}


def public(of: type[Any]) -> dict[str, Any]:
    return {name: member for name, member in inspect.getmembers_static(of) if not name.startswith("_")}


@pytest.mark.parametrize(("synchronous", "asynchronous"), PAIRS)
def test_the_names_are_the_same(synchronous: type[Any], asynchronous: type[Any]) -> None:
    assert public(asynchronous).keys() - OWN == public(synchronous).keys() - INTERNAL


def methods() -> Iterator[Any]:
    for synchronous, asynchronous in PAIRS:
        for name, member in public(synchronous).items():
            if name not in INTERNAL and inspect.isfunction(member):
                yield pytest.param(member, public(asynchronous).get(name), id=f"{asynchronous.__name__}.{name}")
        if synchronous is not ObjectManager:
            made = [each.__init__ for each in (synchronous, asynchronous)]
            yield pytest.param(*made, id=f"{asynchronous.__name__}()")


@pytest.mark.parametrize(("synchronous", "asynchronous"), list(methods()))
def test_a_method_has_the_same_signature(synchronous: Any, asynchronous: Any) -> None:
    assert [spelled(each) for each in parameters(asynchronous)] == [
        counterpart(spelled(each)) for each in parameters(synchronous)
    ]
    assert returned(asynchronous) == counterpart(returned(synchronous))
    if asynchronous is not synchronous:
        assert inspect.iscoroutinefunction(asynchronous) == (asynchronous.__name__ not in AT_ONCE)


def parameters(method: Any) -> list[inspect.Parameter]:
    return [each for name, each in inspect.signature(method).parameters.items() if name != "self"]


def spelled(parameter: inspect.Parameter) -> str:
    return f"{parameter.kind.name} {parameter.name}: {written(parameter.annotation)} = {parameter.default!r}"


def returned(method: Any) -> str:
    return written(inspect.signature(method).return_annotation)


def written(annotation: Any) -> str:
    """Write an annotation without the modules that its names are from."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:typing|collections\.abc|contextlib|sqlalchemy|fx_orm)\.(?:[a-z_]+\.)*", "", text)


def counterpart(text: str) -> str:
    """Say of asynchronous code what is said of synchronous code."""
    for pattern, name in COUNTERPARTS.items():
        text = re.sub(pattern, name, text)
    return text
