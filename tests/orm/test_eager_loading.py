"""`with_("lines.article.tags")`: every level is loaded along, by one query each, and nothing is asked for later."""

from collections.abc import Iterator

import pytest

from fx_orm import EntityManager, QueryBuilder, QueryError, Repository
from tests.orm.lazy_tables import (
    Album,
    Article,
    Group,
    Line,
    Purchase,
    Remark,
    Song,
    Tag,
    filled,
    put,
    selects,
    stock,
)


@pytest.fixture
def em(database_url: str) -> Iterator[EntityManager]:
    with filled(database_url, stock) as manager:
        yield manager


def test_several_levels_to_one_and_to_many(em: EntityManager) -> None:
    with selects(em) as sent:
        purchases = (
            QueryBuilder(Purchase, manager=em)
            .with_("lines.article.group.parent", "lines.article.tags", "lines.remarks")
            .order_by("id")
            .lazy("raise")
            .get()
        )
        assert len(sent) == 7  # purchases, lines, articles, groups, their parents, tags, remarks
        found = [
            (
                line.number,
                line.article.id,
                line.article.group and line.article.group.parent and line.article.group.parent.name,
                sorted(tag.id or 0 for tag in line.article.tags),
                sorted(remark.id or 0 for remark in line.remarks),
            )
            for line in sorted(purchases[3].lines, key=lambda line: line.number)
        ]
    assert found == [
        (0, 13, "root 1", [4, 5], [3]),
        (1, 14, "root 2", [1, 5], []),
        (2, 15, "root 1", [1, 2], [23]),
    ]
    assert len(sent) == 7


def test_a_path_may_begin_as_another_one_does(em: EntityManager) -> None:
    with selects(em) as sent:
        (purchase,) = (
            QueryBuilder(Purchase, manager=em)
            .with_("lines", "lines.article", "lines.article", "lines.remarks")
            .where("id", 4)
            .lazy("raise")
            .get()
        )
        assert [line.article.id for line in sorted(purchase.lines, key=lambda line: line.number)] == [13, 14, 15]
        assert sum(len(line.remarks) for line in purchase.lines) == 2
    assert len(sent) == 4


def test_back_to_where_it_came_from(em: EntityManager) -> None:
    with selects(em) as sent:
        tag = QueryBuilder(Tag, manager=em).with_("articles.tags.articles").lazy("raise").find(1)
        assert tag is not None
        assert {each.id for article in tag.articles for each in article.tags} == {1, 2, 5}
        assert all(len(each.articles) == 40 for article in tag.articles for each in article.tags)
    assert len(sent) == 4
    em.clear()
    roots = QueryBuilder(Group, manager=em).where_null("parent_id").with_("children.children", "parent").lazy("raise")
    assert [[len(child.children) for child in root.children] for root in roots.get()] == [[0] * 5] * 2


def test_composite_keys(em: EntityManager) -> None:
    with selects(em) as sent:
        remarks = QueryBuilder(Remark, manager=em).with_("line.purchase").order_by("id").lazy("raise").get()
        assert [remark.line and remark.line.purchase.id for remark in remarks] == [
            *(n % 20 + 1 for n in range(1, 41)),
            None,
        ]
    assert len(sent) == 3


def test_limits_are_those_of_the_roots(em: EntityManager) -> None:
    query = QueryBuilder(Group, manager=em).with_("articles.tags").where("id", ">", 2).order_by("id").lazy("raise")
    page = query.paginate(2, per_page=3)
    assert (page.total, page.pages) == (10, 4)
    assert [(group.id, len(group.articles)) for group in page] == [(6, 10), (7, 10), (8, 10)]
    assert [article.id for article in page.items[0].articles] == [93, 83, 73, 63, 53, 43, 33, 23, 13, 3]
    assert all(len(article.tags) == 2 for group in page for article in group.articles)
    em.clear()
    first = query.cursor_paginate(4)
    second = query.cursor_paginate(4, first.next_cursor)
    assert [(group.id, len(group.articles)) for group in second] == [(7, 10), (8, 10), (9, 9), (10, 9)]
    assert query.clone().limit(1).offset(9).one().id == 12
    assert len(query.find(12).articles) == 9  # type: ignore[union-attr]
    assert [len(part[0].articles) for part in QueryBuilder(Group, manager=em).with_("articles").chunk(5)] == [0, 10, 9]
    found = Repository(Group, em).find_by({"id": [3, 4]}, order_by="-id", limit=1, with_=["articles.tags", "parent"])
    assert [(group.id, len(group.articles), group.parent and group.parent.id) for group in found] == [(4, 10, 1)]


