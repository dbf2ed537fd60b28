"""Names of tables, constraints and indexes, made from what they stand on.

Entities, migrations and the editor take them from here, so that a constraint has one name everywhere. Nothing is
pluralised and no database is asked.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

LONGEST_NAME = 63
"""PostgreSQL's limit in bytes, the lowest of the supported databases (MariaDB and MySQL: 64)."""

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def table_name(class_name: str) -> str:
    """Give the table of an entity class its name: snake case, no plural.

    Example:
        >>> table_name("ProductTag"), table_name("HTTPLog")
        ('product_tag', 'http_log')
    """
    return _WORD_BOUNDARY.sub("_", class_name).lower()


def primary_key_name(table: str) -> str:
    """Name a primary key: `pk_product`."""
    return _shortened(f"pk_{table}")


def foreign_key_name(table: str, columns: Iterable[str], referred_table: str) -> str:
    """Name a foreign key: `fk_product_category_id_category`."""
    return _shortened("_".join(["fk", table, *columns, referred_table]))


def unique_name(table: str, columns: Iterable[str]) -> str:
    """Name a unique constraint: `uq_product_sku`."""
    return _shortened("_".join(["uq", table, *columns]))


def index_name(table: str, columns: Iterable[str]) -> str:
    """Name an index: `ix_product_category_id`."""
    return _shortened("_".join(["ix", table, *columns]))


def check_name(table: str, subject: str) -> str:
    """Name a check constraint after what it is about: a column, a word of the author, else its condition as SQL.

    A condition is no name: its first word and a digest of the whole take its place.

    Example:
        >>> check_name("product", "positive_price"), check_name("product", "price > 0")
        ('ck_product_positive_price', 'ck_product_price_89b88009')
    """
    if subject.isidentifier():
        return _shortened(f"ck_{table}_{subject}")
    first = re.search(r"[A-Za-z_]\w*", subject)
    return _shortened("_".join(filter(None, ["ck", table, first and first.group().lower(), _digest(subject)])))


def _shortened(name: str) -> str:
    """Cut a name that no database would take, keeping it unique and the same each time."""
    data = name.encode()
    if len(data) <= LONGEST_NAME:
        return name
    return f"{data[: LONGEST_NAME - 9].decode(errors='ignore')}_{_digest(name)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
