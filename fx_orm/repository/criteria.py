"""Criteria, orders and values as repositories take them: checked against the entity, put into a query.

Unknown fields and directions raise QueryError with the nearest name; nothing is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from fx_orm.config import Lazy
from fx_orm.errors import QueryError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.identity import key_names, mapper_of
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository.ownership import Owned

T = TypeVar("T")

Criteria = Mapping[str, Any]
OrderBy = str | Mapping[str, str] | Sequence[str | Mapping[str, str]]
Values = Mapping[str, Any] | BaseModel


class Asked(Owned[T]):
    """Turns what the methods are given into queries and values."""

    def _query(
        self,
        criteria: Criteria | None,
        order_by: OrderBy | None = None,
        limit: int | None = None,
        offset: int | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> QueryBuilder[T]:
        query = self.query_builder()
        for field, value in _pairs(criteria or {}):
            self._check_field(field)
            _restrict(query, field, value)
        for field, direction in self._order(order_by):
            query.order_by(field, direction)
        if limit is not None:
            query.limit(limit)
        if offset is not None:
            query.offset(offset)
        paths = [with_] if isinstance(with_, str) else list(with_)
        if paths:
            query.with_(*paths)
        if lazy is not None:
            query.lazy(lazy)
        return query

    def _order(self, order_by: OrderBy | None) -> list[tuple[str, str]]:
        if order_by is None:
            return []
        order: list[tuple[str, str]] = []
        for part in [order_by] if isinstance(order_by, (str, Mapping)) else order_by:
            if isinstance(part, str):
                order.append((part.removeprefix("-"), "desc" if part.startswith("-") else "asc"))
            else:
                order.extend(part.items())
        for field, direction in order:
            self._check_field(field)
            if direction.lower() not in ("asc", "desc"):
                remedy = did_you_mean(direction, ("asc", "desc")) or "; it is asc or desc"
                raise QueryError(f'order_by: "{direction}" is no direction{remedy}', name=direction)
        return order

    def _key_order(self, direction: str) -> dict[str, str]:
        return dict.fromkeys(key_names(mapper_of(self.entity_class)), direction)

    def _columns_of(self, entity: T) -> dict[str, Any]:
        """Return an entity's values by field, but a key that the database makes."""
        values = vars(entity)
        keys = set(key_names(mapper_of(self.entity_class)))
        fields = mapper_of(self.entity_class).column_attrs.keys()
        return {
            field: values[field]
            for field in fields
            if field in values and not (field in keys and values[field] is None)
        }

    def _entity(self, row: Values | T) -> T:
        if isinstance(row, self.entity_class):
            return row
        return self.entity_class(**self._values(row))

    def _values(self, data: Any) -> dict[str, Any]:
        """Read what a dict or a model says; fields that a model was not given are not said."""
        if not isinstance(data, (BaseModel, Mapping)):
            raise QueryError(f"values are a dict or a model, not an object of {type(data).__name__}")
        values = data.model_dump(exclude_unset=True) if isinstance(data, BaseModel) else dict(data)
        mapper = mapper_of(self.entity_class)
        for field in values:
            if field not in mapper.relationships:
                self._check_field(field)
        return values

    def _check_field(self, field: str) -> None:
        mapper = mapper_of(self.entity_class)
        if field in mapper.column_attrs:
            return
        name = self.entity_class.__name__
        if field in mapper.relationships:
            columns = [column.key for column in mapper.relationships[field].local_columns]
            raise QueryError(f"{name}.{field} is a relationship; use {' and '.join(map(repr, columns))}", name=field)
        raise QueryError(
            f'{name} has no field "{field}"{did_you_mean(field, mapper.column_attrs.keys())}',
            entity=self.entity_class,
            name=field,
        )


def _pairs(criteria: object) -> Iterable[tuple[str, Any]]:
    if not isinstance(criteria, Mapping):
        raise QueryError(f'criteria are a dict such as {{"name": value}}, not {criteria!r}', criteria=criteria)
    return criteria.items()


def _restrict(query: QueryBuilder[Any], field: str, value: Any) -> None:
    if value is None:
        query.where_null(field)
    elif not isinstance(value, (list, tuple, set, frozenset)):
        query.where(field, value)
    elif None in value:
        others = [each for each in value if each is not None]
        query.where_group(lambda group: group.where_in(field, others).or_where(field, "=", None))
    else:
        query.where_in(field, list(value))
