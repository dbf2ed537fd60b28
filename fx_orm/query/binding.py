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
from fx_orm.query.values import Converter, WrongValue, converter, plain


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter of a statement: where its value stands, and what it becomes."""

    name: str
    index: int
    convert: Converter | None
    is_list: bool
    takes_lists: bool
    method: str
    column: str

    def value(self, values: Sequence[Any]) -> Any:
        """Take the value out of a query's values and convert it.

        Raises:
            QueryError: the column beside it takes no such value.
        """
        value = values[self.index]
        if not self.is_list and not self.takes_lists and isinstance(value, _SEVERAL):
            raise wrong(self.method, self.column, "a list is compared by where_in()", value=value)
        if self.convert is None:
            return value
        try:
            return [self.convert(each) for each in value] if self.is_list else self.convert(value)
        except WrongValue as problem:
            raise wrong(self.method, self.column, str(problem), value=value) from None


_SEVERAL = (list, tuple, set, frozenset, dict)
_LISTS = (sa.JSON, sa.ARRAY, sa.types.NullType)


class Binds:
    """Makes the parameters of one statement; with `values` each is bound at once."""

    def __init__(self, values: Sequence[Any] | None = None) -> None:
        self.slots: dict[str, Slot] = {}
        self._values = values

    def parameter(
        self, index: int, type_: TypeEngine[Any], method: str, column: str, *, is_list: bool = False
    ) -> sa.BindParameter[Any]:
        """Make the parameter for a value that stands beside a column of `type_`."""
        takes_lists = isinstance(plain(type_), _LISTS)
        name = f"v{index}"
        if name in self.slots:  # one value in two places, which may convert it differently
            name = f"{name}x{len(self.slots)}"
        slot = Slot(name, index, converter(type_), is_list, takes_lists, method, column)
        if self._values is not None:
            return sa.bindparam(None, slot.value(self._values), type_=type_, expanding=is_list, unique=True)
        self.slots[slot.name] = slot
        return sa.bindparam(slot.name, type_=type_, expanding=is_list)
