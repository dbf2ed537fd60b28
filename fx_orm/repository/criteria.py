"""Criteria, orders and values as repositories take them: checked against the entity, put into a query.

Unknown fields and directions raise QueryError with the nearest name; nothing is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from fx_orm.config import Lazy
from fx_orm.errors import QueryError
from fx_orm.errors.calls import kind_of, shortened, wrong_call
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
        method: str,
        criteria: Criteria | None,
        order_by: OrderBy | None = None,
        limit: int | None = None,
        offset: int | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> QueryBuilder[T]:
        query = self.query_builder()
        for field, value in _pairs(method, criteria):
            self._check_field(method, field)
            _restrict(query, field, value)
        for field, direction in self._order(method, order_by):
            query.order_by(field, direction)
        if limit is not None:
            query.limit(limit)
        if offset is not None:
            query.offset(offset)
        paths = [with_] if isinstance(with_, str) else listed(method, "with_", with_, "names of relationships")
        if paths:
            query.with_(*paths)
        if lazy is not None:
            query.lazy(lazy)
        return query

    def _order(self, method: str, order_by: OrderBy | None) -> list[tuple[str, str]]:
        if order_by is None:
            return []
        parts: list[Any] = (
            [order_by] if isinstance(order_by, (str, Mapping)) else listed(method, "order_by", order_by, "fields")
        )
        order: list[tuple[Any, Any]] = []
        for part in parts:
            if isinstance(part, str):
                order.append((part.removeprefix("-"), "desc" if part.startswith("-") else "asc"))
            elif isinstance(part, Mapping):
                order.extend(part.items())
            else:
                forms = 'order_by takes "-price" and {"price": "desc"}, or a list of those'
                raise refused(method, None, f"{forms}, not {kind_of(part)}")
        for field, direction in order:
            self._check_field(method, field)
            if not isinstance(direction, str):
                raise refused(method, field, f"a direction is asc or desc, not {kind_of(direction)}")
            if direction.lower() not in ("asc", "desc") or not direction.isascii():
                remedy = did_you_mean(direction, ("asc", "desc")) or "; it is asc or desc"
                raise refused(method, field, f'"{shortened(direction)}" is no direction{remedy}', name=direction)
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

    def _entity(self, method: str, row: Values | T) -> T:
        if isinstance(row, self.entity_class):
            return row
        return self.entity_class(**self._values(method, row))

    def _values(self, method: str, data: Any, *, related: bool = True) -> dict[str, Any]:
        """Read what a dict or a model says; fields that a model was not given are not said."""
        given = data
        if isinstance(given, BaseModel):
            if hasattr(type(given), "__mapper__"):
                raise refused(method, None, f"{kind_of(given)} is an entity; give its values in a dict")
            given = given.model_dump(exclude_unset=True)
        if not isinstance(given, Mapping):
            raise refused(method, None, f"values are a dict or a model, not {kind_of(given)}")
        values = dict(given)
        mapper = mapper_of(self.entity_class)
        for field in values:
            if not (related and field in mapper.relationships):
                self._check_field(method, field)
        return values

    def _check_field(self, method: str, field: Any) -> None:
        mapper = mapper_of(self.entity_class)
        name = self.entity_class.__name__
        if not isinstance(field, str):
            raise refused(method, None, f"a field is named by a string, not {kind_of(field)}")
        if field in mapper.column_attrs:
            return
        if field in mapper.relationships:
            columns = [column.key for column in mapper.relationships[field].local_columns]
            problem = f"{name}.{field} is a relationship; use {' and '.join(map(repr, columns))}"
            raise refused(method, field, problem, name=field)
        problem = f'{name} has no field "{field}"{did_you_mean(field, mapper.column_attrs.keys())}'
        raise refused(method, field, problem, entity=self.entity_class, name=field)


def refused(method: str, argument: str | None, problem: str, **data: object) -> QueryError:
    """Make the error `Repository.find_by("nmae"): Product has no field "nmae"; did you mean "name"?`."""
    return wrong_call("Repository", method, argument, problem, **data)


def listed(method: str, name: str, argument: Any, what: str) -> list[Any]:
    """Take a list from a caller: a text or a dict is none."""
    if isinstance(argument, (str, bytes, Mapping)) or not isinstance(argument, Iterable):
        raise refused(method, None, f"{name} is a list of {what}, not {kind_of(argument)}")
    return list(argument)


def _pairs(method: str, criteria: Any) -> Iterable[tuple[Any, Any]]:
    if criteria is None:
        return ()
    if not isinstance(criteria, Mapping):
        raise refused(method, None, f'criteria are a dict such as {{"name": value}}, not {kind_of(criteria)}')
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
