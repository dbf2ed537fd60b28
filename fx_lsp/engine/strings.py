"""The strings in the arguments of a call, each with its role: what the method takes it for.

Knows how arguments are spread (`select("a", "b")`, `select(["a", "b"])`, `where({"a": 1})`), not what stands in them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fx_lsp.engine.expressions import Call, Entries, Expression, Items, Text
from fx_lsp.engine.vocabulary import JOINS, Method, Role

_COMPARING_JOIN = 4  # join(table, left, operator, right)


@dataclass(frozen=True, slots=True)
class RoleString:
    """A string with its role. `call` is the one in whose arguments it stands."""

    role: Role
    text: Text
    call: Call


def strings_of(call: Call, methods: Mapping[str, Method]) -> Iterator[RoleString]:
    """List the strings of a call that have a role, in the order of the text."""
    position = 0
    certain = True
    for argument in call.arguments:
        role: Role | None = None
        if argument.keyword is None and certain:
            role = role_of(call, methods, position, None)
            position += 1
        elif argument.keyword == "*":
            certain = False
        elif argument.keyword != "**":
            role = role_of(call, methods, None, argument.keyword)
        if role is not None:
            yield from (RoleString(role, text, call) for text in _texts(role, argument.value))


def role_of(call: Call, methods: Mapping[str, Method], position: int | None, keyword: str | None) -> Role | None:
    """Find the role of an argument of a call."""
    method = methods.get(call.method or "")
    if method is None:
        return None
    if call.method in JOINS and position is not None and len(call.positional()) >= _COMPARING_JOIN:
        return {0: Role.TABLE, 1: Role.COLUMN, 2: Role.OPERATOR, 3: Role.COLUMN}.get(position)
    return method.role(position, keyword)


def hides_strings(call: Call, methods: Mapping[str, Method], role: Role) -> bool:
    """Whether an argument of this role is not all plain strings: a variable, an f-string, something unpacked."""
    position = 0
    for argument in call.arguments:
        if argument.keyword in {"*", "**"}:
            return True
        found = role_of(call, methods, None if argument.keyword else position, argument.keyword)
        position += argument.keyword is None
        if found is role and not _is_plain(argument.value):
            return True
    return False


def _texts(role: Role, value: Expression) -> Iterator[Text]:
    if isinstance(value, Text):
        if role is not Role.DATA:
            yield value
    elif isinstance(value, Items) and role in {Role.COLUMNS, Role.ORDER, Role.SELECT}:
        for item in value.items:
            yield from _texts(role, item)
    elif isinstance(value, Entries) and role in {Role.CRITERIA, Role.DATA, Role.ORDER}:
        yield from (key for key, _ in value.entries if isinstance(key, Text))


def _is_plain(value: Expression) -> bool:
    return isinstance(value, Text) or (isinstance(value, Items) and all(_is_plain(item) for item in value.items))
