"""What a query builder complains about: method, argument, what is wrong."""

from fx_orm.errors import QueryError
from fx_orm.errors.calls import shortened, wrong_call

__all__ = ["shortened", "too_deep", "wrong"]


def wrong(method: str, argument: str | None, problem: str, **data: object) -> QueryError:
    """Make the error `QueryBuilder.where("p.nmae"): table "product" (p) has no column "nmae"; ...`."""
    return wrong_call("QueryBuilder", method, argument, problem, **data)


def too_deep() -> QueryError:
    """Make the error of a query whose statement Python cannot write: it does so in a recursion."""
    return QueryError("QueryBuilder: the query is nested too deeply; group conditions less, or write fewer in turns")
