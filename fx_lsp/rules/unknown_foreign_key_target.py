"""A foreign key points to a table or column that does not exist.

The mapping fails when the application starts, with a message that names neither file nor line.
Silent while some entity of the project cannot be read, or computes its table's name.

Example:
    ```python
    from fx_orm import AbstractEntity, Field

    class Category(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        category_id: int = Field(foreign_key="categories.id")
    ```

Use instead:
    ```python
    from fx_orm import AbstractEntity, Field

    class Category(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        category_id: int = Field(foreign_key="category.id")
    ```
"""

from collections.abc import Iterator

from fx_lsp.engine.source_file import SourceFile
from fx_lsp.rules.rule import Finding, Rule, Severity, replace_with
from fx_orm.errors.nearest import did_you_mean, nearest


def check(file: SourceFile) -> Iterator[Finding]:
    """Find foreign keys without a target."""
    tables = [entity.table for entity in file.snapshot.entities if entity.table]
    for key in file.foreign_keys:
        place = f'Field(foreign_key="{key.text.value}")'
        if key.entity is None:
            if file.snapshot.complete and not _is_known(file, key.table):
                message = f'{place}: there is no table "{key.table}"{did_you_mean(key.table, tables)}'
                yield Finding(key.table_span, message, replace_with(file, key.table_span, nearest(key.table, tables)))
        elif key.field is None and key.entity.complete:
            columns = key.entity.columns
            message = f'{place}: table "{key.table}" has no column "{key.column}"{did_you_mean(key.column, columns)}'
            fix = replace_with(file, key.column_span, nearest(key.column, columns))
            yield Finding(key.column_span, message, fix)


def _is_known(file: SourceFile, table: str) -> bool:
    snapshot = file.snapshot
    return table.casefold() in snapshot.other_tables or any(
        entity.table and entity.table.casefold() == table.casefold() for entity in snapshot.entities
    )


RULE = Rule("unknown-foreign-key-target", Severity.ERROR, check)
