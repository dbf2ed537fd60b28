"""The one form of what a query builder complains about: method, argument, what is wrong."""

from fx_orm.errors import QueryError


def wrong(method: str, argument: str | None, problem: str, **data: object) -> QueryError:
    """Make the error `QueryBuilder.where("p.nmae"): table "product" (p) has no column "nmae"; ...`."""
    written = "" if argument is None else f'"{shortened(argument)}"'
    for text in (argument, data.get("name")):
        if isinstance(text, str) and len(text) > _LONGEST:
            problem = problem.replace(text, shortened(text))
    return QueryError(f"QueryBuilder.{method}({written}): {problem}", method=method, argument=argument, **data)


def too_deep() -> QueryError:
    """Make the error of a query whose statement Python cannot write: it does so in a recursion."""
    return QueryError("QueryBuilder: the query is nested too deeply; group conditions less, or write fewer in turns")


def shortened(text: str) -> str:
    """Cut what somebody wrote when it is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


_LONGEST = 120
