"""The metaclass of entities: prepares what SQLModel's own reads, and corrects what it makes.

It does not read annotations of fields: Pydantic does, and `field_preparation` completes them.
"""

import sys
import warnings
from typing import TYPE_CHECKING, Any, dataclass_transform

import sqlmodel
from sqlalchemy import JSON, Column, event, inspect
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeMeta
from sqlmodel import SQLModel
from sqlmodel.main import (  # public names of a public module, which `sqlmodel` does not re-export
    FieldInfoMetadata,
    RelationshipInfo,
    SQLModelMetaclass,
)

from fx_orm.abstract_entity.field_preparation import describe_column
from fx_orm.abstract_entity.inheritance import check_inheritance
from fx_orm.abstract_entity.redefinition import forget, make_room, take_over
from fx_orm.abstract_entity.relationship_checks import guard_collections, unchecked
from fx_orm.abstract_entity.validation import EntityValidation
from fx_orm.column_types import Document
from fx_orm.constraints import complete_constraints
from fx_orm.errors import MappingError
from fx_orm.fields import Field, options_of
from fx_orm.json_tracking import is_same, watch
from fx_orm.lazy_loading.touching import attend
from fx_orm.models import redeclared
from fx_orm.relationships.declaration import with_sqlalchemy
from fx_orm.schema import naming

if sys.version_info >= (3, 14):
    from annotationlib import Format, call_annotate_function, get_annotate_from_class_namespace

Relations = dict[str, tuple[RelationshipInfo, Any]]
"""Declaration and annotation of each relationship."""


def is_mapped(cls: type) -> bool:
    """Tell whether a class has a table itself, rather than through a base."""
    return "__mapper__" in cls.__dict__


def own_columns(cls: type) -> "dict[str, Column[Any]]":
    """Give the columns that a class declares itself, before they are mapped."""
    return {name: value for name, value in cls.__dict__.items() if isinstance(value, Column)}


@dataclass_transform(kw_only_default=True, field_specifiers=(Field, sqlmodel.Field))
class EntityMetaclass(SQLModelMetaclass):
    """Makes entity classes."""

    __fx_validation__: EntityValidation
    __fx_relations__: Relations
    __tablename__: Any

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        """Take out relationships and inherited fields, whose annotations are not Pydantic's business."""
        is_table = bool(kwargs.get("table"))
        parent: Any = next((base for base in bases if any(is_mapped(c) for c in base.__mro__)), None)
        annotations = namespace["__annotations__"] = _annotations(namespace)
        inherited = frozenset(parent.model_fields.keys() - annotations.keys() if parent else ())
        # Else Pydantic takes the column attribute that it finds on the parent for a default value.
        for field in (f for f in (parent.model_fields if parent else ()) if f in inherited):
            annotations[field], namespace[field] = redeclared(parent.model_fields[field])
        if parent and not is_table:  # a plain model derived from an entity: its fields, no table
            namespace["model_config"] = {**namespace.get("model_config", {}), "table": False}
        owner = f"{namespace['__module__']}.{name}"
        relations = _take_relations(bases, namespace, annotations, parent)
        namespace |= {"__fx_is_table__": is_table, "__fx_inherited__": inherited, "__fx_relations__": relations}
        if is_table:
            for field, (declared, annotation) in relations.items():
                namespace[field] = with_sqlalchemy(declared, owner, field, annotation)
        with warnings.catch_warnings():  # a field may be called `metadata`, and inherited ones are declared again
            warnings.filterwarnings("ignore", message="Field name" if parent else 'Field name "metadata"')
            cls = super().__new__(mcs, name, bases, namespace, **kwargs)
        for field in inherited if is_table else ():  # SQLModel has made columns again: those of the parent's table stay
            type.__delattr__(cls, field)
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> None:
        is_table = bool(kwargs.get("table"))
        entities = [base for base in bases if isinstance(base, EntityMetaclass)]
        cls.__fx_validation__ = EntityValidation(
            cls,
            is_mapped=is_table,
            # Asked before mapping: SQLAlchemy puts a constructor of its own before each.
            has_own_constructor=("__init__" in namespace and bool(entities))
            or any(base.__fx_validation__.has_own_constructor for base in entities),
        )
        if is_table:
            _map(cls, name, bases, namespace, kwargs)
        else:
            super().__init__(name, bases, namespace, **kwargs)

    if not TYPE_CHECKING:  # type checkers take the constructor from the fields

        def __call__(cls, /, *args: Any, **data: Any) -> Any:
            """Construct as SQLAlchemy's instrumented `__init__` would, events included, at half its price."""
            validation = cls.__fx_validation__
            entity = object.__new__(cls)
            if args or not validation.is_direct:
                entity.__init__(*args, **data)
                return entity
            validation.adopt(entity, data)
            try:
                validation.fill(entity, data)
            except BaseException:
                validation.manager.dispatch.init_failure(entity._sa_instance_state, args, data)
                raise
            return entity

    @property
    def _sa_instance_state(cls) -> Any:
        """Hide the slot of the instances from SQLAlchemy's `inspect()`, which looks for it on whatever it is given."""
        raise AttributeError

    @property
    def table_metadata(cls) -> sqlmodel.MetaData:
        """The MetaData of the table, also when a field is called `metadata`."""
        return SQLModel.metadata


