"""Names in queries and repository calls: what is wrong with them, completed, found, explained."""

import textwrap
from pathlib import Path

import pytest

from fx_lsp.engine import vocabulary
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository import Repository
from tests.lsp.checks import (
    check_completed,
    check_completion,
    check_definition,
    check_diagnostics,
    check_fix,
    check_hover,
)

ENTITIES = """
#- src/entity/shop.py
from fx_orm import AbstractEntity, Field, Relationship

class Category(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str
    products: list["Product"] = Relationship(back_populates="category")

class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=20, index=True)
    price: float | None = None
    category_id: int = Field(foreign_key="category.id")
    category: "Category" = Relationship(back_populates="products")
"""
REPOSITORY = """\
#- src/repository/products.py
from fx_orm import EntityManager, EntityManagerInterface, QueryBuilder, Repository
from src.entity.shop import Category, Product

class ProductRepository(Repository[Product]):
"""


def project(body: str) -> str:
    """A method of the repository with this body."""
    method = "    def method(self, value, flag):\n" + textwrap.indent(textwrap.dedent(body), "        ")
    return ENTITIES + REPOSITORY + method


COLUMN = 'table "product" has no column "nmae"; did you mean "name"?'
FIELD = 'Product has no field "nmae"; did you mean "name"?'


@pytest.mark.parametrize(
    ("code", "method"),
    [
        ('self.query_builder().where("nmae", value).get()', "where"),
        ('self.get_query_builder().or_where("nmae", "=", value).first()', "or_where"),
        ('QueryBuilder(Product).where({"id": 1, "nmae": value}).get()', "where"),
        ('QueryBuilder(Product).order_by("nmae").get()', "order_by"),
        ('QueryBuilder(Product).order_by({"nmae": "desc"}).get()', "order_by"),
        ('QueryBuilder(Product).select("id", "nmae").get()', "select"),
        ('QueryBuilder(Product).select(["id", "COUNT(nmae) AS n"]).get()', "select"),
        ('QueryBuilder(Product).group_by("id", "nmae").get()', "group_by"),
        ('QueryBuilder(Product).group_by(["nmae"]).get()', "group_by"),
        ('QueryBuilder(Product).where_in("nmae", [1]).get()', "where_in"),
        ('QueryBuilder(Product).having("SUM(nmae)", ">", 3).get()', "having"),
        ('QueryBuilder(Product).pluck("nmae")', "pluck"),
        ('QueryBuilder(Product).sum("nmae")', "sum"),
        ('EntityManagerInterface().query_builder(Product).where("nmae", 1).get()', "where"),
        ('EntityManager().get_repository(Product).query_builder().where("nmae", 1).get()', "where"),
        ('ProductRepository().query_builder().where("nmae", 1).get()', "where"),
        ('self.entity_manager.query_builder(Product).where("nmae", 1).get()', "where"),
    ],
)
def test_a_column_of_a_bound_builder(tmp_path: Path, code: str, method: str) -> None:
    mark = " " * (8 + code.index("nmae") - 1)
    text = project(f"return {code}").replace("return ", "x = ")
    column = 8 + len("x = ") + code.index("nmae")
    mark = f'#{" " * (column - 1)}^^^^ unknown-column: QueryBuilder.{method}("nmae"): {COLUMN}\n'
    check_diagnostics(tmp_path, text + "\n" + mark)


def test_columns_of_joined_tables(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        project("""
            return (
                QueryBuilder(self.db)
                .select(["p.*", "c.titel as category_title", "COUNT(p.idd) n"])
                #                  ^^^^^ unknown-column: QueryBuilder.select("c.titel"): \
table "category" (c) has no column "titel"; did you mean "title"?
                #                                                     ^^^ unknown-column: \
QueryBuilder.select("p.idd"): table "product" (p) has no column "idd"; did you mean "id"?
                .from_table("product p")
                .left_join("category c", "p.category_idd = c.id")
                #                           ^^^^^^^^^^^^ unknown-column: QueryBuilder.left_join("p.category_idd"): \
table "product" (p) has no column "category_idd"; did you mean "category_id"?
                .where("x.name", "=", value)
                #       ^ unknown-table: QueryBuilder.where("x.name"): \
the query has no table or alias "x"; there is "p", "c"
                .order_by("n")
                .get()
            )
        """),
    )


