"""What a column can store: values as for a comparison, and within the length and the digits that it is declared with.

One database would cut a text off or round a number, another would raise, and SQLite would store it as it is: here they
are refused on all, as the entity's constructor refuses them.
"""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from fx_orm.query.kinds import is_text, plain
from fx_orm.query.values import Converter, WrongValue, converter, shown


def stored(type_: TypeEngine[Any], database: str) -> Converter | None:
    """Choose how a value is made ready for a column; None when it goes as it is."""
    convert, below = converter(type_, database), plain(type_)
    if convert is None:
        return None
    length = getattr(below, "length", None)
    if length is not None and is_text(type_):
        return _text_within(length, convert)
    if length is not None and isinstance(below, sa.LargeBinary):
        return _bytes_within(length, convert)
    if isinstance(below, sa.Numeric) and not isinstance(below, sa.Float) and below.precision is not None:
        return _decimal_within(below.precision, below.scale or 0, convert)
    return convert


def _text_within(length: int, convert: Converter) -> Converter:
    def store(value: Any) -> Any:
        # Nearly all texts are such ones, and this is done for every value of thousands of rows.
        if type(value) is str and len(value) <= length and value.isascii() and "\0" not in value:
            return value
        converted = convert(value)
        if converted is not None and len(converted) > length:
            raise WrongValue(f"it takes {length} characters, not {len(converted)}")
        return converted

    return store


def _bytes_within(length: int, convert: Converter) -> Converter:
    def store(value: Any) -> Any:
        converted = convert(value)
        if converted is not None and len(converted) > length:
            raise WrongValue(f"it takes {length} bytes, not {len(converted)}")
        return converted

    return store


def _decimal_within(precision: int, scale: int, convert: Converter) -> Converter:
    whole = precision - scale

    def store(value: Any) -> Any:
        converted = convert(value)
        if converted is None:
            return None
        number = converted if type(converted) is Decimal else Decimal(str(converted))
        _, digits, exponent = number.as_tuple()
        places = -int(exponent)
        if places > scale and any(digits[scale - places :]):
            raise WrongValue(f"it takes {scale} digits behind the point, not {shown(value)}")
        if len(digits) - places > whole and any(digits):
            raise WrongValue(f"it takes {whole} digits before the point, not {shown(value)}")
        return converted

    return store
