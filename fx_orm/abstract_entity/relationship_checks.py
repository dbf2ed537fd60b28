"""Checks relationships and foreign keys when the mappers are about to be configured.

Before SQLAlchemy begins, because an error inside its configuration leaves every mapper broken: after ours, the missing
module can be imported and the program goes on.
"""

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from sqlalchemy import Table, event
from sqlalchemy.orm import Mapper
from sqlmodel import SQLModel

from fx_orm.config import settings
from fx_orm.entity_modules import import_entity_modules, packages
from fx_orm.errors import MappingError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.relationships.declaration import link_of, read
from fx_orm.relationships.deletion import follow_foreign_key
from fx_orm.relationships.targets import resolve

unchecked: WeakSet[Any] = WeakSet()
"""Entity classes that came since the mappers were configured."""


@event.listens_for(Mapper, "before_configured")
def check_relationships() -> None:
    """Check every entity that is new; one of the project whose partner is missing has the project's others imported.

    Raises:
        MappingError: at the first that is wrong; all are looked at again the next time.
    """
    try:
        _check_all()
    except MappingError as error:
        if "missing" not in error.data or not _import_the_others(error.entity):
            raise
        _check_all()
    unchecked.clear()


def guard_collections(entity_class: Any) -> None:
    """Let collections look at what is appended to them: that is no assignment, which the entity would see.

    To be called before the mappers are configured: the other side's listener, which comes then, would look for itself
    on an object of the wrong class.
    """
    for field in entity_class.__fx_relations__:
        event.listen(getattr(entity_class, field), "append", _guard(field), propagate=True)


def _guard(field: str) -> Callable[[Any, object, object], None]:
    def appended(entity: Any, item: object, _initiator: object) -> None:
        entity.__fx_validation__.check_item(field, item)

    return appended


def _check_all() -> None:
    for entity_class in sorted(unchecked, key=lambda c: (c.__module__, c.__qualname__)):
        _check_foreign_keys(entity_class)
        for field in entity_class.__fx_relations__:
            _check_relationship(entity_class, field)


def _import_the_others(entity: str) -> bool:
    """Import the entity modules of the project that this entity belongs to; say whether it belongs to one."""
    project = settings()
    if not entity.startswith(tuple(f"{package}." for package in packages(project))):
        return False
    import_entity_modules(project)
    return True


def _check_foreign_keys(entity_class: Any) -> None:
    tables = SQLModel.metadata.tables
    own = entity_class.__table__
    for key in sorted(own.foreign_keys, key=lambda key: str(key.parent.name)):
        referred, _, column = key.target_fullname.rpartition(".")
        place = f"{entity_class.__name__}.{key.parent.name}"
        data = {"entity": _full_name(entity_class), "field": str(key.parent.name)}
        written = f'foreign_key="{key.target_fullname}"'
        if referred not in tables:
            hint = did_you_mean(referred, tables) or "; is its module imported?"
            raise MappingError(
                f'{place}: {written}, but there is no table "{referred}"{hint}', **data, missing=referred
            )
        columns = tables[referred].columns
        if column not in columns:
            hint = did_you_mean(column, columns.keys())
            raise MappingError(f'{place}: {written}, but table "{referred}" has no column "{column}"{hint}', **data)


def _check_relationship(entity_class: Any, field: str) -> None:
    declared, annotation = entity_class.__fx_relations__[field]
    if declared.sa_relationship is not None:
        return
    owner = _full_name(entity_class)
    target = resolve(read(owner, field, annotation).target, owner, field)
    link = link_of(declared)
    if declared.back_populates:
        _check_partner(entity_class, field, declared.back_populates, target)
    options = declared.sa_relationship_kwargs or {}
    if link is None:
        relationship = getattr(entity_class, field).comparator.prop
        follow_foreign_key(relationship, options, _tables(entity_class), _tables(target))
    if not options.keys() & {"primaryjoin", "foreign_keys", "secondary"}:
        if link is None:
            _check_join(entity_class, field, target)
        else:
            table = resolve(link, owner, field, "link_table").__table__
            for side in (entity_class, target):
                _check_link(entity_class, field, table, side)


