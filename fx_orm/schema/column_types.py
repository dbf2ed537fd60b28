"""Which column an annotation makes: the one table that the runtime and the editor share.

Annotations are read as text, so that source code that cannot run answers as well as a live class. The answer is the
text of the type as it stands in a migration file, chosen so that one file works on SQLite, PostgreSQL and MariaDB.
Names are taken at their word: whether `Decimal` is really `decimal.Decimal` is the caller's business.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fx_orm.schema.literals import quoted

MARIADB_STRING_LENGTH = 255
"""Length of an unbounded `str` on MariaDB and MySQL, which have no VARCHAR without one (SQLModel's number)."""

MARIADB_LONGEST_STRING = 16_383
"""The most characters of four bytes that a VARCHAR of MariaDB and MySQL holds; longer ones become LONGTEXT."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column type as it is written in a migration file: `sa.String(length=255)`.

    Only names of `sa` and of `sqlalchemy.dialects` (`mysql`, `postgresql`) stand in it. Two types are the same when
    their texts are.
    """

    source: str

    def __str__(self) -> str:
        return self.source

    def describe(self) -> str:
        """Name it for people, without what it is on single databases.

        Example:
            >>> ColumnType('sa.JSON().with_variant(postgresql.JSONB(), "postgresql")').describe()
            'JSON'
        """
        plain, has_variants, _ = self.source.partition(").with_variant(")
        return f"{plain}{')' * bool(has_variants)}".removeprefix("sa.").removesuffix("()")


def column_type(
    annotation: str,
    *,
    max_length: int | None = None,
    max_digits: int | None = None,
    decimal_places: int | None = None,
    enum_members: Sequence[str] | None = None,
) -> ColumnType | None:
    """Find the column type of a field by its annotation and the arguments that bear on it.

    Args:
        annotation: as it is written: `int | None`, `Optional[str]`, `"dict[str, str]"`, `datetime.datetime`.
        max_length: characters of a string, bytes of `bytes`.
        max_digits: of a Decimal, with `decimal_places`; without either a Decimal has no type.
        decimal_places: of a Decimal.
        enum_members: names of the members, when the annotation is an Enum; what the column stores.

    Returns:
        None when it is not certain.

    Example:
        >>> column_type("str | None", max_length=40)
        ColumnType(source='sa.String(length=40)')
    """
    kinds = _kinds(annotation)
    if not kinds:
        return None
    if len(kinds) == 1:
        source = _source_of(kinds[0], max_length, max_digits, decimal_places, enum_members)
    else:  # a choice of several types has a column only where JSON holds them all
        source = _JSON if all(kind in _JSON_KINDS for kind in kinds) else None
    return ColumnType(source) if source else None


def json_type() -> ColumnType:
    """Give the type of a JSON column, which Pydantic models and dataclasses have too."""
    return ColumnType(_JSON)


def is_nullable(annotation: str) -> bool:
    """Tell whether an annotation allows None: `int | None`, `Optional[int]`, `Union[int, None]`.

    Example:
        >>> is_nullable("Optional[int]"), is_nullable("list[int | None]")
        (True, False)
    """
    tree = _parsed(annotation)
    return tree is not None and any(_is_none(alternative) for alternative in _alternatives(tree))


def _for_mariadb(source: str, variant: str) -> str:
    # Both names: SQLAlchemy's dialect is called as the URL is, `mysql://` or `mariadb://`, whatever server answers.
    return f'{source}.with_variant({variant}, "mysql", "mariadb")'


_DATETIME = _for_mariadb("sa.DateTime(timezone=True)", "mysql.DATETIME(fsp=6)")  # the plain one drops microseconds
_NAIVE_DATETIME = _for_mariadb("sa.DateTime()", "mysql.DATETIME(fsp=6)")
_JSON = 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
_INTEGER = "sa.Integer()"
_FLOAT = "sa.Float(precision=53)"  # without a precision MariaDB's FLOAT keeps 24 bits of the 53

_FIXED = {
    **dict.fromkeys(
        ("int", "StrictInt", "PositiveInt", "NegativeInt", "NonNegativeInt", "NonPositiveInt"),
        _INTEGER,
    ),
    **dict.fromkeys(
        (
            *("float", "StrictFloat", "FiniteFloat"),
            *("PositiveFloat", "NegativeFloat", "NonNegativeFloat", "NonPositiveFloat"),
        ),
        _FLOAT,
    ),
    **dict.fromkeys(("bool", "StrictBool"), "sa.Boolean()"),
    **dict.fromkeys(("datetime", "AwareDatetime", "PastDatetime", "FutureDatetime"), _DATETIME),
    "NaiveDatetime": _NAIVE_DATETIME,
    **dict.fromkeys(("date", "PastDate", "FutureDate"), "sa.Date()"),
    "time": _for_mariadb("sa.Time()", "mysql.TIME(fsp=6)"),
    "timedelta": _for_mariadb("sa.Interval()", "mysql.DATETIME(fsp=6)"),  # an offset from 1970, as Interval stores it
    **dict.fromkeys(("UUID", "UUID1", "UUID3", "UUID4", "UUID5", "UUID7"), "sa.Uuid()"),
}
_STRINGS = frozenset({"str", "StrictStr", "EmailStr"})
_BYTES = frozenset({"bytes", "StrictBytes"})
_JSON_KINDS = frozenset(
    {"dict", "Dict", "list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Mapping", "Sequence"}
)
_MODULES = frozenset({"datetime", "dt", "decimal", "uuid", "typing", "t", "pydantic", "collections.abc", "builtins"})


def _source_of(
    kind: str,
    max_length: int | None,
    max_digits: int | None,
    decimal_places: int | None,
    enum_members: Sequence[str] | None,
) -> str | None:
    if enum_members is not None:
        members = ", ".join(quoted(member) for member in enum_members)
        return f"sa.Enum({members}, name={quoted(kind.rpartition('.')[2].lower())})" if members else None
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _JSON_KINDS:
        return _JSON
    if kind in _STRINGS:
        return _string(max_length)
    if kind in _BYTES:
        # A bare BLOB of MariaDB ends at 64 KB; with a length it takes the smallest that is large enough.
        return (
            f"sa.LargeBinary(length={max_length})"
            if max_length
            else _for_mariadb("sa.LargeBinary()", "mysql.LONGBLOB()")
        )
    if kind == "Decimal" and max_digits is not None and decimal_places is not None:
        return f"sa.Numeric(precision={max_digits}, scale={decimal_places})"
    return None


def _string(max_length: int | None) -> str:
    if not max_length:
        return _for_mariadb("sa.String()", f"sa.String(length={MARIADB_STRING_LENGTH})")
    source = f"sa.String(length={max_length})"
    return source if max_length <= MARIADB_LONGEST_STRING else _for_mariadb(source, "mysql.LONGTEXT()")


def _kinds(annotation: str) -> list[str]:
    """Name the types that an annotation allows besides None; none when one of them has no name of its own."""
    tree = _parsed(annotation)
    if tree is None:
        return []
    kinds = [_kind(alternative) for alternative in _alternatives(tree) if not _is_none(alternative)]
    return [kind for kind in kinds if kind] if all(kinds) else []


def _kind(node: ast.expr) -> str | None:
    if isinstance(node, ast.Subscript):
        kind = _kind(node.value)
        return kind if kind in _JSON_KINDS else None  # `Annotated[...]` and other generics: what they mean is not here
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    module, _, name = ast.unparse(node).rpartition(".")
    return name if not module or module in _MODULES else f"{module}.{name}"


def _alternatives(node: ast.expr) -> Iterable[ast.expr]:
    """Take a union apart, `X | Y`, `Optional[X]` and `Union[X, Y]` alike, quoted parts included."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _alternatives(left)
            yield from _alternatives(right)
        case ast.Constant(value=str(text)):
            inner = _parsed(text)
            yield from [node] if inner is None else _alternatives(inner)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=arguments) if name in (
            "Optional",
            "Union",
        ):
            for argument in arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]:
                yield from _alternatives(argument)
            if name == "Optional":
                yield ast.Constant(None)
        case _:
            yield node


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


@lru_cache(maxsize=4096)
def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None
