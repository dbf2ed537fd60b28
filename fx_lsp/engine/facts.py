"""What one file says, as plain data: the only form in which rules and features see source code.

Facts depend on the text of their file alone. What a name means in another file is settled by `snapshot` and `resolve`.
"""

from dataclasses import dataclass, field
from typing import Literal

from fx_lsp.engine.expressions import Argument, Call, Expression
from fx_lsp.engine.text import Span

Fate = Literal["dropped", "bound", "escapes"]


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import name as local`, or `import module as local` with `name` None; `level` counts leading dots."""

    local: str
    module: str
    name: str | None
    level: int


@dataclass(frozen=True, slots=True)
class FieldFact:
    """`name: annotation = Field(...)` in a class body; `value` is what is assigned, `annotation` has no quotes."""

    name: str
    name_span: Span
    annotation: str
    annotation_span: Span
    value: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class RelationshipFact:
    """`name: annotation = Relationship(...)` in a class body."""

    name: str
    name_span: Span
    annotation: str
    call: Call
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name = value` in a class body, such as `__tablename__`."""

    name: str
    name_span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class ClassFact:
    """A class statement. `dynamic`: its body makes attributes in ways that are not understood.

    `current` is False when the statement does not parse now, and these are the facts of when it last did.
    """

    name: str
    name_span: Span
    bases: tuple[Expression, ...]
    keywords: tuple[Argument, ...]
    fields: tuple[FieldFact, ...]
    relationships: tuple[RelationshipFact, ...]
    assignments: tuple[Assignment, ...]
    dynamic: bool
    span: Span
    current: bool = True

    def assigned(self, name: str) -> Expression | None:
        """Find what the class body assigns to a name."""
        return next((found.value for found in reversed(self.assignments) if found.name == name), None)


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that gets a value in a function, `self.x` included. `conditional`: not on every path through it."""

    name: str
    value: Expression | None
    annotation: str | None
    offset: int
    conditional: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """An outermost call, and what becomes of its value: dropped, bound to a local name, or out of sight."""

    call: Call
    fate: Fate


@dataclass(frozen=True, slots=True)
class FunctionFact:
    """A function, or a stretch of module level code (`name` is empty).

    `escaping` are the local names whose value leaves the function's sight: returned, passed on, stored, captured.
    """

    name: str
    owner: str | None
    returns: str | None
    parameters: tuple[Binding, ...]
    bindings: tuple[Binding, ...]
    chains: tuple[Chain, ...]
    escaping: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """The facts of one top-level statement; its spans count from the statement's start."""

    names: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    star_imports: tuple[tuple[str, int], ...] = ()
    classes: tuple[ClassFact, ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """The facts of one file.

    `current` is False when some statement does not parse: for it the last good facts stand in where there are any.
    `tables` are names of tables that the file makes in ways that are not entities. `may_hide_tables`: a statement that
    does not parse looks as if it declared one.
    """

    path: str
    classes: tuple[ClassFact, ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    imports: dict[str, Import] = field(default_factory=dict[str, Import])
    star_imports: tuple[tuple[str, int], ...] = ()
    tables: tuple[str, ...] = ()
    ignored: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    stale: tuple[Span, ...] = ()
    may_hide_tables: bool = False

    @property
    def current(self) -> bool:
        """Whether every statement of the file was read as it stands."""
        return not self.stale
