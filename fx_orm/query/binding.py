"""Values on their way into a statement: every one is a bound parameter, named after its slot.

In a statement that is kept, parameters have names (`v0`, `v1`...) and values arrive at each run; in one that is built
to be run once (UPDATE, DELETE) they are bound right away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from fx_orm.query.messages import wrong
from fx_orm.query.values import Converter, WrongValue, converter


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter of a statement: where its value stands, and what it becomes."""

    name: str
    index: int
    convert: Converter | None
    is_list: bool
    method: str
    column: str

    def value(self, values: Sequence[Any]) -> Any:
        """Take the value out of a query's values and convert it.

        Raises:
            QueryError: the column beside it takes no such value.
        """
        value = values[self.index]
        if self.convert is None:
            return value
        try:
            return [self.convert(each) for each in value] if self.is_list else self.convert(value)
        except WrongValue as wrong_value:
            is_several = not self.is_list and isinstance(value, _SEVERAL)
            problem = "a list is compared by where_in()" if is_several else str(wrong_value)
            raise wrong(self.method, self.column, problem, value=value) from None


_SEVERAL = (list, tuple, set, frozenset)


class Binds:
    """Makes the parameters of one statement for a database; with `values` each is bound at once."""

    def __init__(self, database: str, values: Sequence[Any] | None = None) -> None:
        self.slots: dict[str, Slot] = {}
        self._database = database
        self._values = values

    def parameter(
        self, index: int, type_: TypeEngine[Any], method: str, column: str, *, is_list: bool = False
    ) -> sa.BindParameter[Any]:
        """Make the parameter for a value that stands beside a column of `type_`."""
        name = f"v{index}"
        if name in self.slots:  # one value in two places, which may convert it differently
            name = f"{name}x{len(self.slots)}"
        slot = Slot(name, index, converter(type_, self._database), is_list, method, column)
        if self._values is not None:
            return sa.bindparam(None, slot.value(self._values), type_=type_, expanding=is_list, unique=True)
        self.slots[slot.name] = slot
        return sa.bindparam(slot.name, type_=type_, expanding=is_list)
