"""What a relationship's annotation says: the related entity, one or many, and in which collection.

Every form that Python takes is read: `"Category"`, `Category | None`, `Optional["Category"]`, `list["Tag"]`,
`"set[Tag]"`. Strings are read, never evaluated: the class that they name may not exist yet, or only for a type checker.
"""

import ast
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from sqlalchemy.orm import Mapped

_COLLECTIONS: dict[Any, type] = {"list": list, "List": list, "set": set, "Set": set, list: list, set: set}
_TRANSPARENT: set[Any] = {"Optional", "Union", "Mapped", "Annotated", Union, types.UnionType, Mapped, Annotated}


class NoRelationshipError(Exception):
    """An annotation that names no related entity; `str()` is the reason with its remedy."""


@dataclass(frozen=True, slots=True)
class Related:
    """Where a relationship leads: the class, or its name while it need not exist; None for one, else the collection."""

    target: str | type
    collection: type | None


def related(annotation: Any) -> Related:
    """Read a relationship's annotation.

    Raises:
        NoRelationshipError: it names no class, or something else than one, an optional one, a list or a set of them.
    """
    match annotation:
        case ForwardRef():
            return related(annotation.__forward_arg__)
        case str():
            return related(_parsed(annotation))
        case ast.Constant(value=str(text)):
            return related(text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return related(_without_none([left, right], annotation))
        case ast.Subscript(value=head, slice=arguments):
            name = ast.unparse(head).rpartition(".")[2]
            return _generic(name, arguments.elts if isinstance(arguments, ast.Tuple) else [arguments], annotation)
        case ast.Name() | ast.Attribute():
            return Related(ast.unparse(annotation), None)
        case _:
            pass
    origin = get_origin(annotation)
    if origin is not None:
        return _generic(origin, get_args(annotation), annotation)
    if isinstance(annotation, type) and annotation not in _COLLECTIONS:
        return Related(annotation, None)
    raise _refused(annotation)


def _generic(head: Any, arguments: Iterable[Any], annotation: Any) -> Related:
    if head in _COLLECTIONS:
        (item, *more) = arguments
        if more:
            raise _refused(annotation)
        return Related(related(item).target, _COLLECTIONS[head])
    if head in _TRANSPARENT:
        items = list(arguments)
        return related(items[0] if head in ("Annotated", Annotated) else _without_none(items, annotation))
    raise _refused(annotation)


def _without_none(alternatives: Iterable[Any], annotation: Any) -> Any:
    left = [a for a in alternatives if not (a is type(None) or (isinstance(a, ast.Constant) and a.value is None))]
    if len(left) != 1:
        raise _refused(annotation)
    return left[0]


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise _refused(text) from None


def _refused(annotation: Any) -> NoRelationshipError:
    if isinstance(annotation, ast.AST):
        shown = ast.unparse(annotation)
    else:
        shown = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return NoRelationshipError(f"{shown} is no relationship; write Target, Target | None, list[Target] or set[Target]")
