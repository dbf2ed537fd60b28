"""What an annotation says about a relation or a receiver: the class, whether there are many, whether there may be none.

Reads text (without quotes), and answers None for what it does not know. The types of columns are `fx_orm.schema`'s.
"""

import re
from dataclasses import dataclass

_CONTAINER = re.compile(
    r"(?:[\w.]+\.)?(list|List|set|Set|Sequence|Collection|Iterable|tuple|Tuple|frozenset)\[(.*)\]", re.DOTALL
)
_WRAPPER = re.compile(
    r"(?:[\w.]+\.)?(Optional|Mapped|WriteOnlyMapped|DynamicMapped|Annotated|Awaitable)\[(.*)\]", re.DOTALL
)
_GENERIC = re.compile(r"([\w.]+)\[(.*)\]", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w.]*")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A class by its dotted name, with the arguments in its brackets as text."""

    name: str
    arguments: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False


def read_annotation(text: str) -> Annotation | None:
    """Read `X`, `X | None`, `Optional[X]`, `list[X]`, `Repository[X]`; None for a choice of several."""
    text = text.strip().strip("\"'").strip()
    parts = [part.strip() for part in _split(text, "|")]
    choices = [part for part in parts if part not in {"None", ""}]
    if len(choices) != 1:
        return None
    text, optional = choices[0].strip("\"'").strip(), len(choices) < len(parts)
    if wrapper := _WRAPPER.fullmatch(text):
        inner = read_annotation(_split(wrapper[2], ",")[0])
        return _with(inner, optional=optional or wrapper[1] == "Optional")
    if container := _CONTAINER.fullmatch(text):
        inner = read_annotation(_split(container[2], ",")[0])
        return _with(inner, many=True, optional=optional)
    if generic := _GENERIC.fullmatch(text):
        arguments = tuple(argument.strip().strip("\"'") for argument in _split(generic[2], ","))
        return Annotation(generic[1], arguments, optional=optional)
    return Annotation(text, optional=optional) if _NAME.fullmatch(text) else None


def _with(inner: Annotation | None, *, many: bool = False, optional: bool) -> Annotation | None:
    if inner is None:
        return None
    return Annotation(inner.name, inner.arguments, many or inner.many, optional or inner.optional)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that is not inside brackets."""
    parts = [""]
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == separator and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts
