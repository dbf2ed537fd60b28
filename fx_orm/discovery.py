"""Finding the entities of a project, all of them, with their mappers configured."""

from typing import Any

from sqlalchemy.orm import configure_mappers

from fx_orm.config import Settings
from fx_orm.constraints import follow_convention
from fx_orm.entity_modules import import_entity_modules, packages
from fx_orm.relationships.targets import table_classes


def discover(settings: Settings) -> list[type[Any]]:
    """Import the project's entity packages, `entities:` of the settings, and give their table classes by module.

    The project's root is put on `sys.path`. Plain SQLModel table classes count too.

    Raises:
        ConfigError: a package of `entities:` does not exist.
        MappingError: a module cannot be imported, or an entity is declared wrongly; the message names file and cause.
    """
    import_entity_modules(settings)
    configure_mappers()
    follow_convention(settings.database.naming_convention)
    prefixes = tuple(f"{package}." for package in packages(settings))
    found = [cls for cls in table_classes() if f"{cls.__module__}.".startswith(prefixes)]
    return sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__))
