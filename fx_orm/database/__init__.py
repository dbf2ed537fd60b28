"""The database: engines with their pools, what each connection is told first, and what its errors mean.

It knows settings and addresses, no entities: sessions and transactions are the entity manager's.
"""

from fx_orm.database.broken_transactions import is_broken, refusal
from fx_orm.database.engines import dispose, engine, engine_for
from fx_orm.database.error_translation import explain, explained, is_retryable
from fx_orm.database.open_streams import open_stream
from fx_orm.database.read_only import READ_ONLY
from fx_orm.database.sqlite import WRITE_LOCK
from fx_orm.database.waiting import pause

__all__ = [
    "READ_ONLY",
    "WRITE_LOCK",
    "dispose",
    "engine",
    "engine_for",
    "explain",
    "explained",
    "is_broken",
    "is_retryable",
    "open_stream",
    "pause",
    "refusal",
]
