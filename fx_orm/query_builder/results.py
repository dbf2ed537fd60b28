"""The ends of a chain: entities, rows, single values, numbers.

Each end lends the manager's session for one query. It leaves the builder as it was: it may be asked again.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast, overload

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from fx_orm import scope
from fx_orm.errors import MultipleFoundError, NotFoundError
from fx_orm.errors.calls import kind_of
from fx_orm.errors.nearest import did_you_mean
from fx_orm.query import execution
from fx_orm.query.messages import wrong
from fx_orm.query.rows import Row, into
from fx_orm.query.shapes import Compare, Item, Shape
from fx_orm.query.statements import Purpose
from fx_orm.query_builder.selecting import Selecting
from fx_orm.scope import SessionSource
from fx_orm.sql import read_column

T = TypeVar("T")


class Results(Selecting, Generic[T]):
    """The methods that run the query and read what it gives."""

    def __init__(self, entity: type[Any] | None, manager: "SessionSource | Session | None") -> None:
        super().__init__(entity)
        self._manager = manager

    def get(self) -> list[T]:
        """Read everything: entities of a builder that is bound to one and selects nothing else, otherwise rows.

        Example:
            >>> [product.name for product in QueryBuilder(Product).where("stock", ">", 50).get()]
            ['Cup', 'Hose']
            >>> QueryBuilder(Product).select("name").where("id", 1).get()
            [{'name': 'Tea pot'}]
        """
        return self._read(self.draft.shape(), self.draft.values)

    def execute(self) -> list[T]:
        """Read everything; the same as `get`.

        Example:
            >>> QueryBuilder(db).select("COUNT(*) as n").from_table("product").execute()
            [{'n': 3}]
        """
        return self.get()

    def first(self) -> T | None:
        """Read the first one, or None.

        Example:
            >>> QueryBuilder(Product).order_by("price").first().name
            'Cup'
        """
        found = self._limited(1)
        return found[0] if found else None

    def one(self) -> T:
        """Read the only one.

        Raises:
            NotFoundError: there is none.
            MultipleFoundError: there are several.

        Example:
            >>> QueryBuilder(Product).where("sku", "CU-0001").one().name
            'Cup'
        """
        found = self._limited(2)
        if not found:
            raise NotFoundError(f"QueryBuilder.one(): no {self._what()} fits the conditions", entity=self.draft.entity)
        if len(found) > 1:
            raise MultipleFoundError(
                f"QueryBuilder.one(): more than one {self._what()} fits the conditions",
                entity=self.draft.entity,
                count=2,
            )
        return found[0]

    def find(self, key: Any) -> T | None:
        """Read the one with a primary key that fits the conditions too, or None; several columns: a tuple or a dict.

        Example:
            >>> QueryBuilder(Product).where("is_active", True).find(1).name
            'Tea pot'
        """
        if self.draft.entity is None:
            raise wrong("find", None, "only a builder bound to an entity knows the primary key: QueryBuilder(Entity)")
        mapper: Mapper[Any] = sa.inspect(self.draft.entity)
        columns = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        values = self._key_values(columns, key)
        offset = len(self.draft.values)
        nodes = (Compare("AND", "find", column, "=", offset + at) for at, column in enumerate(columns))
        shape = self.draft.shape()
        shape = replace(shape, conditions=(*shape.conditions, *nodes))
        found = self._read(shape, [*self.draft.values, *values])
        return found[0] if found else None

    def value(self, column: str) -> Any:
        """Read one column of the first row, or None when there is no row; of what was selected, if anything was.

        Example:
            >>> QueryBuilder(Product).order_by("price").value("name")
            'Cup'
        """
        shape, values = self._limit_to(self._of_columns("value", column), 1)
        rows = self._run(execution.rows, shape, values)
        return _picked("value", rows[0], column) if rows else None

    @overload
    def pluck(self, column: str, key: None = None) -> list[Any]: ...
    @overload
    def pluck(self, column: str, key: str) -> dict[Any, Any]: ...
    def pluck(self, column: str, key: str | None = None) -> list[Any] | dict[Any, Any]:
        """Read one column of all rows as a list; with `key`, a dict from that column to this one.

        Example:
            >>> QueryBuilder(Product).order_by("id").pluck("name")
            ['Tea pot', 'Cup', 'Hose']
            >>> QueryBuilder(Product).pluck("stock", key="sku")
            {'TP-0001': 12, 'CU-0001': 80, 'HO-0001': 51}
        """
        names = [column] if key is None else [column, key]
        rows = self._run(execution.rows, self._of_columns("pluck", *names), self.draft.values)
        if key is None:
            return [_picked("pluck", row, column) for row in rows]
        return {_picked("pluck", row, key): _picked("pluck", row, column) for row in rows}

    def exists(self) -> bool:
        """Ask whether there is any row.

        Example:
            >>> QueryBuilder(Product).where("stock", 0).exists()
            False
        """
        shape, values = self._limit_to(replace(self.draft.shape(), eager=(), orders=(), lock=None), 1)
        return self._scalar(shape, values, Purpose("exists")) is not None

    def count(self) -> int:
        """Count the rows, or the entities, that `get` would give.

        Example:
            >>> QueryBuilder(Product).where("price", "<", 30).count()
            2
        """
        return int(self._scalar(self.draft.shape(), self.draft.values, Purpose("count")) or 0)

    def sum(self, column: str) -> Any:
        """Add a column up; None when there is no row.

        Example:
            >>> QueryBuilder(Product).sum("stock")
            143
        """
        return self._function("sum", column)

    def avg(self, column: str) -> Any:
        """Average a column; None when there is no row.

        Example:
            >>> QueryBuilder(Product).where_in("id", [2, 3]).avg("price")
            Decimal('15.950000')
        """
        return self._function("avg", column)

    def min(self, column: str) -> Any:
        """Find the least value of a column; None when there is no row.

        Example:
            >>> QueryBuilder(Product).min("price")
            Decimal('7.90')
        """
        return self._function("min", column)

    def max(self, column: str) -> Any:
        """Find the greatest value of a column; None when there is no row.

        Example:
            >>> QueryBuilder(Product).max("price")
            Decimal('34.50')
        """
        return self._function("max", column)

    # --- running ---

    def _reading(self) -> AbstractContextManager[Session]:
        manager = scope.current() if self._manager is None else self._manager
        return nullcontext(manager) if isinstance(manager, Session) else manager.reading()

    def _writing(self) -> AbstractContextManager[Session]:
        manager = scope.current() if self._manager is None else self._manager
        return nullcontext(manager) if isinstance(manager, Session) else manager.writing()

    def _run(self, end: Any, shape: Shape, values: list[Any]) -> Any:
        with self._reading() as session:
            return end(session, shape, values, keep=self.draft.keep)

    def _read(self, shape: Shape, values: list[Any]) -> list[T]:
        if self.draft.model is not None:
            rows = self._run(execution.rows, with_all_columns(shape), values)
            return [cast("T", into(self.draft.model, row)) for row in rows]
        return cast("list[T]", self._run(execution.entities if shape.gives_entities else execution.rows, shape, values))

    def _scalar(self, shape: Shape, values: list[Any], purpose: Purpose) -> Any:
        with self._reading() as session:
            return execution.scalar(session, shape, values, purpose, keep=self.draft.keep)

    def _of_columns(self, method: str, *columns: str) -> Shape:
        """Select columns alone, each under its own text; what was selected before stays, its aliases may be meant."""
        shape = replace(self.draft.shape(), eager=(), lazy=None)
        for column in columns:
            read = read_column(self._named(method, column))
            if read.problem or read.column.text == "*":
                raise wrong(method, column, read.problem or "one column is needed, not all of them", name=column)
        chosen = tuple(Item(name, method=method) for name in dict.fromkeys(columns))
        return shape if shape.items else replace(shape, items=chosen)

    def _function(self, name: str, column: str) -> Any:
        purpose = Purpose("function", name, self._named(name, column))
        return self._scalar(replace(self.draft.shape(), orders=(), eager=()), self.draft.values, purpose)

    def _limited(self, count: int) -> list[T]:
        return self._read(*self._limit_to(self.draft.shape(), count))

    def _limit_to(self, shape: Shape, count: int) -> tuple[Shape, list[Any]]:
        """Lower the limit; the value of one that was said before counts when it is less."""
        said = count if shape.limit is None else self.draft.values[shape.limit]
        return replace(shape, limit=len(self.draft.values)), [*self.draft.values, min(count, said)]

    def _key_values(self, columns: list[str], key: Any) -> list[Any]:
        if isinstance(key, Mapping):
            if set(key) != set(columns):
                raise wrong("find", None, f"the primary key is {', '.join(columns)}, not {', '.join(map(str, key))}")
            return [key[column] for column in columns]
        values = list(key) if isinstance(key, (tuple, list)) else [key]
        if len(values) != len(columns):
            raise wrong(
                "find", None, f"the primary key is {', '.join(columns)}: {len(columns)} values, not {len(values)}"
            )
        if any(isinstance(value, (dict, set)) for value in values):
            raise wrong("find", None, f"{kind_of(values[0])} is no key")
        return values

    def _what(self) -> str:
        return "row" if self.draft.entity is None or self.draft.items else self.draft.entity.__name__


def with_all_columns(shape: Shape) -> Shape:
    """Select the columns of an entity instead of the entity."""
    if not shape.gives_entities or shape.entity is None:
        return shape
    mapper: Mapper[Any] = sa.inspect(shape.entity)
    name = shape.source.name if shape.source is not None else str(mapper.local_table.description)
    return replace(shape, items=(Item(f"{name}.*"),), eager=(), lazy=None)


def _picked(method: str, row: Row, column: str) -> Any:
    """Take a column out of a row, by its key: `c.name` stands there under `name`."""
    key = column if column in row else column.rpartition(".")[2]
    if key not in row:
        raise wrong(method, column, f'"{column}" is not selected{did_you_mean(column, row)}', name=column)
    return row[key]
