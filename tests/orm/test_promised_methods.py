"""QueryBuilder and Repository have every method that is promised, each typed and in the reference."""

import inspect
from pathlib import Path
from typing import Any

import pytest

from fx_orm import QueryBuilder, Repository

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PROMISED = {
    Repository: """
        entity_class db entity_manager
        find get find_all find_by find_one_by get_one_by find_many count exists first last pluck
        paginate cursor_paginate stream
        add create update update_by delete delete_by upsert insert_many update_many
        query_builder get_query_builder
    """,
    QueryBuilder: """
        from_table select clone with_
        where or_where where_not where_in where_not_in where_null where_not_null where_between
        where_contains where_starts_with where_ends_with where_column where_exists where_raw where_group when
        join left_join right_join full_join cross_join
        group_by having or_having order_by latest oldest limit offset distinct
        union union_all intersect except_ with_cte for_update
        get execute first one find value pluck exists count sum avg min max
        paginate cursor_paginate chunk stream
        insert upsert update delete increment all_rows
        to_sql explain as_
    """,
}
MEMBERS = [(of, name) for of, names in PROMISED.items() for name in names.split()]
EVERY = [
    (of, name)
    for of in PROMISED
    for name, member in inspect.getmembers(of)
    if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
]


def title(member: object) -> str:
    return member.__name__ if isinstance(member, type) else str(member)


@pytest.mark.parametrize(("of", "name"), MEMBERS, ids=title)
def test_what_is_promised_is_there(of: type[Any], name: str) -> None:
    assert (of, name) in EVERY


@pytest.mark.parametrize(("of", "name"), EVERY, ids=title)
def test_every_method_is_typed_and_in_the_reference(of: type[Any], name: str) -> None:
    member = getattr(of, name)
    signature = inspect.signature(member.fget if isinstance(member, property) else member)
    types = [p.annotation for p in list(signature.parameters.values())[1:]] + [signature.return_annotation]
    assert inspect.Signature.empty not in types
    page = {QueryBuilder: "query_builder.md", Repository: "repository.md"}[of]
    assert f"\n## `{name}" in (REFERENCE / page).read_text(encoding="utf-8")
    table = (REFERENCE / "databases.md").read_text(encoding="utf-8").partition(f"| `{of.__name__}` |")[2]
    assert f"\n| `{name}` | " in table.partition("\n\n")[0]
