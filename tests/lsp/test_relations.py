"""Foreign keys and relationships between entities: what is wrong with them, completed, found."""

from pathlib import Path

import pytest

from tests.lsp.checks import check_completed, check_completion, check_definition, check_diagnostics, check_fix

CATEGORY = """
#- src/entity/category.py
from typing import TYPE_CHECKING
from fx_orm import AbstractEntity, Field, Relationship
if TYPE_CHECKING:
    from src.entity.product import Product

class Category(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    products: list["Product"] = Relationship(back_populates="category")
"""
PRODUCT = """\
#- src/entity/product.py
from typing import TYPE_CHECKING
from fx_orm import AbstractEntity, Field, Relationship
if TYPE_CHECKING:
    from src.entity.category import Category

class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
"""
BOTH = CATEGORY + PRODUCT


def test_a_column_of_the_target_is_misspelt(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        BOTH
        + """\
    category_id: int = Field(foreign_key="category.idd")
    #                                              ^^^ unknown-foreign-key-target: \
Field(foreign_key="category.idd"): table "category" has no column "idd"; did you mean "id"?
    category: "Category" = Relationship(back_populates="products")
""",
    )


@pytest.mark.parametrize(
    "target",
    [
        pytest.param('foreign_key="category.id"', id="it exists"),
        pytest.param('foreign_key="public.category.id"', id="a database schema is named"),
        pytest.param("foreign_key=KEY", id="it is computed"),
        pytest.param('foreign_key=f"{TABLE}.id"', id="it is an f-string"),
        pytest.param('foreign_key="legacy.id"', id="a Table() has the name"),
        pytest.param('**{"foreign_key": "nothing.id"}', id="the arguments are unpacked"),
    ],
)
def test_a_foreign_key_is_not_certainly_wrong(tmp_path: Path, target: str) -> None:
    legacy = '\n#- src/legacy.py\nfrom sqlalchemy import Table\nlegacy = Table("legacy", metadata)\n'
    key = (
        f'    category_id: int = Field({target})\n    category: "Category" = Relationship(back_populates="products")\n'
    )
    check_diagnostics(tmp_path, BOTH + key + legacy)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("class Other(AbstractEntity, table=True:\n    id: int", id="a file does not parse"),
        pytest.param(
            "class Other(AbstractEntity, table=True):\n    __tablename__ = name()", id="a table name is computed"
        ),
        pytest.param(
            "from else_where import Base\nclass Other(Base, table=True):\n    id: int", id="a base is unknown"
        ),
    ],
)
def test_unknown_tables_are_silent_while_not_all_entities_are_known(tmp_path: Path, other: str) -> None:
    check_diagnostics(
        tmp_path,
        BOTH
        + '    category_id: int = Field(foreign_key="others.id")\n'
        + '    category: "Category" = Relationship(back_populates="products")\n'
        + f"\n#- src/entity/other.py\nfrom fx_orm import AbstractEntity\n{other}\n",
    )


def test_a_plain_sqlmodel_table_has_its_class_name_in_lower_case(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        """
from sqlmodel import Field, SQLModel

class HeroTeam(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)

class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(default=None, foreign_key="heroteam.id")
    other_id: int | None = Field(default=None, foreign_key="hero_team.id")
    #                                                       ^^^^^^^^^ unknown-foreign-key-target: \
Field(foreign_key="hero_team.id"): there is no table "hero_team"; did you mean "heroteam"?
""",
    )


def test_fields_come_from_bases_in_other_files(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        """
#- src/entity/keyed.py
from fx_orm import AbstractEntity, Field

class Keyed(AbstractEntity):
    key: int | None = Field(default=None, primary_key=True)
#- src/entity/__init__.py
from .keyed import Keyed as Base
#- src/entity/shop.py
from fx_orm import AbstractEntity, Field
from . import Base

class Shop(Base, table=True):
    name: str

class Shelf(Base, table=True):
    shop_key: int = Field(foreign_key="shop.key")
    shop_id: int = Field(foreign_key="shop.id")
    #                                      ^^ unknown-foreign-key-target: \
Field(foreign_key="shop.id"): table "shop" has no column "id"
""",
    )


RELATIONSHIP = '    category_id: int = Field(foreign_key="category.id")\n    category: "Category" = Relationship'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('(back_populates="product")', 'Category has no relationship "product"; did you mean "products"?'),
        ('(back_populates="zzz")', 'Category has no relationship "zzz"; did you mean "products"?'),
        ('(back_populates="name")', '"name" is a column of Category, not a relationship; did you mean "products"?'),
    ],
)
def test_the_partner_is_missing(tmp_path: Path, arguments: str, message: str) -> None:
    start = len('    category: "Category" = Relationship(back_populates="')
    length = arguments.index(")") - len('(back_populates=""')
    mark = "    #".ljust(start) + "^" * length
    check_diagnostics(tmp_path, BOTH + f"{RELATIONSHIP}{arguments}\n{mark} back-populates-mismatch: {message}\n")


