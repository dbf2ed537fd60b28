"""Transactions that a failed statement has broken, though nobody has ended them: nothing more may run in them.

PostgreSQL goes on after a return to a savepoint, but answers COMMIT with a rollback and no error. MySQL and MariaDB
undo all of a transaction after a deadlock, SQLite after some errors; both then run the next statements without a word,
without what came before and, SQLite, without a transaction.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import ExceptionContext

from fx_orm.database.error_codes import code_of
from fx_orm.errors import FxError

_BROKEN = "fx_orm_broken_transaction"
_UNDO_ALL = {1020, 1206, 1213}
"""After these InnoDB has rolled back the whole transaction, with its savepoints."""


def prepare(engine: sa.Engine) -> None:
    """Watch the transactions of an engine; to be called before others listen to its beginnings and errors."""
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", _on_error)
    event.listen(engine, "rollback_savepoint", _on_savepoint)
    for happening in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, happening, _on_statement)


def is_broken(connection: sa.Connection) -> bool:
    """Tell whether COMMIT would not store what this transaction has done."""
    return connection.info.get(_BROKEN) is not None


def refusal() -> FxError:
    """Say that nothing more can run in this transaction."""
    return FxError(
        "this transaction was broken by an earlier error and runs nothing more; leave transaction() or call "
        "rollback(), and put what may fail into a transaction() of its own, inside"
    )


def _on_begin(connection: sa.Connection) -> None:
    connection.info.pop(_BROKEN, None)


def _on_error(context: ExceptionContext) -> None:
    connection = context.connection
    if connection is None or connection.closed or connection.invalidated or not connection.in_transaction():
        return
    if isinstance(context.sqlalchemy_exception, exc.DBAPIError) and _has_broken(connection, context.original_exception):
        connection.info[_BROKEN] = True


def _has_broken(connection: sa.Connection, error: BaseException) -> bool:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return False
    if connection.dialect.name == "postgresql":
        return isinstance(code_of(error), str)  # an answer of the server
    if connection.dialect.name == "sqlite":
        return not getattr(connection.connection.driver_connection, "in_transaction", True)
    return code_of(error) in _UNDO_ALL


def _on_savepoint(connection: sa.Connection, _name: str, _context: object) -> None:
    if connection.dialect.name == "postgresql":
        connection.info.pop(_BROKEN, None)


def _on_statement(_cursor: object, statement: str, *rest: Any) -> bool:
    connection: sa.Connection = rest[-1].root_connection
    if not connection.in_transaction() or not is_broken(connection):
        return False
    if statement.startswith("ROLLBACK TO"):
        return True  # the savepoint is gone, with all the rest
    raise refusal()
