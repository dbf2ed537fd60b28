"""The functions that may stand in an expression string: a closed list for each database, which a project may extend.

A function that is not listed is refused before any SQL is sent: a string is no way to call whatever a server offers.
"""

from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DATABASES = ("sqlite", "postgresql", "mysql")

# The same name and meaning on the three databases.
PORTABLE = _words(
    """
    abs avg ceil ceiling coalesce concat count cume_dist dense_rank exp first_value floor lag last_value lead
    length ln lower ltrim max min mod nth_value ntile nullif percent_rank power rank replace round row_number
    rtrim sign sqrt substr substring sum trim upper
    """
)

# What each database has besides, by the name of its dialect; MariaDB is `mysql` here.
FUNCTIONS = MappingProxyType(
    {
        "sqlite": PORTABLE
        | _words(
            """
    char date datetime group_concat hex ifnull iif instr json_array_length json_extract julianday printf
    random strftime time total typeof unicode
    """
        ),
        "postgresql": PORTABLE
        | _words(
            """
    age array_agg bool_and bool_or char_length date_part date_trunc greatest initcap jsonb_array_length least
    left lpad md5 now position random regexp_replace right rpad similarity split_part stddev string_agg strpos
    to_char to_date to_timestamp variance
    """
        ),
        "mysql": PORTABLE
        | _words(
            """
    char_length date date_format datediff day dayofweek greatest group_concat hour if ifnull instr
    json_extract json_length json_unquote least left locate lpad md5 minute month now quarter rand right rpad
    second stddev str_to_date timestampdiff truncate unix_timestamp variance week year
    """
        ),
    }
)

_allowed: dict[str, set[str]] = {database: set() for database in DATABASES}


def allow_functions(*names: str, database: str | None = None) -> None:
    """Let expression strings call these functions too, on one database (`sqlite`, `postgresql`, `mysql`) or on all.

    Example:
        >>> allow_functions("st_distance", database="postgresql")

    Raises:
        ValueError: the database is not one of the three, or a name is none.
    """
    if database is not None and database not in DATABASES:
        raise ValueError(f"allow_functions: no database {database!r}; there is {', '.join(DATABASES)}")
    for name in names:
        if not name.isidentifier():
            raise ValueError(f"allow_functions: {name!r} is not the name of a function")
        for each in DATABASES if database is None else (database,):
            _allowed[each].add(name.lower())


def functions(database: str | None = None) -> frozenset[str]:
    """Return the functions allowed on a database, in lower case; those of all databases together without one.

    A database that is none of the three has the portable ones.
    """
    if database is None:
        return frozenset().union(*(functions(each) for each in DATABASES))
    return FUNCTIONS.get(database, PORTABLE) | frozenset(_allowed.get(database, ()))
