"""What a function gives: the type of its result, so that it is the same Python type on every database."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from fx_orm.query.kinds import plain


class WholeNumber(sa.types.TypeDecorator[int]):
    """The sum of whole numbers, a part of a date: an int too where a driver hands out a Decimal."""

    impl = sa.BigInteger
    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's form
        """Make it an int."""
        return None if value is None else int(value)


class Average(sa.types.TypeDecorator[Decimal]):
    """The average of Decimals: four digits more than they have, on every database (as MariaDB computes it)."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, scale: int) -> None:
        super().__init__(None, scale + 4, decimal_return_scale=scale + 4)
        self.digits = Decimal(1).scaleb(-scale - 4)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy's form
        """Round what a database knows more of."""
        return None if value is None else Decimal(value).quantize(self.digits, ROUND_HALF_UP)


def result_type(name: str, arguments: list[sa.ColumnElement[Any]]) -> TypeEngine[Any] | None:
    """Choose the type of a function's result so that it is the same Python type on every database."""
    below = plain(arguments[0].type) if arguments else sa.types.NullType()
    if name in _COUNTS:
        return sa.Integer()
    if name == "sum" and isinstance(below, sa.Integer):
        return WholeNumber()
    if name == "avg":
        if not isinstance(below, sa.Numeric) or isinstance(below, sa.Float):
            return sa.Float()
        return sa.Numeric() if below.scale is None else Average(below.scale)
    if name in _TEXTS:
        return sa.String()
    return arguments[0].type if name in _LIKE_ARGUMENT and arguments else None


_COUNTS = {"count", "row_number", "rank", "dense_rank", "ntile", "length", "char_length"}
_TEXTS = {"lower", "upper", "trim", "ltrim", "rtrim", "replace", "substr", "substring", "concat", "group_concat"}
_LIKE_ARGUMENT = {
    *("sum", "min", "max", "abs", "coalesce", "nullif", "first_value", "last_value", "nth_value", "lag", "lead"),
}
