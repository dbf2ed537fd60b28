"""How a function may be called: with how many arguments, over what, inside of what; the same on the three databases."""

from types import MappingProxyType

from fx_orm.sql.nodes import Call, Column, holds_aggregate, is_aggregate

_ANY = 1000
_ONE = (
    *("abs", "avg", "ceil", "ceiling", "count", "exp", "first_value", "floor", "last_value", "length", "ln", "lower"),
    *("ltrim", "ntile", "rtrim", "sign", "sqrt", "sum", "trim", "upper"),
)

# How many arguments the functions of all databases take: from, to.
ARGUMENTS = MappingProxyType(
    {
        **dict.fromkeys(("cume_dist", "dense_rank", "percent_rank", "rank", "row_number"), (0, 0)),
        **dict.fromkeys(_ONE, (1, 1)),
        **dict.fromkeys(("mod", "nth_value", "nullif", "power"), (2, 2)),
        **dict.fromkeys(("lag", "lead"), (1, 3)),
        **dict.fromkeys(("substr", "substring"), (2, 3)),
        **dict.fromkeys(("concat", "max", "min"), (1, _ANY)),
        "coalesce": (2, _ANY),
        "replace": (3, 3),
        "round": (1, 2),
    }
)
_OVER_A_WINDOW = frozenset(
    {
        *("cume_dist", "dense_rank", "percent_rank", "rank", "row_number", "ntile"),
        *("first_value", "last_value", "nth_value", "lag", "lead"),
    }
)
_BY_PLACE = frozenset({"lag", "lead"})


def call_problem(call: Call) -> str | None:
    """Say what is wrong with a call, whatever its arguments are; None when nothing is, or nobody knows the function."""
    name, given = call.name.upper(), len(call.arguments)
    if call.distinct and given != 1:
        return f"{name}(DISTINCT ...) takes one argument, not {given}"
    stars = [argument for argument in call.arguments if isinstance(argument, Column) and argument.name == "*"]
    if stars and (call.name != "count" or call.distinct):
        return "* stands in COUNT(*) alone"
    least, most = ARGUMENTS.get(call.name, (0, _ANY))
    if not least <= given <= most:
        return f"{name} takes {_counted(least, most)}, not {given}"
    if call.name in _OVER_A_WINDOW and call.window is None:
        return f"{name} looks over a window; write {name}(...) OVER (ORDER BY ...)"
    if call.name in _BY_PLACE and call.window is not None and not call.window.order:
        return f"{name} needs an order; write OVER (ORDER BY ...)"
    if is_aggregate(call) and any(holds_aggregate(argument) for argument in call.arguments):
        return f"{name} cannot be computed of another aggregate; select that in a sub-query"
    return None


def _counted(least: int, most: int) -> str:
    if least == most:
        return "no arguments" if not most else f"{most} argument{'s' if most > 1 else ''}"
    return f"at least {least} argument{'s' if least > 1 else ''}" if most == _ANY else f"{least} to {most} arguments"
