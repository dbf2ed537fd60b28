"""`Relationship`, and the SQLAlchemy relationship that it becomes."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Literal

from sqlalchemy.orm import RelationshipProperty, relationship
from sqlmodel.main import RelationshipInfo  # a public name of a public module, which `sqlmodel` does not re-export

from fx_orm.errors import MappingError
from fx_orm.relationships.annotations import NoRelationshipError, Related, related
from fx_orm.relationships.targets import resolve


class RelationshipDeclaration(RelationshipInfo):
    """What `Relationship(...)` said."""

    link_table: type | str | None = None


def Relationship(  # noqa: N802  # the name that every SQLModel user knows
    *,
    back_populates: str | None = None,
    cascade_delete: bool = False,
    passive_deletes: bool | Literal["all"] = False,
    link_table: type | str | None = None,
    link_model: type | str | None = None,
    sa_relationship: RelationshipProperty[Any] | None = None,
    sa_relationship_args: Sequence[Any] | None = None,
    sa_relationship_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Declare where an entity leads; the annotation says to whom, and whether to one or to many.

    Args:
        back_populates: the name of the other side's relationship, which names this one in turn.
        cascade_delete: delete the related entities with this one, and those that are taken out of the collection.
        passive_deletes: leave the deletion of related rows that are not loaded to the database's `ondelete`.
        link_table: the entity, or its name, whose table joins the two sides of a many-to-many relationship.
        link_model: SQLModel's word for `link_table`.
        sa_relationship: a SQLAlchemy relationship in the place of ours; the annotation is then not read.
        sa_relationship_args: more arguments of the relationship.
        sa_relationship_kwargs: more keywords of the relationship.

    Raises:
        MappingError: arguments that exclude each other.

    Example:
        >>> tags: list["Tag"] = Relationship(back_populates="products", link_table=ProductTag)
    """
    if link_table is not None and link_model is not None:
        raise MappingError("Relationship: link_table= and link_model= are the same; write one of them")
    if sa_relationship is not None and (sa_relationship_args is not None or sa_relationship_kwargs is not None):
        raise MappingError("Relationship: sa_relationship= takes no sa_relationship_args= or sa_relationship_kwargs=")
    declaration = RelationshipDeclaration(
        back_populates=back_populates,
        cascade_delete=cascade_delete,
        passive_deletes=passive_deletes,
        sa_relationship=sa_relationship,
        sa_relationship_args=sa_relationship_args,
        sa_relationship_kwargs=sa_relationship_kwargs,
    )
    declaration.link_table = link_model if link_table is None else link_table
    return declaration


def link_of(declared: RelationshipInfo) -> type | str | None:
    """Give the link table of a relationship, whichever library's `Relationship` declared it."""
    return getattr(declared, "link_table", None) or declared.link_model


def read(owner: str, field: str, annotation: Any) -> Related:
    """Read a relationship's annotation, naming its place when it is wrong."""
    try:
        return related(annotation)
    except NoRelationshipError as error:
        raise MappingError(f"{owner.rpartition('.')[2]}.{field}: {error}", entity=owner, field=field) from None


def with_sqlalchemy(declared: RelationshipInfo, owner: str, field: str, annotation: Any) -> RelationshipInfo:
    """Complete a declaration with its SQLAlchemy relationship, whose classes are looked up when mappers are configured.

    SQLModel takes a declaration that has one as it is, and then never reads the annotation: in most forms it could not.
    """
    if declared.sa_relationship is not None:
        return declared
    where = read(owner, field, annotation)
    options: dict[str, Any] = {
        "uselist": where.collection is not None,
        "collection_class": where.collection,
        "back_populates": declared.back_populates,
        "passive_deletes": declared.passive_deletes,
        "cascade": "all, delete-orphan" if declared.cascade_delete else "save-update, merge",
    }
    link = link_of(declared)
    if link is not None:
        options["secondary"] = lambda: resolve(link, owner, field, "link_table").__table__
    if where.collection is None and where.target in (owner, owner.rpartition(".")[2]):
        # One entity of the same class: the key is here, and what it points to is the other side.
        options["remote_side"] = lambda: list(resolve(where.target, owner, field).__table__.primary_key)
    own = copy(declared)
    own.sa_relationship = relationship(
        lambda: resolve(where.target, owner, field),
        *(declared.sa_relationship_args or ()),
        **{**options, **(declared.sa_relationship_kwargs or {})},
    )
    return own
