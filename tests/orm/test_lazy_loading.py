"""A relationship is touched on an entity that was loaded with others: one query loads it for all of them.

What is counted is what the database's driver gets.
"""

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, lazyload, raiseload, selectinload, with_loader_criteria
from sqlmodel import select

from fx_orm import EntityManager, QueryBuilder, Repository, UnsupportedError, database
from fx_orm.lazy_loading.batches import lookup
from tests.orm.lazy_tables import (
    Album,
    Article,
    ArticleTag,
    Country,
    Firm,
    Group,
    Letter,
    Line,
    Party,
    Person,
    Purchase,
    Remark,
    Sheet,
    Song,
    Tag,
    Town,
    filled,
    put,
    selects,
    stock,
)


@pytest.fixture
def em(database_url: str) -> Iterator[EntityManager]:
    with filled(database_url, stock) as manager:
        yield manager


@pytest.fixture
def empty(database_url: str) -> Iterator[EntityManager]:
    with filled(database_url) as manager:
        yield manager


def fill(em: EntityManager, entity: Any, *rows: dict[str, Any]) -> None:
    put(em.session.connection(), entity, *rows)
    em.session.commit()


def test_a_thousand_articles_and_their_groups_are_two_queries(empty: EntityManager) -> None:
    fill(empty, Group, *({"id": n, "name": f"g{n}"} for n in range(1, 21)))
    fill(empty, Article, *({"id": n, "name": f"a{n}", "price": 1, "group_id": n % 20 + 1} for n in range(1, 1001)))
    with selects(empty) as sent:
        names = [article.group and article.group.name for article in QueryBuilder(Article, manager=empty).get()]
    assert sorted(set(map(str, names))) == sorted(f"g{n}" for n in range(1, 21))
    assert len(names) == 1000
    assert len(sent) == 2


def test_collections_are_two_queries(em: EntityManager) -> None:
    with selects(em) as sent:
        articles = {group.id: group.articles for group in QueryBuilder(Group, manager=em).get()}
    counts = {key: len(value) for key, value in articles.items()}
    assert counts == {1: 0, 2: 0, 3: 9, **dict.fromkeys(range(4, 9), 10), **dict.fromkeys(range(9, 13), 9)}
    assert [each.id for each in articles[3]] == [90, 80, 70, 60, 50, 40, 30, 20, 10]  # the order of the relationship
    assert len(sent) == 2


def test_a_link_table_is_two_queries(em: EntityManager) -> None:
    with selects(em) as sent:
        tags = [sorted(tag.id or 0 for tag in article.tags) for article in QueryBuilder(Article, manager=em).get()]
    assert tags == [sorted([n % 5 + 1, (n + 1) % 5 + 1]) for n in range(1, 101)]
    assert len(sent) == 2
    em.clear()
    with selects(em) as sent:
        articles = [tag.articles for tag in QueryBuilder(Tag, manager=em).get()]
    assert [(isinstance(each, set), len(each)) for each in articles] == [(True, 40)] * 5
    assert len(sent) == 2


def test_the_sql(em: EntityManager) -> None:
    if em.session.get_bind().dialect.name != "sqlite":
        pytest.skip("the spelling of one database")
    articles = QueryBuilder(Article, manager=em).where_in("id", [1, 2, 11]).get()
    lines = QueryBuilder(Line, manager=em).where("purchase_id", 1).get()
    groups = QueryBuilder(Group, manager=em).where_in("id", [3, 4]).get()
    with selects(em) as sent:
        for touched in (articles[0].group, articles[0].tags, groups[0].articles, lines[0].remarks):
            assert touched is not None
    columns = "lazy_article.id, lazy_article.name, lazy_article.price, lazy_article.group_id"
    assert sent == [
        (
            "SELECT lazy_tag.id, lazy_tag.name, lazy_article_tag.article_id "
            "FROM lazy_tag JOIN lazy_article_tag ON lazy_tag.id = lazy_article_tag.tag_id "
            "WHERE lazy_article_tag.article_id IN (?, ?, ?)"
        ),
        (
            f"SELECT {columns}, lazy_article.group_id AS group_id__1 FROM lazy_article "
            "WHERE lazy_article.group_id IN (?, ?) ORDER BY lazy_article.name DESC"
        ),
        (
            "SELECT lazy_remark.id, lazy_remark.text, lazy_remark.line_number, lazy_remark.line_purchase_id, "
            "lazy_remark.line_number AS line_number__1, lazy_remark.line_purchase_id AS line_purchase_id__1 "
            "FROM lazy_remark WHERE (lazy_remark.line_number, lazy_remark.line_purchase_id) IN "
            "(VALUES (?, ?), (?, ?), (?, ?))"
        ),
    ]  # article.group is not asked for: both groups are in the session


