"""Every exception of fx_orm, in one tree.

    FxError
    ├─ ConfigError               a setting is missing or wrong
    ├─ MappingError              an entity is declared wrongly
    ├─ QueryError                a query is built wrongly
    ├─ NotFoundError             `get*` and `one` found nothing          (LookupError)
    ├─ MultipleFoundError        `one` found several
    ├─ ConcurrentUseError        two threads or tasks use one manager
    ├─ LazyLoadError             a relationship shall be loaded along
    ├─ AfterCommitError          all is committed, but a hook failed
    ├─ UnsupportedError          the database in use cannot do it
    ├─ MigrationError            migration files, or the database's revision, do not fit
    ├─ BackupError               a backup could not be made, read or restored
    │  ─── raised by a database; each is also SQLAlchemy's own class ───
    ├─ DuplicateKeyError         a unique key exists already             (sqlalchemy.exc.IntegrityError)
    ├─ ForeignKeyError           a row points nowhere, or is pointed at  (sqlalchemy.exc.IntegrityError)
    ├─ StaleEntityError          somebody else changed the row           (sqlalchemy.orm.exc.StaleDataError)
    ├─ DetachedError             an unloaded value of a detached entity  (sqlalchemy.orm.exc.DetachedInstanceError)
    └─ DatabaseUnavailable       no connection, or it broke              (sqlalchemy.exc.OperationalError)

`str()` of each is for people: what is wrong, where, and what to write instead, on one line. The data is in attributes.
Validation errors are Pydantic's own `ValidationError`. `LazyLoadWarning`, a UserWarning, is the one warning of its own.
"""

import importlib
from typing import TYPE_CHECKING

from fx_orm.errors.base import (
    AfterCommitError,
    BackupError,
    ConcurrentUseError,
    ConfigError,
    FxError,
    LazyLoadError,
    LazyLoadWarning,
    MappingError,
    MigrationError,
    MultipleFoundError,
    NotFoundError,
    QueryError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from fx_orm.errors.database import (
        DatabaseUnavailable,
        DetachedError,
        DuplicateKeyError,
        ForeignKeyError,
        StaleEntityError,
    )

__all__ = [
    "AfterCommitError",
    "BackupError",
    "ConcurrentUseError",
    "ConfigError",
    "DatabaseUnavailable",
    "DetachedError",
    "DuplicateKeyError",
    "ForeignKeyError",
    "FxError",
    "LazyLoadError",
    "LazyLoadWarning",
    "MappingError",
    "MigrationError",
    "MultipleFoundError",
    "NotFoundError",
    "QueryError",
    "StaleEntityError",
    "UnsupportedError",
]


def __getattr__(name: str) -> object:
    """Load the errors that derive from SQLAlchemy's at their first use: `import fx_orm` does without it."""
    if name in __all__:
        return getattr(importlib.import_module("fx_orm.errors.database"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
