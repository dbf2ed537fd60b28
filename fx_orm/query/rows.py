"""A row of a result that is no entity: a dictionary whose keys are attributes too."""

import dataclasses
from typing import Any

from pydantic import BaseModel

from fx_orm.errors import QueryError
from fx_orm.errors.nearest import did_you_mean


class Row(dict[str, Any]):
    """One row: `row["name"]` and `row.name`; where a key is called like a method of dict, the method wins.

    Example:
        >>> Row(name="Tea", price=3).price
        3
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f'the row has no column "{name}"{did_you_mean(name, self)}') from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def into(model: type[Any], row: Row) -> Any:
    """Make an object of a Pydantic model (validated) or a dataclass from a row; columns that it lacks are left out.

    Raises:
        QueryError: a column that it needs was not selected.
    """
    if issubclass(model, BaseModel):
        return model.model_validate(row)
    fields = [each.name for each in dataclasses.fields(model) if each.init]
    try:
        return model(**{name: row[name] for name in fields if name in row})
    except TypeError as error:
        missing = ", ".join(name for name in fields if name not in row)
        raise QueryError(f"QueryBuilder.as_({model.__name__}): {missing} was not selected", name=missing) from error
