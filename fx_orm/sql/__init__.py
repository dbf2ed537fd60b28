"""The grammar of query strings, with one home for the runtime that executes them and the editor that checks them.

It knows no SQLAlchemy and no database, and needs sqlglot only for complete expressions (loaded at the first of them).

* `tokenize`: tokens with places
* `read_table`, `read_column`, `read_select_item`, `read_condition`, `columns`, `names`: the names in a string, however
  much of it is typed
* `Scope`, `explain`: what a name means in a query, and what to say when it means nothing
* `OPERATORS`, `DIRECTIONS`, `FUNCTIONS`, `allow_functions`, `read_time`: the closed lists
* `parse_expression`: a complete expression, checked
"""

from fx_orm.sql.expressions import Expression, parse_expression
from fx_orm.sql.functions import FUNCTIONS, PORTABLE, allow_functions, functions
from fx_orm.sql.operators import (
    DIRECTIONS,
    EQUALITY,
    IDENTITY,
    LIKES,
    MEMBERSHIP,
    OPERATORS,
    ORDERING,
    RANGE,
    direction,
    operator,
)
from fx_orm.sql.reading import (
    KEYWORDS,
    ColumnReference,
    Condition,
    Name,
    SelectItem,
    TableReference,
    columns,
    name_problem,
    names,
    read_column,
    read_condition,
    read_select_item,
    read_table,
)
from fx_orm.sql.scopes import Ambiguous, Entry, Found, Resolution, Scope, Uncertain, Unknown, explain, title
from fx_orm.sql.times import Shift, StartOf, TimeExpression, read_time
from fx_orm.sql.tokens import Span, Token, TokenKind, tokenize

__all__ = [
    "DIRECTIONS",
    "EQUALITY",
    "FUNCTIONS",
    "IDENTITY",
    "KEYWORDS",
    "LIKES",
    "MEMBERSHIP",
    "OPERATORS",
    "ORDERING",
    "PORTABLE",
    "RANGE",
    "Ambiguous",
    "ColumnReference",
    "Condition",
    "Entry",
    "Expression",
    "Found",
    "Name",
    "Resolution",
    "Scope",
    "SelectItem",
    "Shift",
    "Span",
    "StartOf",
    "TableReference",
    "TimeExpression",
    "Token",
    "TokenKind",
    "Uncertain",
    "Unknown",
    "allow_functions",
    "columns",
    "direction",
    "explain",
    "functions",
    "name_problem",
    "names",
    "operator",
    "parse_expression",
    "read_column",
    "read_condition",
    "read_select_item",
    "read_table",
    "read_time",
    "title",
    "tokenize",
]
