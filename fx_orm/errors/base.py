"""The errors that need no database: plain exceptions with their data in attributes.

Nothing is imported here, so that the editor's server can raise and read them without SQLAlchemy.
"""

from typing import Any


class FxError(Exception):
    """Base of every error of fx_orm; `str()` is one line for people, ready to print.

    Attributes:
        message: the line itself.
        data: what the line is made of, for programs (names, candidates, places); each key is an attribute too.
    """

    def __init__(self, message: str, **data: Any) -> None:
        if not message.isprintable():  # names and values in it may come from outside
            message = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in message)
        Exception.__init__(self, message)  # not super(): the classes of SQLAlchemy beside us take other arguments
        self.message = message
        self.data: dict[str, Any] = data

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.data)


class ConfigError(FxError):
    """A setting is missing or wrong; `file`, `line`, `key` and `accepted` say which and what would do."""


class MappingError(FxError):
    """An entity is declared wrongly; `entity` and `field` name the place."""


class QueryError(FxError):
    """A query is built wrongly: `name` was written, in `argument` of `method`; `nearest` was likely meant."""


class NotFoundError(FxError, LookupError):
    """`get`, `get_one_by` or `one` found no row; `entity` and `criteria` say what was asked for."""


class MultipleFoundError(FxError):
    """`one` found more than one row; `entity`, `criteria` and `count` say what was found."""


class ConcurrentUseError(FxError):
    """Two threads or tasks used one manager at once; `first` and `second` are the places in their code."""


class AfterCommitError(FxError):
    """Everything is committed, but a hook of `after_commit` failed: the first is `hook`, all failures are `errors`."""


class LazyLoadError(FxError):
    """`lazy="raise"` refuses to load `attribute` of `entity`, touched at `line` of `file`; `remedy` loads it along."""


class LazyLoadWarning(UserWarning):
    """With `lazy="warn"`: a relationship was not loaded along; no error, but with the data of `LazyLoadError`."""

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, Any] = data


class UnsupportedError(FxError):
    """The database in use cannot do it; `database`, `feature` and `alternative` say what and what instead."""


class MigrationError(FxError):
    """Migration files do not fit each other, the entities or the database; `revision` and `file` where there is one."""


class BackupError(FxError):
    """A backup could not be made, read or restored; `file` names it."""


def _rebuild(kind: type[FxError], message: str, data: dict[str, Any]) -> FxError:
    """Unpickle an error: keywords do not survive `Exception.__reduce__`."""
    return kind(message, **data)
