"""What endpoints of FastAPI ask for with `Depends`."""

from fx_orm import scope
from fx_orm.entity_manager_interface import EntityManagerInterface
from fx_orm.errors import FxError


async def entity_manager() -> EntityManagerInterface:
    """Give an endpoint the entity manager of its request. Raises FxError without `EntityManagerMiddleware`.

    It belongs to the endpoint even where middleware runs this in a task of its own.

    Example:
        @app.get("/products/{id}")
        def product(id: int, em: Annotated[EntityManagerInterface, Depends(entity_manager)]) -> Product:
            return em.get(Product, id)
    """
    if not scope.managers.join():
        raise FxError(
            "Depends(entity_manager): this request has no entity manager; write "
            "app.add_middleware(fx_orm.web.EntityManagerMiddleware)"
        )
    return EntityManagerInterface()
