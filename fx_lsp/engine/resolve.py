"""What a receiver is: whose repository, which entity's query builder.

Follows annotations, constructors, `Repository[T]`, `super().__init__(T)`, assignments and attributes, over files. An
answer is certain: where two paths through a function disagree, or something is not understood, there is none.
"""

from dataclasses import dataclass, field, replace

from fx_lsp.engine.annotations import Annotation, read_annotation
from fx_lsp.engine.expressions import (
    Attribute,
    Call,
    Expression,
    Items,
    Literal,
    Name,
    Subscript,
    calls_of_chain,
    dotted,
)
from fx_lsp.engine.facts import Binding, Facts, FunctionFact
from fx_lsp.engine.meanings import Builder, ClassObject, Instance, Manager, Meaning, RepositoryOf
from fx_lsp.engine.snapshot import Entity, External, Local, Snapshot
from fx_lsp.engine.vocabulary import BUILDER, ENDS, OTHERS, STARTS

_MANAGERS = frozenset({"EntityManager", "EntityManagerInterface", "AsyncEntityManager", "AsyncEntityManagerInterface"})
_REPOSITORIES = frozenset({"Repository", "AsyncRepository"})
_BUILDERS = frozenset({"QueryBuilder", "AsyncQueryBuilder"})
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a function of a file, from which names are looked up."""

    snapshot: Snapshot
    facts: Facts
    function: FunctionFact
    offset: int
    # What is known already, and what is being asked: names that are bound many times refer to each other.
    known: "dict[tuple[int, int, int], Meaning | None]" = field(
        default_factory=dict[tuple[int, int, int], "Meaning | None"], compare=False, repr=False
    )

    def at(self, function: FunctionFact, offset: int) -> "Place":
        """The same file, elsewhere."""
        return replace(self, function=function, offset=offset)


def resolve(place: Place, expression: Expression, depth: int = 0) -> Meaning | None:
    """Say what an expression is; None when that is not certain."""
    if depth > _DEEPEST:
        return None
    key = id(place.function), place.offset, id(expression)
    if key not in place.known:
        place.known[key] = None  # one that needs itself is not certain
        place.known[key] = _resolved(place, expression, depth)
    return place.known[key]


def _resolved(place: Place, expression: Expression, depth: int) -> Meaning | None:
    match expression:
        case Name():
            return _name(place, expression.name, depth + 1)
        case Attribute():
            return _attribute(place, expression, depth + 1)
        case Call():
            return _call(place, expression, depth + 1)
        case Subscript():
            name = dotted(expression.value)
            inner = dotted(expression.index)
            found = place.snapshot.resolve_name(place.facts.path, name) if name else None
            if isinstance(found, External) and found.name in _REPOSITORIES and inner:
                entity = place.snapshot.entity_of(place.facts.path, inner)
                return RepositoryOf(entity) if entity else None
            return ClassObject(found) if found else None
        case _:
            return None


def repository_entity(snapshot: Snapshot, repository: Local) -> Entity | None:
    """Find the entity of a repository class: `Repository[T]` in its bases, or `super().__init__(T)`."""
    for found in _with_bases(snapshot, repository):
        for base in found.fact.bases:
            index = base.index if isinstance(base, Subscript) else None
            names = (
                [dotted(item) for item in index.items] if isinstance(index, Items) else [dotted(index)] if index else []
            )
            for name in names:
                if name and (entity := snapshot.entity_of(found.path, name)):
                    return entity
        entity = _entity_of_super_call(snapshot, found)
        if entity is not None:
            return entity
    return None


def is_repository(snapshot: Snapshot, found: Local) -> bool:
    """Whether a class is a repository."""
    return any(snapshot.is_kind_of(found, "fx_orm", name) for name in _REPOSITORIES)


def _with_bases(snapshot: Snapshot, start: Local) -> list[Local]:
    return [start, *(base for base in snapshot.bases(start) if isinstance(base, Local))]


def _entity_of_super_call(snapshot: Snapshot, found: Local) -> Entity | None:
    facts = snapshot.facts[found.path]
    for function in facts.functions:
        if function.owner != found.fact.name or function.name != "__init__":
            continue
        for chain in function.chains:
            root, calls = calls_of_chain(chain.call)
            is_super = isinstance(root, Call) and root.method == "super"
            if is_super and [call.method for call in calls] == ["__init__"]:
                arguments = [*calls[0].positional()[:1], calls[0].keyword("entity_class"), calls[0].keyword("model")]
                names = [dotted(argument) for argument in arguments if argument is not None]
                if names and names[0]:
                    return snapshot.entity_of(found.path, names[0])
    return None


# Names


def _name(place: Place, name: str, depth: int) -> Meaning | None:
    if name in {"self", "cls"} and place.function.owner:
        return _self(place)
    for function in _enclosing(place):
        bindings = [found for found in (*function.parameters, *function.bindings) if found.name == name]
        if bindings:
            return _agreed(place, function, bindings, depth)
    found = place.snapshot.resolve_name(place.facts.path, name)
    return ClassObject(found) if found is not None else None


def _self(place: Place) -> Meaning | None:
    owner = place.snapshot.resolve_name(place.facts.path, place.function.owner or "")
    return _instance(place.snapshot, owner) if owner else None


def _instance(snapshot: Snapshot, found: Local | External) -> Meaning | None:
    """Say what an object of a class is."""
    if isinstance(found, External):
        return Manager() if found.library == "fx_orm" and found.name in _MANAGERS else None
    if is_repository(snapshot, found):
        entity = repository_entity(snapshot, found)
        return RepositoryOf(entity, _methods(snapshot, found)) if entity else Instance(found)
    return Instance(found)


def _methods(snapshot: Snapshot, found: Local) -> frozenset[str]:
    """List the methods that a class of the project defines, or inherits from one."""
    return frozenset(
        function.name
        for each in _with_bases(snapshot, found)
        for function in snapshot.facts[each.path].functions
        if function.owner == each.fact.name
    )


def _enclosing(place: Place) -> list[FunctionFact]:
    """List the function, those around it, and the module's own code, innermost first."""
    inside = place.function.span
    around = [
        found
        for found in place.facts.functions
        if found.name
        and found is not place.function
        and found.span.start <= inside.start
        and inside.end <= found.span.end
    ]
    around.sort(key=lambda found: found.span.end - found.span.start)
    module = [found for found in place.facts.functions if not found.name and found is not place.function]
    return [place.function, *around, *module]


