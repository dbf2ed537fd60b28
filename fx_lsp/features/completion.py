"""What can be written in the string under the cursor.

Works on half-typed code: the cursor's surroundings are read from tokens, the rest from the snapshot. Outside of the
strings that fx_orm reads there is nothing, so that other servers are not disturbed.
"""

from fx_lsp.engine.cursor import read_cursor
from fx_lsp.engine.snapshot import Snapshot
from fx_lsp.engine.text import Document
from fx_lsp.features.entity_proposals import propose_foreign_keys, propose_partners
from fx_lsp.features.proposal import Completion
from fx_lsp.features.query_proposals import propose_names


def completion(snapshot: Snapshot, document: Document, offset: int) -> list[Completion]:
    """Propose what fits at the cursor, best first."""
    cursor = read_cursor(document, offset)
    if cursor is None:
        return []
    method, keyword = cursor.call.method, cursor.keyword
    if method in {"Field", "mapped_column"} and keyword == "foreign_key":
        found = propose_foreign_keys(snapshot, cursor)
    elif method in {"Relationship", "relationship"} and keyword == "back_populates":
        found = propose_partners(snapshot, document, cursor, offset)
    else:
        found = propose_names(snapshot, document, cursor, offset)
    return sorted(found, key=lambda proposal: proposal.rank)
