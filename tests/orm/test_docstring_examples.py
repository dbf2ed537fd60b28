"""The examples in the docstrings of QueryBuilder and Repository: every public method has one, and each runs as it says.

They speak of the example shop: three products in two categories, two tags, an order. They run on each database, and
are refused where the generated table of methods and databases says so.
"""

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

import fx_orm
from fx_orm import EntityManager, EntityManagerInterface, QueryBuilder, Repository, database, scope
from fx_orm.config import settings
from tests.orm.declared import imported

DOCS = Path(__file__).parents[2] / "docs"
SHOP = DOCS / "examples" / "shop"
CLASSES: tuple[type[Any], ...] = (QueryBuilder, Repository)
METHODS = [
    (each, name)
    for each in CLASSES
    for name, member in inspect.getmembers(each)
    if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
]
TABLES = {
    lines[0][0].strip("`"): [lines[0], *lines[2:]]
    for block in (DOCS / "reference" / "databases.md").read_text(encoding="utf-8").split("\n\n")
    if (lines := [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()])[1:]
}


@pytest.fixture(scope="module")
def shop() -> Iterator[dict[str, Any]]:
    """The names that an example may use."""
    with imported(SHOP):
        entities = {
            name: getattr(importlib.import_module(f"src.entity.{module}"), name)
            for module, names in {
                "category": ["Category"],
                "product": ["Product"],
                "tag": ["Tag"],
                "product_tag": ["ProductTag"],
                "product_details": ["ProductDetails"],
                "order": ["Order", "OrderLine"],
            }.items()
            for name in names
        }
        repository = importlib.import_module("src.repository.product_repository").ProductRepository
        yield {
            **entities,
            "ProductRepository": repository,
            "QueryBuilder": QueryBuilder,
            "EntityManager": EntityManager,
        }


@pytest.fixture
def names(shop: dict[str, Any], database_url: str) -> Iterator[dict[str, Any]]:
    """The same, in a freshly filled database."""
    fx_orm.configure(database=database_url)
    engine = database.engine(settings())
    tables = [each.__table__ for each in shop.values() if hasattr(each, "__table__")]
    SQLModel.metadata.create_all(engine, tables=tables)
    db = EntityManagerInterface()
    with db.transaction():
        fill(shop, db)
    db.clear()
    yield {**shop, "db": db, "products": shop["ProductRepository"]()}
    scope.current().close()
    database.dispose()
    fx_orm.configure()


def fill(shop: dict[str, Any], db: EntityManagerInterface) -> None:
    product, gift, new = shop["Product"], shop["Tag"](name="gift"), shop["Tag"](name="new")
    db.persist_all([shop["Category"](name="Kitchen"), shop["Category"](name="Garden")])
    db.flush()
    db.persist_all(
        [
            product(name="Tea pot", sku="TP-0001", price="34.50", stock=12, category_id=1, tags=[gift]),
            product(name="Cup", sku="CU-0001", price="7.90", stock=80, category_id=1, tags=[gift, new]),
            product(name="Hose", sku="HO-0001", price="24.00", stock=51, category_id=2),
            shop["Order"](customer_email="ada@example.org"),
        ]
    )


@pytest.mark.parametrize(("of", "name"), METHODS, ids=[f"{of.__name__}.{name}" for of, name in METHODS])
def test_the_example_of_a_method_runs(of: type[Any], name: str, names: dict[str, Any], database_name: str) -> None:
    if name == "explain" and database_name != "sqlite":
        pytest.skip("the words are SQLite's")
    text = inspect.getdoc(getattr(of, name)) or ""
    example = doctest.DocTestParser().get_doctest(text, names, name, None, 0)
    assert example.examples, f"{of.__name__}.{name} has no example"
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    if answer_of_the_table(of, name, database_name) == "yes":
        assert "".join(said) == ""
    else:
        assert f"UnsupportedError: QueryBuilder.{name}" in said[-1]


def answer_of_the_table(of: type[Any], name: str, database_name: str) -> str:
    """Read from docs/reference/databases.md what a database can do with a method."""
    titles, *rows = TABLES[of.__name__]
    column = next(at for at, title in enumerate(titles) if database_name in title.lower())
    return next(row[column] for row in rows if row[0] == f"`{name}`").partition(":")[0]