def test_one_level_behind_the_other_is_a_query_each(em: EntityManager) -> None:
    with selects(em) as sent:
        names = {
            line.article.group.name if line.article.group else None
            for purchase in QueryBuilder(Purchase, manager=em).get()
            for line in purchase.lines
        }
    assert {name for name in names if name is not None} == {f"group {n}" for n in range(3, 13)}
    assert len(sent) == 4  # purchases, lines, articles, groups


def test_what_a_single_entity_leads_to_is_a_batch(em: EntityManager) -> None:
    with selects(em) as sent:
        group = em.get(Group, 3)
        assert {tag.name for article in group.articles for tag in article.tags} == {"tag 1", "tag 2"}
    assert len(sent) == 3


def test_a_tree(em: EntityManager) -> None:
    with selects(em) as sent:
        groups = QueryBuilder(Group, manager=em).where("id", ">", 2).get()
        assert [group.parent and group.parent.id for group in groups] == [n % 2 + 1 for n in range(3, 13)]
        assert {group.parent.parent for group in groups if group.parent} == {None}
    assert len(sent) == 2
    em.clear()
    with selects(em) as sent:
        roots = QueryBuilder(Group, manager=em).where_null("parent_id").get()
        assert [sorted(child.id or 0 for child in root.children) for root in roots] == [
            [4, 6, 8, 10, 12],
            [3, 5, 7, 9, 11],
        ]
        assert {len(child.children) for root in roots for child in root.children} == {0}
        assert len({child.parent for root in roots for child in root.children}) == 2
    assert len(sent) == 3  # the roots, their children, and theirs


def test_composite_keys_both_ways(em: EntityManager) -> None:
    with selects(em) as sent:
        remarks = QueryBuilder(Remark, manager=em).order_by("id").get()
        lines = [remark.line and (remark.line.purchase_id, remark.line.number) for remark in remarks]
    assert lines == [*((n % 20 + 1, n % 3) for n in range(1, 41)), None]
    assert len(sent) == 2
    em.clear()
    with selects(em) as sent:
        found = {
            (line.purchase_id, line.number): sorted(remark.id or 0 for remark in line.remarks)
            for line in QueryBuilder(Line, manager=em).get()
        }
    assert {key: ids for key, ids in found.items() if ids} == {
        (p, m): [n for n in range(1, 41) if (n % 20 + 1, n % 3) == (p, m)]
        for p, m in {(n % 20 + 1, n % 3) for n in range(1, 41)}
    }
    assert len(sent) == 2


