"""Managers that somebody ends from outside while the program goes on: a request's, at its answer and at its end."""

from fx_orm.entity_manager.manager import EntityManager
from fx_orm.entity_manager.transactions import Transactions
from fx_orm.entity_manager.unit_of_work import UnitOfWork
from fx_orm.errors import FxError


class Ending:
    """What is added to an entity manager: the end of its writing, and the end of all."""

    _work: UnitOfWork
    _transactions: Transactions

    def end_writing(self, because: str, *, commit: bool) -> None:
        """Commit what is pending, or roll it back, for the last time: `because` of something, changes are refused now.

        Reading goes on, and each call gives its connection back. Raises FxError inside a `transaction()` that writes.
        """
        if commit and self._transactions.open and not self._work.read_only:
            raise FxError(
                f"{because} inside transaction(), which would commit too late: leave the block first; "
                "what encloses a whole request is left after its response"
            )
        try:
            with self._work.call(ending=not commit):
                if not commit:
                    self._transactions.give_up()
                    self._work.rollback()
                elif not self._work.read_only:
                    self._work.commit()
        finally:
            self._work.ended = because
            self._work.release_when_idle = True

    def end(self, because: str) -> None:
        """Close it for ever, once no other thread is in a call: what such a thread still changes is refused."""
        self._transactions.give_up()
        self._work.ended = because
        self._work.close(when_free=True)


class EndingEntityManager(Ending, EntityManager):
    """The entity manager that requests have."""
