"""Cursors: the position of a row in an order as text that may stand in a URL.

A cursor is checked when it comes back: it is of this order, and its values are what the columns hold. With the setting
`secret` it is signed too, so that only cursors that were handed out are taken. It is not encrypted.
"""

import base64
import binascii
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from fx_orm.errors import QueryError
from fx_orm.query.keyset import Key
from fx_orm.query.messages import wrong

_SIGNATURE = 16  # bytes


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two rows: behind the row of these values, or before it when `backwards`.

    `order` tells to which order it belongs; with `inclusive` the row itself comes too.
    """

    order: str
    values: tuple[Any, ...]
    backwards: bool = False
    inclusive: bool = False


def order_of(entity: type[Any] | None, keys: Sequence[Key]) -> str:
    """Return a short text that is the same for the same order."""
    name = "" if entity is None else entity.__name__
    written = "|".join([name, *(f"{key.text} {'DESC' if key.descending else 'ASC'}" for key in keys)])
    return hashlib.sha256(written.encode()).hexdigest()[:8]


def write_cursor(position: Position, secret: str | None) -> str:
    """Write a position as text, signed where there is a secret."""
    values = [_written(value) for value in position.values]
    content = [position.order, int(position.backwards), int(position.inclusive), values]
    text = json.dumps(content, separators=(",", ":")).encode()
    return _text(text) if secret is None else f"{_text(text)}.{_text(_signature(text, secret))}"


def read_cursor(cursor: Any, secret: str | None) -> Position:
    """Read what `write_cursor` wrote.

    Raises:
        QueryError: it is none, or not signed with this secret.
    """
    if not isinstance(cursor, str):
        raise wrong(_METHOD, None, f"a cursor is a string, not an object of {type(cursor).__name__}")
    content, _, signature = cursor.partition(".")
    try:
        text = _bytes(content)
        if secret is None and signature:
            raise wrong(_METHOD, None, "the cursor is signed, and no secret is configured to check it")
        if secret is not None and not hmac.compare_digest(_bytes(signature), _signature(text, secret)):
            raise wrong(_METHOD, None, "the cursor is not signed with the secret that is configured")
        order, backwards, inclusive, values = json.loads(text)
        if not isinstance(order, str) or backwards not in (0, 1) or inclusive not in (0, 1):
            raise _damaged()
        return Position(order, tuple(_value(value) for value in values), bool(backwards), bool(inclusive))
    except _UNREADABLE as error:
        raise _damaged() from error


def check_position(position: Position, order: str, keys: Sequence[Key]) -> None:
    """Refuse a position of another order, and values that its columns cannot hold.

    Raises:
        QueryError: it does not fit.
    """
    if position.order != order or len(position.values) != len(keys):
        raise wrong(_METHOD, None, "the cursor is one of another query or another order")
    for value, key in zip(position.values, keys, strict=True):
        try:
            kind: type[Any] = key.element.type.python_type
        except NotImplementedError:
            continue
        if value is not None and not isinstance(value, str if issubclass(kind, Enum) else kind):
            raise _damaged()


def _damaged() -> QueryError:
    return wrong(_METHOD, None, "the cursor is damaged; take the one of a page, or None for the first page")


def _signature(text: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), text, hashlib.sha256).digest()[:_SIGNATURE]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _written(value: Any) -> Any:
    """Write one value for JSON; what JSON lacks is written with its kind."""
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    for kind, (write, _) in _KINDS.items():
        if type(value) is kind:
            return [kind.__name__, write(value)]
    raise wrong(_METHOD, None, f"an object of {type(value).__name__} cannot stand in a cursor")


def _value(written: Any) -> Any:
    if isinstance(written, list):
        name, text = written
        return _READERS[name](text)
    is_too_large = isinstance(written, int) and abs(written) >= 2**63
    if isinstance(written, dict) or is_too_large or (isinstance(written, str) and "\0" in written):
        raise _damaged()
    return written


_METHOD = "cursor_paginate"
_KINDS: dict[type[Any], tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    Decimal: (str, Decimal),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    time: (time.isoformat, time.fromisoformat),
    timedelta: (
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: timedelta(parts[0], parts[1], parts[2]),
    ),
    uuid.UUID: (str, uuid.UUID),
    bytes: (_text, _bytes),
}
_READERS = {kind.__name__: read for kind, (_, read) in _KINDS.items()}
_UNREADABLE = (*(ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError, binascii.Error),)
