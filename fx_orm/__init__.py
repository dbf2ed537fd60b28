"""fx_orm: entities, repositories, an entity manager and a fluent query builder whose strings are checked.

This module is the table of contents. Names are loaded at their first use (PEP 562), so that `import fx_orm` costs
milliseconds: it pulls in none of SQLAlchemy, SQLModel, Alembic and sqlglot.
"""

import importlib
from typing import TYPE_CHECKING

from fx_orm import scope

if TYPE_CHECKING:
    from sqlalchemy import (
        CheckConstraint,
        ForeignKey,
        Index,
        UniqueConstraint,
    )
    from sqlmodel import (
        Column,
        SQLModel,
        and_,
        col,
        delete,
        func,
        insert,
        not_,
        or_,
        select,
        text,
        update,
    )

    from fx_orm.abstract_entity import AbstractEntity
    from fx_orm.column_types import JSON
    from fx_orm.config import Settings, configure
    from fx_orm.entity_manager import EntityManager
    from fx_orm.entity_manager_interface import EntityManagerInterface
    from fx_orm.errors import (
        AfterCommitError,
        BackupError,
        ConcurrentUseError,
        ConfigError,
        DatabaseUnavailable,
        DetachedError,
        DuplicateKeyError,
        ForeignKeyError,
        FxError,
        LazyLoadError,
        LazyLoadWarning,
        MappingError,
        MigrationError,
        MultipleFoundError,
        NotFoundError,
        QueryError,
        StaleEntityError,
        UnsupportedError,
    )
    from fx_orm.fields import Field
    from fx_orm.mixins import SoftDelete, Timestamps
    from fx_orm.query_builder import QueryBuilder
    from fx_orm.relationships import Relationship
    from fx_orm.repository import Repository

__version__ = "0.1.0"

__all__ = [
    "JSON",
    "AbstractEntity",
    "AfterCommitError",
    "BackupError",
    "CheckConstraint",
    "Column",
    "ConcurrentUseError",
    "ConfigError",
    "DatabaseUnavailable",
    "DetachedError",
    "DuplicateKeyError",
    "EntityManager",
    "EntityManagerInterface",
    "Field",
    "ForeignKey",
    "ForeignKeyError",
    "FxError",
    "Index",
    "LazyLoadError",
    "LazyLoadWarning",
    "MappingError",
    "MigrationError",
    "MultipleFoundError",
    "NotFoundError",
    "QueryBuilder",
    "QueryError",
    "Relationship",
    "Repository",
    "SQLModel",
    "Settings",
    "SoftDelete",
    "StaleEntityError",
    "Timestamps",
    "UniqueConstraint",
    "UnsupportedError",
    "__version__",
    "and_",
    "col",
    "configure",
    "delete",
    "func",
    "insert",
    "not_",
    "or_",
    "select",
    "text",
    "update",
]

_HOME = {
    "AbstractEntity": "fx_orm.abstract_entity",
    "EntityManager": "fx_orm.entity_manager",
    "EntityManagerInterface": "fx_orm.entity_manager_interface",
    "Field": "fx_orm.fields",
    "JSON": "fx_orm.column_types",
    "QueryBuilder": "fx_orm.query_builder",
    "Relationship": "fx_orm.relationships",
    "Repository": "fx_orm.repository",
    "Settings": "fx_orm.config",
    "SoftDelete": "fx_orm.mixins",
    "Timestamps": "fx_orm.mixins",
    "configure": "fx_orm.config",
    **dict.fromkeys(("CheckConstraint", "ForeignKey", "Index", "UniqueConstraint"), "sqlalchemy"),
    **dict.fromkeys(
        (
            *("Column", "SQLModel", "and_", "col", "delete", "func"),
            *("insert", "not_", "or_", "select", "text", "update"),
        ),
        "sqlmodel",
    ),
}


def __getattr__(name: str) -> object:
    """Load a public name from its home at its first use, and remember it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME.get(name, "fx_orm.errors")), name)
    globals()[name] = value
    return value


def _make_manager() -> scope.SessionSource:
    """Make the manager of a thread or task that has none: it gives its connection back whenever it is idle."""
    manager: scope.SessionSource = importlib.import_module("fx_orm.entity_manager").EntityManager(
        release_when_idle=True
    )
    return manager


scope.install(_make_manager)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
