"""How a database would run a query, in its own words: for people as text, for programs as data.

The query itself is not run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from fx_orm.query.plans import plan
from fx_orm.query.shapes import Shape
from fx_orm.query.statements import Purpose


@dataclass(frozen=True, slots=True)
class Explanation:
    """What EXPLAIN says; `str()` and `print()` give the text.

    Attributes:
        database: the name of SQLAlchemy's dialect.
        text: a line for each step.
        data: on PostgreSQL, MariaDB and MySQL the parsed JSON of the database, on SQLite its rows as dicts.
    """

    database: str
    text: str
    data: Any

    def __str__(self) -> str:
        return self.text


def explained(session: Session, shape: Shape, values: Sequence[Any]) -> Explanation:
    """Ask the database how it would run a query."""
    if session.autoflush:
        session.flush()
    connection = session.connection()
    prepared = plan(shape, Purpose("rows"), connection, keep=False)
    compiled: Any = prepared.built.statement.compile(dialect=connection.dialect)
    state = compiled.construct_expanded_state(prepared.parameters(values))
    bound = {name: state.processors.get(name, _same)(value) for name, value in state.parameters.items()}
    parameters = tuple(bound[name] for name in state.positiontup) if compiled.positional else bound

    def ask(words: str) -> list[Mapping[str, Any]]:
        result = connection.exec_driver_sql(f"{words} {state.statement}", parameters)
        return [dict(row) for row in result.mappings()]

    database = connection.dialect.name
    if database == "sqlite":
        rows = ask("EXPLAIN QUERY PLAN")
        return Explanation(database, "\n".join(str(row["detail"]) for row in rows), rows)
    text = "\n".join(" ".join(str(value) for value in row.values() if value is not None) for row in ask("EXPLAIN"))
    (said,) = ask("EXPLAIN (FORMAT JSON)" if database == "postgresql" else "EXPLAIN FORMAT=JSON")
    (data,) = said.values()
    return Explanation(database, text, json.loads(data) if isinstance(data, str) else data)


def _same(value: Any) -> Any:
    return value