def _check_partner(entity_class: Any, field: str, partner: str, target: Any) -> None:
    place = f"{entity_class.__name__}.{field}"
    data = {"entity": _full_name(entity_class), "field": field, "partner": partner}
    relations = _relationships(target)
    if partner not in relations:
        hint = did_you_mean(partner, relations)
        raise MappingError(
            f'{place}: back_populates="{partner}", but {target.__name__} has no relationship "{partner}"{hint}', **data
        )
    theirs, annotation = relations[partner]
    if theirs.sa_relationship is not None and annotation is None:
        return  # a plain SQLModel or SQLAlchemy relationship of its own making: SQLAlchemy checks it
    if annotation is not None and theirs.sa_relationship is None:
        back = resolve(read(_full_name(target), partner, annotation).target, _full_name(target), partner)
        if not (issubclass(entity_class, back) or issubclass(back, entity_class)):
            raise MappingError(
                f'{place}: back_populates="{partner}", but {target.__name__}.{partner} leads to {back.__name__}, '
                f"not to {entity_class.__name__}",
                **data,
            )
    if theirs.back_populates != field:
        said = f'back_populates="{theirs.back_populates}"' if theirs.back_populates else "no back_populates"
        raise MappingError(
            f'{place}: back_populates="{partner}", but {target.__name__}.{partner} says {said}; '
            f'write Relationship(back_populates="{field}") there',
            **data,
        )


def _relationships(target: Any) -> dict[str, tuple[Any, Any]]:
    """The declarations of a class, inherited ones too; those of plain SQLModel classes come without an annotation."""
    found: dict[str, tuple[Any, Any]] = {}
    for base in reversed(target.__mro__):
        plain = base.__dict__.get("__sqlmodel_relationships__", {})
        found.update({name: (declared, None) for name, declared in plain.items()})
        found.update(base.__dict__.get("__fx_relations__", {}))
    return found


def _check_join(entity_class: Any, field: str, target: Any) -> None:
    own, others = _tables(entity_class), _tables(target)
    keys = sorted({*_keys(own, others), *_keys(others, own)})
    place = f"{entity_class.__name__}.{field}"
    data = {"entity": _full_name(entity_class), "field": field}
    here, there = own[0].name, others[0].name
    if not keys:
        raise MappingError(
            f'{place}: no foreign key leads from "{here}" to "{there}" or back; '
            f'write Field(foreign_key="{there}.id") in {entity_class.__name__}, or its like on the other side',
            **data,
        )
    if len(keys) > 1:
        names = ", ".join(f'"{key}"' for key in keys)
        table, _, column = keys[0].partition(".")
        example = f"{(entity_class if table in [t.name for t in own] else target).__name__}.{column}"
        raise MappingError(
            f'{place}: several foreign keys join "{here}" and "{there}" ({names}); '
            f'write Relationship(sa_relationship_kwargs={{"foreign_keys": "{example}"}}), or the other one',
            **data,
        )


def _check_link(entity_class: Any, field: str, link: Table, side: Any) -> None:
    tables = _tables(side)
    if not _keys([link], tables):
        name = tables[0].name
        raise MappingError(
            f'{entity_class.__name__}.{field}: link table "{link.name}" has no foreign key to "{name}"; '
            f'write {name}_id: int = Field(foreign_key="{name}.id", primary_key=True) in its entity',
            entity=_full_name(entity_class),
            field=field,
        )


def _tables(entity_class: Any) -> list[Table]:
    """The table of a class, then those of the classes that it inherits from."""
    found = [base.__dict__["__table__"] for base in entity_class.__mro__ if "__table__" in base.__dict__]
    return found or [entity_class.__table__]


def _keys(tables: list[Table], referred: list[Table]) -> list[str]:
    """Name the foreign keys that lead from one group of tables to another, each by its columns."""
    names = {table.fullname for table in referred}
    return [
        f"{table.name}.{'+'.join(constraint.column_keys)}"
        for table in tables
        for constraint in table.foreign_key_constraints
        if constraint.elements[0].target_fullname.rpartition(".")[0] in names
    ]


def _full_name(entity_class: Any) -> str:
    return f"{entity_class.__module__}.{entity_class.__qualname__}"
