"""A query as SQL text, for people and tests: nothing is executed, and no driver is needed."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect

from fx_orm.errors import QueryError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.plans import make_plan
from fx_orm.query.shapes import Shape
from fx_orm.query.statements import Purpose

_DIALECTS = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.dialect,
    "mysql": mysql.dialect,
    "mariadb": mysql.dialect,
}


def dialect_named(name: str) -> Dialect:
    """Return a dialect without its driver.

    Raises:
        QueryError: there is none of this name.
    """
    make: Any = _DIALECTS.get(name)
    if make is None:
        known = ", ".join(_DIALECTS)
        raise QueryError(
            f'QueryBuilder.to_sql("{name}"): no such database{did_you_mean(name, _DIALECTS)} (there is {known})',
            name=name,
        )
    return make()  # type: ignore[no-any-return]  # the classes are untyped


def render(
    shape: Shape, values: Sequence[Any], dialect: Dialect, connection: sa.Connection | None, *, inline: bool
) -> tuple[str, Any]:
    """Write the statement and its parameters as the dialect's driver takes them; `inline` writes values into it."""
    plan = make_plan(shape, Purpose("rows"), connection, dialect.name)
    statement: Any = plan.built.statement
    parameters = plan.parameters(values)
    if inline:
        statement = statement.params(**parameters)
        return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).replace("\n", ""), ()
    compiled = statement.params(**parameters).compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    text = str(compiled).replace("\n", "")
    bound = {name: compiled.params[name] for name in compiled.params}
    return text, tuple(bound[name] for name in compiled.positiontup) if compiled.positional else bound
