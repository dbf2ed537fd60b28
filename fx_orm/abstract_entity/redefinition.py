"""The same class defined again, in a notebook or by a reload: the new one takes the place of the old one.

Two different modules that claim one table are an error: one of the two would silently win.
"""

import warnings
from typing import Any

from sqlalchemy import Table, inspect
from sqlmodel import SQLModel
from sqlmodel.main import RelationshipInfo  # a public name of a public module, which `sqlmodel` does not re-export

from fx_orm.errors import MappingError
from fx_orm.lazy_loading.touching import attend
from fx_orm.relationships.declaration import link_of, read, with_sqlalchemy
from fx_orm.relationships.targets import forgotten, resolve, succeeded, table_classes


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
    """Take a class out of the registry and its table out of the metadata, also one whose mapping has failed."""
    forgotten(entity_class)
    table = entity_class.__dict__.get("__table__")
    if isinstance(table, Table):
        SQLModel.metadata.remove(table)
    # SQLAlchemy has no public way to dispose of one class: these are the steps that `registry.dispose()` does for all.
    registry = entity_class._sa_registry  # noqa: SLF001
    manager = entity_class.__dict__.get("_sa_class_manager")
    if manager is not None:
        registry._dispose_manager_and_mapper(manager)  # noqa: SLF001
        registry._managers.pop(manager, None)  # noqa: SLF001


def take_over(old: Any, new: Any) -> None:
    """Make the foreign keys and relationships of others that led to the old class lead to the new one."""
    succeeded(old, new)
    table = new.__table__
    for other in SQLModel.metadata.tables.values():
        for key in other.foreign_keys:
            if key.target_fullname.rpartition(".")[0] == table.fullname:
                key.__dict__.pop("column", None)  # SQLAlchemy's memory of the old table's column
    for entity_class in list(table_classes()):
        relations = getattr(entity_class, "__fx_relations__", {})
        if entity_class is not new and inspect(entity_class).configured:
            owner = f"{entity_class.__module__}.{entity_class.__name__}"
            for field, (declared, annotation) in relations.items():
                if declared.sa_relationship is None and new in _ends(declared, annotation, owner, field):
                    _replace(entity_class, field, with_sqlalchemy(declared, owner, field, annotation).sa_relationship)


def _replace(entity_class: Any, field: str, relationship: Any) -> None:
    with warnings.catch_warnings():
        # SQLAlchemy sees that an attribute is replaced, and that the old class writes the same column: both are meant.
        warnings.filterwarnings("ignore", message="User-placed attribute")
        warnings.filterwarnings("ignore", message="relationship '.*' will copy column")
        setattr(entity_class, field, relationship)
    attend(inspect(entity_class))
    entity_class.__fx_validation__.relationships_changed()


def _ends(declared: RelationshipInfo, annotation: Any, owner: str, field: str) -> list[Any]:
    target = resolve(read(owner, field, annotation).target, owner, field)
    link = link_of(declared)
    return [target] if link is None else [target, resolve(link, owner, field, "link_table")]
