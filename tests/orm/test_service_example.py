"""The documented service, its body as printed, and the documented advice on transactions, on the three databases."""

# ruff: noqa: UP006, UP035, RUF010 - the body is as printed

import threading
from collections.abc import Callable
from typing import List

import pytest
import sqlalchemy as sa

from fx_orm import AbstractEntity, EntityManagerInterface, Field, Relationship, UniqueConstraint
from fx_orm.errors import DetachedError, DuplicateKeyError


class Category(AbstractEntity, table=True):
    __tablename__ = "service_category"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)


class Product(AbstractEntity, table=True):
    __tablename__ = "service_product"
    __table_args__ = (UniqueConstraint("category_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    category_id: int = Field(foreign_key="service_category.id")

    category: Category = Relationship()


# fmt: off
class ProductService:
    """
    Service demonstrating proper EntityManagerInterface usage
    Notice how we inject the interface, not the concrete EntityManager
    """

    def __init__(self, entity_manager: EntityManagerInterface):
        self.em = entity_manager

    def transfer_products_category(self, from_category_id: int, to_category_id: int,
                                   product_ids: List[int]) -> bool:
        """
        Complex business operation demonstrating transaction management
        """
        if not product_ids:
            raise ValueError("No products specified for transfer")

        if from_category_id == to_category_id:
            raise ValueError("Source and destination categories must be different")

        try:
            # The interface automatically handles transaction context
            with self.em.transaction():
                # Verify categories exist and are valid
                from_category = self.em.find(Category, from_category_id)
                to_category = self.em.find(Category, to_category_id)

                if not from_category or not to_category:
                    raise ValueError("Invalid category specified")

                # Process each product - the EntityManager tracks all changes
                for product_id in product_ids:
                    product = self.em.find(Product, product_id)
                    if product and product.category_id == from_category_id:
                        product.category_id = to_category_id
                        # No need to call persist - EntityManager tracks this change

                # Transaction commits automatically on successful exit
                return True

        except ValueError:
            # Re-raise validation errors without modification
            raise
        except Exception as e:
            # Wrap unexpected errors with context
            raise RuntimeError(f"Failed to transfer products: {str(e)}") from e
# fmt: on


@pytest.fixture
def engine(configured_with: Callable[..., sa.Engine]) -> sa.Engine:
    """The configured database: two categories, three products in the first, a spade in both."""
    engine = configured_with(Category, Product)
    with engine.begin() as connection:
        connection.execute(sa.insert(Category), [{"name": "Garden"}, {"name": "House"}])
        wares = [("Hose", 1), ("Spade", 1), ("Rake", 1), ("Spade", 2)]
        connection.execute(sa.insert(Product), [{"name": name, "category_id": key} for name, key in wares])
    return engine


@pytest.fixture
def em(engine: sa.Engine) -> EntityManagerInterface:
    return EntityManagerInterface()


@pytest.fixture
def service(em: EntityManagerInterface) -> ProductService:
    return ProductService(em)


@pytest.fixture
def categories(engine: sa.Engine) -> Callable[[], list[int]]:
    """The categories of the products as another connection sees them."""

    def read() -> list[int]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Product.category_id).order_by(Product.id)))

    return read


def test_it_moves_the_products(service: ProductService, categories: Callable[[], list[int]]) -> None:
    assert service.transfer_products_category(1, 2, [1, 3, 4, 99]) is True
    assert categories() == [2, 1, 2, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 2, []), "No products specified for transfer"),
        ((1, 1, [1]), "Source and destination categories must be different"),
        ((1, 99, [1]), "Invalid category specified"),
    ],
)
def test_it_passes_its_own_errors_on(
    service: ProductService,
    categories: Callable[[], list[int]],
    arguments: tuple[int, int, list[int]],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        service.transfer_products_category(*arguments)
    assert categories() == [1, 1, 1, 2]
    assert service.transfer_products_category(1, 2, [1]) is True
    assert categories() == [2, 1, 1, 2]


def test_it_wraps_errors_of_the_database_and_moves_nothing(
    service: ProductService, em: EntityManagerInterface, categories: Callable[[], list[int]]
) -> None:
    with pytest.raises(RuntimeError) as error:
        service.transfer_products_category(1, 2, [1, 2])
    assert str(error.value) == (
        'Failed to transfer products: table "service_product" has a row with this "category_id", "name" already'
    )
    assert isinstance(error.value.__cause__, DuplicateKeyError)
    assert categories() == [1, 1, 1, 2]
    assert em.unsaved() == []
    assert em.get(Product, 1).category_id == 1
    assert service.transfer_products_category(1, 2, [1]) is True
    assert categories() == [2, 1, 1, 2]


def test_a_handler_may_roll_back_after_it(
    service: ProductService, em: EntityManagerInterface, categories: Callable[[], list[int]]
) -> None:
    """Advised: always use try-except blocks around transactions, call rollback() in exception handlers."""
    messages: list[str] = []
    for product_ids in ([1, 2], [3]):
        try:
            service.transfer_products_category(1, 2, product_ids)
            messages.append("moved")
        except RuntimeError as error:
            em.rollback()
            messages.append(str(error).partition(":")[0])
    assert messages == ["Failed to transfer products", "moved"]
    assert categories() == [1, 1, 2, 2]


def test_a_handler_inside_may_roll_back_and_return(
    em: EntityManagerInterface, categories: Callable[[], list[int]]
) -> None:
    with em.transaction():
        em.get(Product, 1).category_id = 2
        try:
            raise KeyError("unexpected")
        except KeyError:
            em.rollback()
    assert categories() == [1, 1, 1, 2]
    assert em.get(Product, 1).category_id == 1


def test_a_service_inside_a_transaction_is_a_savepoint_of_it(
    service: ProductService, em: EntityManagerInterface, categories: Callable[[], list[int]]
) -> None:
    """Advised: don't nest transactions unless using savepoints. Nested ones are savepoints."""
    with em.transaction():
        service.transfer_products_category(1, 2, [1])
        with pytest.raises(RuntimeError, match="Failed to transfer products"):
            service.transfer_products_category(1, 2, [2, 3])
        assert em.get(Product, 1).category_id == 2
        assert em.get(Product, 3).category_id == 1
    assert categories() == [2, 1, 1, 2]
    with pytest.raises(ZeroDivisionError), em.transaction():
        service.transfer_products_category(1, 2, [3])
        _ = 1 / 0
    assert categories() == [2, 1, 1, 2]


def test_one_service_serves_many_threads(
    service: ProductService, em: EntityManagerInterface, categories: Callable[[], list[int]]
) -> None:
    with em.transaction():
        em.persist_all([Product(name=f"Pot {number}", category_id=1) for number in range(8)])
    answers: list[object] = []

    def transfer(product_id: int) -> None:
        try:
            answers.append(service.transfer_products_category(1, 2, [product_id]))
        except BaseException as error:
            answers.append(error)

    threads = [threading.Thread(target=transfer, args=(product_id,)) for product_id in range(5, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8
    assert categories() == [1, 1, 1, *[2] * 9]


def test_one_row_is_one_object_until_the_session_ends(em: EntityManagerInterface) -> None:
    product = em.get(Product, 1)
    assert em.find(Product, 1) is product
    product.name = "Long hose"
    assert em.get(Product, 1).name == "Long hose"
    em.close()
    with pytest.raises(DetachedError):
        _ = product.category
    assert product.name == "Long hose"
    assert em.get(Product, 1).name == "Hose"