def test_the_partner_leads_elsewhere(tmp_path: Path) -> None:
    check_diagnostics(
        tmp_path,
        BOTH
        + f"""{RELATIONSHIP}(back_populates="products")

class Label(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    category_id: int = Field(foreign_key="category.id")
    category: "Category" = Relationship(back_populates="products")
    #                                                   ^^^^^^^^ back-populates-mismatch: \
Category.products leads to Product, not to Label
""",
    )


def test_two_classes_of_one_name_are_neither(tmp_path: Path) -> None:
    pair = """
    class Category(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        products: list["Product"] = Relationship(back_populates="{}")

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        category_id: int = Field(foreign_key="category.id")
        category: "Category" = Relationship(back_populates="products")
"""
    imports = "from fx_orm import AbstractEntity, Field, Relationship\n"
    check_diagnostics(tmp_path, f"{imports}def one():{pair.format('category')}\ndef two():{pair.format('other')}")


def test_one_side_says_nothing_and_the_fix_says_it(tmp_path: Path) -> None:
    text = """
from fx_orm import AbstractEntity, Field, Relationship

class Category(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    products: list["Product"] = Relationship()

class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    category_id: int = Field(foreign_key="category.id")
    category: "Category" = Relationship(back_populates="<CURSOR>products")
    #                                                   ^^^^^^^^ back-populates-mismatch: \
Category.products does not say back_populates="category"
"""
    check_diagnostics(tmp_path, text)
    check_fix(
        tmp_path,
        text,
        'Add back_populates="category" to the other side',
        'products: list["Product"] = Relationship(back_populates="category")',
    )


def test_the_nearest_name_is_put_in_place(tmp_path: Path) -> None:
    check_fix(
        tmp_path,
        BOTH + '    category_id: int = Field(foreign_key="categor<CURSOR>.id")',
        'Change to "category"',
        'category_id: int = Field(foreign_key="category.id")',
    )


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ('foreign_key="<CURSOR>")', ["category.id", "product.id"]),
        ('foreign_key="<CURSOR>', ["category.id", "product.id"]),
        ('foreign_key="cat<CURSOR>", index=True)', ["category.id", "product.id"]),
        ('foreign_key="category.<CURSOR>")', ["category.id", "category.name"]),
        ('default=None, foreign_key = "category.<CURSOR>', ["category.id", "category.name"]),
        ('description="<CURSOR>")', []),
        ('foreign_key=f"<CURSOR>")', []),
        ('foreign_key="category.id"<CURSOR>)', []),
    ],
)
def test_foreign_keys_are_completed(tmp_path: Path, typed: str, labels: list[str]) -> None:
    check_completion(tmp_path, BOTH + f"    category_id: int = Field({typed}\n", *labels)


def test_a_foreign_key_replaces_the_whole_string(tmp_path: Path) -> None:
    check_completed(
        tmp_path,
        BOTH + '    category_id: int = Field(foreign_key="ca<CURSOR>t.x", index=True)\n',
        "category.id",
        'category_id: int = Field(foreign_key="category.id", index=True)',
    )


@pytest.mark.parametrize("end", ['")', '"', ""])
@pytest.mark.parametrize("annotation", ['"Category"', "Category | None", '"Category | None"', 'list["Category"]'])
def test_partners_are_completed(tmp_path: Path, annotation: str, end: str) -> None:
    text = BOTH + f'    category: {annotation} = Relationship(back_populates="p<CURSOR>{end}\n'
    check_completion(tmp_path, text, "products")


def test_definitions(tmp_path: Path) -> None:
    key = '    category_id: int = Field(foreign_key="{}")\n'
    check_definition(
        tmp_path,
        BOTH + key.format("cat<CURSOR>egory.id"),
        "src/entity/category.py:6: Category(AbstractEntity, table=True):",
    )
    check_definition(
        tmp_path,
        BOTH + key.format("category.id<CURSOR>"),
        "src/entity/category.py:7: id: int | None = Field(default=None, primary_key=True)",
    )
    check_definition(
        tmp_path,
        BOTH + '    category: "Category" = Relationship(back_populates="<CURSOR>products")',
        'src/entity/category.py:9: products: list["Product"] = Relationship(back_populates="category")',
    )
    check_definition(tmp_path, BOTH + key.format("nothing<CURSOR>.id"))