def test_one_to_one_from_the_side_without_the_key(em: EntityManager) -> None:
    with selects(em) as sent:
        sheets = {a.id: a.sheet and a.sheet.id for a in QueryBuilder(Article, manager=em).get()}
    assert sheets == {n: n // 2 if n % 2 == 0 else None for n in range(1, 101)}
    assert len(sent) == 2


LOADED: dict[str, Callable[[EntityManager], list[Any]]] = {
    "builder": lambda em: QueryBuilder(Article, manager=em).where("id", "<=", 20).get(),
    "builder, ORM": lambda em: QueryBuilder(Article, manager=em).where("id", "<=", 20).with_("tags").get(),
    "locked": lambda em: QueryBuilder(Article, manager=em).where("id", "<=", 20).for_update().get(),
    "repository": lambda em: Repository(Article, em).find_by({"id": list(range(1, 21))}),
    "find_many": lambda em: Repository(Article, em).find_many(range(1, 21)),
    "page": lambda em: list(QueryBuilder(Article, manager=em).order_by("id").paginate(1, 20)),
    "cursor": lambda em: list(QueryBuilder(Article, manager=em).order_by("id").cursor_paginate(20)),
    "exec": lambda em: list(em.session.exec(select(Article).where(Article.id <= 20)).all()),  # type: ignore[operator]
    "exec_statement": lambda em: list(em.exec_statement(select(Article).where(Article.id <= 20))),  # type: ignore[operator]
    "stream": lambda em: list(QueryBuilder(Article, manager=em).where("id", "<=", 20).stream()),
}


@pytest.mark.parametrize("load", LOADED.values(), ids=LOADED)
def test_whoever_loaded_them(em: EntityManager, load: Callable[[EntityManager], list[Any]]) -> None:
    articles = load(em)
    with selects(em) as sent:
        groups = [article.group.id for article in articles]
    assert groups == [n % 10 + 3 for n in range(1, 21)]
    assert len(sent) == 1


def test_found_one_by_one_they_are_no_batch(em: EntityManager) -> None:
    articles = [em.get(Article, number) for number in (1, 2, 3)]
    with selects(em) as sent:
        assert articles[0].tags
        assert len(sent) == 1
        assert articles[1].tags
        assert articles[2].group
    assert len(sent) == 3
    assert "tags" not in articles[2].__dict__
    assert "group" not in articles[0].__dict__
    got = [em.session.get(Sheet, number) for number in (1, 2)]
    with selects(em) as sent:
        assert got[0] is not None
        assert got[0].article.id == 2
    assert len(sent) == 0  # in the session already


def test_two_queries_are_two_batches(em: EntityManager) -> None:
    first = QueryBuilder(Article, manager=em).where("id", "<", 6).get()
    others = QueryBuilder(Article, manager=em).where_between("id", 6, 10).get()
    with selects(em) as sent:
        assert all(article.tags for article in first)
        assert len(sent) == 1
        assert "tags" not in others[0].__dict__
        assert all(article.tags for article in others)
    assert len(sent) == 2


def test_loaded_again_they_belong_to_the_later_query(em: EntityManager) -> None:
    one = em.get(Article, 1)
    articles = QueryBuilder(Article, manager=em).get()
    assert articles[0] is one
    with selects(em) as sent:
        assert all(article.tags for article in articles)
    assert len(sent) == 1


def test_a_stream_is_loaded_chunk_by_chunk(em: EntityManager) -> None:
    articles = QueryBuilder(Article, manager=em).order_by("id")
    if em.session.get_bind().dialect.name == "mysql":  # its stream lets no other statement through
        with pytest.raises(UnsupportedError, match="nothing else is done before its end"):
            _ = [len(article.tags) for article in articles.stream(size=25)]
        return
    with selects(em) as sent:
        seen = [len(article.tags) for article in articles.stream(size=25)]
    assert seen == [2] * 100
    assert len(sent) == 5


def test_many_keys_are_several_queries(empty: EntityManager) -> None:
    fill(empty, Group, *({"id": n, "name": "g"} for n in range(1, 1201)))
    fill(empty, Article, *({"id": n, "name": "a", "price": 1, "group_id": n} for n in range(1, 1201)))
    groups = QueryBuilder(Group, manager=empty).get()
    with selects(empty) as sent:
        assert len(groups[0].articles) == 1
        assert len(sent) == 1
        assert sum("articles" in group.__dict__ for group in groups) == 500
        assert {len(group.articles) for group in groups} == {1}
    assert len(sent) == 3


def test_what_is_in_the_session_is_not_asked_for(em: EntityManager) -> None:
    groups = QueryBuilder(Group, manager=em).get()
    articles = QueryBuilder(Article, manager=em).get()
    with selects(em) as sent:
        assert {article.group for article in articles} == {*groups[2:], None}
    assert sent == []


def test_only_what_is_not_in_the_session_is_asked_for(em: EntityManager) -> None:
    known = em.get(Group, 4)
    articles = QueryBuilder(Article, manager=em).where("id", "<=", 10).get()
    with selects(em) as sent:
        assert articles[1].group is not known
    assert len(sent) == 1
    if em.session.get_bind().dialect.name == "sqlite":
        assert sent[0].endswith("WHERE lazy_group.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    assert all("group" in article.__dict__ for article in articles)
    assert articles[0].group is known


def test_changes_stay_changes(em: EntityManager) -> None:
    articles = QueryBuilder(Article, manager=em).order_by("id").where("id", "<=", 5).get()
    moved, replaced, renamed = articles[1:4]
    moved.group_id = 12
    replaced.group = em.get(Group, 11)
    renamed.name = "changed"
    with selects(em) as sent:
        assert articles[0].group is not None
        assert len(sent) == 1
        assert "group" not in moved.__dict__  # by which key is SQLAlchemy's to say
        assert moved.group is not None
        assert moved.group.id == 12
    assert replaced.group.id == 11
    assert renamed.group is not None
    assert em.changes(moved) == {"group_id": (5, 12)}
    assert em.changes(renamed) == {"name": ("article 004", "changed")}
    em.commit()
    em.clear()
    found = QueryBuilder(Article, manager=em).order_by("id").where("id", "<=", 5).get()
    assert [(a.group_id, a.name) for a in found] == [
        (4, "article 001"),
        (12, "article 002"),
        (11, "article 003"),
        (7, "changed"),
        (8, "article 005"),
    ]


def test_a_relationship_that_was_emptied_stays_so(em: EntityManager) -> None:
    articles = QueryBuilder(Article, manager=em).order_by("id").where("id", "<=", 5).get()
    del articles[1].group
    assert articles[0].group is not None
    em.commit()
    assert articles[1].group_id is None
    assert articles[2].group is not None


def test_what_was_added_to_a_collection_before_it_was_loaded_stays(em: EntityManager) -> None:
    groups = QueryBuilder(Group, manager=em).where_in("id", [3, 4]).order_by("id").get()
    em.persist(Article(id=500, name="new", group=groups[1]))
    with selects(em) as sent:
        assert len(groups[0].articles) == 9
        assert [article.name for article in groups[1].articles].count("new") == 1
        assert len(groups[1].articles) == 11
    assert len(sent) == 1
    em.commit()
    em.clear()
    assert QueryBuilder(Article, manager=em).where("group_id", 4).count() == 11


def test_detached_expired_and_removed_ones_are_left_out(em: EntityManager) -> None:
    articles = QueryBuilder(Article, manager=em).order_by("id").where("id", "<=", 5).get()
    touched, detached, expired, removed, other = articles
    em.detach(detached)
    em.session.expire(expired)
    em.remove(removed)
    with selects(em) as sent:
        assert touched.tags
    assert len(sent) == 1
    assert ["tags" in each.__dict__ for each in (touched, detached, expired, removed, other)] == [
        *(True, False, False, False),
        True,
    ]
    assert len(expired.tags) == 2


def test_an_expired_entity_is_loaded_first(em: EntityManager) -> None:
    articles = QueryBuilder(Article, manager=em).order_by("id").where("id", "<=", 5).get()
    em.session.expire(articles[0])
    assert articles[0].group is not None
    assert articles[0].group.id == 4


def test_nothing_is_kept_alive(em: EntityManager) -> None:
    articles = QueryBuilder(Article, manager=em).order_by("id").where("id", "<=", 5).get()
    kept, gone = articles[0], weakref.ref(articles[1])
    del articles
    gc.collect()
    assert gone() is None
    with selects(em) as sent:
        assert len(kept.tags) == 2
    if em.session.get_bind().dialect.name == "sqlite":
        assert sent[0].endswith("WHERE ? = lazy_article_tag.article_id AND lazy_tag.id = lazy_article_tag.tag_id")
    group = weakref.ref(kept)
    del kept
    gc.collect()
    assert group() is None


@pytest.mark.parametrize("batch", [True, False])
def test_deleted_targets_are_left_out_as_sqlalchemys_loader_does(empty: EntityManager, batch: bool) -> None:
    fill(empty, Album, *({"id": n} for n in range(1, 5)))
    fill(empty, Song, *({"id": n, "album_id": n % 4 + 1} for n in range(1, 17)))
    for entity, key in ((Album, 2), (Song, 4), (Song, 8)):
        empty.remove(empty.get(entity, key))
    empty.commit()
    empty.clear()
    query = QueryBuilder(Album, manager=empty).with_deleted().order_by("id")
    albums: list[Any] = query.get() if batch else [query.find(n) for n in range(1, 5)]
    assert [sorted(song.id for song in album.songs) for album in albums] == [
        [12, 16],
        [1, 5, 9, 13],  # the album is deleted, and was asked for
        [2, 6, 10, 14],
        [3, 7, 11, 15],
    ]
    empty.clear()
    del albums
    songs: list[Any] = [empty.get(Song, n) for n in range(1, 4)]
    if batch:
        empty.clear()
        songs = QueryBuilder(Song, manager=empty).where("id", "<", 4).order_by("id").get()
    assert [song.album and song.album.id for song in songs] == [None, 3, 4]
    empty.clear()
    deleted = QueryBuilder(Album, manager=empty).with_deleted().find(2)
    songs = [empty.get(Song, n) for n in (1, 2)]
    if batch:
        songs = QueryBuilder(Song, manager=empty).where("id", "<", 3).order_by("id").get()
    assert songs[0].album is deleted  # it is in the session
    assert songs[1].album.id == 3


def test_an_expired_target_is_left_to_sqlalchemy(empty: EntityManager) -> None:
    fill(empty, Album, {"id": 1}, {"id": 2})
    fill(empty, Song, {"id": 1, "album_id": 1}, {"id": 2, "album_id": 2}, {"id": 3, "album_id": 1})
    album = empty.get(Album, 1)
    empty.remove(album)
    empty.commit()
    empty.session.expire(album)
    songs = QueryBuilder(Song, manager=empty).order_by("id").get()
    assert songs[1].album is not None
    assert "album" not in songs[0].__dict__
    assert songs[0].album is songs[2].album is album


def test_inheritance(empty: EntityManager) -> None:
    fill(empty, Party, *({"id": n, "kind": ("firm", "person", "party")[n % 3]} for n in range(1, 31)))
    fill(empty, Firm, *({"id": n, "register_number": f"r{n}"} for n in range(3, 31, 3)))
    fill(
        empty,
        Letter,
        *(
            {"id": n, "sender_id": n, "firm_id": n if n % 3 == 0 else None, "person_id": n if n % 3 == 1 else None}
            for n in range(1, 31)
        ),
    )
    with selects(empty) as sent:
        letters = QueryBuilder(Letter, manager=empty).order_by("id").get()
        firms = [letter.firm and letter.firm.register_number for letter in letters]
        assert len(sent) == 2
        persons = [type(letter.person) for letter in letters]
        assert len(sent) == 3
        senders = [type(letter.sender) for letter in letters]
    assert firms == [f"r{n}" if n % 3 == 0 else None for n in range(1, 31)]
    assert persons == [Person if n % 3 == 1 else type(None) for n in range(1, 31)]
    assert senders == [(Firm, Person, Party)[n % 3] for n in range(1, 31)]
    assert len(sent) == 4
    empty.clear()
    with selects(empty) as sent:
        parties = QueryBuilder(Party, manager=empty).order_by("id").get()
        count = len(sent)
        assert [[letter.id for letter in party.letters] for party in parties] == [[n] for n in range(1, 31)]
    assert len(sent) == count + 1


def test_a_target_of_another_class_in_the_session_is_none(empty: EntityManager) -> None:
    fill(empty, Party, {"id": 1, "kind": "party"}, {"id": 2, "kind": "person"})
    fill(empty, Letter, {"id": 1, "person_id": 1}, {"id": 2, "person_id": 1}, {"id": 3, "person_id": 2})
    party = empty.get(Party, 1)
    letters = QueryBuilder(Letter, manager=empty).order_by("id").get()
    assert letters[2].person is not None
    assert letters[0].person is None
    assert letters[1].person is None
    assert type(party) is Party


def test_keys_that_are_equal_for_the_database_alone(empty: EntityManager) -> None:
    """MariaDB takes `de` for `DE`: which of the two keys a row was found by cannot be told here."""
    ignores_case = empty.session.get_bind().dialect.name == "mysql"
    lower = "de" if ignores_case else "DE"
    fill(empty, Country, {"code": "DE"}, {"code": "FR"})
    fill(
        empty, Town, {"id": 1, "country_code": "DE"}, {"id": 2, "country_code": lower}, {"id": 3, "country_code": "FR"}
    )
    with selects(empty) as sent:
        countries = QueryBuilder(Country, manager=empty).order_by("code").get()
        assert [[town.id for town in country.towns] for country in countries] == [[1, 2], [3]]
    assert len(sent) == (4 if ignores_case else 2)
    empty.clear()
    del countries
    with selects(empty) as sent:
        towns = QueryBuilder(Town, manager=empty).order_by("id").get()
        assert [town.country.code for town in towns] == ["DE", "DE", "FR"]
    assert len(sent) == (3 if ignores_case else 2)


def test_a_join_that_is_no_plain_one_is_sqlalchemys(em: EntityManager) -> None:
    assert lookup(sa.inspect(Group).relationships["cheap"]) is None
    with selects(em) as sent:
        groups = QueryBuilder(Group, manager=em).where_in("id", [3, 4, 5]).get()
        assert [len(group.cheap) for group in groups] == [9, 10, 10]
    assert len(sent) == 4


@pytest.mark.parametrize(
    ("options", "queries"),
    [
        ((), 2),
        ((defer(Article.price),), 2),  # type: ignore[arg-type]
        ((lazyload(Article.group),), 2),  # type: ignore[arg-type]
        ((lazyload(Article.group).selectinload(Group.parent),), 1 + 3 * 2),  # type: ignore[arg-type]
        ((with_loader_criteria(Group, Group.name != "group 4"),), 1 + 3),
    ],
)
def test_options_of_the_programs_own_statement_are_heeded(
    em: EntityManager, options: tuple[Any, ...], queries: int
) -> None:
    statement = select(Article).where(Article.id <= 3).order_by(Article.id).options(*options)  # type: ignore[operator,arg-type]
    with selects(em) as sent:
        articles = list(em.session.exec(statement))
        names = [article.group and article.group.name for article in articles]
        parents = sum("parent" in article.group.__dict__ for article in articles if article.group)
    hidden = len(options) == 1 and not hasattr(options[0], "context")
    assert names == [None if hidden else "group 4", "group 5", "group 6"]
    assert parents == (3 if queries == 7 else 0)
    assert len(sent) == queries


def test_raiseload_is_sqlalchemys(em: EntityManager) -> None:
    articles = em.session.exec(select(Article).options(raiseload(Article.group))).all()  # type: ignore[arg-type]
    with pytest.raises(sa.exc.InvalidRequestError, match="is not available due to lazy='raise'"):
        _ = articles[0].group
    assert all(article.tags for article in articles)


def test_eager_loaded_entities_are_a_batch_too(em: EntityManager) -> None:
    with selects(em) as sent:
        purchases = em.session.exec(select(Purchase).options(selectinload(Purchase.lines))).all()  # type: ignore[arg-type]
        assert len(sent) == 2
        assert {line.article.id for purchase in purchases for line in purchase.lines}
        assert len(sent) == 3
    assert "purchase" not in purchases[0].lines[0].__dict__


def test_flush_cascades_and_merge_load_as_sqlalchemy_does(em: EntityManager) -> None:
    purchases = QueryBuilder(Purchase, manager=em).where("id", "<=", 3).order_by("id").get()
    groups = QueryBuilder(Group, manager=em).where_in("id", [3, 4]).order_by("id").get()
    em.merge(Article(id=1, name="merged", tags=[]))
    em.session.delete(groups[0])
    em.flush()
    assert "articles" not in groups[1].__dict__
    assert "lines" not in purchases[0].__dict__
    assert QueryBuilder(Article, manager=em).where_null("group_id").count() == 5 + 9 + 1
    assert QueryBuilder(ArticleTag, manager=em).where("article_id", 1).count() == 0


def test_autoflush_before_the_batch(em: EntityManager) -> None:
    em.session.autoflush = True
    groups = QueryBuilder(Group, manager=em).where_in("id", [3, 4]).order_by("id").get()
    em.persist(Article(id=500, name="new", group_id=4))
    assert (len(groups[0].articles), len(groups[1].articles)) == (9, 11)


def test_a_plain_session_loads_in_batches_too(em: EntityManager) -> None:
    engine: Any = em.session.get_bind()
    with Session(engine) as session, selects(em) as sent:
        articles = session.scalars(select(Article).where(Article.id <= 20)).all()  # type: ignore[operator]
        assert {article.group.id for article in articles if article.group} == set(range(3, 13))
    assert len(sent) == 2


def test_the_connection_goes_back_after_it(database_url: str) -> None:
    with filled(database_url, stock):
        engine = database.engine_for(sa.make_url(database_url))
        with EntityManager(engine, release_when_idle=True) as em:
            articles = QueryBuilder(Article, manager=em).where("id", "<=", 20).get()
            with selects(em) as sent:
                assert {article.group.id for article in articles if article.group} == set(range(3, 13))
                assert len(sent) == 1
            pool: Any = engine.pool
            assert pool.checkedout() == 0
        engine.dispose()
