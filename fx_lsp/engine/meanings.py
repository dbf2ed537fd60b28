"""What an expression can be, as far as the ORM is concerned. How that is found out is `resolve`'s matter."""

from dataclasses import dataclass

from fx_lsp.engine.snapshot import Entity, External, Local


@dataclass(frozen=True, slots=True)
class Builder:
    """A query builder. `key`, the place of the call that made it, tells two of them in one function apart.

    `entity` is the one it is bound to. `bound` is None when it is not known whether, or to which, it is bound.
    """

    key: int
    entity: Entity | None
    bound: bool | None


@dataclass(frozen=True, slots=True)
class RepositoryOf:
    """A repository of an entity; `own` are the methods that its class defines itself, of which nothing is known."""

    entity: Entity
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Manager:
    """An entity manager, or the proxy of one."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the project that is none of the above."""

    of: Local


@dataclass(frozen=True, slots=True)
class ClassObject:
    """A class itself."""

    of: Local | External


Meaning = Builder | RepositoryOf | Manager | Instance | ClassObject
