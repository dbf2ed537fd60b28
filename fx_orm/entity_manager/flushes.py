"""What a flush is sending, so that the entity can be named whose row somebody else has changed meanwhile."""

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import InstanceState, Session, UOWTransaction
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from fx_orm.entity_manager.changes import Change, changes_in, described
from fx_orm.errors import StaleEntityError

_NAMED_AT_MOST = 5


class Flushes:
    """Watches the flushes of one session."""

    def __init__(self, session: Session) -> None:
        self._sent: list[Change] = []
        event.listen(session, "before_flush", self._before)

    def take(self) -> list[Change]:
        """Return what the flush sends that is under way, or was the latest; once."""
        sent, self._sent = self._sent, []
        return sent

    def explain(self, error: StaleDataError | ObjectDeletedError) -> StaleEntityError:
        """Say whose row it was; several candidates are all named, for the database does not tell which it was."""
        sent = [change for change in self.take() if change.word != "new"]
        table = re.search(r"on table '([^']*)'", str(error))
        gone = re.search(r"at 0x([0-9a-f]+)>", str(error))  # SQLAlchemy looked for its row before it sent anything
        if gone is not None:
            sent = [change for change in sent if id(change.entity) == int(gone[1], 16)]
        found = sorted((change.state for change in sent), key=described)
        if table is not None:
            found = [state for state in found if any(each.name == table[1] for each in state.mapper.tables)]
        name = table[1] if table else str(found[0].mapper.local_table.description) if found else None
        only = found[0] if len(found) == 1 else None
        return StaleEntityError(
            f"{_whose(found, name)} was changed or deleted by somebody else since it was loaded; "
            "load it again and decide anew",
            table=name,
            entity=only.mapper.class_ if only else None,
            identity=_identity(only) if only else None,
            candidates=[(state.mapper.class_, _identity(state)) for state in found],
        )

    def _before(self, session: Session, _context: UOWTransaction, _objects: object) -> None:
        self._sent = changes_in(session)


def _whose(found: list[InstanceState[Any]], table: str | None) -> str:
    names = [described(state) for state in found[:_NAMED_AT_MOST]]
    if not names:
        return f'a row of table "{table}"' if table else "a row"
    if len(found) == 1:
        return names[0]
    more = f" and {len(found) - len(names)} others" if len(found) > len(names) else ""
    return f"one of {', '.join(names)}{more}"


def _identity(state: InstanceState[Any]) -> Any:
    """Return the primary key as `find` takes it."""
    identity = state.identity or ()
    return identity[0] if len(identity) == 1 else tuple(identity)
