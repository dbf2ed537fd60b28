"""fx_orm.aio: entity manager, repositories and query builder for asyncio.

The methods are those of `EntityManager`, `Repository` and `QueryBuilder`, awaited where they talk to the database. The
same synchronous code does the work, in SQLAlchemy's greenlets on asynchronous drivers: aiosqlite, asyncpg, psycopg,
aiomysql (`pip install "fx-orm[async]"`).

This module is also the composition root of the room: it says how a task's own manager is made.
"""

from fx_orm.aio.availability import PIP  # noqa: F401  # pyright: ignore[reportUnusedImport] - it checks, first
from fx_orm.aio.current import managers
from fx_orm.aio.entity_manager import AsyncEntityManager
from fx_orm.aio.entity_manager_interface import AsyncEntityManagerInterface
from fx_orm.aio.object_manager import AsyncObjectManager, current, use
from fx_orm.aio.query_builder import AsyncQueryBuilder
from fx_orm.aio.repository import AsyncRepository
from fx_orm.aio.streams import Stream
from fx_orm.aio.transaction import AsyncTransaction
from fx_orm.database.async_engines import dispose, running_loop

__all__ = [
    "AsyncEntityManager",
    "AsyncEntityManagerInterface",
    "AsyncObjectManager",
    "AsyncQueryBuilder",
    "AsyncRepository",
    "AsyncTransaction",
    "Stream",
    "current",
    "dispose",
    "use",
]


def _make() -> AsyncEntityManager:
    """Make the manager of a task that has none: it gives its connection back whenever it is idle."""
    running_loop()
    return AsyncEntityManager(release_when_idle=True)


managers.install(_make)
