"""The entity manager: one unit of work, over one session.

`EntityManager` is what programs use; the rules of the session, the blocks of `transaction()`, the reading of primary
keys and the guard against two users at once are rooms behind it.
"""

from fx_orm.entity_manager.ending import EndingEntityManager
from fx_orm.entity_manager.manager import EntityManager

__all__ = ["EndingEntityManager", "EntityManager"]
