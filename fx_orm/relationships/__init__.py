"""Relationships: how an entity leads to others."""

from fx_orm.relationships.declaration import Relationship

__all__ = ["Relationship"]
