"""The rules, one file each. A new rule is its file and a line in this list."""

from fx_lsp.rules import (
    back_populates_mismatch,
    field_not_migrated,
    unknown_column,
    unknown_foreign_key_target,
    unknown_table,
)
from fx_lsp.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_column.RULE,
    unknown_table.RULE,
    unknown_foreign_key_target.RULE,
    back_populates_mismatch.RULE,
    field_not_migrated.RULE,
)