def _agreed(place: Place, function: FunctionFact, bindings: list[Binding], depth: int) -> Meaning | None:
    """Resolve each value that a name may have here; they must all mean the same."""
    fresh = [found for found in bindings if not _continues_itself(found)]
    here = function is place.function
    before = [found for found in fresh if not found.conditional and (not here or found.offset <= place.offset)]
    if not before and not any(found.conditional for found in fresh):
        return None
    last = before[-1:] if here else before
    candidates = [
        *last,
        *(found for found in fresh if found.conditional and (not last or found.offset > last[0].offset)),
    ]
    first: Meaning | None = None
    for found in candidates:
        meaning = _binding(place.at(function, found.offset), found, depth)
        if meaning is None or first not in (None, meaning):
            return None
        first = meaning
    return first


def _continues_itself(binding: Binding) -> bool:
    """Whether it is `query = query.limit(10)`: the same builder, changed."""
    if not isinstance(binding.value, Call):
        return False
    root, calls = calls_of_chain(binding.value)
    return (
        isinstance(root, Name)
        and root.name == binding.name
        and all(call.method in BUILDER.keys() | OTHERS for call in calls)
    )


def _binding(place: Place, binding: Binding, depth: int) -> Meaning | None:
    if binding.annotation:
        meaning = _annotated(place, binding.annotation)
        if meaning is not None:
            return meaning
    if binding.value is None:
        return None
    # What is assigned is computed before the name is bound.
    before = place.at(place.function, binding.value.span.start)
    return resolve(before, binding.value, depth + 1)


def _annotated(place: Place, text: str) -> Meaning | None:
    annotation = read_annotation(text)
    if annotation is None or annotation.many:
        return None
    found = place.snapshot.resolve_name(place.facts.path, annotation.name)
    if isinstance(found, External) and found.library == "fx_orm" and found.name in _REPOSITORIES:
        return _repository_annotation(place, annotation)
    if annotation.name == "type" and annotation.arguments:
        inner = place.snapshot.resolve_name(place.facts.path, annotation.arguments[0])
        return ClassObject(inner) if inner else None
    return _instance(place.snapshot, found) if found else None


def _repository_annotation(place: Place, annotation: Annotation) -> Meaning | None:
    if not annotation.arguments:
        return None
    entity = place.snapshot.entity_of(place.facts.path, annotation.arguments[0])
    return RepositoryOf(entity) if entity else None


# Attributes and calls


def _attribute(place: Place, expression: Attribute, depth: int) -> Meaning | None:
    if (name := dotted(expression)) and not name.startswith("self."):
        found = place.snapshot.resolve_name(place.facts.path, name)
        if found is not None:
            return ClassObject(found)
    value = resolve(place, expression.value, depth)
    owner: Local | None = None
    if isinstance(expression.value, Name) and expression.value.name == "self" and place.function.owner:
        found = place.snapshot.resolve_name(place.facts.path, place.function.owner)
        owner = found if isinstance(found, Local) else None
    elif isinstance(value, Instance):
        owner = value.of
    if owner is not None and (meaning := _self_attribute(place.snapshot, owner, expression.name, depth)):
        return meaning
    is_repository_object = isinstance(value, RepositoryOf) or (
        isinstance(value, Instance) and is_repository(place.snapshot, value.of)
    )
    return Manager() if is_repository_object and expression.name in {"db", "entity_manager"} else None


