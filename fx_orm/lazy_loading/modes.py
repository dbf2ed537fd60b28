"""What lazy loading is allowed to do: load in batches, warn besides, or be refused.

The setting `lazy` says so for all, a query for what it loads. Here is also known by which query an entity came, so that
the `with_()` that would have loaded a relationship along can be named.
"""

import inspect
import warnings
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from sqlalchemy.orm.attributes import instance_state

from fx_orm.config import Lazy, settings
from fx_orm.errors import LazyLoadError, LazyLoadWarning

_ORIGIN = "fx_orm_origin"
_LIBRARIES = {"fx_orm", "sqlalchemy", "sqlmodel", "pydantic"}
_on_request: ContextVar[bool] = ContextVar("fx_orm_loads_on_request", default=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """The query that an entity came by: the entity that it asked for, the relationships from there, its `lazy`."""

    root: type[Any]
    path: tuple[str, ...] = ()
    lazy: Lazy | None = None

    def beyond(self, relationship: str) -> "Origin":
        """Give the origin of what a relationship leads to."""
        return replace(self, path=(*self.path, relationship))


def restrict(entities: Sequence[Any], root: type[Any], paths: Iterable[str], lazy: Lazy) -> None:
    """Let a query's `lazy` hold for the entities that it gave, and for those that were loaded along by `paths`."""
    origin = Origin(root, (), lazy)
    _mark(entities, origin, always=True)
    for path in paths:
        reached, at = entities, origin
        for name in path.split("."):
            reached = [target for entity in reached for target in _related(entity.__dict__.get(name))]
            at = at.beyond(name)
            _mark(reached, at, always=True)


@contextmanager
def on_request() -> Generator[None]:
    """Enclose loading that the program asks for in so many words: it is neither reported nor refused."""
    token = _on_request.set(True)
    try:
        yield
    finally:
        _on_request.reset(token)


def permit(state: Any, relationship: str) -> Origin | None:
    """Warn of a relationship that is about to be loaded, or refuse it, where that is asked for.

    Returns the origin of what it leads to, where there is something to remember of it.

    Raises:
        LazyLoadError: it has to be loaded along.
    """
    said: Origin | None = state.info.get(_ORIGIN) if "info" in state.__dict__ else None
    lazy = settings().lazy if said is None or said.lazy is None else said.lazy
    if lazy == "batch" or _on_request.get():
        return None if said is None else said.beyond(relationship)
    origin = (_origin(state) if said is None else said).beyond(relationship)
    frame = _place()
    file, line = frame.f_code.co_filename, frame.f_lineno
    remedy = f'with_("{".".join(origin.path)}")'
    message = (
        f"{state.class_.__name__}.{relationship} is not loaded where it is used, at {file}:{line}; "
        f"load it along: {remedy} in the query for {origin.root.__name__}"
    )
    data = {"entity": state.class_, "attribute": relationship, "file": file, "line": line, "remedy": remedy}
    if lazy == "raise":
        raise LazyLoadError(message, **data)
    # As warnings.warn() does, which would take a frame of SQLAlchemy for the place.
    module, registry = frame.f_globals.get("__name__"), frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(LazyLoadWarning(message, **data), None, file, line, module, registry)
    return origin


def remember(targets: Any, origin: Origin) -> None:
    """Note by which way the targets of a relationship came, unless they came by another one before."""
    _mark(_related(targets), origin, always=False)


def _mark(entities: Iterable[Any], origin: Origin, *, always: bool) -> None:
    for entity in entities:
        info = instance_state(entity).info
        if always or _ORIGIN not in info:
            info[_ORIGIN] = origin


def _related(value: Any) -> Iterator[Any]:
    """Give the targets in a relationship's value: one, none, or a collection."""
    if value is None:
        return
    if hasattr(value, "_sa_instance_state"):
        yield value
    else:
        yield from value.values() if isinstance(value, dict) else value


def _origin(state: Any) -> Origin:
    """Read from SQLAlchemy's path how an entity was loaded; it keeps it where something was loaded along."""
    path: tuple[Any, ...] = state.load_path.path if state.load_options else ()
    if len(path) < 2:
        return Origin(state.class_)
    return Origin(path[0].class_, tuple(step.key for step in path[1::2]))


def _place() -> FrameType:
    """Find the line of the program that touches the relationship."""
    frame: Any = inspect.currentframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _LIBRARIES:
        frame = frame.f_back
    found: FrameType = frame
    return found
