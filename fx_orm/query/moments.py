"""Time expressions as SQL of the database in use, of the same type as the column beside them.

The text that is written here is made of numbers and of words from closed lists alone. Now is the database's clock, in
UTC, to the microsecond where the database has them (SQLite: milliseconds).
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from fx_orm.query.kinds import plain
from fx_orm.sql import Shift, StartOf, TimeExpression


def moment(expression: TimeExpression, type_: TypeEngine[Any], database: str) -> sa.ColumnElement[Any]:
    """Render a time expression for a database, to be compared with a column of `type_` (a date, or a date and time)."""
    if database == "sqlite":
        written = _sqlite(expression, type_)
    elif database == "postgresql":
        written = _postgresql(expression, type_)
    else:
        written = _mysql(expression, type_)
    return sa.literal_column(written, type_)


def _sqlite(expression: TimeExpression, type_: TypeEngine[Any]) -> str:
    """Write the text that SQLAlchemy stores: with all six decimals, or strings would not compare as moments do."""
    if isinstance(plain(type_), sa.Date):
        form = "%Y-%m-%d"
    else:
        form = "%Y-%m-%d 00:00:00.000000" if expression.date_only else "%Y-%m-%d %H:%M:%f000"
    modifiers = [_sqlite_step(step) for step in expression.steps]
    arguments = ", ".join(f"'{text}'" for text in (form, "now", *modifiers))
    return f"strftime({arguments})"


def _sqlite_step(step: Shift | StartOf) -> str:
    return f"{step.amount:+d} {step.unit}" if isinstance(step, Shift) else f"start of {step.unit}"


def _postgresql(expression: TimeExpression, type_: TypeEngine[Any]) -> str:
    below = plain(type_)
    has_zone = isinstance(below, sa.DateTime) and below.timezone
    if has_zone and not expression.date_only and not expression.steps:
        return "CURRENT_TIMESTAMP"
    written = "CURRENT_TIMESTAMP AT TIME ZONE 'UTC'"
    for step in expression.steps:
        if isinstance(step, Shift):
            written = f"({written}) + INTERVAL '{step.amount} {step.unit}'"
        else:
            written = f"date_trunc('{step.unit}', {written})"
    if expression.date_only:
        written = f"date_trunc('day', {written})"
    if isinstance(below, sa.Date):
        return f"CAST({written} AS DATE)"
    return f"(({written}) AT TIME ZONE 'UTC')" if has_zone else f"({written})"


def _mysql(expression: TimeExpression, type_: TypeEngine[Any]) -> str:
    written = "UTC_TIMESTAMP(6)"
    for step in expression.steps:
        if isinstance(step, Shift):
            written = f"({written} + INTERVAL {step.amount} {step.unit.upper()})"
        else:
            written = f"CAST(DATE_FORMAT({written}, '{_MYSQL_START[step.unit]}') AS DATETIME)"
    if expression.date_only or isinstance(plain(type_), sa.Date):
        return f"CAST({written} AS DATE)"
    return written


_MYSQL_START = {"day": "%Y-%m-%d", "month": "%Y-%m-01", "year": "%Y-01-01"}
