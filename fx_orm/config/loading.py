"""Settings from their five sources: the layers are laid over each other, and what is wrong is said with its place."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import PydanticBaseSettingsSource

from fx_orm.config.orm_yaml import KeyPath, YamlFile, read_orm_yaml
from fx_orm.config.project import ORM_YAML, find_root
from fx_orm.config.settings import LAYERS, DatabaseSettings, Settings
from fx_orm.config.variables import (
    Place,
    UnsetVariableError,
    Variables,
    data,
    expand,
    process_variables,
    read_env_file,
    unset,
)
from fx_orm.errors import ConfigError
from fx_orm.errors.nearest import did_you_mean

_DETAILS = ("driver", "host", "port", "username", "password", "database")
_SECRETS = {("database", "url"), ("database", "password"), ("secret",)}

_configured: dict[str, Any] = {}
_project: Path | None = None
_cached: Settings | None = None


def configure(
    database: str | Mapping[str, Any] | None = None, *, project: Path | str | None = None, **others: Any
) -> None:
    """Set settings from the program: they win over the environment and every file.

    `database` is a URL or a mapping with the keys of `database:` in orm.yaml; `project` is the root of the project;
    the others are the other keys of orm.yaml. Each call says everything: it replaces what an earlier call said, and
    without arguments it takes all of it back. The next use of a database sees the new settings.

    Raises ConfigError for an unknown key or a wrong value, and changes nothing then.

    Example:
        configure(database="sqlite:///:memory:")
    """
    global _configured, _project, _cached
    before = _configured, _project, _cached
    if database is not None:
        others["database"] = {"url": database} if isinstance(database, str) else dict(database)
    _configured, _project, _cached = others, None if project is None else Path(project), None
    if others or project is not None:
        try:
            settings()
        except ConfigError:
            _configured, _project, _cached = before
            raise


def settings() -> Settings:
    """Return the settings of this process, read at the first call and after each `configure()`."""
    global _cached  # noqa: PLW0603
    loaded = _cached
    if loaded is None:
        loaded = _cached = load_settings(_project)
    return loaded


def load_settings(project: Path | None = None) -> Settings:
    """Read the settings afresh; `project` is the root, by default found from the working directory upwards.

    No database is touched, and none needs to be configured. Raises ConfigError.
    """
    if project is not None and not project.is_dir():
        raise ConfigError(f"{project} is not a folder; name the root of a project", file=project)
    root = find_root() if project is None else project.resolve()
    variables = _variables(root)
    file = read_orm_yaml(root / ORM_YAML, ORM_YAML.as_posix(), _all_keys())
    layers = [
        _Layer({"root": root}, lambda _: Place("the project")),
        _Layer(_configured, lambda _: Place("configure()")),
        _environment_layer(variables),
        _Layer(_expanded(file, variables), file.place),
    ]
    _let_details_win(layers)
    _refuse_root(layers[1:])
    try:
        return Settings.model_validate({LAYERS: tuple(layers)})
    except ValidationError as error:
        raise _explain(error.errors()[0], layers) from None


def environment_names() -> dict[str, KeyPath]:
    """Name the variables of the environment that are settings, each with the path of its key."""
    names: dict[str, KeyPath] = {
        f"DATABASE_{key.upper()}": ("database", key) for key in DatabaseSettings.model_fields if key not in _DETAILS
    }
    others = (key for key in Settings.model_fields if key not in ("root", "database"))
    return names | {f"FX_ORM_{key.upper()}": (key,) for key in others}


def accepted(model: type[BaseModel], path: KeyPath) -> str:
    """Say what a key takes, for people."""
    field = model.model_fields[str(path[1] if model is DatabaseSettings else path[0])]
    annotation = field.annotation
    kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", Path: "a path"}
    kind = next((kinds[part] for part in (annotation, *get_args(annotation)) if part in kinds), None)
    if path[-1] == "naming_convention" or path[-2:-1] == ("naming_convention",):
        return "pk, fk, uq, ix and ck, each with a template such as ix_%(table_name)s_%(column_0_name)s"
    if annotation is DatabaseSettings:
        return f"keys below it: {', '.join(DatabaseSettings.model_fields)}"
    if annotation == list[str]:
        return "a list of texts"
    if get_origin(annotation) is Literal:
        *others, last = get_args(annotation)
        return f"{', '.join(others)} or {last}"
    bounds = {type(bound).__name__: bound for bound in field.metadata}
    least, most = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
    if least is not None and most is not None:
        return f"{kind} from {least} to {most}"
    return f"{kind} of at least {least}" if least is not None else str(kind)


class _Layer(PydanticBaseSettingsSource):
    """One source's values, and where each stands in it."""

    def __init__(self, values: dict[str, Any], place: Callable[[KeyPath], Place]) -> None:
        super().__init__(Settings)
        self.values = values
        self.place = place

    def __call__(self) -> dict[str, Any]:
        return self.values

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return self.values.get(field_name), field_name, False

    def says(self, path: KeyPath) -> bool:
        """Tell whether this layer gives a value at a path."""
        value: Any = self.values
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return False
        return True


