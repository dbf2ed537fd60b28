"""Refuses the kinds of inheritance between tables that would go wrong silently, before SQLAlchemy maps anything.

Supported are a table for a whole family (the children have no primary key of their own) and a table for each child that
joins its parent's; in both a field of the root tells the rows apart.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Table, inspect

from fx_orm.errors import MappingError
from fx_orm.schema.naming import table_name


def check_inheritance(cls: Any, columns: Mapping[str, Column[Any]]) -> None:
    """Check a class that inherits from a mapped one.

    Args:
        cls: the new class, not mapped yet.
        columns: those that it declares itself, by field.

    Raises:
        MappingError: the inheritance is of a kind that is not supported, or a part of it is missing.
    """
    parent = _parent(cls)
    _check_identity(cls, parent)
    has_own_key = any(column.primary_key for column in columns.values())
    if isinstance(cls.__dict__.get("__tablename__"), str) or has_own_key:
        _check_own_table(cls, parent, columns)
    else:
        _check_shared_table(cls, parent, columns)


def _parent(cls: Any) -> Any:
    parents = [base for base in cls.__bases__ if inspect(base, raiseerr=False) is not None]
    if len(parents) > 1:
        names = " and ".join(base.__name__ for base in parents)
        raise _wrong(cls, f"{names} have a table each, and an entity inherits from one; relate it to the other")
    parent = parents[0]
    if not hasattr(parent, "__fx_validation__"):
        raise _wrong(cls, f"{parent.__name__} is a table of plain SQLModel; derive it from AbstractEntity")
    return parent


def _check_identity(cls: Any, parent: Any) -> None:
    arguments = dict(cls.__dict__.get("__mapper_args__", {}))
    mapper = inspect(parent)
    if arguments.get("concrete"):
        raise _wrong(
            cls,
            "a table that repeats its parent's (concrete=True) is not supported; "
            "derive both entities from a class without table=True",
        )
    if mapper.polymorphic_on is None:
        root = parent.__name__
        raise _wrong(
            cls,
            f"nothing tells its rows from those of {root}; write in {root} "
            f'kind: str = "{table_name(root)}" and __mapper_args__ = '
            f'{{"polymorphic_on": "kind", "polymorphic_identity": "{table_name(root)}"}}',
        )
    if arguments.get("polymorphic_abstract"):
        return
    remedy = f'write __mapper_args__ = {{"polymorphic_identity": "{table_name(cls.__name__)}"}}'
    identity = arguments.get("polymorphic_identity")
    if identity is None:
        raise _wrong(cls, f"nothing tells its rows from those of {parent.__name__}; {remedy}")
    other = mapper.polymorphic_map.get(identity)
    if other is not None and _full_name(other.class_) != _full_name(cls):
        name = other.class_.__name__
        raise _wrong(cls, f"its rows are called {identity!r} as those of {name} are; give it another name")


def _check_own_table(cls: Any, parent: Any, columns: Mapping[str, Column[Any]]) -> None:
    keys = {column.name for column in inspect(parent).primary_key}
    names = {column.name for column in inspect(parent).local_table.columns}
    tables = {str(table.fullname) for table in inspect(parent).tables if isinstance(table, Table)}
    refers = any(
        key.target_fullname.rpartition(".")[0] in tables
        for column in columns.values()
        if column.primary_key
        for key in column.foreign_keys
    )
    if not refers:
        key, table = min(keys), parent.__table__.fullname
        raise _wrong(
            cls,
            f"a table of its own needs the key of its parent's; write {key}: int | None = "
            f'Field(default=None, primary_key=True, foreign_key="{table}.{key}")',
        )
    _check_repetition(cls, parent, columns, names - keys)


def _check_shared_table(cls: Any, parent: Any, columns: Mapping[str, Column[Any]]) -> None:
    # Not `column_attrs`, which would look for the targets of all relationships: they may be declared later.
    own = {column.name for column in inspect(parent).columns}
    _check_repetition(cls, parent, columns, own)
    for field, column in columns.items():
        name = column.name or field  # SQLAlchemy gives it the field's name when it maps the class
        if name in parent.__table__.columns:
            raise MappingError(
                f'{cls.__name__}.{field}: table "{parent.__table__.name}" has a column "{name}" of another '
                f"child of {parent.__name__}; declare the field in {parent.__name__}, or give it another name",
                entity=_full_name(cls),
                field=field,
            )


def _check_repetition(cls: Any, parent: Any, columns: Mapping[str, Column[Any]], inherited: set[str]) -> None:
    for field, column in columns.items():
        if (column.name or field) in inherited:
            raise MappingError(
                f"{cls.__name__}.{field}: {parent.__name__} has this field already, and one column is not declared "
                f"twice; leave it out here",
                entity=_full_name(cls),
                field=field,
            )


def _wrong(cls: Any, problem: str) -> MappingError:
    return MappingError(f"{cls.__name__}: {problem}", entity=_full_name(cls))


def _full_name(cls: Any) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
