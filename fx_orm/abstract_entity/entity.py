"""`AbstractEntity`: a SQLModel table class whose constructor and assignments validate. Built on SQLModel, not forked.

What a class needs to validate is in `validation`; how a class is made is in `metaclass`. Nothing here talks to a
database, but reading what a commit has expired does: `model_dump`, `copy` and `==` load it first.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict
from sqlalchemy import inspect
from sqlalchemy.orm import InspectionAttr, declared_attr
from sqlmodel import SQLModel

from fx_orm.abstract_entity.field_preparation import prepare_fields
from fx_orm.abstract_entity.metaclass import EntityMetaclass, Relations
from fx_orm.abstract_entity.validation import LAZY, EntityValidation, put
from fx_orm.fields import options_of
from fx_orm.json_tracking import attach
from fx_orm.models import GeneratedCreateModel, GeneratedModel
from fx_orm.schema.naming import table_name


class AbstractEntity(SQLModel, metaclass=EntityMetaclass):
    """Base class of entities.

    Example:
        >>> class Product(AbstractEntity, table=True):
        ...     id: int | None = Field(default=None, primary_key=True)
        ...     name: str = Field(min_length=1, max_length=255)
    """

    # SQLAlchemy keeps its state as an attribute: in a slot, it stays out of the __dict__ that Pydantic replaces.
    __slots__ = ("_fx_validating", "_sa_instance_state")

    __fx_validation__: ClassVar[EntityValidation]
    __fx_relations__: ClassVar[Relations]
    __fx_is_table__: ClassVar[bool]
    __fx_inherited__: ClassVar[frozenset[str]]
    __fx_state_slot__: ClassVar[Any]

    # defer_build: Pydantic builds its validator at the first use, from the fields as `prepare_fields` completes them.
    # ignored_types: hybrids, association proxies and column properties are no fields.
    model_config = ConfigDict(  # type: ignore[assignment]  # SQLModel's is a TypedDict of its own with more keys
        validate_assignment=True,
        extra="forbid",
        defer_build=True,
        ignored_types=(InspectionAttr, declared_attr),
    )

    CreateModel: ClassVar[GeneratedCreateModel] = GeneratedCreateModel("Create")
    FindModel: ClassVar[GeneratedModel] = GeneratedModel("Find")
    PatchModel: ClassVar[GeneratedModel] = GeneratedModel("Patch")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Complete the fields, after Pydantic has read them and before SQLModel makes columns."""
        super().__pydantic_init_subclass__(**kwargs)
        prepare_fields(cls, is_table=cls.__fx_is_table__, inherited=cls.__fx_inherited__)

    def __init__(self, /, **data: Any) -> None:
        """Validate the values of fields and relationships.

        Raises:
            ValidationError: Pydantic's own; also for unknown keywords and related objects of the wrong class.
        """
        self.__fx_validation__.fill(self, data)

    def assign(self, changes: Mapping[str, Any]) -> None:
        """Change several fields and relationships, or none of them when one is refused.

        Model validators see the entity with all changes in it.

        Raises:
            ValidationError: Pydantic's own, for all refused fields at once.
        """
        self.__fx_validation__.assign(self, changes)

    @classmethod
    def validate_changes(cls, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Validate values of some fields without an entity, each for itself; give them as they are stored.

        Raises:
            ValidationError: Pydantic's own, for all refused fields at once.
        """
        return cls.__fx_validation__.checked(changes)

    @classmethod
    def get_primary_keys(cls) -> list[str]:
        """Give the names of the fields that make up the primary key."""
        mapper = inspect(cls)
        return [mapper.get_property_by_column(column).key for column in mapper.primary_key]

    @classmethod
    def generate_create_model(cls) -> type[Any]:
        """Give the Pydantic model of a new entity, without what the database makes: `CreateModel`."""
        return cls.CreateModel

    @classmethod
    def generate_find_model(cls) -> type[Any]:
        """Give the Pydantic model of the primary key: `FindModel`."""
        return cls.FindModel

    @classmethod
    def generate_patch_model(cls) -> type[Any]:
        """Give the Pydantic model of a change, in which every field is optional: `PatchModel`."""
        return cls.PatchModel

    @classmethod
    def model_validate(cls, obj: Any, *, update: dict[str, Any] | None = None, **options: Any) -> Self:
        """Make an entity from a dict, a model or another entity; `update` replaces some of its values."""
        if update:
            given = obj if isinstance(obj, dict) else {n: getattr(obj, n) for n in cls.model_fields if hasattr(obj, n)}
            obj = {**given, **update}
        entity: Self = _adopted(object.__new__(cls))
        cls.__fx_validation__.fill(entity, obj, **options)
        return entity

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """Make an entity without validation."""
        entity: Self = _adopted(super().model_construct(_fields_set, **values))
        return entity

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Give the fields as a dict, without relationships; what a commit has expired is loaded first."""
        return BaseModel.model_dump(self.__fx_validation__.load(self), **options)

    def model_dump_json(self, **options: Any) -> str:
        """Give the fields as JSON, without relationships; what a commit has expired is loaded first."""
        return BaseModel.model_dump_json(self.__fx_validation__.load(self), **options)

    def __copy__(self) -> Self:
        """Make a new row with the same values: not in a session, without related objects."""
        twin: Any = BaseModel.__copy__(self.__fx_validation__.load(self))
        for name in self.__fx_validation__.relationships:
            twin.__dict__.pop(name, None)
        adopted: Self = _adopted(twin)
        return adopted

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        twin: Any = self.__copy__()
        for name, value in deepcopy(dict(twin.__dict__), memo).items():
            if self.__fx_validation__.is_mapped:
                put(twin, name, value)
            else:
                twin.__dict__[name] = value
        made: Self = twin
        return made

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "_sa_instance_state": getattr(self, "_sa_instance_state", None)}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        if state["_sa_instance_state"] is not None:
            put(self, "_sa_instance_state", state["_sa_instance_state"])
        attach(self)

    def __eq__(self, other: object) -> bool:
        """Compare the fields, not the related objects; with values that are not loaded, whether it is the same row."""
        validation = self.__fx_validation__
        if self is other or type(self) is not type(other) or not validation.is_mapped:
            return self is other or super().__eq__(other)
        mine, theirs = self.__dict__, other.__dict__
        if validation.fields.keys() <= mine.keys() and validation.fields.keys() <= theirs.keys():
            return all(mine[name] == theirs[name] for name in validation.fields)
        key = inspect(self).identity_key
        return key is not None and key == inspect(other).identity_key

    def __hash__(self) -> int:
        """By identity: relationships of the kind set[...] need it, and values change."""
        return object.__hash__(self)

    def __repr_args__(self) -> Any:
        """Show the loaded fields, and always the primary key; a secret one is masked. Showing loads nothing."""
        fields = type(self).model_fields
        values = self.__dict__
        if not fields.keys() <= values.keys() and self.__fx_validation__.is_mapped:
            identity = inspect(self).identity
            values = {**dict(zip(self.get_primary_keys(), identity or (), strict=False)), **values}
        for name, field in fields.items():
            if name in values and options_of(field).secret:
                yield name, _Shown("'***'")
            elif name in values and field.repr:
                yield name, values[name]
        if not fields.keys() <= values.keys():
            yield None, _Shown("...")

    if not TYPE_CHECKING:
        # Type checkers know SQLModel's declaration: a string that an entity may replace.
        @declared_attr.directive
        def __tablename__(cls: Any) -> str:  # noqa: N805  # SQLAlchemy gives the class
            """Name the table by the class, in snake case."""
            return table_name(cls.__name__)

        # Hidden from type checkers, which would take any name for an attribute.
        def __setattr__(self, name: str, value: Any) -> None:
            validation = self.__fx_validation__
            (validation.setters.get(name) or validation.setter(name))(self, name, value)

        # SQLModel's sets three attributes on every loaded row; here they are made when somebody asks for them.
        __new__ = object.__new__

        def __getattr__(self, name: str) -> Any:
            if name == "_sa_instance_state":  # SQLAlchemy asks every new object
                raise AttributeError(name)
            if name not in LAZY:
                return super().__getattr__(name)
            value = self.__fx_validation__.lazy(self, name)
            put(self, name, value)
            return value


class _Shown:
    """What stands in a representation instead of a value."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _adopted(entity: Any) -> Any:
    """Give an object that did not come from the constructor its SQLAlchemy state; its values stay."""
    validation: EntityValidation = entity.__fx_validation__
    if validation.is_mapped:
        validation.adopt(entity, {})
        validation.notify(entity)
    return entity


AbstractEntity.__fx_state_slot__ = AbstractEntity.__dict__["_sa_instance_state"]
