"""Names of tables, constraints and indexes, made from what they stand on.

Entities, migrations and the editor take them from here, so that a constraint has one name everywhere. Nothing is
pluralised and no database is asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from fx_orm.errors.nearest import did_you_mean

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


@dataclass(frozen=True, slots=True)
class NamingConvention:
    """How primary keys, foreign keys, unique constraints, indexes and checks are called.

    A template has the tokens of SQLAlchemy's naming conventions: `"fk_%(table_name)s_%(column_0_name)s"`. A kind
    without one is named by the functions below.
    """

    pk: str | None = None
    fk: str | None = None
    uq: str | None = None
    ix: str | None = None
    ck: str | None = None

    def primary_key(self, table: str, columns: Iterable[str]) -> str:
        """Name a primary key."""
        return _filled(self.pk, table, columns) if self.pk else primary_key_name(table)

    def foreign_key(
        self, table: str, columns: Iterable[str], referred_table: str, referred_columns: Iterable[str]
    ) -> str:
        """Name a foreign key."""
        if self.fk:
            return _filled(self.fk, table, columns, referred_table, next(iter(referred_columns), ""))
        return foreign_key_name(table, columns, referred_table)

    def unique(self, table: str, columns: Iterable[str]) -> str:
        """Name a unique constraint."""
        return _filled(self.uq, table, columns) if self.uq else unique_name(table, columns)

    def index(self, table: str, columns: Iterable[str]) -> str:
        """Name an index."""
        return _filled(self.ix, table, columns) if self.ix else index_name(table, columns)

    def check(self, table: str, subject: str) -> str:
        """Name a check constraint, whose condition takes the place of `constraint_name`."""
        own = check_name(table, subject)
        if not self.ck:
            return own
        return _filled(self.ck, table, (), constraint=own.removeprefix(f"ck_{table}_"))


OURS = NamingConvention()
"""Every name by the functions below."""

TOKENS = (
    *("table_name", "column_0_name", "column_0_N_name", "column_0N_name", "column_0_label"),
    *("referred_table_name", "referred_column_0_name", "constraint_name"),
)
"""What may stand in a template, as `%(table_name)s`."""


def mistake_in(template: str) -> str | None:
    """Say what is wrong with a template, None when it can be filled."""
    for token in re.findall(r"%\((\w*)\)s", template):
        if token not in TOKENS:
            return f'there is no token "{token}"{did_you_mean(token, TOKENS)}'
    if "%" in re.sub(r"%\(\w+\)s", "", template):
        return "a token is written as %(table_name)s"
    return None


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


def _filled(
    template: str,
    table: str,
    columns: Iterable[str],
    referred_table: str = "",
    referred_column: str = "",
    *,
    constraint: str = "",
) -> str:
    names = list(columns)
    first = next(iter(names), "")
    values = {
        "table_name": table,
        "column_0_name": first,
        "column_0_N_name": "_".join(names),
        "column_0N_name": "".join(names),
        "column_0_label": f"{table}_{first}",
        "referred_table_name": referred_table,
        "referred_column_0_name": referred_column,
        "constraint_name": constraint,
    }
    return _shortened(template % values)


def _shortened(name: str) -> str:
    """Cut a name that no database would take, keeping it unique and the same each time."""
    data = name.encode()
    if len(data) <= LONGEST_NAME:
        return name
    return f"{data[: LONGEST_NAME - 9].decode(errors='ignore')}_{_digest(name)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
