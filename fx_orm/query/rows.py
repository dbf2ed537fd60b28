"""A row of a result that is no entity: a dictionary whose keys are attributes too."""

from typing import Any

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