@pytest.mark.parametrize(
    ("code", "wrong", "message"),
    [
        (
            'QueryBuilder(Product).join("category").where("category.titel", 1).get()',
            "titel",
            'where("category.titel"): table "category" has no column "titel"; did you mean "title"?',
        ),
        (
            'QueryBuilder(self.db).from_table("product p").join("p.category c").where("c.titel", 1).get()',
            "titel",
            'where("c.titel"): table "category" (c) has no column "titel"; did you mean "title"?',
        ),
        (
            'QueryBuilder(self.db).from_table("product", alias="p").where("p.nmae", 1).get()',
            "nmae",
            'where("p.nmae"): table "product" (p) has no column "nmae"; did you mean "name"?',
        ),
        (
            'QueryBuilder(Product).from_table("product p").where("p.nmae", 1).get()',
            "nmae",
            'where("p.nmae"): table "product" (p) has no column "nmae"; did you mean "name"?',
        ),
        (
            'QueryBuilder(Product).pluck("id", "nmae")',
            "nmae",
            'pluck("nmae"): table "product" has no column "nmae"; did you mean "name"?',
        ),
        (
            'QueryBuilder(Product).select(n=value).order_by("n").order_by("nmae").get()',
            "nmae",
            'order_by("nmae"): table "product" has no column "nmae"; did you mean "name"?',
        ),
    ],
)
def test_ways_to_name_a_table(tmp_path: Path, code: str, wrong: str, message: str) -> None:
    mark = f"#{' ' * (7 + code.index(wrong))}{'^' * len(wrong)} unknown-column: QueryBuilder.{message}"
    check_diagnostics(tmp_path, project(code) + f"\n{mark}\n")


def test_a_manager_that_is_given_away_leaves_its_builders_known(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        project("""
            manager = EntityManager()
            QueryBuilder(manager).from_table("product").get()
            manager.query_builder(Product).where("nmae", value).get()
            #                                     ^^^^ unknown-column: \
QueryBuilder.where("nmae"): table "product" has no column "nmae"; did you mean "name"?
        """),
    )


def test_a_name_that_is_bound_many_times_is_read_in_no_time(tmp_path: Path) -> None:
    steps = "".join(f"if flag == {n}:\n    chosen = chosen.only(value).also(value)\n" for n in range(30))
    wrong = 'QueryBuilder(Product).where("nmae", chosen).get()\n#                            ^^^^ unknown-column: '
    check_diagnostics(
        tmp_path, project(f'chosen = start()\n{steps}{wrong}QueryBuilder.where("nmae"): {COLUMN}\nchosen.get()\n')
    )


def test_a_builder_in_a_variable(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        project("""
            query = QueryBuilder(self.db)
            query.from_table("product p")
            query = query.where("p.nmae", "=", value)
            #                      ^^^^ unknown-column: QueryBuilder.where("p.nmae"): \
table "product" (p) has no column "nmae"; did you mean "name"?
            if flag:
                query = query.join("category c", "c.id = p.category_id").where("c.tilte", value)
                #                                                                 ^^^^^ unknown-column: \
QueryBuilder.where("c.tilte"): table "category" (c) has no column "tilte"; did you mean "title"?
            query.where("title", value)
            return query.order_by("c.title").limit(10).get()
        """),
    )


