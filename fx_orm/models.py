"""`Product.CreateModel`, `.FindModel`, `.PatchModel`: Pydantic models made once, from the entity's own fields.

They keep types, constraints, descriptions, defaults and field validators. Model validators stay with the entity: they
may need fields that a model has not.
"""

from inspect import getattr_static
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator
from pydantic.fields import FieldInfo

from fx_orm.fields import options_of

EntityT = TypeVar("EntityT")


class GeneratedModel:
    """A class attribute that makes the model of each entity class at its first use."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._made: WeakKeyDictionary[type, type[BaseModel]] = WeakKeyDictionary()

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type[EntityT]) -> type[Any]: ...
    else:

        def __get__(self, instance: object, owner: Any) -> type[BaseModel]:
            if owner not in self._made:
                self._made[owner] = generate(self.kind, owner)
            return self._made[owner]


class GeneratedCreateModel(GeneratedModel):
    """For type checkers the model has the constructor and the attributes of its entity."""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type[EntityT]) -> type[EntityT]: ...


def generate(kind: str, entity_class: Any) -> type[BaseModel]:
    """Make the model of a kind: `Create`, `Find` or `Patch`; `Changes`, which is no public one, is for `assign`."""
    keys: list[str] = entity_class.get_primary_keys()
    fields: dict[str, Any] = {}
    for name, field in entity_class.model_fields.items():
        options = options_of(field)
        unset = {"default_factory": lambda: None}  # not validated and not in the JSON schema; an explicit None is
        if kind == "Changes":
            fields[name] = redeclared(field, default=unset)
        elif kind == "Find":
            if name in keys:
                fields[name] = redeclared(field, annotation=_without_none(field.annotation), default={})
        elif options.version or options.guarded:
            continue
        elif kind == "Patch":
            if name not in keys:
                fields[name] = redeclared(field, default=unset)
        elif not (
            name in keys and not field.is_required()
        ):  # a key with a default is made by the database or a factory
            fields[name] = redeclared(field)
    config = {
        name: value
        for name, value in entity_class.model_config.items()
        if name in ConfigDict.__annotations__ and name not in ("defer_build", "from_attributes", "ignored_types")
    }
    if kind == "Changes":
        config |= {"extra": "forbid", "title": entity_class.__name__}
    base = type(f"{entity_class.__name__}{kind}Base", (BaseModel,), {"model_config": config})
    return create_model(
        f"{entity_class.__name__}{kind}",
        __base__=base,
        __module__=entity_class.__module__,
        __doc__=entity_class.__doc__,
        __validators__=_field_validators(entity_class, fields),
        **fields,
    )


def redeclared(field: FieldInfo, *, annotation: Any = None, default: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """Give annotation and value that declare a field again, by Pydantic's recipe to derive one model from another."""
    parts: dict[str, Any] = dict(field.asdict())
    dropped = {"default", "default_factory"} if default is None else {"default", "default_factory", "validate_default"}
    attributes = {name: value for name, value in parts["attributes"].items() if name not in dropped}
    if default is None:
        if field.default_factory is not None:
            default = {"default_factory": field.default_factory}
        else:
            default = {} if field.is_required() else {"default": field.default}
    declared: Any = Annotated[annotation or parts["annotation"], *parts["metadata"], Field(**attributes)]
    return declared, Field(**default)


def _field_validators(entity_class: Any, fields: dict[str, Any]) -> dict[str, Any]:
    validator: Any = field_validator
    return {
        name: validator(*(f for f in found.info.fields if f in fields or f == "*"), mode=found.info.mode)(
            getattr_static(entity_class, found.cls_var_name)
        )
        for name, found in entity_class.__pydantic_decorators__.field_validators.items()
        if {*fields, "*"} & set(found.info.fields)
    }


def _without_none(annotation: Any) -> Any:
    left = tuple(argument for argument in get_args(annotation) if argument is not type(None))
    return Union[left] if left and len(left) < len(get_args(annotation)) else annotation  # noqa: UP007  # a tuple of types
