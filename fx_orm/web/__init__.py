"""Web applications: each request gets its own entity manager, committed before the response starts, closed after it.

`EntityManagerMiddleware` is for ASGI (FastAPI, Starlette, Litestar, Quart), `WSGIEntityManagerMiddleware` for WSGI
(Flask, Bottle, Pyramid); `Depends(entity_manager)` gives a FastAPI endpoint its manager. None of them is imported here.
"""

from fx_orm.web.answers import STATUSES
from fx_orm.web.asgi import EntityManagerMiddleware
from fx_orm.web.dependencies import entity_manager
from fx_orm.web.wsgi import WSGIEntityManagerMiddleware

__all__ = ["STATUSES", "EntityManagerMiddleware", "WSGIEntityManagerMiddleware", "entity_manager"]