LEGACY = 'from_table("legacy l")'
TWO = "qb = QueryBuilder(Product)\nif flag:\n    qb = QueryBuilder(Category)\n"
CAPTURED = 'q = self.query_builder()\nf = lambda: q.join("x", "y")\n'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('return value.where("nmae", 1).get()', id="an unknown receiver"),
        pytest.param('return self.query_builder().where(f"{value}", 1).get()', id="an f-string"),
        pytest.param('return self.query_builder().where("name", "nmae").get()', id="a value"),
        pytest.param('return self.query_builder().where("nmae", 1)', id="the query leaves the function"),
        pytest.param('q = self.query_builder()\nvalue(q)\nreturn q.where("nmae", 1).get()', id="it is passed on"),
        pytest.param('self.q = self.query_builder()\nself.q.where("nmae", 1).get()', id="it is stored"),
        pytest.param(f'{CAPTURED}q.where("z", 1).get()', id="it is captured"),
        pytest.param('return QueryBuilder(self.db).from_table(value).where("nmae", 1).get()', id="an unknown table"),
        pytest.param(f'return QueryBuilder(self.db).{LEGACY}.where("l.x", 1).get()', id="no entity's table"),
        pytest.param('return self.query_builder().join("legacy l", "a = b").where("x", 1).get()', id="a joined one"),
        pytest.param('return self.query_builder().join(value, "v.id = id").where("x", 1).get()', id="a sub-query"),
        pytest.param('return self.query_builder().join("category").where("title", 1).get()', id="by relationship"),
        pytest.param('return self.query_builder().with_cte("c", value).where("c.x", 1).get()', id="a CTE"),
        pytest.param('return QueryBuilder(value).where("nmae", 1).get()', id="an unknown source"),
        pytest.param('return self.query_builder().select(value).order_by("n").get()', id="unknown select aliases"),
        pytest.param('return self.query_builder().select("*", "COUNT(*) AS n").order_by("n").get()', id="an alias"),
        pytest.param('return self.query_builder().select("COUNT(*) AS n").value("n")', id="an alias as a value"),
        pytest.param('return self.query_builder().select("COUNT(", "CASE WHEN", "").get()', id="half-typed"),
        pytest.param('qb = QueryBuilder(Product) if flag else value\nqb.where("nmae", 1).get()', id="one of two"),
        pytest.param(f'{TWO}qb.where("nmae", 1).get()', id="two builders"),
        pytest.param("return self.find_by({value: 1, **value})", id="computed criteria"),
        pytest.param("return self.find_by(value)", id="criteria in a variable"),
        pytest.param('return self.create({"name": 1, "category": value})', id="data may set relationships"),
        pytest.param('return self.query_builder().where_group(lambda q: q.where("nmae", 1)).get()', id="a lambda"),
        pytest.param('return {"a": 1}.update({"nmae": 1})', id="a dict"),
        pytest.param('return value.find_by({"nmae": 1})', id="someone else's find_by"),
    ],
)
def test_what_is_not_certain_is_silent(tmp_path: Path, body: str) -> None:
    check_diagnostics(tmp_path, project(body))


@pytest.mark.parametrize(
    ("code", "method"),
    [
        ('self.find_by({"nmae": 1})', "find_by"),
        ('self.find_one_by({"id": 1, "nmae": 1})', "find_one_by"),
        ('self.find_by({}, order_by="nmae")', "find_by"),
        ('self.find_by({}, order_by=["id", "-nmae"])', "find_by"),
        ('self.count({"nmae": 1})', "count"),
        ('self.create({"nmae": 1})', "create"),
        ('self.update(1, {"nmae": 1})', "update"),
    ],
)
def test_fields_in_repository_calls(tmp_path: Path, code: str, method: str) -> None:
    column = 8 + code.index("nmae")
    message = f'Repository.{method}("nmae"): Product has no field "nmae"; did you mean "name"?'
    check_diagnostics(tmp_path, project(code) + f"\n#{' ' * (column - 1)}^^^^ unknown-column: {message}\n")


def test_a_method_that_the_repository_defines_itself_is_its_own(tmp_path: Path) -> None:
    own = (
        "\n    def count(self, options):\n        return 0\n\n    def query_builder(self):\n        return self.other\n"
    )
    check_diagnostics(tmp_path, project('self.count({"loud": 1})\nself.query_builder().where("nmae", 1).get()') + own)


