"""The ends of a chain that change rows: INSERT, UPDATE, DELETE, without loading entities.

Each is one committed transaction, or part of the one under way. Entities are not validated: `Repository` does that.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Self, TypeVar

from fx_orm.query import changes
from fx_orm.query.messages import wrong
from fx_orm.query_builder.paging import Paging
from fx_orm.query_builder.recording import checked_mapping, listed_names, listed_rows, number

T = TypeVar("T")


class Changing(Paging[T]):
    """The methods that run a change."""

    def all_rows(self) -> Self:
        """Say that `update` or `delete` without a condition is meant.

        Example:
            >>> QueryBuilder(Product).all_rows().update({"is_active": False})
            3
        """
        self.draft.all_rows = True
        return self

    def insert(self, values: "Mapping[str, Any] | Sequence[Mapping[str, Any]]") -> int:
        """Insert one row or several, `{"column": value}`; return how many.

        Example:
            >>> QueryBuilder(Tag).insert([{"name": "green"}, {"name": "black"}])
            2
        """
        rows = listed_rows("insert", values)
        if self.draft.conditions:
            raise wrong("insert", None, "conditions do not go with it")
        if not rows:
            return 0
        with self._writing() as session:
            return changes.insert(session, self.draft.shape(), rows)

    def upsert(
        self,
        rows: "Mapping[str, Any] | Sequence[Mapping[str, Any]]",
        *,
        keys: Sequence[str],
        update: Sequence[str] | None = None,
    ) -> int:
        """Insert rows, or change those that exist with the same `keys` (columns of a unique key); return how many.

        `update` names the columns to change, by default all that a row gives; an empty list changes nothing. Entities
        of the session are read again at their next use.

        Example:
            >>> QueryBuilder(Tag).upsert([{"name": "new"}, {"name": "rare"}], keys=["name"], update=[])
            2
            >>> QueryBuilder(Tag).count()
            3
        """
        listed = listed_rows("upsert", rows)
        if self.draft.conditions:
            raise wrong("upsert", None, "conditions do not go with it")
        unique = listed_names("upsert", "keys", keys)
        changed = None if update is None else listed_names("upsert", "update", update)
        if not unique:
            raise wrong("upsert", None, 'keys is a list of columns: keys=["name"]')
        if not listed:
            return 0
        with self._writing() as session:
            return changes.upsert(session, self.draft.shape(), listed, unique, changed)

    def update(self, values: Mapping[str, Any]) -> int:
        """Change the rows that the conditions leave; return how many.

        Raises:
            QueryError: there is no condition and `all_rows()` was not said.

        Example:
            >>> QueryBuilder(Product).where("stock", "<", 20).update({"is_active": False})
            1
        """
        checked_mapping("update", values)
        self._check_conditions("update")
        with self._writing() as session:
            return changes.update(session, self.draft.shape(), self.draft.values, values, "update")

    def increment(self, column: str, by: "int | float | Decimal" = 1) -> int:
        """Add to a column in the database itself; return how many rows changed.

        Example:
            >>> QueryBuilder(Product).where("id", 1).increment("stock", 5)
            1
            >>> QueryBuilder(Product).where("id", 1).value("stock")
            17
        """
        name = self._named("increment", column)
        amount = number("increment", name, "by", by)
        self._check_conditions("increment")
        with self._writing() as session:
            return changes.increment(session, self.draft.shape(), self.draft.values, name, amount)

    def delete(self) -> int:
        """Delete the rows that the conditions leave; return how many. Rows of a `SoftDelete` entity are stamped.

        Raises:
            QueryError: there is no condition and `all_rows()` was not said.

        Example:
            >>> QueryBuilder(Order).where("id", ">", 100).delete()
            0
        """
        self._check_conditions("delete")
        with self._writing() as session:
            return changes.delete(session, self.draft.shape(), self.draft.values)

    def force_delete(self) -> int:
        """Remove the rows that the conditions leave, of a `SoftDelete` entity too; return how many.

        Rows that are deleted softly already are left out, as everywhere: say `with_deleted()` to remove them.

        Raises:
            QueryError: there is no condition and `all_rows()` was not said.

        Example:
            >>> QueryBuilder(Order).where("id", ">", 100).force_delete()
            0
        """
        self._check_conditions("force_delete")
        with self._writing() as session:
            return changes.force_delete(session, self.draft.shape(), self.draft.values)

    def _check_conditions(self, method: str) -> None:
        if not self.draft.conditions and not self.draft.all_rows:
            raise wrong(method, None, "it has no condition and would change every row; say all_rows() if that is meant")
