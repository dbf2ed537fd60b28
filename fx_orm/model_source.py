"""Writes the generated models of an entity as classes of source code, which type checkers and people can read.

The text is made from the models themselves, so that both say the same; what has no name that source code could use is
refused, or taken from the entity at run time. Nothing is written to disk here.
"""

import builtins
import re
import types
from collections.abc import Iterator
from enum import Enum
from inspect import cleandoc, signature
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic import AfterValidator, BeforeValidator, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from fx_orm.errors import MappingError

KINDS = ("Create", "Find", "Patch")
MARK = "Written by `fx-orm create models"
"""Stands at the top of each file: one that has it may be written again."""

_WIDTH = 110
_CONSTRAINTS = (
    *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern", "strict", "max_digits"),
    *("decimal_places", "allow_inf_nan", "coerce_numbers_to_str", "union_mode", "fail_fast"),
)
_UNSET = """def _unset() -> Any:
    \"\"\"The value of a field that was not given; `model_dump(exclude_unset=True)` leaves it out.\"\"\"
    return None
"""


def models_source(entity_class: Any) -> str:
    """Give the text of a module with the entity's three models.

    Raises:
        MappingError: a type, a default or a validator has no name at the top of a module.
    """
    writer = _Writer(entity_class)
    classes = [writer.model(kind) for kind in KINDS]
    helper = [_UNSET] if writer.has_unset else []
    name = entity_class.__name__
    return "\n\n".join(
        [
            f'"""The models of {name}. {MARK} {name}`: run it again after a change."""\n\n'
            + "\n".join(writer.import_lines())
            + "\n",
            *helper,
            *classes,
        ]
    )


