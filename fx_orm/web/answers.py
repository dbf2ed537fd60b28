"""What a client is told when an error of fx_orm leaves the application: a status, and one line as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fx_orm.errors import DatabaseUnavailable, DuplicateKeyError, ForeignKeyError, NotFoundError, StaleEntityError
from fx_orm.web.request import logger

STATUSES: Mapping[type[Exception], int] = {
    NotFoundError: 404,
    DuplicateKeyError: 409,
    ForeignKeyError: 409,
    StaleEntityError: 409,
    DatabaseUnavailable: 503,
}
"""The errors that the middleware answers, and how. Others are the program's own: the server says 500."""

_FIRST_OF_SERVER = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response: `reason` is the status in words, `body` the JSON `{"detail": ...}`."""

    status: int
    body: bytes

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that describe the body."""
        return [("content-type", "application/json"), ("content-length", str(len(self.body)))]


def answer_to(error: Exception, statuses: Mapping[type[Exception], int], request: str) -> Answer | None:
    """Return the answer to an error, None when it has none. What the server is to blame for is logged, not told."""
    status = next((statuses[kind] for kind in type(error).__mro__ if kind in statuses), None)
    if status is None:
        return None
    detail = str(error)
    if status >= _FIRST_OF_SERVER:
        logger.error("%s: %s", request, detail, exc_info=error)
        detail = "the service is not available at the moment"
    return Answer(status, json.dumps({"detail": detail}).encode())
