"""Time expressions: the closed list of strings that mean a moment when they are compared with a temporal column.

`CURRENT_TIMESTAMP`, `NOW()`, `CURRENT_DATE` and `DATE('now', '-30 days')` with its relatives of SQLite. This module
reads them; the query renders them for the database in use. Any other string beside such a column must be ISO 8601.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

UNITS = ("second", "minute", "hour", "day", "month", "year")


@dataclass(frozen=True, slots=True)
class Shift:
    """Some units of time later, or earlier when `amount` is negative."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class StartOf:
    """Back to the first moment of the day, month or year."""

    unit: str


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """A moment counted from now: `date_only` is its day (midnight, UTC), otherwise to the microsecond."""

    date_only: bool
    steps: tuple[Shift | StartOf, ...] = ()


@lru_cache(maxsize=512)
def read_time(text: str) -> TimeExpression | None:
    """Read a time expression, or return None when the text is none.

    Example:
        >>> read_time("DATE('now', '-30 days')")
        TimeExpression(date_only=True, steps=(Shift(amount=-30, unit='day'),))
    """
    bare = text.strip()
    if (plain := _PLAIN.get(bare.upper())) is not None:
        return plain
    call = _CALL.fullmatch(bare)
    if call is None:
        return None
    steps: list[Shift | StartOf] = []
    for modifier in re.findall(r"'([^']*)'", call["modifiers"] or ""):
        step = _step(modifier)
        if step is None:
            return None
        steps.append(step)
    return TimeExpression(call["function"].upper() == "DATE", tuple(steps))


_PLAIN = {
    "CURRENT_TIMESTAMP": TimeExpression(date_only=False),
    "CURRENT_TIMESTAMP()": TimeExpression(date_only=False),
    "NOW()": TimeExpression(date_only=False),
    "CURRENT_DATE": TimeExpression(date_only=True),
    "CURRENT_DATE()": TimeExpression(date_only=True),
}
_CALL = re.compile(r"(?P<function>DATE|DATETIME)\(\s*'now'\s*(?P<modifiers>(?:,\s*'[^']*'\s*){0,8})\)", re.IGNORECASE)
_SHIFT = re.compile(r"(?P<amount>[+-]?\d{1,6})\s+(?P<unit>second|minute|hour|day|month|year)s?", re.IGNORECASE)
_START = re.compile(r"start of (?P<unit>day|month|year)", re.IGNORECASE)


def _step(modifier: str) -> Shift | StartOf | None:
    bare = modifier.strip()
    if shift := _SHIFT.fullmatch(bare):
        return Shift(int(shift["amount"]), shift["unit"].lower())
    if start := _START.fullmatch(bare):
        return StartOf(start["unit"].lower())
    return None
