"""The one form of what a query builder complains about: method, argument, what is wrong."""

from fx_orm.errors import QueryError


def wrong(method: str, argument: str | None, problem: str, **data: object) -> QueryError:
    """Make the error `QueryBuilder.where("p.nmae"): table "product" (p) has no column "nmae"; ...`."""
    written = "" if argument is None else f'"{_line(argument)}"'
    return QueryError(f"QueryBuilder.{method}({written}): {problem}", method=method, argument=argument, **data)


_LONGEST = 120


def _line(text: str) -> str:
    """Show an argument on one line, control characters escaped, and cut when it is long."""
    shown = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
