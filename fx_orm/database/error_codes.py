"""How the drivers number their errors."""


def code_of(error: BaseException) -> str | int | None:
    """Read an error's code: a number (MySQL), an SQLSTATE (PostgreSQL) or a name (SQLite)."""
    if error.args and isinstance(error.args[0], int):
        return error.args[0]
    for attribute in ("sqlstate", "pgcode", "sqlite_errorname"):
        value = getattr(error, attribute, None)
        if isinstance(value, str):
            return value
    return None
