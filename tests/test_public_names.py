"""The public names: they all load, they are the documented ones, and importing the package alone loads little."""

import subprocess
import sys

import pytest

import fx_orm

DOCUMENTED = """
__version__ configure Settings
AbstractEntity Timestamps SoftDelete Field Relationship Repository QueryBuilder EntityManager EntityManagerInterface
SQLModel JSON Column CheckConstraint ForeignKey Index UniqueConstraint
select insert update delete text func and_ or_ not_ col
FxError ConfigError MappingError QueryError NotFoundError MultipleFoundError ConcurrentUseError AfterCommitError
LazyLoadError LazyLoadWarning
UnsupportedError MigrationError BackupError DuplicateKeyError ForeignKeyError StaleEntityError DetachedError
DatabaseUnavailable
"""


def test_the_public_names_are_the_documented_ones() -> None:
    assert sorted(fx_orm.__all__) == sorted(DOCUMENTED.split())
    assert set(fx_orm.__all__) <= set(dir(fx_orm))


@pytest.mark.parametrize("name", fx_orm.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(fx_orm, name) is getattr(fx_orm, name)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("abstract_entity", "AbstractEntity"),
        ("repository", "Repository"),
        ("query_builder", "QueryBuilder"),
        ("entity_manager", "EntityManager"),
        ("entity_manager_interface", "EntityManagerInterface"),
    ],
)
def test_the_names_of_the_rooms(module: str, name: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from fx_orm.{module} import {name}", namespace)
    assert namespace[name] is getattr(fx_orm, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fx_orm' has no attribute 'Nothing'"):
        _ = fx_orm.Nothing


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = "sqlalchemy", "sqlmodel", "alembic", "sqlglot", "pydantic", "asyncio", "greenlet"
    script = f"import sys, fx_orm; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