@pytest.mark.parametrize(
    ("header", "expression"),
    [
        ("def f(repository: ProductRepository):", "repository"),
        ("def f(repository: 'ProductRepository | None' = None):", "repository"),
        ("def f(repository: Repository[Product]):", "repository"),
        ("def f():\n    repository = ProductRepository()", "repository"),
        ("repository = ProductRepository()\ndef f():", "repository"),
        ("class S:\n    def __init__(self, r: ProductRepository):\n        self.r = r\n    def f(self):", "self.r"),
        ("class S:\n    def __init__(self):\n        self.r = ProductRepository()\n    def f(self):", "self.r"),
        ("class S:\n    r: ProductRepository\n    def f(self):", "self.r"),
        ("class S:\n    def r(self) -> ProductRepository: ...\n    def f(self):", "self.r()"),
        ("class P(Repository):\n    def __init__(self):\n        super().__init__(Product)\n    def f(self):", "self"),
        ("class P(ProductRepository):\n    def f(self):", "self"),
        ("def f(repository: ProductRepository):\n    def g():\n        repository.count()", "repository"),
    ],
)
def test_receivers(tmp_path: Path, header: str, expression: str) -> None:
    indent = "        " if header.startswith("class") else "    "
    line = f'{indent}{expression}.find_by({{"nmae": 1}})'
    mark = f"#{' ' * (line.index('nmae') - 1)}^^^^ unknown-column: "
    mark += 'Repository.find_by("nmae"): Product has no field "nmae"; did you mean "name"?'
    imports = "from fx_orm import Repository\nfrom src.entity.shop import Product\n"
    imports += "from src.repository.products import ProductRepository\n\n"
    rest = "    pass\n#- src/service.py\n"
    check_diagnostics(tmp_path, ENTITIES + REPOSITORY + rest + imports + f"{header}\n{line}\n{mark}\n")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('await self.query_builder().where("nmae", 1).get()', f'QueryBuilder.where("nmae"): {COLUMN}'),
        ('await AsyncQueryBuilder(Product).order_by("nmae").first()', f'QueryBuilder.order_by("nmae"): {COLUMN}'),
        ('await em.query_builder(Product).sum("nmae")', f'QueryBuilder.sum("nmae"): {COLUMN}'),
        ('[p async for p in AsyncQueryBuilder(em).from_table("product p").where("p.nmae", 1).stream()]', None),
        (
            'await AsyncRepository(Product).count({"nmae": 1})',
            f'Repository.count("nmae"): {FIELD}',
        ),
        (
            'await em.get_repository(Product).find_by({"nmae": 1})',
            f'Repository.find_by("nmae"): {FIELD}',
        ),
    ],
)
def test_asynchronous_code(tmp_path: Path, code: str, message: str | None) -> None:
    message = message or f'QueryBuilder.where("p.nmae"): {COLUMN.replace(" has", " (p) has")}'
    mark = " " * (8 + code.index("nmae")) + "^^^^"
    check_diagnostics(
        tmp_path,
        ENTITIES
        + f"""\
#- src/repository/products.py
from fx_orm.aio import AsyncEntityManager, AsyncQueryBuilder, AsyncRepository
from src.entity.shop import Product

class ProductRepository(AsyncRepository[Product]):
    async def method(self, em: AsyncEntityManager):
        {code}
#{mark[1:]} unknown-column: {message}
""",
    )


def test_the_fix_of_an_unknown_column(tmp_path: Path) -> None:
    check_fix(
        tmp_path,
        project('return QueryBuilder(Product).where("nm<CURSOR>ae", 1).get()'),
        'Change to "name"',
        'return QueryBuilder(Product).where("name", 1).get()',
    )


COLUMNS = ["id", "name", "price", "category_id"]
BUILDER = 'QueryBuilder(self.db).from_table("product p")'
JOINED = f'{BUILDER}.join("category c", "p.category_id = c.id")'
ALL = ["p", "c", "p.id", "p.name", "p.price", "p.category_id", "c.id", "c.title"]


