"""The changes of a repository: validated as the entity validates, each call a transaction or a part of one.

What changes many rows does so in one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from fx_orm.errors.calls import kind_of
from fx_orm.identity import key_names, mapper_of, read_identity
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository.criteria import Criteria, Values, listed, refused
from fx_orm.repository.finding import Finding

T = TypeVar("T")


class Changing(Finding[T]):
    """The methods that write."""

    def add(self, entity: T) -> T:
        """Save an entity that was made elsewhere. Returns it, with its generated key.

        Example:
            >>> products.add(Product(name="Mug", sku="MU-0001", price=5, category_id=1)).id
            4
        """
        if not isinstance(entity, self.entity_class):
            raise refused("add", None, f"{kind_of(entity)} is no {self.entity_class.__name__}")
        with self.entity_manager.writing():
            return self.entity_manager.persist(entity)

    def create(self, data: Values | None = None, /, **fields: Any) -> T:
        """Make an entity of a dict or a model, validated as the entity's class does, and save it.

        Example:
            >>> products.create({"name": "Mug", "sku": "MU-0001", "price": 5}, category_id=1).id
            4
        """
        values = {} if data is None else self._values("create", data)
        more = self._values("create", fields)
        if twice := sorted(values.keys() & more.keys()):
            raise refused("create", twice[0], "it is given twice: in the dict, and by keyword", name=twice[0])
        return self.add(self.entity_class(**values, **more))

    def update(self, id: Any, data: Values) -> bool:
        """Change fields of one entity, validated as the entity does, all or none; False when there is none.

        Example:
            >>> products.update(1, {"stock": 11, "price": "35.00"}), products.update(99, {"stock": 1})
            (True, False)
        """
        values = self._values("update", data)
        with self.entity_manager.writing():
            entity = self.find(id)
            if entity is not None:
                _assign(entity, values)
            return entity is not None

    def update_by(self, criteria: Criteria, data: Values) -> int:
        """Change fields of all entities that meet the criteria, in one statement. Returns how many.

        Each value is validated as the entity's field does; what validates an entity as a whole is not asked.

        Example:
            >>> products.update_by({"category_id": 1}, {"is_active": False})
            2
        """
        values = self._values("update_by", data, related=False)
        validate: Any = getattr(self.entity_class, "validate_changes", None)
        if validate is not None:
            values = validate(values)
        return self._query_of_some("update_by", criteria).update(values)

    def delete(self, entity_or_id: Any) -> bool:
        """Delete an entity, or the one with a primary key; False when there is none.

        An entity of `SoftDelete` is stamped: its row stays, and is found no more.

        Example:
            >>> products.add(Product(name="Mug", sku="MU-0001", price=5, category_id=1)).id
            4
            >>> products.delete(4), products.delete(99)
            (True, False)
        """
        with self.entity_manager.writing():
            entity = entity_or_id if isinstance(entity_or_id, self.entity_class) else self.find(entity_or_id)
            if entity is not None:
                self.entity_manager.remove(entity)
            return entity is not None

    def force_delete(self, entity_or_id: Any) -> bool:
        """Remove the row of an entity, also of one that is deleted softly already; False when there is none.

        Example:
            >>> products.force_delete(99)
            False
        """
        with self.entity_manager.writing():
            is_entity = isinstance(entity_or_id, self.entity_class)
            entity = entity_or_id if is_entity else self._find_deleted_too(entity_or_id)
            if entity is not None:
                self.entity_manager.force_delete(entity)
            return entity is not None

    def delete_by(self, criteria: Criteria) -> int:
        """Delete all entities that meet the criteria, in one statement. Returns how many.

        Example:
            >>> products.delete_by({"stock": 0})
            0
        """
        return self._query_of_some("delete_by", criteria).delete()

    def insert_many(self, rows: Iterable[Values | T]) -> int:
        """Save many rows, dicts or models, validated as entities are; one statement for all. Returns how many.

        Their generated keys are not read. Where an entity or a related object is among them, all are saved as by `add`,
        and are entities of the manager then.

        Example:
            >>> rows = [{"name": "Mug", "sku": f"MU-000{at}", "price": 5, "category_id": 1} for at in range(3)]
            >>> products.insert_many(rows)
            3
        """
        given = listed("insert_many", "rows", rows, "dicts or models")
        entities = [self._entity("insert_many", row) for row in given]
        with self.entity_manager.writing():
            if self._are_bare(given):
                self.query_builder().insert([self._columns_of(entity) for entity in entities])
            else:
                self.entity_manager.persist_all(entities)
        return len(entities)

    def update_many(self, rows: Iterable[Values]) -> int:
        """Change several entities, each to values of its own: dicts or models that hold the primary key too.

        All are validated before anything is sent. Returns how many there are; keys without a row are passed over.

        Example:
            >>> products.update_many([{"id": 1, "stock": 10}, {"id": 2, "price": "8.50"}])
            2
        """
        mapper = mapper_of(self.entity_class)
        names = key_names(mapper)
        changes: dict[Any, dict[str, Any]] = {}
        for row in listed("update_many", "rows", rows, "dicts or models"):
            values = self._values("update_many", row)
            identity = read_identity(mapper, {name: values.pop(name, None) for name in names})
            if identity is None:
                key, owner = ", ".join(names), self.entity_class.__name__
                raise refused("update_many", None, f'a row has no "{key}", the key of {owner}', name=key)
            if identity in changes:
                key = ", ".join(map(str, identity))
                raise refused("update_many", None, f"two rows are of the same {self.entity_class.__name__}, {key}")
            changes[identity] = values
        with self.entity_manager.writing():
            found = self.find_many(list(changes))
            for entity in found:
                _assign(entity, changes[tuple(getattr(entity, name) for name in names)])
        return len(found)

    def upsert(
        self, rows: Values | Iterable[Values], *, keys: Sequence[str], update: Sequence[str] | None = None
    ) -> int:
        """Insert rows, validated as entities are, or change those that exist with the same `keys`. Returns how many.

        `keys` are the fields of a unique key; `update` names the fields to change, by default all that a row gives. One
        statement, which is safe when others do the same at the same time.

        Example:
            >>> tea = {"sku": "TP-0001", "name": "Pot", "price": "36.00", "category_id": 1}
            >>> products.upsert(tea, keys=["sku"], update=["price"])
            1
            >>> products.find(1).name, products.find(1).price
            ('Tea pot', Decimal('36.00'))
        """
        is_one = isinstance(rows, (Mapping, BaseModel))
        several: Any = [rows] if is_one else listed("upsert", "rows", rows, "dicts or models")
        checked: list[dict[str, Any]] = []
        for row in several:
            given = self._values("upsert", row, related=False)
            made = self._entity("upsert", given)
            checked.append({field: getattr(made, field) for field in given})
        return self.query_builder().upsert(checked, keys=keys, update=update)

    def _query_of_some(self, method: str, criteria: Criteria) -> QueryBuilder[T]:
        """Begin a change of what meets the criteria; without any it would be a change of everything."""
        query = self._query(method, criteria)
        if not criteria:
            end = "update({...})" if method == "update_by" else "delete()"
            problem = (
                f"the criteria are empty and every {self.entity_class.__name__} would change; "
                f"write query_builder().all_rows().{end} if that is meant"
            )
            raise refused(method, None, problem, entity=self.entity_class)
        return query

    def _are_bare(self, rows: Sequence[Any]) -> bool:
        """Whether rows are values alone, for one table, that nothing but the database completes."""
        mapper = mapper_of(self.entity_class)
        if mapper.inherits is not None or mapper.version_id_col is not None:
            return False
        related = mapper.relationships.keys()
        return not any(
            isinstance(row, self.entity_class) or (isinstance(row, Mapping) and related & row.keys()) for row in rows
        )


def _assign(entity: Any, values: Mapping[str, Any]) -> None:
    """Change several fields, all or none where the entity can."""
    if hasattr(entity, "assign"):
        entity.assign(values)
        return
    for field, value in values.items():
        setattr(entity, field, value)
