"""What the drivers' errors mean: the ones a program acts on become `fx_orm.errors`, whichever database raised them.

The translation happens inside SQLAlchemy's engine, so that it holds for every way to run a statement. Others (a
NOT NULL or CHECK violation, an error of syntax) stay SQLAlchemy's own.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import ExceptionContext

from fx_orm.database.error_codes import code_of
from fx_orm.database.read_only import is_read_only
from fx_orm.database.sqlite import is_in_memory
from fx_orm.errors import DatabaseUnavailable, DuplicateKeyError, ForeignKeyError
from fx_orm.urls import shown

_DUPLICATE = {
    "23505",
    1062,
    1586,
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_CONSTRAINT_PRIMARYKEY",
    "SQLITE_CONSTRAINT_ROWID",
}
_NO_PARENT = {1452, 1216}
_HAS_CHILDREN = {1451, 1217}
_FOREIGN_KEY = {"23503", "23001", "SQLITE_CONSTRAINT_FOREIGNKEY"} | _NO_PARENT | _HAS_CHILDREN
_WRONG_PASSWORD = {"28P01", "28000", 1045, 1698}
_NO_DATABASE = {"3D000", 1049}
_NO_ACCESS = {"42501", 1044}
_TOO_MANY = {"53300", 1040, 1203}
_GONE = {"57P01", "57P02", "57P03", "08000", "08001", "08003", "08006", 2002, 2003, 2006, 2013, 2055}
_RETRYABLE = {"40001", "40P01", 1213, 1020, "SQLITE_BUSY_SNAPSHOT"}
_DAMAGED = {"SQLITE_NOTADB", "SQLITE_CORRUPT"}
_NOT_A_FILE = {"SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_IOERR", "SQLITE_READONLY"}

_BROKE = "the connection broke; run the work again"
_REFUSED = re.compile(r'password authentication failed|no password supplied|role "[^"]*" does not exist|pg_hba\.conf')
_NO_TLS = re.compile(r"does not support SSL|rejected SSL upgrade|SSL is required|SSL was required")


def prepare(engine: sa.Engine) -> None:
    """Translate the errors of this engine where they arise."""
    event.listen(engine, "handle_error", _on_error)


def is_retryable(error: BaseException) -> bool:
    """Tell whether the same work may succeed when it is run again: it met a deadlock or could not be serialized."""
    return isinstance(error, exc.DBAPIError) and error.orig is not None and code_of(error.orig) in _RETRYABLE


@contextmanager
def explained() -> Generator[None]:
    """Complete what leaves this block: SQLAlchemy's original becomes the cause, an exhausted pool is explained."""
    try:
        yield
    except Exception as error:
        explain(error)
        raise


def explain(error: BaseException, engine: sa.Engine | None = None) -> None:
    """Do for one error what `explained` does: complete it, or raise another one in its place."""
    if isinstance(error, (DuplicateKeyError, ForeignKeyError, DatabaseUnavailable)):
        if error.original is not None:
            error.__cause__ = error.original
    elif isinstance(error, exc.TimeoutError):
        if engine is not None and engine.dialect.name == "sqlite" and is_in_memory(engine.url):
            raise DatabaseUnavailable(
                "no connection became free in time: a database in memory has one connection, and a manager holds it; "
                "commit or close that one, let the work join its transaction, or use a file"
            ) from error
        raise DatabaseUnavailable(
            "no connection became free in time: all of the pool are in use; close managers when their work is done, "
            "or raise pool_size, max_overflow or pool_timeout"
        ) from error


def _on_error(context: ExceptionContext) -> None:
    original = context.sqlalchemy_exception
    if not isinstance(original, exc.DBAPIError) or original.orig is None:
        return
    code = code_of(original.orig)
    translated: Exception | None = None
    if code in _DUPLICATE:
        translated = _duplicate(original, context)
    elif code in _FOREIGN_KEY or (code == "SQLITE_CONSTRAINT_TRIGGER" and "FOREIGN KEY" in str(original.orig)):
        # SQLite says TRIGGER of a key that is declared with RESTRICT.
        translated = _foreign_key(original, code, context)
    elif code == "SQLITE_READONLY" and is_read_only(context.connection):
        return  # not the file refuses a change, but the transaction
    elif _may_be_unavailable(original) or context.is_disconnect or code in _DAMAGED:
        translated = _unavailable(original, code, context)
    if translated is not None:
        original.__cause__ = original.orig
        raise translated


def _may_be_unavailable(original: exc.DBAPIError) -> bool:
    """Look at the class alone; errors of the server that asyncpg does not class are of none."""
    return type(original) is exc.DBAPIError or isinstance(original, (exc.OperationalError, exc.InterfaceError))


def _duplicate(original: exc.DBAPIError, context: ExceptionContext) -> DuplicateKeyError:
    table, columns = _unique_key(original.orig, _table(context))
    known = f" with this {_listed(columns)}" if columns else " with one of its unique keys"
    where = f'table "{table}"' if table else "the table"
    return DuplicateKeyError(f"{where} has a row{known} already", original, table=table, columns=columns)


