"""The one form of what is said of a wrong call: owner, method, argument, what is wrong."""

from fx_orm.errors.base import QueryError


def wrong_call(owner: str, method: str, argument: str | None, problem: str, **data: object) -> QueryError:
    """Make the error `QueryBuilder.where("p.nmae"): table "product" (p) has no column "nmae"; ...`."""
    written = "" if argument is None else f'"{shortened(argument)}"'
    for text in (argument, data.get("name")):
        if isinstance(text, str) and len(text) > _LONGEST:
            problem = problem.replace(text, shortened(text))
    return QueryError(f"{owner}.{method}({written}): {problem}", method=method, argument=argument, **data)


def shortened(text: str) -> str:
    """Cut what somebody wrote when it is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def kind_of(argument: object) -> str:
    """Describe an argument of the wrong kind without its content."""
    return f"an object of {type(argument).__name__}"


_LONGEST = 120
