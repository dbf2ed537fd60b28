"""A query or a repository call names a column that its tables do not have.

The query fails when it runs, on the path that nobody tried. Silent while a table of the query is not known with all of
its columns, or while the query leaves the function and may still be given other tables.

Example:
    ```python
    from fx_orm import AbstractEntity, Field, Repository

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str

    class ProductRepository(Repository[Product]):
        def named(self, name: str) -> list[Product]:
            return self.query_builder().where("nmae", name).get()
    ```

Use instead:
    ```python
    from fx_orm import AbstractEntity, Field, Repository

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str

    class ProductRepository(Repository[Product]):
        def named(self, name: str) -> list[Product]:
            return self.query_builder().where("name", name).get()
    ```
"""

from collections.abc import Iterator

from fx_lsp.engine.source_file import SourceFile
from fx_lsp.rules.rule import Finding, Rule, Severity, unknown_names


def check(file: SourceFile) -> Iterator[Finding]:
    """Find names of columns, and what qualifies them, that mean nothing."""
    return unknown_names(file, "column")


RULE = Rule("unknown-column", Severity.ERROR, check)
