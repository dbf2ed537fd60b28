"""Write a migration file: plain text from plain data, the same for the command and for the editor.

What is written imports Alembic and SQLAlchemy alone, never the entities, so that it does today what it did then. One
file works on SQLite, PostgreSQL and MariaDB: what SQLite can only do by building a table anew stands in a batch, which
the others carry out as single statements.
"""

import datetime
import re
from collections.abc import Iterable
from textwrap import indent

from fx_orm.schema.differences import Difference, RenameColumn, compare
from fx_orm.schema.literals import quoted
from fx_orm.schema.operations import Operation, apply_all
from fx_orm.schema.operations_text import OperationsText
from fx_orm.schema.planning import plan
from fx_orm.schema.tables import Schema

_STAMP = "%Y%m%d_%H%M%S"


def write_migration(
    differences: Iterable[Difference],
    *,
    before: Schema,
    revision: str,
    down_revision: str | None,
    message: str,
    created: datetime.datetime,
) -> str:
    """Write the file that carries the differences out, and back.

    Args:
        differences: all of `compare(before, ...)`, or some of them.
        before: the schema that the files so far build.
        revision: its identifier, see `next_revision`.
        down_revision: the revision that this one follows.
        message: what it is about, in one line.
        created: when, as the header says it.

    Raises:
        MigrationError: see `planning.plan`.
    """
    wanted = tuple(differences)
    upgrade = plan(wanted, before)
    after = apply_all(before, upgrade)
    renamed_back = {
        (difference.table, difference.column): difference.old.name
        for difference in wanted
        if isinstance(difference, RenameColumn)
    }
    downgrade = plan(compare(after, before, renames=renamed_back), after, undoing=True)
    return file_text(
        upgrade,
        downgrade,
        before=before,
        revision=revision,
        down_revision=down_revision,
        message=message,
        created=created,
    )


def file_text(
    upgrade: Iterable[Operation],
    downgrade: Iterable[Operation],
    *,
    before: Schema,
    revision: str,
    down_revision: str | None,
    message: str,
    created: datetime.datetime,
) -> str:
    """Write a file of these operations; `upgrade` starts from the schema `before`."""
    up_operations = tuple(upgrade)
    up = _body(up_operations, before)
    down = _body(tuple(downgrade), apply_all(before, up_operations))
    dialects = sorted(set(re.findall(r"\b(postgresql|mysql|mariadb|sqlite)\.[A-Z]", up + down)))
    imports = f"from sqlalchemy.dialects import {', '.join(dialects)}\n" if dialects else ""
    said = " ".join(message.split()).replace("\\", "\\\\").replace('"""', "'''") or "migration"
    follows = f" {down_revision}" if down_revision else ""
    return (
        f'"""{said}{" " if said.endswith(chr(34)) else ""}\n'
        "\n"
        f"Revision ID: {revision}\n"
        f"Revises:{follows}\n"
        f"Create Date: {created:%Y-%m-%d %H:%M:%S.%f}\n"
        '"""\n'
        "from alembic import op\n"
        "import sqlalchemy as sa\n"
        f"{imports}"
        "\n"
        "# revision identifiers, used by Alembic\n"
        f"revision = {quoted(revision)}\n"
        f"down_revision = {quoted(down_revision) if down_revision else None}\n"
        "branch_labels = None\n"
        "depends_on = None\n"
        "\n"
        "\n"
        "def upgrade():\n"
        '    """Apply schema changes"""\n'
        f"{up}"
        "\n"
        "\n"
        "def downgrade():\n"
        '    """Revert schema changes"""\n'
        f"{down}"
    )


def next_revision(taken: Iterable[str], now: datetime.datetime) -> str:
    """Give a new migration its identifier: the stamp of the first free second, `20240603_152345`."""
    known = set(taken)
    while (stamp := now.strftime(_STAMP)) in known:
        now += datetime.timedelta(seconds=1)
    return stamp


def file_name(revision: str, message: str) -> str:
    """Name a migration's file: `20240603_152345_add_weight.py`, or `..._migration.py` without a message."""
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40].strip("_")
    return f"{revision}_{slug or 'migration'}.py"


def _body(operations: tuple[Operation, ...], before: Schema) -> str:
    text = "\n".join(OperationsText(before).lines(operations) or ["pass"])
    return indent(text, "    ") + "\n"
