"""The errors that a database raises: ours for the message, SQLAlchemy's for code that catches those.

Each is raised `from` SQLAlchemy's original, whose own `__cause__` is the driver's.
"""

from typing import Any

from sqlalchemy import exc
from sqlalchemy.orm import exc as orm_exc

from fx_orm.errors.base import FxError


class _DatabaseError(FxError, exc.DBAPIError):
    """What SQLAlchemy's database errors carry (`statement`, `params`, `orig`), taken over from the original."""

    def __init__(self, message: str, original: exc.DBAPIError | None = None, **data: Any) -> None:
        FxError.__init__(self, message, **data)
        self.original = original
        self.statement = original.statement if original else None
        self.params = original.params if original else None
        self.orig = original.orig if original else None
        self.connection_invalidated = bool(original and original.connection_invalidated)
        self.hide_parameters = True
        self.ismulti = bool(original and original.ismulti)
        self.detail: list[str] = []

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,)


class DuplicateKeyError(_DatabaseError, exc.IntegrityError):
    """A row with this unique key exists already; `table` and `columns` name the key where the database tells."""


class ForeignKeyError(_DatabaseError, exc.IntegrityError):
    """A row points to one that does not exist, or one that others point to was to be deleted."""


class DatabaseUnavailable(_DatabaseError, exc.OperationalError):
    """The database cannot be reached, or the connection broke; `database` is its URL without the password."""


class StaleEntityError(FxError, orm_exc.StaleDataError):
    """The row was changed or deleted by somebody else since it was loaded.

    `entity` and `identity` name it, as `em.find(entity, identity)` takes them. When one flush sent several entities of
    the table, these are None, and `candidates` are pairs of them. `table` is known always.
    """


class DetachedError(FxError, orm_exc.DetachedInstanceError):
    """An unloaded attribute of an entity without a manager: `entity`, `attribute`, `remedy` (a `with_()` to write)."""

    def __str__(self) -> str:
        return self.message  # without the link to SQLAlchemy's page
