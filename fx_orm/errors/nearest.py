"""The nearest name: what was likely meant by a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Find the candidate that `name` is most likely a misspelling of, or None when none is near enough to be named.

    Case does not count: `Price` is nearest to `price`.

    Example:
        >>> nearest("nmae", ["id", "name", "price"])
        'name'
    """
    if len(name) > _LONGEST:
        return None
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(candidate.casefold(), candidate)
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


_LONGEST = 200  # no name of ours is longer, and comparing costs the square of it


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Say `; did you mean "name"?` for the end of a message, or nothing when no candidate is near."""
    found = nearest(name, candidates)
    return f'; did you mean "{found}"?' if found else ""
