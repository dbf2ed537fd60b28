"""What may stand beside what in an expression, so that it means the same on every database, or is refused on all.

PostgreSQL raises where the others convert in silence: `name + 1`, `SUM(name)`, `CASE WHEN name THEN`. What is of a type
that nobody knows is let through.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.types import TypeEngine

from fx_orm.query.kinds import has_extremes, is_boolean, is_known, is_number, is_temporal, is_text, named, plain, unfit

Type = TypeEngine[Any]


def operator_problem(operator: str, left: Type, right: Type) -> str | None:
    """Say why an operator does not suit its operands; None when it does."""
    if operator in _ARITHMETIC:
        wanted = is_whole if operator == "%" else is_number
        for each in (left, right):
            if is_known(each) and not wanted(each):
                what = "whole numbers" if operator == "%" else "numbers"
                return f'"{operator}" computes with {what}, not with {named(each)}'
        return None
    if operator == "||":
        for each in (left, right):
            if is_known(each) and not is_text(each):
                return f'"||" joins texts, not {named(each)}; write CAST(... AS text)'
        return None
    return unfit(operator, left, right)


def condition_problem(type_: Type) -> str | None:
    """Say why something is no condition; None when it is one."""
    return None if not is_known(type_) or is_boolean(type_) else f"a condition is needed, and there are {named(type_)}"


def common_problem(types: Sequence[Type]) -> str | None:
    """Say why values cannot be one column together; None when they can."""
    known = [each for each in types if is_known(each)]
    return next((problem for each in known[1:] if (problem := unfit("=", known[0], each))), None)


def function_problem(name: str, types: Sequence[Type]) -> str | None:
    """Say why a function has no meaning for its arguments; None when it has, or when nobody knows the function."""
    if name in ("coalesce", "nullif"):
        return common_problem(types)
    first = next((each for each in types if is_known(each)), None)
    if first is None or first is not types[0]:
        return None
    if name in _OF_NUMBERS and not is_number(first):
        remedy = "; write CASE WHEN ... THEN 1 ELSE 0 END" if is_boolean(first) else ""
        return f"{name.upper()} takes numbers, not {named(first)}{remedy}"
    if name in _OF_TEXTS and not is_text(first):
        return f"{name.upper()} takes texts, not {named(first)}"
    if name in ("min", "max") and not has_extremes(first):
        return f"{name.upper()} has no meaning for {named(first)} that every database shares"
    return None


def moment_problem(unit: str, type_: Type) -> str | None:
    """Say why a part of a moment cannot be taken; None when it can."""
    return (
        None if not is_known(type_) or is_temporal(type_) else f"EXTRACT of a {unit} takes moments, not {named(type_)}"
    )


def is_whole(type_: Type) -> bool:
    """Whether it holds whole numbers."""
    return is_number(type_) and named(plain(type_)) == "whole numbers"


_ARITHMETIC = ("+", "-", "*", "/", "%")
_OF_NUMBERS = frozenset(
    {"abs", "avg", "ceil", "ceiling", "exp", "floor", "ln", "mod", "power", "round", "sign", "sqrt", "sum"}
)
_OF_TEXTS = frozenset(["length", "lower", "ltrim", "replace", "rtrim", "substr", "substring", "trim", "upper"])