class _Writer:
    """One module being written: what it imports grows with what it says."""

    def __init__(self, entity_class: Any) -> None:
        self.entity_class = entity_class
        self.imports: dict[str, set[str]] = {"pydantic": {"BaseModel"}}
        self.has_unset = False
        self.place = ""

    def model(self, kind: str) -> str:
        """Write the class of one model."""
        model: Any = getattr(self.entity_class, f"{kind}Model")
        lines = [f"class {self.entity_class.__name__}{kind}(BaseModel):"]
        if model.__doc__:
            lines += _docstring(model.__doc__)
        config = {name: value for name, value in model.model_config.items() if value is not None}
        if config:
            self.imports["pydantic"].add("ConfigDict")
            options = ", ".join(f"{name}={self.value(value)}" for name, value in config.items())
            lines += [f"    model_config = ConfigDict({options})", ""]
        for name, field in model.model_fields.items():
            self.place = f"{self.entity_class.__name__}.{name}"
            lines += self.field(name, field, is_patch=kind == "Patch")
        lines += self.validators(model)
        if len(lines) == 1:
            lines.append("    pass")
        return "\n".join(lines) + "\n"

    def field(self, name: str, field: FieldInfo, *, is_patch: bool) -> list[str]:
        """Write one field."""
        annotation = self.annotation(field.annotation)
        functional = [text for item in field.metadata if (text := self.validator(item))]
        if functional:
            self.imports.setdefault("typing", set()).add("Annotated")
            annotation = f"Annotated[{', '.join([annotation, *functional])}]"
        arguments = [*self.default(name, field, is_patch=is_patch), *self.constraints(field)]
        if not arguments:
            return [f"    {name}: {annotation}"]
        if len(arguments) == 1 and arguments[0].startswith("default="):
            return [f"    {name}: {annotation} = {arguments[0].removeprefix('default=')}"]
        self.imports["pydantic"].add("Field")
        line = f"    {name}: {annotation} = Field({', '.join(arguments)})"
        if len(line) <= _WIDTH:
            return [line]
        return [f"    {name}: {annotation} = Field(", *(f"        {argument}," for argument in arguments), "    )"]

    def default(self, name: str, field: FieldInfo, *, is_patch: bool) -> Iterator[str]:
        """Write the default, or what makes it."""
        if field.default is not PydanticUndefined:
            yield f"default={self.value(field.default)}"
        elif is_patch:
            self.has_unset = True
            self.imports.setdefault("typing", set()).add("Any")
            yield "default_factory=_unset"
        elif field.default_factory is not None:
            yield f"default_factory={self.factory(name, field.default_factory)}"

    def factory(self, field: str, factory: Any) -> str:
        """Name what makes a default; what has no name, a lambda, is asked through the entity."""
        owner = getattr(factory, "__self__", None)
        if isinstance(owner, type):  # datetime.now
            return f"{self.name(owner)}.{factory.__name__}"
        if "<" not in getattr(factory, "__qualname__", "<"):
            return self.name(factory)
        entity = self.name(self.entity_class)
        return f'lambda: {entity}.model_fields["{field}"].get_default(call_default_factory=True)'

    def constraints(self, field: FieldInfo) -> Iterator[str]:
        """Write the other keywords of `Field`."""
        for name in ("alias", "validation_alias", "serialization_alias", "title", "description", "examples"):
            value = getattr(field, name)
            if value is not None and not (name.endswith("_alias") and value == field.alias):
                yield f"{name}={self.value(value)}"
        if field.json_schema_extra is not None:
            yield f"json_schema_extra={self.value(field.json_schema_extra)}"
        if field.exclude:
            yield "exclude=True"
        if not field.repr:
            yield "repr=False"
        for item in field.metadata:
            known = _keywords(item)
            yield from (f"{name}={self.value(value)}" for name, value in known.items())

    def validator(self, item: Any) -> str | None:
        """Write a validator that stands in the annotation; ours, for columns, belong to the entity alone."""
        if isinstance(item, AfterValidator | BeforeValidator | PlainValidator | WrapValidator):
            if item.func.__module__.startswith("fx_orm."):
                return None
            self.imports["pydantic"].add(type(item).__name__)
            return f"{type(item).__name__}({self.name(item.func)})"
        return None

    def validators(self, model: Any) -> list[str]:
        """Write a call of each field validator of the entity: they stay there."""
        lines: list[str] = []
        for name, found in model.__pydantic_decorators__.field_validators.items():
            self.imports["pydantic"].add("field_validator")
            self.imports.setdefault("typing", set()).add("Any")
            fields = ", ".join(f'"{field}"' for field in found.info.fields)
            called = f"{self.name(self.entity_class)}.{name}"
            count = len(signature(getattr(self.entity_class, name)).parameters)
            names = ("value", "handler", "info") if found.info.mode == "wrap" else ("value", "info")
            lines += [
                "",
                f'    @field_validator({fields}, mode="{found.info.mode}")',
                "    @classmethod",
                f"    def {name}(cls, {', '.join(f'{each}: Any' for each in names[:count])}) -> Any:",
                f"        return {called}({', '.join(names[:count])})",
            ]
        return lines

    def annotation(self, kind: Any) -> str:
        """Write a type."""
        if kind is None or kind is type(None):
            return "None"
        if kind is Any:
            self.imports.setdefault("typing", set()).add("Any")
            return "Any"
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return " | ".join(self.annotation(argument) for argument in arguments)
        if origin is Literal:
            self.imports.setdefault("typing", set()).add("Literal")
            return f"Literal[{', '.join(self.value(argument) for argument in arguments)}]"
        if origin is Annotated:
            return self.annotated(arguments)
        if origin is not None:
            shown = ", ".join("..." if argument is ... else self.annotation(argument) for argument in arguments)
            return f"{self.name(origin)}[{shown}]"
        return self.name(kind)

    def annotated(self, arguments: tuple[Any, ...]) -> str:
        """Write a type with constraints of its own, inside another one."""
        keywords: list[str] = []
        for item in arguments[1:]:
            if isinstance(item, FieldInfo):
                keywords += self.constraints(item)
            keywords += [f"{name}={self.value(value)}" for name, value in _keywords(item).items()]
        parts = [self.annotation(arguments[0]), *(text for item in arguments[1:] if (text := self.validator(item)))]
        if keywords:
            self.imports["pydantic"].add("Field")
            parts.append(f"Field({', '.join(keywords)})")
        if len(parts) == 1:
            return parts[0]
        self.imports.setdefault("typing", set()).add("Annotated")
        return f"Annotated[{', '.join(parts)}]"

    def name(self, thing: Any) -> str:
        """Name a class or a function, and import it."""
        name, module = thing.__qualname__, thing.__module__
        if getattr(builtins, name, None) is thing:
            return str(name)
        if getattr(pydantic, name, None) is thing:
            module = "pydantic"
        if "<" in name or module == "__main__":
            raise MappingError(
                f"{self.place}: {name} has no name that a file can import; declare it at the top of a module",
                entity=self.entity_class.__name__,
                field=self.place,
            )
        self.imports.setdefault(module, set()).add(name.partition(".")[0])
        return str(name)

    def value(self, value: Any) -> str:
        """Write a value."""
        if isinstance(value, Enum):
            return f"{self.name(type(value))}.{value.name}"
        if isinstance(value, str):
            return _string(value)
        if isinstance(value, list | tuple | set | frozenset | dict):
            return self.collection(value)
        if isinstance(value, type):
            return self.name(value)
        written = re.sub(r"\b(?:datetime|decimal|uuid)\.(?=\w)", "", repr(value))
        if written.startswith("<"):
            raise MappingError(
                f"{self.place}: {written} cannot be written into a file; use a default_factory",
                entity=self.entity_class.__name__,
                field=self.place,
            )
        if type(value).__module__ != "builtins":
            self.name(type(value))
            if "timezone.utc" in written:
                self.imports.setdefault("datetime", set()).add("timezone")
        return written

    def collection(self, value: Any) -> str:
        """Write what holds other values."""
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.value(key)}: {self.value(item)}" for key, item in value.items()) + "}"
        items = ", ".join(self.value(item) for item in value)
        match value:
            case list():
                return f"[{items}]"
            case tuple():
                return f"({items},)" if len(value) == 1 else f"({items})"
            case set() if value:
                return "{" + items + "}"
            case _:
                return f"{type(value).__name__}([{items}])" if value else f"{type(value).__name__}()"

    def import_lines(self) -> Iterator[str]:
        """Write the imports as isort sorts them: the standard library, other packages, the project."""
        standard = {"datetime", "decimal", "uuid", "typing", "enum", "collections", "collections.abc"}
        own = self.entity_class.__module__.partition(".")[0]
        groups = [
            [module for module in self.imports if module in standard],
            [module for module in self.imports if module not in standard and module.partition(".")[0] != own],
            [module for module in self.imports if module.partition(".")[0] == own],
        ]
        for number, group in enumerate(group for group in groups if group):
            if number:
                yield ""
            yield from (f"from {module} import {', '.join(sorted(self.imports[module]))}" for module in sorted(group))


def _keywords(item: Any) -> dict[str, Any]:
    """Read a constraint as keywords of `Field`; nothing for what is no constraint."""
    if type(item).__module__.startswith(("fx_orm.", "sqlmodel.")):
        return {}
    return {name: value for name in _CONSTRAINTS if (value := getattr(item, name, None)) is not None}


def _string(text: str) -> str:
    if not text.isprintable() or '"' in text or text.endswith("\\"):
        return repr(text)
    return f'r"{text}"' if "\\" in text else f'"{text}"'


def _docstring(text: str) -> list[str]:
    lines = cleandoc(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"').splitlines()
    if len(lines) == 1:
        return [f'    """{lines[0]}"""', ""]
    return [f'    """{lines[0]}', *(f"    {line}".rstrip() for line in lines[1:]), '    """', ""]
