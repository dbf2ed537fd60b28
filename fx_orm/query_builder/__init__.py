"""The fluent query builder: chains of methods whose strings are checked, run in a manager's session.

A builder holds no session: it is lent one for each run. What a method records is resolved when the statement is built.
"""

from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any, TypeVar, cast, overload

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from fx_orm.errors import QueryError
from fx_orm.errors.calls import kind_of
from fx_orm.query.explaining import Explanation, explained
from fx_orm.query.rendering import dialect_named, render
from fx_orm.query.rows import Row
from fx_orm.query_builder.changing import Changing
from fx_orm.query_builder.recording import Recorder
from fx_orm.scope import SessionSource

__all__ = ["Explanation", "QueryBuilder", "Row"]

T = TypeVar("T")
M = TypeVar("M")


class QueryBuilder(Changing[T]):
    """A query being written: `QueryBuilder(Product)` gives entities, `QueryBuilder(self.db)` rows.

    Each method changes the builder and returns it. Without a manager it uses the current one when it runs.

    Example:
        >>> QueryBuilder(Product).where("price", ">", 10).order_by("name").limit(20).get()
    """

    @overload
    def __init__(self, source: type[T], *, manager: SessionSource | Session | None = None) -> None: ...
    @overload
    def __init__(
        self: "QueryBuilder[Row]",
        source: SessionSource | Session | None = None,
        *,
        manager: SessionSource | Session | None = None,
    ) -> None: ...
    def __init__(self, source: Any = None, *, manager: SessionSource | Session | None = None) -> None:
        """Bind the builder to an entity, to a manager (or SQLAlchemy session), to both or to none.

        Raises:
            QueryError: the source is neither.
        """
        entity: type[Any] | None = None
        if isinstance(source, type):
            if sa.inspect(source, raiseerr=False) is None:
                raise QueryError(f"QueryBuilder({source.__name__}): it is no entity: it has no table")
            entity = source
        elif isinstance(source, Session) or callable(getattr(source, "reading", None)):
            if manager is not None:
                raise QueryError("QueryBuilder(): two managers are given, by position and by name")
            manager = source
        elif source is not None:
            raise QueryError(f"QueryBuilder(): {kind_of(source)} is neither an entity nor a manager")
        if manager is not None and not (isinstance(manager, Session) or callable(getattr(manager, "reading", None))):
            raise QueryError(f"QueryBuilder(): {kind_of(manager)} is no manager")
        super().__init__(entity, manager)

    def select(self, /, *items: "str | Iterable[Any] | Any", **queries: Recorder) -> "QueryBuilder[Row]":
        """Choose what is read, in place of what was chosen before: the results are rows then.

        An item is a column `"p.name"`, `"p.*"`, an expression `"COUNT(*) as n"`, or SQLAlchemy's; a builder by name is
        a sub-query of one value.

        Example:
            >>> QueryBuilder(Product).select("name", "price * stock as value").where("id", 3).get()
            [{'name': 'Hose', 'value': Decimal('1224.00')}]
            >>> dearest = QueryBuilder(Product).select("MAX(price)")
            >>> QueryBuilder(Product).select("name", highest=dearest).where("id", 3).get()
            [{'name': 'Hose', 'highest': Decimal('34.50')}]
        """
        self.draft.items = []
        self._selected("select", items, queries)
        return cast("QueryBuilder[Row]", self)

    def add_select(self, /, *items: "str | Iterable[Any] | Any", **queries: Recorder) -> "QueryBuilder[Row]":
        """Choose more; arguments as in `select`.

        Example:
            >>> QueryBuilder(Product).select("id").add_select("UPPER(name) as shout").where("id", 2).get()
            [{'id': 2, 'shout': 'CUP'}]
        """
        self._selected("add_select", items, queries)
        return cast("QueryBuilder[Row]", self)

    def to_sql(self, dialect: str | sa.Dialect | None = None, *, values: bool = False) -> tuple[str, Any]:
        """Return the SQL and its parameters, without running it: for a database by name, else for the one in use.

        `values=True` writes the values into the text, to be read by people.

        Example:
            >>> QueryBuilder(Product).select("id").where("price", ">", 10).to_sql("mysql")
            ('SELECT product.id FROM product WHERE product.price > %s', (10,))
            >>> (
            ...     QueryBuilder(Product).select("id").where("name", "Cup")
            ...     .to_sql("postgresql", values=True)[0].split("WHERE ")[1]
            ... )
            "product.name = 'Cup'"
        """
        shape = self.draft.shape()
        if dialect is None:
            with self._reading() as session:
                connection = session.connection()
                return render(shape, self.draft.values, connection.dialect, connection, inline=values)
        chosen = dialect if isinstance(dialect, sa.Dialect) else dialect_named(dialect)
        return render(shape, self.draft.values, chosen, None, inline=values)

    def as_(self, model: type[M]) -> "QueryBuilder[M]":
        """Make each row an object of a Pydantic model, which validates it, or of a dataclass.

        Raises:
            QueryError: the model is neither.

        Example:
            >>> from pydantic import BaseModel
            >>> class Price(BaseModel):
            ...     name: str
            ...     price: float
            >>> QueryBuilder(Product).where("id", 2).as_(Price).get()
            [Price(name='Cup', price=7.9)]
        """
        wanted: Any = model
        if not (is_dataclass(wanted) or (isinstance(wanted, type) and issubclass(wanted, BaseModel))):
            raise QueryError("QueryBuilder.as_(): a Pydantic model or a dataclass is needed")
        self.draft.model = model
        return cast("QueryBuilder[M]", self)

    def explain(self) -> Explanation:
        """Ask the database how it would run the query, as text and as data; the query is not run.

        Example:
            >>> print(QueryBuilder(Product).where("id", 1).explain())
            SEARCH product USING INTEGER PRIMARY KEY (rowid=?)
        """
        with self._reading() as session:
            return explained(session, self.draft.shape(), self.draft.values)

    def __repr__(self) -> str:
        bound = self.draft.entity.__name__ if self.draft.entity is not None else ""
        return f"<QueryBuilder({bound}) with {len(self.draft.conditions)} conditions>"
