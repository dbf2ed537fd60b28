"""Migration files as data: what each says about itself, how they follow each other, and the schema they build.

Nothing raises on a broken file: what cannot be read is in the result, with its line. No file is ever run.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from fx_orm.schema.definitions_reader import Unreadable, constant
from fx_orm.schema.expressions import imported_names
from fx_orm.schema.operations import Operation, OperationError, apply
from fx_orm.schema.operations_reader import Opaque, Step, read_operations
from fx_orm.schema.tables import Schema


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration file.

    Attributes:
        revision: its identifier; None when the file has none that can be read (then it is no migration, or broken).
        down_revision: the identifiers it follows; several for a merge.
        message: the first line of the docstring.
        steps: the operations of `upgrade()` in order.
        opaque: what could not be read.
    """

    path: str
    revision: str | None
    down_revision: tuple[str, ...] = ()
    message: str = ""
    steps: tuple[Step, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    branch_labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations of `upgrade()` in order."""
        return tuple(step.operation for step in self.steps)


@dataclass(frozen=True, slots=True)
class Problem:
    """Files that do not fit each other."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class History:
    """The revisions in an order in which they can be applied.

    Attributes:
        heads: the revisions that none follows; more than one must be merged.
        problems: duplicate or unknown revisions, cycles, files that could not be read.
    """

    revisions: tuple[Revision, ...] = ()
    heads: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def head(self) -> str | None:
        """The one revision that none follows, None without revisions or with several heads."""
        return self.heads[0] if len(self.heads) == 1 else None

    def __iter__(self) -> Iterator[Revision]:
        return iter(self.revisions)


@dataclass(frozen=True, slots=True)
class Built:
    """The schema that migration files build, and where that is uncertain."""

    schema: Schema = field(default_factory=Schema)
    opaque: tuple[Opaque, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether every statement was understood."""
        return not self.opaque


def read_revision(text: str, path: str = "") -> Revision:
    """Read a migration file's text without running it. A file that does not parse has `revision` None and says why."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = error.lineno or 1 if isinstance(error, SyntaxError) else 1
        reason = f"{error.msg if isinstance(error, SyntaxError) else error}"
        return Revision(path, None, opaque=(Opaque(line, reason, path),))
    constants = _constants(module)
    functions = {statement.name: statement for statement in module.body if isinstance(statement, ast.FunctionDef)}
    steps: tuple[Step, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    if upgrade := functions.get("upgrade"):
        imports = imported_names(module)
        steps, opaque = read_operations(upgrade, imports=imports, constants=constants, functions=functions)
    identifier = constants.get("revision")
    revision = identifier if isinstance(identifier, str) else None
    return Revision(
        path,
        revision,
        _identifiers(constants.get("down_revision")),
        ((ast.get_docstring(module) or "").splitlines() or [""])[0].strip(),
        steps,
        tuple(replace(spot, path=path, revision=revision) for spot in opaque),
        _identifiers(constants.get("branch_labels")),
        _identifiers(constants.get("depends_on")),
    )


def history(revisions: Iterable[Revision]) -> History:
    """Put revisions in order, parents first, and say what does not fit."""
    problems: list[Problem] = []
    known: dict[str, Revision] = {}
    for revision in revisions:
        if revision.revision is None:
            reasons = "; ".join(f"line {spot.line}: {spot.reason}" for spot in revision.opaque)
            problems.append(Problem(revision.path, reasons or "no revision identifier"))
        elif revision.revision in known:
            other = known[revision.revision].path
            problems.append(Problem(revision.path, f"revision {revision.revision} is also in {other}"))
        else:
            known[revision.revision] = revision
    for revision in known.values():
        problems += [
            Problem(revision.path, f"revision {parent}, which {revision.revision} follows, is in no file")
            for parent in revision.down_revision
            if parent not in known
        ]
    followed = {parent for revision in known.values() for parent in revision.down_revision}
    heads = tuple(sorted(name for name in known if name not in followed))
    order, cycle = _parents_first(known)
    if cycle:
        problems.append(Problem(known[cycle[0]].path, f"revisions follow each other in a circle: {', '.join(cycle)}"))
    return History(tuple(order), heads, tuple(problems))


def schema_of(revisions: History) -> Built:
    """Build the schema that the files make, from the first to the last."""
    schema = Schema()
    opaque: list[Opaque] = []
    for revision in revisions:
        opaque += revision.opaque
        for step in revision.steps:
            try:
                schema = apply(schema, step.operation)
            except OperationError as error:
                opaque.append(Opaque(step.line, str(error), revision.path, revision.revision))
    return Built(schema, tuple(opaque))


def _parents_first(known: dict[str, Revision]) -> tuple[list[Revision], list[str]]:
    waiting = {
        name: {parent for parent in (*revision.down_revision, *revision.depends_on) if parent in known}
        for name, revision in known.items()
    }
    order: list[Revision] = []
    while ready := sorted(name for name, parents in waiting.items() if not parents):
        for name in ready:
            order.append(known[name])
            del waiting[name]
        for parents in waiting.values():
            parents.difference_update(ready)
    return order, sorted(waiting)


def _constants(module: ast.Module) -> dict[str, object]:
    found: dict[str, object] = {}
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        try:
            found[name] = constant(value, found)
        except Unreadable:
            continue
    return found


def _identifiers(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()
