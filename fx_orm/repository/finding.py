"""The questions of a repository: one entity, several, how many, page by page."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from fx_orm.config import Lazy
from fx_orm.errors import NotFoundError
from fx_orm.identity import key_names, mapper_of, read_identity
from fx_orm.pagination import CursorPage, Page
from fx_orm.query_builder.recording import whole_number
from fx_orm.repository.criteria import Asked, Criteria, OrderBy, listed

T = TypeVar("T")

_MOST_KEYS = 1000  # in one statement; SQLite takes 32,766 values, Oracle a thousand


class Finding(Asked[T]):
    """The methods that read."""

    def find(self, id: Any) -> T | None:
        """Find an entity by its primary key (a tuple or a dict for a composite one), None when there is none.

        Example:
            >>> products.find(1).name
            'Tea pot'
            >>> products.find(99) is None
            True
        """
        if not self.shows_deleted:
            return self.entity_manager.find(self.entity_class, id)
        return self._find_deleted_too(id)

    def get(self, id: Any) -> T:
        """Find an entity by its primary key. Raises NotFoundError when there is none.

        Example:
            >>> products.get(2).name
            'Cup'
        """
        found = self._find_deleted_too(id) if self.shows_deleted else None
        return found if found is not None else self.entity_manager.get(self.entity_class, id)

    def find_all(self, order_by: OrderBy | None = None) -> list[T]:
        """Find all entities.

        Example:
            >>> [product.name for product in products.find_all(order_by="-price")]
            ['Tea pot', 'Hose', 'Cup']
        """
        return self.find_by({}, order_by=order_by)

    def find_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        limit: int | None = None,
        offset: int | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> list[T]:
        """Find the entities that meet all criteria; `with_` names relationships to load along.

        `lazy` says what happens when another one is touched: `"batch"`, `"warn"` or `"raise"`; see `QueryBuilder.lazy`.

        Example:
            >>> found = products.find_by({"category_id": [1, 2], "is_active": True}, order_by="name", limit=2)
            >>> [product.name for product in found]
            ['Cup', 'Hose']
        """
        return self._query("find_by", criteria, order_by, limit, offset, with_, lazy).get()

    def find_one_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> T | None:
        """Find the first entity that meets all criteria, None when there is none.

        Example:
            >>> products.find_one_by({"sku": "CU-0001"}, with_="category").category.name
            'Kitchen'
        """
        return self._query("find_one_by", criteria, order_by, with_=with_, lazy=lazy).first()

    def get_one_by(
        self,
        criteria: Criteria,
        order_by: OrderBy | None = None,
        with_: str | Iterable[str] = (),
        lazy: Lazy | None = None,
    ) -> T:
        """Find the first entity that meets all criteria. Raises NotFoundError when there is none.

        Example:
            >>> products.get_one_by({"sku": "HO-0001"}).name
            'Hose'
        """
        found = self.find_one_by(criteria, order_by, with_, lazy)
        if found is None:
            entity = self.entity_class
            shown = ", ".join(f"{name}={_masked(entity, name, value)}" for name, value in criteria.items())
            raise NotFoundError(f"there is no {entity.__name__} with {shown}", entity=entity, criteria=criteria)
        return found

    def find_many(self, ids: Iterable[Any]) -> list[T]:
        """Find the entities with these primary keys, in this order; keys without a row are left out.

        Example:
            >>> [product.name for product in products.find_many([3, 1, 99])]
            ['Hose', 'Tea pot']
        """
        mapper = mapper_of(self.entity_class)
        identities = [read_identity(mapper, key) for key in listed("find_many", "ids", ids, "primary keys")]
        wanted = list(dict.fromkeys(identity for identity in identities if identity is not None))
        names = key_names(mapper)
        if len(names) > 1:
            return [found for identity in wanted if (found := self.find(identity)) is not None]
        keys = [identity[0] for identity in wanted]
        by_key = {
            getattr(entity, names[0]): entity
            for at in range(0, len(keys), _MOST_KEYS)
            for entity in self.query_builder().where_in(names[0], keys[at : at + _MOST_KEYS]).get()
        }
        return [by_key[key] for key in keys if key in by_key]

    def first(self, criteria: Criteria | None = None, order_by: OrderBy | None = None) -> T | None:
        """Find the first entity, by default the one with the lowest primary key.

        Example:
            >>> products.first().name
            'Tea pot'
        """
        return self._query("first", criteria, order_by or self._key_order("asc")).first()

    def last(self, criteria: Criteria | None = None) -> T | None:
        """Find the entity with the highest primary key.

        Example:
            >>> products.last({"category_id": 1}).name
            'Cup'
        """
        return self._query("last", criteria, self._key_order("desc")).first()

    def count(self, criteria: Criteria | None = None) -> int:
        """Count the entities that meet all criteria.

        Example:
            >>> products.count({"category_id": 1})
            2
        """
        return self._query("count", criteria).count()

    def exists(self, criteria: Criteria | None = None) -> bool:
        """Tell whether an entity meets all criteria.

        Example:
            >>> products.exists({"stock": 0})
            False
        """
        return self._query("exists", criteria).exists()

    def pluck(self, field: str, criteria: Criteria | None = None, order_by: OrderBy | None = None) -> list[Any]:
        """Return one field's values of the entities that meet all criteria.

        Example:
            >>> products.pluck("name", {"category_id": 1}, order_by="-stock")
            ['Cup', 'Tea pot']
        """
        self._check_field("pluck", field)
        return self._query("pluck", criteria, order_by).pluck(field)

    def paginate(
        self, page: int = 1, per_page: int = 20, criteria: Criteria | None = None, order_by: OrderBy | None = None
    ) -> Page[T]:
        """Find one page of the entities that meet all criteria, by default in the order of the primary key.

        Entities that `order_by` leaves equal are in the order of the primary key, so that no page repeats one.

        Example:
            >>> page = products.paginate(2, per_page=2)
            >>> [product.name for product in page], page.total
            (['Hose'], 3)
        """
        for name, value in (("page", page), ("per_page", per_page)):
            whole_number("paginate", name, value, least=1, owner="Repository")
        key_order = self._key_order("asc")
        order = [*self._order("paginate", order_by)]
        order += [(field, way) for field, way in key_order.items() if field not in dict(order)]
        query = self._query(
            "paginate", criteria, [{field: way} for field, way in order], per_page, (page - 1) * per_page
        )
        return Page(query.get(), self.count(criteria), page, per_page)

    def cursor_paginate(
        self,
        per_page: int = 20,
        cursor: str | None = None,
        criteria: Criteria | None = None,
        order_by: OrderBy | None = None,
    ) -> CursorPage[T]:
        """Find the page that a cursor of another page leads to, the first one without; see `QueryBuilder`'s method.

        Example:
            >>> page = products.cursor_paginate(2, order_by="-price")
            >>> [product.name for product in page]
            ['Tea pot', 'Hose']
            >>> page = products.cursor_paginate(2, page.next_cursor, order_by="-price")
            >>> [product.name for product in page]
            ['Cup']
        """
        return self._query("cursor_paginate", criteria, order_by).cursor_paginate(per_page, cursor)

    def stream(
        self, criteria: Criteria | None = None, order_by: OrderBy | None = None, size: int = 1000
    ) -> Iterator[T]:
        """Find the entities that meet all criteria one after the other, `size` at a time from the database.

        Example:
            >>> [product.sku for product in products.stream({"category_id": 1}, order_by="sku")]
            ['CU-0001', 'TP-0001']
        """
        return self._query("stream", criteria, order_by).stream(size)

    def _find_deleted_too(self, id: Any) -> T | None:
        identity = read_identity(mapper_of(self.entity_class), id)
        return None if identity is None else self.query_builder().with_deleted().find(identity)


def _masked(entity: type[Any], field: str, value: Any) -> str:
    """Show a value of the criteria, unless it is a secret."""
    return "***" if mapper_of(entity).columns[field].info.get("secret") else repr(value)