def _unique_key(error: Any, statement_table: sa.Table | None) -> tuple[str | None, tuple[str, ...]]:
    """Find which table and columns a unique key is of, in what the driver says and in what the table declares."""
    text = str(error)
    sqlite = re.search(r"UNIQUE constraint failed: ([\w., ]+)", text)
    if sqlite:
        names = [name.rsplit(".", 1) for name in sqlite[1].split(", ")]
        return names[0][0], tuple(name[-1] for name in names)
    said = _said_by_postgresql(error)
    if said is not None:
        table, text = said
        detail = re.search(r"Key \(([^)]*)\)=", text)
        columns = detail[1].replace('"', "").split(", ") if detail else []
        return table, tuple(columns)
    name = statement_table.name if statement_table is not None else None
    key = re.search(r"for key '(?:[^'.]*\.)?([^']*)'", text)
    return name, _columns_of_key(statement_table, key[1]) if key and statement_table is not None else ()


def _said_by_postgresql(error: Any) -> tuple[str | None, str] | None:
    """Read the table and the detail of an error, of psycopg and of asyncpg."""
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None:
        return diagnosis.table_name, diagnosis.message_detail or ""
    if isinstance(error, exc.EmulatedDBAPIException):
        return getattr(error.orig, "table_name", None), getattr(error.orig, "detail", None) or ""
    return None


def _columns_of_key(table: sa.Table, key: str) -> tuple[str, ...]:
    if key == "PRIMARY":
        return tuple(column.name for column in table.primary_key)
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint) and constraint.name == key:
            return tuple(column.name for column in constraint.columns)
    for index in table.indexes:
        if index.name == key:
            return tuple(column.name for column in index.columns)
    return (key,) if key in table.columns else ()


def _foreign_key(original: exc.DBAPIError, code: str | int | None, context: ExceptionContext) -> ForeignKeyError:
    table = _table(context)
    name = table.name if table is not None else None
    statement = (original.statement or "").lstrip().upper()
    said = _said_by_postgresql(original.orig)
    detail = (said[1] if said is not None else "") or str(original.orig)
    has_children = code in _HAS_CHILDREN or "still referenced" in detail or statement.startswith("DELETE")
    columns = re.search(r"FOREIGN KEY \(([^)]*)\)|Key \(([^)]*)\)=", detail)
    named = tuple((columns[1] or columns[2]).replace("`", "").replace('"', "").split(", ")) if columns else ()
    where = f'table "{name}"' if name else "the table"
    if has_children:
        message = f"rows of other tables still point to this row of {where}; delete those first, or declare ondelete="
        return ForeignKeyError(message, original, table=name, columns=named)
    message = f"{where} would have a row whose {_listed(named) if named else 'foreign key'} points to no row"
    return ForeignKeyError(message, original, table=name, columns=named)


def _unavailable(
    original: exc.DBAPIError, code: str | int | None, context: ExceptionContext
) -> DatabaseUnavailable | None:
    url = context.engine.url if context.engine is not None else None
    address = shown(url) if url is not None else "the database"
    reason = _reason(code, str(original.orig), url, connecting=context.connection is None)
    if reason is None and context.is_disconnect:
        reason = _BROKE
    if reason is None:
        return None
    return DatabaseUnavailable(f"{address}: {reason}", original, database=address, code=code)


def _reason(code: str | int | None, text: str, url: sa.URL | None, *, connecting: bool) -> str | None:
    user = url.username if url is not None else None
    name = url.database if url is not None else None
    if code in _WRONG_PASSWORD or _REFUSED.search(text):
        return f'the server refused the user "{user}" or the password'
    if code in _NO_DATABASE or re.search(r'database "[^"]*" does not exist', text):
        return f'there is no database "{name}"; run: fx-orm database create'
    if code in _NO_ACCESS and connecting:
        return f'the user "{user}" may not use the database "{name}"'
    if code in _TOO_MANY:
        return "the server has no connection left; lower pool_size or raise the server's limit"
    if isinstance(code, str) and code.startswith("SQLITE_"):
        kind = next((known for known in _NOT_A_FILE if code.startswith(known)), None)
        known = {
            "SQLITE_CANTOPEN": "the file cannot be opened; is there its folder, and may it be written to?",
            "SQLITE_NOTADB": "the file is not an SQLite database",
            "SQLITE_CORRUPT": "the file is damaged; restore it from a backup",
            "SQLITE_IOERR": "the disk failed to read or write the file",
            "SQLITE_READONLY": "the file or its folder may not be written to",
        }
        return known[kind] if kind else None
    if _NO_TLS.search(text):
        return "the server offers no TLS, which sslmode asks for"
    if connecting:
        return "the server does not answer; is it running, and are host and port right?"
    return _BROKE if code in _GONE else None


def _table(context: ExceptionContext) -> sa.Table | None:
    """Find the table that the failed statement was to change."""
    compiled = getattr(context.execution_context, "compiled", None)
    table = getattr(getattr(compiled, "statement", None), "table", None)
    return table if isinstance(table, sa.Table) else None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
