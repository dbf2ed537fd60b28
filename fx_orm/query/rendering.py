"""A query as SQL text, for people and tests: nothing is executed, and no driver is needed."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.visitors import cloned_traverse

from fx_orm.errors.nearest import did_you_mean
from fx_orm.query.messages import too_deep, wrong
from fx_orm.query.plans import make_plan
from fx_orm.query.shapes import Shape
from fx_orm.query.statements import Purpose

_DIALECTS = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.dialect,
    "mysql": mysql.dialect,
    "mariadb": mysql.dialect,
}


def dialect_named(name: object) -> Dialect:
    """Return a dialect without its driver.

    Raises:
        QueryError: there is none of this name.
    """
    if not isinstance(name, str):
        problem = f"a database is a name or a dialect of SQLAlchemy, not an object of {type(name).__name__}"
        raise wrong("to_sql", None, problem)
    make: Any = _DIALECTS.get(name)
    if make is None:
        known = ", ".join(_DIALECTS)
        raise wrong("to_sql", name, f"no such database{did_you_mean(name, _DIALECTS)} (there is {known})", name=name)
    return make()  # type: ignore[no-any-return]  # the classes are untyped


def render(
    shape: Shape, values: Sequence[Any], dialect: Dialect, connection: sa.Connection | None, *, inline: bool
) -> tuple[str, Any]:
    """Write the statement and its parameters as the dialect's driver takes them; `inline` writes values into it."""
    plan = make_plan(shape, Purpose("rows"), connection, dialect.name)
    try:
        return _rendered(plan.built.statement, plan.parameters(values), dialect, inline=inline)
    except RecursionError as error:
        raise too_deep() from error


def _rendered(statement: Any, parameters: dict[str, Any], dialect: Dialect, *, inline: bool) -> tuple[str, Any]:
    if inline:
        filled = _with_values(statement, parameters)
        written = str(filled.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        # Where parameters are written with %, SQLAlchemy doubles every other one: there are none for a driver to undo.
        return written % () if dialect.paramstyle in ("format", "pyformat") else written, ()
    compiled = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state(parameters)
    text = _LINE_BREAK.sub(" ", state.statement)  # there are no values in it, so that no break is one of theirs
    return text, tuple(state.positional_parameters) if compiled.positional else dict(state.parameters)


def _with_values(statement: Any, parameters: dict[str, Any]) -> Any:
    """Copy a statement with its values in it; with those of `params()` SQLAlchemy 2.1.0 to 2.1.2 write NULL."""

    def fill(parameter: sa.BindParameter[Any]) -> None:
        if parameter.key in parameters:
            parameter.value, parameter.required, parameter.callable = parameters[parameter.key], False, None

    return cloned_traverse(statement, {}, {"bindparam": fill})


_LINE_BREAK = re.compile(r" *\n *")
