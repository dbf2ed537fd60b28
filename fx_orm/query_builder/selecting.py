"""SELECT, FROM, JOIN, GROUP BY, ORDER BY, LIMIT: what a query reads and in which form.

Tables and columns are named by strings that are resolved when the statement is built, in whatever order they were said.
"""

from collections.abc import Iterable
from typing import Any, Literal, Self, get_args

from fx_orm.config import Lazy
from fx_orm.errors.calls import kind_of
from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.messages import shortened, wrong
from fx_orm.query.shapes import Clause, Columns, Combination, Item, Join, Lock, Ordering, Source, Written
from fx_orm.query_builder.conditions import Conditions
from fx_orm.query_builder.criteria import comparison
from fx_orm.query_builder.recording import Recorder, flag, is_clause, table_of, whole_number
from fx_orm.sql import direction, read_column, read_table


class Selecting(Conditions):
    """The methods that say what is read."""

    def from_table(self, table: "str | type[Any] | Recorder", *, alias: str | None = None) -> Self:
        """Read from a table, `"product p"`; an entity or another builder may stand for it, with `alias`.

        Example:
            >>> QueryBuilder(db).select("p.name").from_table("product p").where("p.id", 1).get()
            [{'name': 'Tea pot'}]
        """
        self.draft.source = self._table("from_table", table, alias)
        return self._changed()

    def join(self, table: "str | type[Any] | Recorder", *on: Any, alias: str | None = None) -> Self:
        """Join a table: with a condition, with `left, operator, right`, or by the name of a relationship alone.

        Example:
            >>> (
            ...     QueryBuilder(db).select("p.name", "c.name as category").from_table("product p")
            ...     .join("category c", "p.category_id = c.id").where("p.id", 1).get()
            ... )
            [{'name': 'Tea pot', 'category': 'Kitchen'}]
            >>> (
            ...     QueryBuilder(Product).join("category", "category.id", "=", "product.category_id")
            ...     .where("category.name", "Garden").pluck("stock")
            ... )
            [51]
            >>> QueryBuilder(Product).join("category").where("category.name", "Garden").pluck("stock")
            [51]
        """
        return self._join("join", "inner", table, on, alias)

    def left_join(self, table: "str | type[Any] | Recorder", *on: Any, alias: str | None = None) -> Self:
        """Join a table, and keep the rows that have no partner in it; arguments as in `join`.

        Example:
            >>> QueryBuilder(Product).left_join("tags").where_null("tags.id").pluck("product.name")
            ['Hose']
        """
        return self._join("left_join", "left", table, on, alias)

    def right_join(self, table: "str | type[Any] | Recorder", *on: Any, alias: str | None = None) -> Self:
        """Join a table, and keep its rows that have no partner; arguments as in `join`.

        Example:
            >>> (
            ...     QueryBuilder(db).select("c.name", "p.id").from_table("product p")
            ...     .right_join("category c", "p.category_id = c.id").where_null("p.id").get()
            ... )
            []
        """
        return self._join("right_join", "right", table, on, alias)

    def full_join(self, table: "str | type[Any] | Recorder", *on: Any, alias: str | None = None) -> Self:
        """Join a table, and keep all rows of both sides; not on MariaDB and MySQL, which lack it.

        Example:
            >>> (
            ...     QueryBuilder(db).select("COUNT(*) as n").from_table("product p")
            ...     .full_join("category c", "p.category_id = c.id").get()
            ... )
            [{'n': 3}]
        """
        return self._join("full_join", "full", table, on, alias)

    def cross_join(self, table: "str | type[Any] | Recorder", *, alias: str | None = None) -> Self:
        """Join every row with every row of a table.

        Example:
            >>> QueryBuilder(db).from_table("category c").select("c.name").cross_join("tag t").count()
            4
        """
        self.draft.joins.append(Join("cross_join", "cross", self._table("cross_join", table, alias)))
        return self._changed()

    def group_by(self, *columns: "str | Iterable[str]") -> Self:
        """Make one row of all rows in which these columns (or aliases of `select`) are the same.

        Example:
            >>> (
            ...     QueryBuilder(Product).select("category_id", "SUM(stock) as pieces").group_by("category_id")
            ...     .order_by("pieces").get()
            ... )
            [{'category_id': 2, 'pieces': 51}, {'category_id': 1, 'pieces': 92}]
        """
        for name in _flat("group_by", columns):
            self.draft.groups.append(self._named("group_by", name))
        return self._changed()

    def order_by(self, column: Any, direction: str = "ASC") -> Self:
        """Order by a column or an alias of `select`, `"ASC"` or `"DESC"`; again for the next key.

        Example:
            >>> QueryBuilder(Product).order_by("price", "DESC").order_by("name").pluck("name")
            ['Tea pot', 'Hose', 'Cup']
        """
        return self._order("order_by", column, direction)

    def latest(self, column: str = "created_at") -> Self:
        """Order by a moment, newest first.

        Example:
            >>> QueryBuilder(Order).latest("placed_at").first().customer_email
            'ada@example.org'
        """
        return self._order("latest", column, "DESC")

    def oldest(self, column: str = "created_at") -> Self:
        """Order by a moment, oldest first.

        Example:
            >>> QueryBuilder(Order).oldest("placed_at").pluck("id")
            [1]
        """
        return self._order("oldest", column, "ASC")

    def limit(self, count: int | None) -> Self:
        """Read at most so many rows; None: all.

        Example:
            >>> QueryBuilder(Product).order_by("price").limit(2).pluck("name")
            ['Cup', 'Hose']
        """
        self.draft.limit = None if count is None else self.draft.slot(whole_number("limit", None, count, least=0))
        return self._changed()

    def offset(self, count: int | None) -> Self:
        """Leave out so many rows at the beginning; None: none.

        Example:
            >>> QueryBuilder(Product).order_by("price").offset(1).limit(1).pluck("name")
            ['Hose']
        """
        self.draft.offset = None if count is None else self.draft.slot(whole_number("offset", None, count, least=0))
        return self._changed()

    def distinct(self) -> Self:
        """Give each row once; each entity once, where joins would repeat it.

        Example:
            >>> QueryBuilder(Product).join("tags").distinct().count()
            2
            >>> QueryBuilder(Product).select("category_id").distinct().order_by("category_id").get()
            [{'category_id': 1}, {'category_id': 2}]
        """
        self.draft.distinct = True
        return self._changed()

    def with_(self, *relationships: str) -> Self:
        """Load relationships along with the entities, `"category"`, `"orders.lines"`: one more statement for each.

        Example:
            >>> QueryBuilder(Product).with_("category", "tags").find(1).category.name
            'Kitchen'
        """
        for path in relationships:
            self.draft.eager.append(self._named("with_", path))
        return self._changed()

    def lazy(self, mode: Lazy) -> Self:
        """Say what happens when a relationship is touched that was not loaded along; else the setting `lazy` says so.

        `"batch"` loads it for all entities that were loaded together, `"warn"` does so and warns, `"raise"` raises
        LazyLoadError. What the database need not be asked for is never refused. It holds for what was loaded along too.

        Example:
            >>> products = QueryBuilder(Product).with_("category").lazy("raise").get()
            >>> products[0].category.name
            'Kitchen'
        """
        modes: tuple[str, ...] = get_args(Lazy)
        if self._named("lazy", mode) not in modes:
            hint = did_you_mean(mode, modes) or f"; it takes {', '.join(modes)}"
            raise wrong("lazy", mode, f"there is no such mode{hint}", name=mode)
        self.draft.lazy = mode
        return self._changed()

    def with_deleted(self) -> Self:
        """Show the rows too that were deleted softly, in every table of this query; else they are left out.

        Example:
            >>> QueryBuilder(Product).with_deleted().count()
            3
        """
        self.draft.with_deleted = True
        return self._changed()

    def for_update(self, *, skip_locked: bool = False, nowait: bool = False) -> Self:
        """Lock the rows that are read until the transaction ends.

        Example:
            >>> with db.transaction():
            ...     QueryBuilder(Product).where("id", 1).for_update().one().stock
            12
        """
        skips, fails = flag("for_update", "skip_locked", skip_locked), flag("for_update", "nowait", nowait)
        if skips and fails:
            raise wrong("for_update", None, "skip_locked and nowait exclude each other")
        self.draft.lock = Lock(skips, fails)
        return self._changed()

    def union(self, other: Recorder) -> Self:
        """Add the rows of another query, each row once.

        Example:
            >>> dear = QueryBuilder(Product).select("name").where("price", ">", 30)
            >>> QueryBuilder(Category).select("name").union(dear).order_by("name").pluck("name")
            ['Garden', 'Kitchen', 'Tea pot']
        """
        return self._combine("union", other)

    def union_all(self, other: Recorder) -> Self:
        """Add the rows of another query.

        Example:
            >>> QueryBuilder(Tag).select("name").union_all(QueryBuilder(Tag).select("name")).count()
            4
        """
        return self._combine("union_all", other)

    def intersect(self, other: Recorder) -> Self:
        """Keep the rows that another query gives too.

        Example:
            >>> sorted(QueryBuilder(Product).select("id").intersect(QueryBuilder(Category).select("id")).pluck("id"))
            [1, 2]
        """
        return self._combine("intersect", other)

    def except_(self, other: Recorder) -> Self:
        """Leave out the rows that another query gives.

        Example:
            >>> QueryBuilder(Product).select("id").except_(QueryBuilder(Category).select("id")).pluck("id")
            [3]
        """
        return self._combine("except_", other)

    def with_cte(self, name: str, query: Recorder) -> Self:
        """Give another query a name by which `from_table` and `join` know it.

        Example:
            >>> stock = QueryBuilder(Product).select("category_id", "SUM(stock) as pieces").group_by("category_id")
            >>> QueryBuilder(db).with_cte("stock", stock).from_table("stock").where("pieces", ">", 60).get()
            [{'category_id': 1, 'pieces': 92}]
        """
        self.draft.ctes[self._new_name("with_cte", name)] = self.draft.embed(self._query("with_cte", query))
        return self._changed()

    # --- recording ---

    def _selected(self, method: str, items: tuple[Any, ...], queries: "dict[str, Recorder]") -> None:
        """Add items to the select list."""
        for item in _flat(method, items) if items or not queries else ():
            if isinstance(item, str):
                self.draft.items.append(Item(item))
            elif is_clause(item):
                self.draft.items.append(Item("", self._clause(method, item)))
            else:
                raise wrong(method, None, f"an item is a string or an expression of SQLAlchemy, not {kind_of(item)}")
        for alias, query in queries.items():
            inner = self.draft.embed(self._query(method, query))
            self.draft.items.append(Item(self._new_name(method, alias), query=inner))
        self._changed()

    def _table(self, method: str, table: Any, alias: str | None) -> Source:
        if alias is not None:
            self._new_name(method, alias)
        if isinstance(table, Recorder):
            if alias is None:
                raise wrong(method, None, 'a builder that stands for a table needs a name: alias="..."')
            return Source(method, alias, alias, alias, self.draft.embed(table.draft))
        text = table_of(method, table)
        read = read_table(text)
        if read.problem:
            raise wrong(method, text, read.problem, name=text)
        if read.alias is not None and alias is not None:
            raise wrong(method, text, f'it has two aliases, "{read.alias.text}" and "{alias}"')
        return Source(method, text, read.table.text, read.alias.text if read.alias else alias)

    def _join(self, method: str, kind: str, table: Any, on: tuple[Any, ...], alias: str | None) -> Self:
        source = self._table(method, table, alias)
        condition: Written | Columns | Clause | None = None
        if not on:
            if source.query is not None or isinstance(table, type):
                raise wrong(method, source.text, "a join needs a condition: join(table, condition)")
        elif len(on) == 1 and isinstance(on[0], str):
            condition = Written("AND", method, on[0])
        elif len(on) == 1:
            condition = Clause("AND", method, self._clause(method, on[0]))
        elif len(on) == 3:
            left, right = self._named(method, on[0]), self._named(method, on[2])
            condition = Columns("AND", method, left, comparison(method, left, on[1]), right)
        else:
            raise wrong(method, source.text, f"it takes a condition, or left, operator, right; not {len(on)} arguments")
        self.draft.joins.append(Join(method, kind, source, condition))
        return self._changed()

    def _order(self, method: str, column: Any, written: Any) -> Self:
        found = direction(written) if isinstance(written, str) else None
        if found is None:
            argument = column if isinstance(column, str) else None
            said = f"{shortened(written)!a}" if isinstance(written, str) else kind_of(written)
            raise wrong(method, argument, f'direction {said} does not exist; write "ASC" or "DESC"', name=written)
        if is_clause(column):
            self.draft.orders.append(
                Ordering(method, "", "" if found == "ASC" else found, self._clause(method, column))
            )
        else:
            name = self._named(method, column)
            remedy = _direction_in(name) if method == "order_by" else None
            if remedy is not None:
                raise wrong(method, name, f"the direction is said apart: order_by({remedy})", name=name)
            self.draft.orders.append(Ordering(method, name, found))
        return self._changed()

    def _combine(self, operator: Literal["union", "union_all", "intersect", "except_"], other: Recorder) -> Self:
        self.draft.combinations.append(Combination(operator, self.draft.embed(self._query(operator, other))))
        return self._changed()


def _flat(method: str, items: tuple[Any, ...]) -> list[Any]:
    """Take items as arguments or as one list."""
    if len(items) == 1 and isinstance(items[0], (list, tuple)):
        items = tuple(items[0])
    if not items:
        raise wrong(method, None, "nothing is named")
    return list(items)


def _direction_in(text: str) -> str | None:
    """Say how `-price` and `price DESC` are written: the column and its direction as two arguments."""
    bare = text.strip()
    name, _, last = bare.rpartition(" ")
    found = direction(last) if name else None
    if found is None and bare.startswith("-"):
        name, found = bare[1:], "DESC"
    return None if found is None or read_column(name).problem else f'"{name.strip()}", "{found}"'
