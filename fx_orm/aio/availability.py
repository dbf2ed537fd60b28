"""Says in one line what is missing where fx_orm.aio is imported without greenlet, which SQLAlchemy's asyncio needs.

It is the first that this room imports.
"""

import importlib.util

from fx_orm.errors import ConfigError

PIP = 'pip install "fx-orm[async]"'

if importlib.util.find_spec("greenlet") is None:
    raise ConfigError(f"fx_orm.aio needs greenlet, which is not installed; run: {PIP}", command=PIP)
