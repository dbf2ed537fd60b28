"""Variables: the process environment and the .env files, and `${VAR}` in the values that use them."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

from fx_orm.errors import ConfigError

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_]\w*)(?P<rest>:-(?P<default>[^}]*))?\})?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting was written: `.env:3`, `config/orm.yaml:9`, `environment`."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as it was written; `literal` values (in single quotes, or of the process) hold no `${VAR}`."""

    name: str
    text: str
    place: Place
    literal: bool


class UnsetVariableError(LookupError):
    """A `${VAR}` without default names a variable that nobody set (an empty one counts as unset)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Variables:
    """All variables of a project; the first source that has a name wins."""

    def __init__(self, sources: Sequence[Mapping[str, Variable]]) -> None:
        self._sources = sources
        self._expanding: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return iter({name: None for source in self._sources for name in source})

    def find(self, name: str) -> Variable | None:
        """Find the strongest place that sets a variable to something."""
        return next((source[name] for source in self._sources if name in source and source[name].text), None)

    def value(self, name: str) -> str | None:
        """Return the expanded value of a variable, None when it is unset or empty."""
        variable = self.find(name)
        if variable is None:
            return None
        if variable.literal:
            return variable.text
        if name in self._expanding:
            raise ConfigError(f'{variable.place}: the variable "{name}" refers to itself', key=name)
        self._expanding.append(name)
        try:
            return expand(variable.text, self.value, variable.place, name)
        except UnsetVariableError as error:
            raise unset(error.name, variable.place, name) from None
        finally:
            self._expanding.pop()


def expand(text: str, value_of: Callable[[str], str | None], place: Place, key: str) -> str:
    """Replace each `${VAR}` and `${VAR:-default}`; `$${` stands for `${` itself.

    Raises UnsetVariableError for a variable that is unset and has no default, ConfigError for a malformed one.
    """

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        if match["name"] is None:
            raise ConfigError(
                f'{place}: malformed variable in "{key}"; write ${{NAME}} or ${{NAME:-default}}, or $${{ for the two '
                "characters themselves",
                **data(place),
                key=key,
            )
        value = value_of(match["name"])
        if value is None and match["rest"] is None:
            raise UnsetVariableError(match["name"])
        return match["default"] if value is None else value

    return _PLACEHOLDER.sub(replacement, text)


def unset(variable: str, place: Place, key: str) -> ConfigError:
    """Say that a setting needs a variable that nobody set."""
    return ConfigError(
        f'{place}: the variable "{variable}" in "{key}" is not set; set it in the environment or in .env, '
        f"or write ${{{variable}:-default}}",
        **data(place),
        key=key,
        variable=variable,
    )


def data(place: Place) -> dict[str, object]:
    """Return the attributes of an error about this place."""
    return {"file": place.source, "line": place.line}


def process_variables(environment: Mapping[str, str]) -> dict[str, Variable]:
    """Take the environment of the process."""
    place = Place("environment")
    return {name: Variable(name, text, place, literal=True) for name, text in environment.items()}


def read_env_file(path: Path, shown_as: str) -> dict[str, Variable]:
    """Read a .env file; one that is missing has no variables. Raises ConfigError for a line that is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown_as} cannot be read: {error}", file=shown_as) from error
    variables: dict[str, Variable] = {}
    for binding in parse_stream(io.StringIO(text)):
        blank = binding.original.string[: len(binding.original.string) - len(binding.original.string.lstrip())]
        place = Place(shown_as, binding.original.line + blank.count("\n"))
        if binding.error or (binding.key is not None and binding.value is None):
            raise ConfigError(f"{place}: not a variable; write NAME=value", **data(place))
        if binding.key is not None and binding.value is not None:
            literal = binding.original.string.partition("=")[2].lstrip().startswith("'")
            variables[binding.key] = Variable(binding.key, binding.value, place, literal)
    return variables