def _variables(root: Path) -> Variables:
    process = process_variables(os.environ)
    plain = read_env_file(root / ".env", ".env")
    sources = [process, plain]
    environment = Variables(sources).value("APP_ENV")
    if environment is not None:
        if not re.fullmatch(r"[\w.-]+", environment):
            raise ConfigError(f'APP_ENV is "{environment}"; it takes a name such as production', key="APP_ENV")
        name = f".env.{environment}"
        sources.insert(1, read_env_file(root / name, name))
    return Variables(sources)


def _environment_layer(variables: Variables) -> _Layer:
    """Collect DATABASE_URL, DATABASE_POOL_SIZE, FX_ORM_ENTITIES, ...: variables that are settings.

    The details of an address (host, password, ...) are none: those names are everybody's. orm.yaml says `${VAR}`.
    """
    values: dict[str, Any] = {}
    places: dict[KeyPath, Place] = {}
    for name, path in environment_names().items():
        variable, value = variables.find(name), variables.value(name)
        if variable is None or value is None:
            continue
        target = values if len(path) == 1 else values.setdefault(str(path[0]), {})
        target[str(path[-1])] = [part.strip() for part in value.split(",")] if name == "FX_ORM_ENTITIES" else value
        places[path] = Place(f"{variable.place}: {name}")
    return _Layer(values, lambda path: places.get(path, places.get(path[:-1], Place("environment"))))


def _expanded(file: YamlFile, variables: Variables) -> dict[str, Any]:
    """Expand every string of orm.yaml. A key without a value is not set, nor is a `url` whose variable is unset."""

    def walk(value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            walked = {str(key): walk(item, (*path, str(key))) for key, item in value.items()}
            return {key: item for key, item in walked.items() if item is not None}
        if isinstance(value, list):
            return [walk(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        place, key = file.place(path), ".".join(map(str, path))
        try:
            return expand(value, variables.value, place, key)
        except UnsetVariableError as error:
            if path == ("database", "url"):
                return None
            raise unset(error.name, place, key) from None

    values: dict[str, Any] = walk(file.values, ())
    return values


def _let_details_win(layers: list[_Layer]) -> None:
    """Let an address in details hide the `url` of weaker layers: the stronger source has said where to connect."""
    said = False
    for layer in layers:
        database = layer.values.get("database")
        if not isinstance(database, dict):
            continue
        if said and "url" in database:
            layer.values = {**layer.values, "database": {k: v for k, v in database.items() if k != "url"}}
        said = said or "url" in database or "driver" in database


def _refuse_root(layers: list[_Layer]) -> None:
    for layer in layers:
        if "root" in layer.values:
            raise _unknown_key(("root",), layer.place(("root",)), Settings)


def _explain(error: ErrorDetails, layers: list[_Layer]) -> ConfigError:
    """Say in one line what pydantic found: the place, the key, and what it takes."""
    path = tuple(part for part in error["loc"] if isinstance(part, int) or not part.startswith("["))
    layer = next((layer for layer in layers if layer.says(path)), layers[0])
    place = layer.place(path)
    model: type[BaseModel] = DatabaseSettings if path[0] == "database" and len(path) > 1 else Settings
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, place, model)
    key = ".".join(map(str, path))
    taken = accepted(model, path)
    given = "not valid" if path in _SECRETS else _shown(error["input"])
    problem = error.get("ctx", {}).get("error")
    if isinstance(problem, ValueError) and path[:1] == ("database",):
        given += f": {problem}"
    return ConfigError(f'{place}: "{key}" is {given}; it takes {taken}', **data(place), key=key, accepted=taken)


def _unknown_key(path: KeyPath, place: Place, model: type[BaseModel]) -> ConfigError:
    known = sorted(set(model.model_fields) - {"root"})
    key = str(path[-1])
    where = f' in "{path[0]}"' if len(path) > 1 else ""
    return ConfigError(
        f'{place}: unknown key "{key}"{where}{did_you_mean(key, known) or "; known are " + ", ".join(known)}',
        **data(place),
        key=".".join(map(str, path)),
        accepted=known,
    )


def _shown(value: object) -> str:
    """Show a wrong value as it was written, shortened."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text[:40]}"'


def _all_keys() -> set[str]:
    return (set(Settings.model_fields) | set(DatabaseSettings.model_fields)) - {"root"}
