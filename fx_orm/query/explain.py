"""EXPLAIN as a statement of its own: SQLAlchemy binds and converts the values as it does for the explained one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles


class Explain(sa.Executable, sa.ClauseElement):
    """Ask how a statement would be run, in the database's own words."""

    inherit_cache = False  # asked by people, not by programs in a loop

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(Explain)
def _explain(element: Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN {compiler.process(element.statement, **options)}"


@compiles(Explain, "sqlite")
def _explain_on_sqlite(element: Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **options)}"
