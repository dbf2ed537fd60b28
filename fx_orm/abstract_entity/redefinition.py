"""The same class defined again, in a notebook or by a reload: the new one takes the place of the old one.

Two different modules that claim one table are an error: one of the two would silently win.
"""

from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from fx_orm.errors import MappingError
from fx_orm.relationships.targets import replaced, table_classes


def make_room(table_name: str, module: str, qualified_name: str) -> list[Any]:
    """Take away the class that has this table already, when the new one is the same class defined again.

    Returns:
        The classes that were taken away: the relationships of others to them are to be made anew.

    Raises:
        MappingError: the table belongs to another class.
    """
    gone: list[Any] = []
    for entity_class in list(table_classes()):
        owner = f"{entity_class.__module__}.{entity_class.__qualname__}"
        if (entity_class.__module__, entity_class.__qualname__) == (module, qualified_name):
            gone.append(entity_class)
        elif getattr(entity_class.__dict__.get("__table__"), "name", None) == table_name:
            raise MappingError(
                f'{qualified_name.rpartition(".")[2]}: table "{table_name}" belongs to {owner} already; '
                f"write another __tablename__, or import the module under one name",
                entity=f"{module}.{qualified_name}",
                table=table_name,
                other=owner,
            )
    for entity_class in gone:
        forget(entity_class)
    if table_name in SQLModel.metadata.tables:
        raise MappingError(
            f'{qualified_name.rpartition(".")[2]}: table "{table_name}" is declared already; '
            f"write another __tablename__",
            entity=f"{module}.{qualified_name}",
            table=table_name,
        )
    return gone


def forget(entity_class: Any) -> None:
    """Take a class out of the registry and its table out of the metadata."""
    replaced(entity_class)
    table = entity_class.__dict__.get("__table__")
    if isinstance(table, Table):
        SQLModel.metadata.remove(table)
    # SQLAlchemy has no public way to dispose of one class: these are the steps that `registry.dispose()` does for all.
    registry: Any = entity_class.__mapper__.registry
    manager = entity_class.__mapper__.class_manager
    registry._dispose_manager_and_mapper(manager)  # noqa: SLF001
    registry._managers.pop(manager, None)  # noqa: SLF001