@pytest.mark.parametrize("end", ['")', '"', "", '").get()', '", "="'])
@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ('self.query_builder().where("<CURSOR>', COLUMNS),
        ('self.query_builder().where("id", 1).order_by("na<CURSOR>', COLUMNS),
        ('self.query_builder().where_in("<CURSOR>', COLUMNS),
        ('QueryBuilder(Product).select("id", "<CURSOR>', COLUMNS),
        (f'{BUILDER}.where("p.<CURSOR>', COLUMNS),
        (f'{BUILDER}.where("<CURSOR>', [*COLUMNS, "p"]),
        (f'{JOINED}.where("<CURSOR>', ALL),
        (f'{JOINED}.where("c.t<CURSOR>', ["id", "title"]),
        (f'{JOINED}.select("COUNT(c.<CURSOR>', ["id", "title"]),
        (f'{JOINED}.select("COUNT(*) AS n").order_by("<CURSOR>', ["n", *ALL]),
        (f'{BUILDER}.join("<CURSOR>', ["category", "product"]),
        (f'{BUILDER}.join("category <CURSOR>', []),
        ('QueryBuilder(self.db).from_table("pro<CURSOR>', ["category", "product"]),
        (f'{BUILDER}.join("category c", "<CURSOR>', ["p.category_id = c.id", *ALL]),
        (f'{BUILDER}.where("x.<CURSOR>', []),
        ('self.find_by({"<CURSOR>', COLUMNS),
        ('self.find_by({"name": 1, "<CURSOR>', COLUMNS),
        ('self.find_by({"name": "<CURSOR>', []),
        ('self.find_by({}, order_by="<CURSOR>', COLUMNS),
        ('self.create({"<CURSOR>', [*COLUMNS, "category"]),
        ('self.query_builder().order_by("name", "<CURSOR>', ["ASC", "DESC"]),
        ('value.where("<CURSOR>', []),
        ('print("<CURSOR>', []),
    ],
)
def test_names_are_completed_in_half_typed_code(tmp_path: Path, typed: str, end: str, labels: list[str]) -> None:
    check_completion(tmp_path, project(f"return {typed}{end}"), *labels)


def test_tables_named_after_the_cursor_count(tmp_path: Path) -> None:
    check_completion(
        tmp_path,
        project("""
            return (
                QueryBuilder(self.db)
                .select(["p.*", "c.<CURSOR>"])
                .from_table("product p")
                .left_join("category c", "p.category_id = c.id")
                .get()
            )
        """),
        "id",
        "title",
    )


def test_completion_in_a_variable_of_a_function_that_does_not_parse(tmp_path: Path) -> None:
    check_completion(
        tmp_path,
        project("""
            query = QueryBuilder(self.db).from_table("product p")
            if flag
                query = query.join("category c", "p.category_id = c.id"
            query.where("c.<CURSOR>
            return query.get(
        """),
        "id",
        "title",
    )


def test_a_name_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    check_completed(tmp_path, project('self.find_by({"na<CURSOR>xx": 1})'), "name", 'self.find_by({"name": 1})')
    check_completed(
        tmp_path,
        project(f'{BUILDER}.select("SUM(p.<CURSOR>) AS n")'),
        "price",
        f'{BUILDER}.select("SUM(p.price) AS n")',
    )


def test_definitions_of_columns_aliases_and_tables(tmp_path: Path) -> None:
    name = "src/entity/shop.py:10: name: str = Field(max_length=20, index=True)"
    table = "src/entity/shop.py:8: Product(AbstractEntity, table=True):"
    for code, place in (
        ('self.find_by({"na<CURSOR>me": 1})', name),
        ('self.query_builder().where("<CURSOR>name", 1)', name),
        (f'{BUILDER}.where("p.name<CURSOR>", 1).get()', name),
        (f'{BUILDER}.where("<CURSOR>p.name", 1).get()', table),
        ('QueryBuilder(self.db).from_table("pro<CURSOR>duct p")', table),
    ):
        check_definition(tmp_path, project(code), place)
    check_definition(tmp_path, project('print("na<CURSOR>me")'))


def test_hover(tmp_path: Path) -> None:
    check_hover(
        tmp_path,
        project('self.find_by({"na<CURSOR>me": 1})'),
        "```python\nProduct.name: str\n```\nColumn `name` of table `product`: indexed, NOT NULL.",
    )
    check_hover(tmp_path, project('print("na<CURSOR>me")'), None)


def test_the_vocabulary_is_the_runtimes() -> None:
    """A method that the builder gets needs a line in the vocabulary, or the editor takes it for somebody else's."""
    methods = {name for name in dir(QueryBuilder) if not name.startswith("_") and callable(getattr(QueryBuilder, name))}
    properties = {name for name in dir(QueryBuilder) if isinstance(getattr(QueryBuilder, name), property)}
    calls = vocabulary.BUILDER.keys() | vocabulary.ENDS | vocabulary.OTHERS
    assert calls - methods - properties == set()
    assert methods - calls == {"empty"}  # it makes another builder, and has no string


def test_the_vocabulary_of_repositories_is_the_runtimes() -> None:
    calls = vocabulary.REPOSITORY.keys() | vocabulary.STARTS
    assert not {name for name in calls if not hasattr(Repository, name)}
