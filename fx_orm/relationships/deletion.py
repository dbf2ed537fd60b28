"""What becomes of the rows that point to an entity when it is deleted: what their foreign key declares.

SQLAlchemy would set the key to NULL, whatever `ondelete` says and whether or not the column takes NULL. It still does
where that is meant: a nullable key with `ondelete="SET NULL"` or none. What the program says itself (`cascade_delete`,
`passive_deletes`, SQLAlchemy's keywords) is left as it is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Table
from sqlalchemy.orm import RelationshipProperty

_DECIDES_ALONE = {"cascade", "passive_deletes", "primaryjoin", "secondary", "viewonly"}


def follow_foreign_key(
    relationship: RelationshipProperty[Any], options: Mapping[str, Any], own: Sequence[Table], others: Sequence[Table]
) -> None:
    """Let a relationship to the entities that point here do on deletion what their foreign key says.

    To be called before the mappers are configured; nothing happens where no such key can be named.

    Args:
        relationship: SQLAlchemy's, as it was declared.
        options: the keywords for SQLAlchemy that the program gave.
        own: the tables of the class that is deleted.
        others: the tables of the class that points to it.
    """
    if options.keys() & _DECIDES_ALONE or relationship.passive_deletes or relationship.cascade.delete:
        return
    if own[0] is others[0] and not relationship.uselist:
        return  # to the entity that this one points to
    keys = _keys(own, others, options.get("foreign_keys"))
    if len(keys) != 1:
        return
    rule = (keys[0].ondelete or "").upper()
    if rule == "CASCADE":
        relationship.cascade = "save-update, merge, delete"  # what is loaded is deleted here, the rest there
        relationship.passive_deletes = True
    elif rule not in ("", "SET NULL") or not all(column.nullable for column in keys[0].columns):
        relationship.passive_deletes = "all"


def _keys(own: Sequence[Table], others: Sequence[Table], said: object) -> list[ForeignKeyConstraint]:
    """Find the foreign keys from the others to the own tables; of several, those whose columns are said."""
    names = {table.fullname for table in own}
    keys = [
        key
        for table in others
        for key in table.foreign_key_constraints
        if key.elements[0].target_fullname.rpartition(".")[0] in names
    ]
    if said is None:
        return keys
    columns = set(re.findall(r"\w+\.(\w+)", said)) if isinstance(said, str) else set()
    return [key for key in keys if set(key.column_keys) <= columns]