def _self_attribute(snapshot: Snapshot, owner: Local, name: str, depth: int) -> Meaning | None:
    """Resolve what the methods of a class, or its bases, assign to `self.name`; all must mean the same."""
    for found in _with_bases(snapshot, owner):
        facts = snapshot.facts[found.path]
        meanings: list[Meaning | None] = []
        for function in facts.functions:
            if function.owner != found.fact.name:
                continue
            meanings.extend(
                _binding(Place(snapshot, facts, function, binding.offset), binding, depth)
                for binding in function.bindings
                if binding.name == f"self.{name}"
            )
        if meanings:
            return meanings[0] if all(meaning == meanings[0] for meaning in meanings) else None
        for declared in found.fact.fields:
            if declared.name == name:
                place = Place(snapshot, facts, _nowhere(found), declared.span.end)
                return _annotated(place, declared.annotation)
    return None


def _nowhere(found: Local) -> FunctionFact:
    return FunctionFact("", None, None, (), (), (), frozenset(), found.fact.span)


def _call(place: Place, call: Call, depth: int) -> Meaning | None:
    function = call.function
    if isinstance(function, Attribute):
        receiver = resolve(place, function.value, depth)
        meaning = _method(place, receiver, function.name, call, depth)
        if meaning is not None or not isinstance(receiver, ClassObject | type(None)):
            return meaning
    target = resolve(place, function, depth)
    if not isinstance(target, ClassObject):
        return None
    found = target.of
    if isinstance(found, External):
        if found.library == "fx_orm" and found.name in _BUILDERS:
            return _constructed(place, call, depth)
        if found.library == "fx_orm" and found.name in _REPOSITORIES:
            return _repository_of_argument(place, call)
    return _instance(place.snapshot, found)


def _method(place: Place, receiver: Meaning | None, name: str, call: Call, depth: int) -> Meaning | None:
    match receiver:
        case Builder():
            same = (name in BUILDER or name in OTHERS) and name not in ENDS
            return receiver if same else None
        case RepositoryOf() if name in STARTS and name not in receiver.own:
            return Builder(call.span.start, receiver.entity, bound=True)
        case Manager() if name == "query_builder":
            entity = _entity_argument(place, call)
            return Builder(call.span.start, entity, bound=True if entity else None)
        case Manager() if name == "get_repository":
            return _repository_of_argument(place, call)
        case Instance():
            return _returned(place, receiver.of, name, depth)
        case _:
            return None


def _returned(place: Place, owner: Local, name: str, depth: int) -> Meaning | None:
    """Take a method's return annotation at its word; a builder's own tables are not in it."""
    for found in _with_bases(place.snapshot, owner):
        facts = place.snapshot.facts[found.path]
        for function in facts.functions:
            if function.owner == found.fact.name and function.name == name:
                if not function.returns or depth > _DEEPEST:
                    return None
                return _annotated(Place(place.snapshot, facts, function, function.span.start), function.returns)
    return None


def _constructed(place: Place, call: Call, depth: int) -> Builder | None:
    """`QueryBuilder(Product)`, `QueryBuilder(self.db)`, `QueryBuilder()`."""
    if call.unpacks:
        return Builder(call.span.start, None, bound=None)
    arguments = [*call.positional()[:1], call.keyword("source")]
    source = next((argument for argument in arguments if argument is not None), None)
    if source is None or (isinstance(source, Literal) and source.value is None):
        return Builder(call.span.start, None, bound=False)
    meaning = resolve(place, source, depth)
    if isinstance(meaning, Manager):
        return Builder(call.span.start, None, bound=False)
    name = dotted(source)
    if isinstance(meaning, ClassObject) and name:
        entity = place.snapshot.entity_of(place.facts.path, name)
        return Builder(call.span.start, entity, bound=True if entity else None)
    return Builder(call.span.start, None, bound=None)


def _entity_argument(place: Place, call: Call) -> Entity | None:
    first = call.positional()[:1]
    name = dotted(first[0]) if first else None
    return place.snapshot.entity_of(place.facts.path, name) if name else None


def _repository_of_argument(place: Place, call: Call) -> RepositoryOf | None:
    entity = _entity_argument(place, call)
    return RepositoryOf(entity) if entity else None
