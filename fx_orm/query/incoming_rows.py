"""Rows on their way into a table: names resolved, values converted, defaults filled in.

How the rows with the same names are treated is worked out once, at the first of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Mapper

from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.messages import wrong
from fx_orm.query.stored_values import stored
from fx_orm.query.values import Converter, WrongValue


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What becomes of a row: `columns` are (name in the row, key of the column, conversion)."""

    columns: tuple[tuple[str, str, Converter | None], ...]
    constants: Mapping[str, Any]
    computed: tuple[tuple[str, Any], ...]


class IncomingRows:
    """Reads the rows of one statement on a table; `entity` is the class whose defaults count, if there is one."""

    def __init__(
        self,
        entity: type[Any] | None,
        columns: Mapping[str, sa.ColumnElement[Any]],
        table: sa.Table,
        method: str,
        database: str,
    ) -> None:
        self._entity = entity
        self._columns = columns
        self._table = table
        self._method = method
        self._database = database
        self._recipes: dict[tuple[str, ...], _Recipe] = {}

    def names(self, names: Iterable[str]) -> list[str]:
        """Resolve names of columns.

        Raises:
            QueryError: the table has no such column.
        """
        return [str(self.column(name).key) for name in names]

    def given(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row by the keys of the table's columns.

        Raises:
            QueryError: the table has no such column, or it takes no such value.
        """
        return self._converted(row, self._recipe(row))

    def _converted(self, row: Mapping[str, Any], recipe: _Recipe) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, key, convert in recipe.columns:
            value = row[name]
            if convert is not None:
                try:
                    value = convert(value)
                except WrongValue as problem:
                    if not (isinstance(value, sa.ClauseElement) or hasattr(value, "__clause_element__")):
                        raise wrong(self._method, name, str(problem), value=value) from None
            values[key] = value
        return values

    def whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row, and the defaults of the fields that it leaves out."""
        recipe = self._recipe(row)
        values = self._converted(row, recipe)
        values.update(recipe.constants)
        for key, info in recipe.computed:
            values[key] = info.get_default(call_default_factory=True, validated_data={})
        return values

    def _recipe(self, row: Mapping[str, Any]) -> _Recipe:
        names = tuple(row)
        found = self._recipes.get(names)
        if found is None:
            found = self._recipes[names] = self._make(names)
        return found

    def _make(self, names: tuple[str, ...]) -> _Recipe:
        columns: dict[str, tuple[str, str, Converter | None]] = {}
        for name in names:
            column = self.column(name)
            key = str(column.key)
            if key in columns:
                raise wrong(self._method, name, f'the same column is given as "{columns[key][0]}" too', name=name)
            columns[key] = name, key, stored(column.type, self._database)
        missing = self._left_out(set(columns))
        constants = {key: info.default for key, info in missing.items() if _is_constant(info)}
        return _Recipe(
            tuple(columns.values()),
            constants,
            tuple((key, info) for key, info in missing.items() if key not in constants),
        )

    def column(self, name: str) -> sa.ColumnElement[Any]:
        """Find the column of a name.

        Raises:
            QueryError: the table has none such.
        """
        column = self._columns.get(name)
        if column is None:
            hint = did_you_mean(name, self._columns)
            raise wrong(self._method, name, f'table "{self._table.name}" has no column "{name}"{hint}', name=name)
        return column

    def _left_out(self, given: set[str]) -> dict[str, Any]:
        """List the fields with a default that a row leaves out: filled in by the constructor, not by the table."""
        if self._entity is None or not issubclass(self._entity, BaseModel):
            return {}
        mapper: Mapper[Any] = sa.inspect(self._entity)
        found: dict[str, Any] = {}
        for field, info in self._entity.model_fields.items():
            column = mapper.columns.get(field)
            if column is None or column.key in given or (column.primary_key and info.default is None):
                continue
            if not info.is_required():
                found[column.key] = info
        return found


def _is_constant(info: Any) -> bool:
    """Whether a default is the same immutable value each time."""
    return info.default_factory is None and isinstance(info.default, (type(None), bool, int, float, str, bytes))
