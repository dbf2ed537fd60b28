"""Entities: classes whose objects are rows, validated in the constructor and at every assignment."""

from fx_orm.abstract_entity.entity import AbstractEntity

__all__ = ["AbstractEntity"]
