"""An entity says something that no migration file does yet.

The database that the migrations build does not have it, so the first query that uses it fails. Silent without migration
files, and where a file or a declaration cannot be read with certainty.

Example:
    ```python
    #- migrations/versions/20240101_000000_first.py
    from alembic import op
    import sqlalchemy as sa

    revision = "20240101_000000"
    down_revision = None

    def upgrade():
        op.create_table(
            "tag",
            sa.Column("id", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("id", name="pk_tag"),
        )
    #- src/entity/tag.py
    from fx_orm import AbstractEntity, Field

    class Tag(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        weight: float | None = Field(default=None)
    ```

Use instead:
    ```python
    #- migrations/versions/20240101_000000_first.py
    from alembic import op
    import sqlalchemy as sa

    revision = "20240101_000000"
    down_revision = None

    def upgrade():
        op.create_table(
            "tag",
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("weight", sa.Float(precision=53), nullable=True),
            sa.PrimaryKeyConstraint("id", name="pk_tag"),
        )
    #- src/entity/tag.py
    from fx_orm import AbstractEntity, Field

    class Tag(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        weight: float | None = Field(default=None)
    ```
"""

from collections.abc import Iterator

from fx_lsp.engine.snapshot import Entity
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.text import Span
from fx_lsp.rules.rule import Finding, Rule, Severity
from fx_orm.schema.differences import Difference

CODE = "field-not-migrated"


def check(file: SourceFile) -> Iterator[Finding]:
    """Find the fields and classes that differ from what the migrations build."""
    for difference in file.drift.certain if file.entities and file.drift else ():
        for entity in file.entities:
            if entity.table == difference.table and entity.fact.current:
                yield Finding(_place(entity, difference), f"not migrated: {difference.describe()}")


def _place(entity: Entity, difference: Difference) -> Span:
    """Find the field that a difference is about; the class's name where it is about none, or one that is gone."""
    definition = getattr(difference, "definition", None)
    columns: tuple[str, ...] = getattr(definition, "columns", ()) if not hasattr(definition, "primary_key") else ()
    name = getattr(difference, "column", columns[0] if len(columns) == 1 else None)
    field = entity.columns.get(name) if isinstance(name, str) else None
    return field.fact.name_span if field is not None and field.path == entity.path else entity.fact.name_span


RULE = Rule(CODE, Severity.WARNING, check)