def _annotations(namespace: dict[str, Any]) -> dict[str, Any]:
    """Read the annotations of a class that is being made, which since Python 3.14 are a function in its namespace."""
    if sys.version_info >= (3, 14) and "__annotations__" not in namespace:
        annotate = get_annotate_from_class_namespace(namespace)
        return call_annotate_function(annotate, format=Format.FORWARDREF) if annotate else {}
    annotations: dict[str, Any] = namespace.get("__annotations__", {})
    return annotations


def _take_relations(
    bases: tuple[type, ...], namespace: dict[str, Any], annotations: dict[str, Any], parent: type | None
) -> Relations:
    """Collect the relationships of a class and of its mixins, and take them from the namespace.

    What stays in the annotations, Pydantic makes a field of every subclass.
    """
    relations: Relations = {}
    for base in reversed(bases):
        if base is not parent:
            for c in reversed(base.__mro__):
                relations |= c.__dict__.get("__fx_relations__", {})
    for field, value in list(namespace.items()):
        if isinstance(value, RelationshipInfo):
            relations[field] = namespace.pop(field), annotations.pop(field, None)
    return relations


def _map(cls: Any, name: str, bases: tuple[type, ...], namespace: dict[str, Any], kwargs: dict[str, Any]) -> None:
    """Make the table and its mapper."""
    columns = own_columns(cls)
    inherits = any(is_mapped(c) for base in bases for c in base.__mro__)
    if inherits:
        check_inheritance(cls, columns)
    if inherits and "__tablename__" not in cls.__dict__:  # the name of the parent's table is not that of another one
        has_own_key = any(column.primary_key for column in columns.values())
        type.__setattr__(cls, "__tablename__", naming.table_name(name) if has_own_key else None)
    table_name = cls.__tablename__
    gone = make_room(table_name, cls.__module__, cls.__qualname__) if isinstance(table_name, str) else []
    for field, column in columns.items():
        if isinstance(column.type, Document | JSON):
            document: Any = column.type
            document.compare_values = is_same  # otherwise True for 1 would be no change
        info = cls.model_fields.get(field)
        if info is not None:
            describe_column(info, column)
            if options_of(info).version:
                arguments = {**getattr(cls, "__mapper_args__", {}), "version_id_col": column}
                type.__setattr__(cls, "__mapper_args__", arguments)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Attribute name 'metadata'")
            if inherits:
                _map_subclass(cls, name, bases, namespace, kwargs, columns)
            else:
                SQLModelMetaclass.__init__(cls, name, bases, namespace, **kwargs)
    except SQLAlchemyError as error:
        forget(cls)  # leave no half-made class behind
        raise _explained(cls, columns, error) from error
    # SQLAlchemy sets its state on each loaded object by this function; the slot's own is faster than __setattr__.
    state: Any = cls.__fx_state_slot__
    inspect(cls).class_manager._state_setter = state.__set__  # noqa: SLF001  # without it, only slower
    complete_constraints(
        cls.__table__,
        without_index=[c.name for f, c in columns.items() if _refuses_index(cls.model_fields.get(f))],
    )
    for field, column in columns.items():
        if isinstance(column.type, Document | JSON):
            watch(cls, field)
    guard_collections(cls)
    event.listen(cls, "mapper_configured", attend)
    unchecked.add(cls)
    for old in gone:
        take_over(old, cls)


def _map_subclass(
    cls: Any,
    name: str,
    bases: tuple[type, ...],
    namespace: dict[str, Any],
    kwargs: dict[str, Any],
    columns: "dict[str, Column[Any]]",
) -> None:
    """Map a class that inherits from a mapped one, which SQLModel never does."""
    for field, declared in cls.__sqlmodel_relationships__.items():
        setattr(cls, field, declared.sa_relationship)
    if cls.__tablename__ is None:  # single table: rows of sibling classes have no value for these columns
        for column in columns.values():
            column.nullable = True
    DeclarativeMeta.__init__(cls, name, bases, namespace, **kwargs)


def _refuses_index(info: Any) -> bool:
    return info is not None and any(isinstance(m, FieldInfoMetadata) and m.index is False for m in info.metadata)


def _explained(cls: Any, columns: "dict[str, Column[Any]]", error: SQLAlchemyError) -> MappingError:
    where = f"{cls.__module__}.{cls.__qualname__}"
    if isinstance(error, ArgumentError) and not any(column.primary_key for column in columns.values()):
        return MappingError(
            f"{cls.__name__} has no primary key; write id: int | None = Field(default=None, primary_key=True)",
            entity=where,
        )
    reason = " ".join(str(error).split())
    return MappingError(f"{cls.__name__}: {reason}", entity=where)
