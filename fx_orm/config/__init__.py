"""The configuration: where settings come from, strongest first.

1. `fx_orm.configure(...)` in the program,
2. the environment of the process (`DATABASE_URL`, `DATABASE_POOL_SIZE`, `FX_ORM_ENTITIES`, ...),
3. `.env.<APP_ENV>`, when APP_ENV is set,
4. `.env`,
5. `config/orm.yaml`, with `${VAR}` and `${VAR:-default}`.

Nothing is connected to here: `fx_orm.urls` reads the database's address, `fx_orm.database` opens it.
"""

from fx_orm.config.loading import configure, load_settings, settings
from fx_orm.config.project import find_root
from fx_orm.config.settings import DatabaseSettings, Lazy, Settings

__all__ = ["DatabaseSettings", "Lazy", "Settings", "configure", "find_root", "load_settings", "settings"]
