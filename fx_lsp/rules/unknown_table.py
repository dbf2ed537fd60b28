"""A query names a table or an alias that does not exist.

An alias is unknown when the query has no such table; a table, when no entity and no migration file makes it. Silent
while anything that could make a table cannot be read, and without a folder of migrations: the database may then hold
tables that no file speaks of.

Example:
    ```python
    from fx_orm import AbstractEntity, Field, QueryBuilder

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str

    def names() -> list[object]:
        return QueryBuilder().select("x.name").from_table("product p").get()
    ```

Use instead:
    ```python
    from fx_orm import AbstractEntity, Field, QueryBuilder

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str

    def names() -> list[object]:
        return QueryBuilder().select("p.name").from_table("product p").get()
    ```
"""

from collections.abc import Iterator

from fx_lsp.engine.source_file import SourceFile
from fx_lsp.rules.rule import Finding, Rule, Severity, unknown_names


def check(file: SourceFile) -> Iterator[Finding]:
    """Find tables and aliases that mean nothing."""
    return unknown_names(file, "table")


RULE = Rule("unknown-table", Severity.ERROR, check)