def test_over_joins(em: EntityManager) -> None:
    query = QueryBuilder(Article, manager=em).join("tags").where("tags.id", 3).with_("tags", "group").distinct()
    found = query.where("lazy_article.id", "<", 12).order_by("id").lazy("raise").get()
    assert [(article.id, sorted(tag.id or 0 for tag in article.tags)) for article in found] == [
        (1, [2, 3]),
        (2, [3, 4]),
        (6, [2, 3]),
        (7, [3, 4]),
        (11, [2, 3]),
    ]
    assert all(article.group for article in found)


def test_what_is_loaded_and_changed_is_not_loaded_again(em: EntityManager) -> None:
    article = em.get(Article, 1)
    article.name = "changed"
    article.group = em.get(Group, 12)
    (same,) = QueryBuilder(Article, manager=em).where("id", 1).with_("group", "tags").get()
    assert same is article
    assert (article.name, article.group.id, len(article.tags)) == ("changed", 12, 2)


def test_softly_deleted_ones_are_left_out_at_every_level(database_url: str) -> None:
    with filled(database_url) as em:
        connection = em.session.connection()
        put(connection, Album, *({"id": n} for n in range(1, 4)))
        put(connection, Song, *({"id": n, "album_id": n % 3 + 1} for n in range(1, 10)))
        em.session.commit()
        for entity, key in ((Album, 3), (Song, 3), (Song, 2)):
            em.remove(em.get(entity, key))
        em.commit()
        em.clear()
        songs = QueryBuilder(Song, manager=em).with_("album.songs").order_by("id").lazy("raise")
        assert {song.id: song.album and sorted(s.id or 0 for s in song.album.songs) for song in songs.get()} == {
            **{key: [1, 4, 7] for key in (1, 4, 7)},
            **dict.fromkeys((5, 8), None),
            **{key: [6, 9] for key in (6, 9)},
        }
        em.clear()
        shown = {song.id: song.album and len(song.album.songs) for song in songs.with_deleted().get()}
        assert shown == dict.fromkeys(range(1, 10), 3)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("lined", 'Purchase has no relationship "lined"; did you mean "lines"?'),
        ("lines.artikle", 'Line has no relationship "artikle"; did you mean "article"?'),
        ("lines.article.gruop", 'Article has no relationship "gruop"; did you mean "group"?'),
        ("lines.article.group.parents", 'Group has no relationship "parents"; did you mean "parent"?'),
        ("lines.number", 'Line has no relationship "number"'),
        ("lines.", 'Line has no relationship ""'),
        ("", 'Purchase has no relationship ""'),
        ("lines article", 'Purchase has no relationship "lines article"'),
    ],
)
def test_a_wrong_name_at_any_level(em: EntityManager, path: str, message: str) -> None:
    with selects(em) as sent, pytest.raises(QueryError) as caught:
        QueryBuilder(Purchase, manager=em).with_(path).get()
    assert str(caught.value) == f'QueryBuilder.with_("{path}"): {message}'
    assert sent == []
    with pytest.raises(QueryError) as caught:
        Repository(Line, em).find_by({}, with_="artikle")
    assert (
        str(caught.value)
        == 'QueryBuilder.with_("artikle"): Line has no relationship "artikle"; did you mean "article"?'
    )
