"""config/orm.yaml as values with the line of each key; what YAML says in its own words is said in ours."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fx_orm.config.variables import Place, data
from fx_orm.errors import ConfigError

KeyPath = tuple[str | int, ...]
_KEY_WITHOUT_COLON = re.compile(r"^\s*(?P<key>[A-Za-z_]\w*)(?:[ \t]+(?P<value>[^\s:#].*?))?\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The content of one file: nested values, and the line on which each key or list item stands."""

    shown_as: str
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def place(self, path: KeyPath) -> Place:
        """Say where a key stands; for one that is not there, its nearest parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.shown_as, self.lines.get(path))


def read_orm_yaml(path: Path, shown_as: str, known_keys: set[str]) -> YamlFile:
    """Read the file; one that is missing or empty has no values. Raises ConfigError with the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return YamlFile(shown_as)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown_as} cannot be read: {error}", file=shown_as) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return YamlFile(shown_as)
        if not isinstance(node, yaml.MappingNode):
            raise _no_mapping(text, shown_as, known_keys)
        lines: dict[KeyPath, int] = {}
        _note_lines(node, (), lines, shown_as)
        return YamlFile(shown_as, yaml.safe_load(text), lines)
    except yaml.MarkedYAMLError as error:
        raise _missing_colon(text, shown_as, known_keys) or _not_yaml(error, shown_as) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{shown_as} is not YAML: {' '.join(str(error).split())}", file=shown_as) from error


def _note_lines(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], shown_as: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            line = key.start_mark.line + 1
            if here in lines and lines[here] != line:
                raise ConfigError(
                    f'{shown_as}:{line}: "{key.value}" is written twice, first on line {lines[here]}',
                    file=shown_as,
                    line=line,
                    key=".".join(map(str, here)),
                )
            lines[here] = line
            _note_lines(value, here, lines, shown_as)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = value.start_mark.line + 1
            _note_lines(value, (*path, index), lines, shown_as)


def _not_yaml(error: yaml.MarkedYAMLError, shown_as: str) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    place = Place(shown_as, mark.line + 1 if mark else None)
    return ConfigError(f"{place}: not YAML: {error.problem or error.context}", **data(place))


def _no_mapping(text: str, shown_as: str, known_keys: set[str]) -> ConfigError:
    return _missing_colon(text, shown_as, known_keys) or ConfigError(
        f"{shown_as}:1: expected settings such as `database:`", file=shown_as, line=1, accepted=sorted(known_keys)
    )


def _missing_colon(text: str, shown_as: str, known_keys: set[str]) -> ConfigError | None:
    """Find a line that would be a setting if it had its colon: the usual slip, which YAML explains badly."""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _KEY_WITHOUT_COLON.match(line)
        if match and match["key"] in known_keys:
            key, value = match["key"], match["value"]
            remedy = f"{key}: {value}" if value else f"{key}:"
            return ConfigError(
                f'{shown_as}:{number}: missing ":" after "{key}"; write `{remedy}`', file=shown_as, line=number, key=key
            )
    return None
