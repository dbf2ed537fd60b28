"""The operators of a condition and the directions of an order: closed lists, in SQL's words."""

from types import MappingProxyType

EQUALITY = frozenset({"=", "!=", "<>"})
ORDERING = frozenset({"<", "<=", ">", ">="})
LIKES = frozenset({"LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE"})
MEMBERSHIP = frozenset({"IN", "NOT IN"})
IDENTITY = frozenset({"IS", "IS NOT"})
RANGE = frozenset({"BETWEEN", "NOT BETWEEN"})

# What `where(column, operator, value)` takes, each with the sentence that an editor shows.
OPERATORS = MappingProxyType(
    {
        "=": "equal; with None: IS NULL",
        "!=": "not equal; with None: IS NOT NULL",
        "<>": "not equal, as SQL writes it",
        "<": "less than",
        "<=": "at most",
        ">": "greater than",
        ">=": "at least",
        "LIKE": "matches a pattern (% any text, _ one character), by the database's own rule of case",
        "NOT LIKE": "does not match a pattern",
        "ILIKE": "matches a pattern whatever the case, on every database",
        "NOT ILIKE": "does not match a pattern whatever the case",
        "IN": "one of a list; of an empty list: nothing",
        "NOT IN": "none of a list; of an empty list: everything",
        "IS": "is None, True or False",
        "IS NOT": "is not None, True or False",
        "BETWEEN": "from the first to the second of two values, both included",
        "NOT BETWEEN": "outside of two values",
    }
)

# What `order_by(column, direction)` takes.
DIRECTIONS = ("ASC", "DESC")


def operator(text: str) -> str | None:
    """Return an operator as the table has it (`" not  like "` is `NOT LIKE`), or None when there is none such."""
    found = " ".join(text.upper().split())
    return found if found in OPERATORS and text.isascii() else None


def direction(text: str) -> str | None:
    """Return `ASC` or `DESC`, or None when the text is neither; case does not count."""
    found = text.strip().upper()
    return found if found in DIRECTIONS and text.isascii() else None
