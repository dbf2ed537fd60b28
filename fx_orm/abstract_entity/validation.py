"""How entities of one class are constructed, changed and checked: worked out once per class, at its first use.

Pydantic validates, SQLAlchemy keeps the history: neither may see the other's work half done. So Pydantic's validator
writes into a `__dict__` that SQLAlchemy does not look at, and what is accepted goes through SQLAlchemy's attributes.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from inspect import getattr_static
from operator import attrgetter
from typing import Any, cast

from pydantic import BaseModel, PydanticUserError, TypeAdapter
from pydantic_core import InitErrorDetails, PydanticUndefined, SchemaError, SchemaValidator, ValidationError
from sqlalchemy import inspect
from sqlalchemy.orm import RelationshipDirection

from fx_orm.errors import MappingError
from fx_orm.models import generate

Setter = Callable[[Any, str, Any], None]

put: Setter = object.__setattr__
"""Sets an attribute through SQLAlchemy's descriptors, slots and properties, without the classes' own `__setattr__`."""

LAZY = frozenset({"__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__", "_fx_validating"})
"""Attributes that an entity gets when somebody asks for them: few of thousands that are loaded are ever asked."""


class EntityValidation:
    """What the entities of one class need at run time."""

    def __init__(self, entity_class: Any, *, is_mapped: bool, has_own_constructor: bool) -> None:
        self.entity_class = entity_class
        self.is_mapped = is_mapped
        self.has_own_constructor = has_own_constructor
        self.setters: dict[str, Setter] = {}

    @cached_property
    def is_direct(self) -> bool:
        """Whether the metaclass may construct without calling `__init__`."""
        return self.is_mapped and not self.has_own_constructor

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(self.entity_class.model_fields)

    @cached_property
    def manager(self) -> Any:
        """SQLAlchemy's instrumentation of the class."""
        return inspect(self.entity_class).class_manager

    @cached_property
    def relationships(self) -> dict[str, Any]:
        """SQLAlchemy's relationships by name; asking for them configures the mappers."""
        return dict(inspect(self.entity_class).relationships.items()) if self.is_mapped else {}

    @cached_property
    def has_model_validators(self) -> bool:
        """Whether the whole entity is looked at when one field changes."""
        return bool(self.entity_class.__pydantic_decorators__.model_validators)

    @cached_property
    def validator(self) -> Any:
        """Pydantic's validator, which `defer_build` has left undone until the fields were complete."""
        try:
            self.entity_class.model_rebuild()
        except SchemaError as error:
            reason = " ".join(str(error).split())
            raise MappingError(f"{self.entity_class.__name__}: {reason}", entity=self.entity_class.__name__) from error
        return self.entity_class.__pydantic_validator__

    @cached_property
    def constructor(self) -> Any:
        """Pydantic's validator for a new entity: the keys of its to-one relationships may be missing."""
        validator = self.validator
        later = {
            self.manager.mapper.get_property_by_column(column).key
            for relationship in self.relationships.values()
            if relationship.direction is RelationshipDirection.MANYTOONE
            for column in relationship.local_columns
        }
        later = {name for name in later if name in self.fields and self.fields[name].is_required()}
        if not later:
            return validator
        return SchemaValidator(_with_optional(self.entity_class.__pydantic_core_schema__, later))

    @cached_property
    def changes_model(self) -> type[BaseModel]:
        """All fields optional: what `assign` may be given."""
        return generate("Changes", self.entity_class)

    @cached_property
    def listeners(self) -> tuple[list[Any], tuple[Any, ...], list[str]]:
        """The events of each column attribute, those of now, and the names of the fields whose changes are heard."""
        attributes = inspect(self.entity_class).column_attrs if self.is_mapped else {}
        names = [name for name in self.fields if name in attributes]
        events = [getattr(self.entity_class, name).dispatch for name in names]
        now = tuple([event.set for event in events])
        return events, now, [name for name, heard in zip(names, now, strict=True) if heard]

    def adopt(self, entity: Any, data: dict[str, Any]) -> None:
        """Do what SQLAlchemy's instrumented `__init__` does before it calls the real one."""
        self.manager.setup_instance(entity)
        self.manager.dispatch.init(_state(entity), (), data)  # the polymorphic identity is set here

    def fill(self, entity: Any, data: Any, **options: Any) -> None:
        """Validate `data` into a new entity."""
        validate = self.constructor.validate_python
        related: dict[str, Any] = {}
        if self.relationships and not (isinstance(data, BaseModel) and hasattr(type(data), "__mapper__")):
            # Not from another entity: its related objects would move to the copy.
            for name in self.relationships:
                value = _value(data, name)
                if value is not PydanticUndefined:
                    self.check_related(name, value)
                    related[name] = value
        if (related or entity.__dict__) and isinstance(data, dict):
            given = cast("dict[str, Any]", data)
            data = {**entity.__dict__, **{name: value for name, value in given.items() if name not in related}}
        if self.has_model_validators:
            put(entity, "_fx_validating", True)
            validate(data, self_instance=entity, **options)
            put(entity, "_fx_validating", False)
        else:
            validate(data, self_instance=entity, **options)
        self.notify(entity)
        for name, value in related.items():
            put(entity, name, value)

    def notify(self, entity: Any) -> None:
        """Set again, through SQLAlchemy, the values whose change is heard: JSON tracking, `@validates`, events."""
        events, known, heard = self.listeners
        if tuple([event.set for event in events]) != known:  # a listener came later
            del self.listeners
            heard = self.listeners[2]
        if heard:
            values, given = entity.__dict__, entity.__pydantic_fields_set__
            waiting = [(name, values.pop(name)) for name in heard if name in values]
            # Defaults first: a listener of a given value may set other fields.
            for name, value in sorted(waiting, key=lambda item: item[0] in given):
                put(entity, name, value)

    def setter(self, name: str) -> Setter:
        """Find out how `entity.name = value` is done, and remember it."""
        if not self.is_mapped:
            found = cast("Setter", BaseModel.__setattr__)
        elif name in self.fields and self.entity_class.model_config.get("validate_assignment"):
            found = self._validated_setter(name)
        elif name in self.relationships:
            found = self._set_related
        elif hasattr(getattr_static(self.entity_class, name, None), "__set__"):  # a column, hybrid, property or slot
            found = put
        else:  # a private attribute, an extra one, or an unknown one, which Pydantic refuses
            found = cast("Setter", BaseModel.__setattr__)
        self.setters[name] = found
        return found

    def check_related(self, name: str, value: Any) -> None:
        """Refuse related objects of another class than the relationship's.

        Raises:
            ValidationError: Pydantic's own.
        """
        relationship = self.relationships[name]
        if relationship.uselist:
            if not isinstance(value, list | set | tuple | frozenset):
                raise self._refused("iterable_type", name, value)
            for item in cast("list[Any]", value):
                self.check_item(name, item)
        elif value is not None:
            self.check_item(name, value)

    def check_item(self, name: str, item: object) -> None:
        """Refuse one related object of another class than the relationship's.

        Raises:
            ValidationError: Pydantic's own.
        """
        expected = self.relationships[name].mapper.class_
        if not isinstance(item, expected):
            raise self._refused("is_instance_of", name, item, {"class": expected.__name__})

    def checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Validate the values of some fields, each for itself."""
        made = self.changes_model.model_validate(dict(changes))
        return {name: getattr(made, name) for name in made.model_fields_set}

    def assign(self, entity: Any, changes: Mapping[str, Any]) -> None:
        """Set several fields and relationships, or none of them."""
        related = {name: value for name, value in changes.items() if name in self.relationships}
        given = {name: value for name, value in changes.items() if name not in related}
        values = self.checked(given)
        for name, value in related.items():
            self.check_related(name, value)
        if values and self.has_model_validators:
            values.update(self._as_a_whole(entity, values))
        for name, value in values.items():
            entity.__pydantic_fields_set__.add(name)
            put(entity, name, value)
        for name, value in related.items():
            put(entity, name, value)

    def load(self, entity: Any) -> Any:
        """Load what a commit has expired, in the order of the fields: Pydantic dumps and copies what it finds."""
        if self.is_mapped:
            values = entity.__dict__
            for name in self.fields:
                if name not in values:
                    getattr(entity, name)
                if name in values:
                    values[name] = values.pop(name)
        return entity

    def relationships_changed(self) -> None:
        """Forget what was worked out from the relationships."""
        for name in ("relationships", "constructor"):
            self.__dict__.pop(name, None)
        self.setters.clear()

    def lazy(self, entity: Any, name: str) -> Any:
        """Make an attribute of `LAZY`: what has been loaded counts as set, private attributes have their defaults."""
        if name == "__pydantic_fields_set__":
            return entity.__dict__.keys() & self.fields.keys()
        if name == "__pydantic_extra__":
            return {} if self.entity_class.model_config.get("extra") == "allow" else None
        if name == "__pydantic_private__":
            private = self.entity_class.__private_attributes__
            defaults = {name: field.get_default(call_default_factory=True) for name, field in private.items()}
            given = {name: value for name, value in defaults.items() if value is not PydanticUndefined}
            return given if private else None
        return False

    def _as_a_whole(self, entity: Any, changes: dict[str, Any]) -> dict[str, Any]:
        """Let the model validators see an entity with all changes in it; give what it has then."""
        values = self.load(entity).__dict__
        before = dict(values)
        name, value = next(iter(changes.items()))
        put(entity, "__dict__", {**values, **changes})
        put(entity, "_fx_validating", True)
        try:
            self.validator.validate_assignment(entity, name, value)
            after = entity.__dict__
        finally:
            put(entity, "__dict__", values)
            put(entity, "_fx_validating", False)
        return {
            name: value
            for name, value in after.items()
            if name in self.fields and (name not in before or value is not before[name])
        }

    def _set_related(self, entity: Any, name: str, value: Any) -> None:
        self.check_related(name, value)
        put(entity, name, value)

    def _validated_setter(self, name: str) -> Setter:
        if self.has_model_validators:
            return self._set_with_model_validators
        field = self.fields[name]
        validators = self.entity_class.__pydantic_decorators__.field_validators.values()
        if field.frozen or any({name, "*"} & set(found.info.fields) for found in validators):
            return self._set_with_field_validators
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation(), config=self.entity_class.model_config)
        except PydanticUserError:  # a model or a dataclass brings a configuration of its own
            return self._set_with_field_validators
        check = adapter.validator.validate_python

        def set_alone(entity: Any, name: str, value: Any) -> None:
            """Look at the field's own type and constraints: half the time of the ways below."""
            try:
                checked = check(value)
            except ValidationError:
                self._set_with_field_validators(entity, name, value)  # words the error with the field's name
                return
            entity.__pydantic_fields_set__.add(name)
            put(entity, name, checked)

        return set_alone

    def _set_with_field_validators(self, entity: Any, name: str, value: Any) -> None:
        values = entity.__dict__
        try:
            self.validator.validate_assignment(entity, name, value)  # puts a changed copy in the place of __dict__ ...
            value = entity.__dict__[name]
        finally:
            put(entity, "__dict__", values)  # ... put back: SQLAlchemy sees the old value, a refused one is gone
        put(entity, name, value)

    def _set_with_model_validators(self, entity: Any, name: str, value: Any) -> None:
        if _is_validating(entity):  # a model validator assigns: not validated again
            put(entity, name, value)
            return
        values = self.load(entity).__dict__  # a validator that met an expired value would load it over the new one
        put(entity, "_fx_validating", True)
        try:
            self.validator.validate_assignment(entity, name, value)
            checked = entity.__dict__
        finally:
            put(entity, "__dict__", values)
            put(entity, "_fx_validating", False)
        value = checked.pop(name)
        values.update(checked)  # what the validators set or loaded
        put(entity, name, value)

    def _refused(self, kind: str, name: str, value: Any, context: dict[str, Any] | None = None) -> ValidationError:
        details = InitErrorDetails(type=kind, loc=(name,), input=value)
        if context:
            details["ctx"] = context
        hidden = bool(self.entity_class.model_config.get("hide_input_in_errors"))
        return ValidationError.from_exception_data(self.entity_class.__name__, [details], hide_input=hidden)


_state = attrgetter("_sa_instance_state")
_is_validating = attrgetter("_fx_validating")


def _with_optional(schema: Any, names: set[str]) -> Any:
    """Copy a core schema of Pydantic's so that these fields may be missing, which leaves them None."""
    if schema.get("type") == "model-fields":
        fields = dict(schema["fields"])
        for name in names:
            optional = {"type": "default", "schema": fields[name]["schema"], "default": None}
            fields[name] = {**fields[name], "schema": optional}
        return {**schema, "fields": fields}
    if "schema" not in schema:
        return schema
    copy = {**schema, "schema": _with_optional(schema["schema"], names)}
    if copy.get("type") == "model":
        # A class without a validator: else Pydantic takes the one that the entity's class has. It makes no objects.
        copy["cls"] = type(copy["cls"].__name__, (), {})
    return copy


def _value(data: Any, name: str) -> Any:
    if isinstance(data, dict):
        return cast("dict[str, Any]", data).get(name, PydanticUndefined)
    return getattr(data, name, PydanticUndefined)
