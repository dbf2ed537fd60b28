"""`lazy`: batch, warn or raise, for all by the setting, for one query by `lazy()`; and what is said then."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import fx_orm
from fx_orm import (
    ConfigError,
    DetachedError,
    EntityManager,
    FxError,
    LazyLoadError,
    LazyLoadWarning,
    QueryBuilder,
    QueryError,
    Repository,
)
from tests.orm.lazy_tables import Article, Group, Purchase, Song, filled, selects, stock


@pytest.fixture
def em(database_url: str) -> Iterator[EntityManager]:
    with filled(database_url, stock) as manager:
        yield manager
    fx_orm.configure()


HERE = __file__


def line_of(text: str) -> int:
    """The line of this file that ends with a text."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (number,) = [at for at, line in enumerate(lines, 1) if line.endswith(text)]
    return number


def articles(em: EntityManager) -> "QueryBuilder[Article]":
    return QueryBuilder(Article, manager=em).where("id", "<=", 20).order_by("id")


def test_raise_for_a_query(em: EntityManager) -> None:
    found = articles(em).lazy("raise").get()
    with selects(em) as sent, pytest.raises(LazyLoadError) as caught:
        _ = found[0].group  # raises
    line = line_of("# raises")
    assert str(caught.value) == (
        f"Article.group is not loaded where it is used, at {HERE}:{line}; "
        'load it along: with_("group") in the query for Article'
    )
    assert caught.value.data == {
        "entity": Article,
        "attribute": "group",
        "file": HERE,
        "line": line,
        "remedy": 'with_("group")',
    }
    assert isinstance(caught.value, FxError)
    assert sent == []
    assert articles(em).where("id", 1).get()[0] is found[0]
    with pytest.raises(LazyLoadError):
        _ = found[0].tags  # a query that says nothing changes nothing
    assert articles(em).lazy("batch").get()[0].tags


def test_what_needs_no_query_is_not_refused(em: EntityManager) -> None:
    groups = QueryBuilder(Group, manager=em).get()
    found = articles(em).lazy("raise").get()
    assert found[0].group is groups[3]
    stray = Repository(Article, em).get_one_by({"id": 100}, lazy="raise")
    assert stray.group is None
    assert articles(em).with_("group", "tags").lazy("raise").get()[0].tags
    found[1].tags = []  # to be replaced, it is loaded as SQLAlchemy does
    found[2].group_id = 3
    found[2].group = groups[4]
    em.session.delete(QueryBuilder(Group, manager=em).where("id", 12).lazy("raise").one())  # so are those it leaves
    em.flush()


def test_it_holds_for_what_was_loaded_along(em: EntityManager) -> None:
    purchase = QueryBuilder(Purchase, manager=em).with_("lines.article", "lines.remarks").lazy("raise").first()
    assert purchase is not None
    with pytest.raises(LazyLoadError) as caught:
        _ = purchase.lines[0].article.tags
    assert caught.value.remedy == 'with_("lines.article.tags")'
    assert str(caught.value).endswith('load it along: with_("lines.article.tags") in the query for Purchase')
    assert purchase.lines[0].purchase is purchase


READ: dict[str, Callable[[EntityManager], Any]] = {
    "get": lambda em: articles(em).lazy("raise").get()[0],
    "first": lambda em: articles(em).lazy("raise").first(),
    "find": lambda em: QueryBuilder(Article, manager=em).lazy("raise").find(1),
    "clone": lambda em: articles(em).lazy("raise").clone().first(),
    "page": lambda em: articles(em).lazy("raise").paginate(1, 5).items[0],
    "cursor": lambda em: articles(em).lazy("raise").cursor_paginate(5).items[0],
    "cursor, ORM": lambda em: articles(em).with_("tags").lazy("raise").cursor_paginate(5).items[0],
    "chunk": lambda em: next(QueryBuilder(Article, manager=em).lazy("raise").chunk(5))[0],
    "stream": lambda em: next(iter(list(articles(em).lazy("raise").stream()))),
    "find_by": lambda em: Repository(Article, em).find_by({"id": [1, 2]}, lazy="raise")[0],
    "find_one_by": lambda em: Repository(Article, em).find_one_by({"id": 1}, lazy="raise"),
    "get_one_by": lambda em: Repository(Article, em).get_one_by({"id": 1}, lazy="raise"),
}


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_every_way_of_reading(em: EntityManager, read: Callable[[EntityManager], Any]) -> None:
    fx_orm.configure(lazy="batch")
    known = em.get(Article, 1)
    article = read(em)
    assert article is known
    with pytest.raises(LazyLoadError):
        _ = article.group


def test_warn_for_a_query(em: EntityManager) -> None:
    found = articles(em).lazy("warn").get()
    with selects(em) as sent, pytest.warns(LazyLoadWarning) as caught:
        groups = [article.group for article in found]  # warns
    (warning,) = caught
    line = line_of("# warns")
    assert str(warning.message) == (
        f"Article.group is not loaded where it is used, at {HERE}:{line}; "
        'load it along: with_("group") in the query for Article'
    )
    assert (warning.filename, warning.lineno, warning.category) == (HERE, line, LazyLoadWarning)
    assert isinstance(warning.message, LazyLoadWarning)
    assert (warning.message.data["entity"], warning.message.data["attribute"]) == (Article, "group")
    assert len(sent) == 1  # loaded for all
    group: Any = groups[0]
    with pytest.warns(LazyLoadWarning, match=r'with_\("group.parent"\) in the query for Article'):
        assert group.parent is not None
    with pytest.warns(LazyLoadWarning, match=r'with_\("group.parent.children"\) in the query for Article'):
        assert len(group.parent.children) == 5


def test_warnings_are_given_once_for_a_place(em: EntityManager) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            for article in articles(em).lazy("warn").limit(3).get():
                assert article.tags
            em.clear()
        assert articles(em).lazy("warn").first().tags  # type: ignore[union-attr]
    assert [str(each.message).partition(" in ")[0].partition("; ")[2] for each in caught] == [
        'load it along: with_("tags")'
    ] * 2


def test_a_warning_can_be_an_error(em: EntityManager) -> None:
    article = articles(em).lazy("warn").first()
    with warnings.catch_warnings():
        warnings.simplefilter("error", LazyLoadWarning)
        with pytest.raises(LazyLoadWarning):
            _ = article and article.group


def test_for_all(em: EntityManager) -> None:
    fx_orm.configure(lazy="raise")
    found = articles(em).get()
    with pytest.raises(LazyLoadError):
        _ = found[0].tags
    assert articles(em).lazy("batch").get()[0].tags
    em.clear()
    found = articles(em).get()
    fx_orm.configure(lazy="warn")
    with pytest.warns(LazyLoadWarning, match=r'Article.group .*with_\("group"\) in the query for Article'):
        group: Any = found[5].group
    with pytest.warns(LazyLoadWarning, match=r'Group.parent .*with_\("group.parent"\) in the query for Article'):
        assert group.parent is not None
    em.clear()
    group = em.get(Group, 11)
    with pytest.warns(LazyLoadWarning, match=r'with_\("articles"\) in the query for Group'):
        assert group.articles
    em.clear()
    purchase: Any = QueryBuilder(Purchase, manager=em).with_("lines").first()
    with pytest.warns(LazyLoadWarning, match=r'with_\("lines.article"\) in the query for Purchase'):
        assert purchase.lines[0].article
    found = articles(em).get()
    fx_orm.configure(lazy="batch")
    assert found[0].group
    fx_orm.configure()
    assert found[1].group


def test_the_environment_says_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FX_ORM_LAZY", "raise")
    fx_orm.configure()
    try:
        assert fx_orm.config.settings().lazy == "raise"
        monkeypatch.setenv("FX_ORM_LAZY", "rase")
        fx_orm.configure()
        with pytest.raises(ConfigError) as caught:
            fx_orm.config.settings()
        assert str(caught.value) == 'environment: FX_ORM_LAZY: "lazy" is "rase"; it takes batch, warn or raise'
    finally:
        monkeypatch.undo()
        fx_orm.configure()


def test_the_place_is_the_programs_own(em: EntityManager) -> None:
    class GroupModel(BaseModel):
        name: str

    class ArticleModel(BaseModel):
        group: GroupModel

    article = articles(em).lazy("raise").first()
    with pytest.raises(ValidationError) as caught:  # Pydantic's, around ours
        ArticleModel.model_validate(article, from_attributes=True)  # the place
    place = f"{HERE}:{line_of('# the place')}"
    assert f"LazyLoadError: Article.group is not loaded where it is used, at {place};" in str(caught.value)


def test_a_detached_entity_says_so_first(em: EntityManager) -> None:
    fx_orm.configure(lazy="raise")
    article = articles(em).lazy("warn").first()
    assert article is not None
    em.detach(article)
    with pytest.raises(DetachedError):
        _ = article.group
    assert Song().album is None  # nor is one that was never persisted refused anything


def test_a_join_that_is_no_plain_one_is_refused_too(em: EntityManager) -> None:
    group = QueryBuilder(Group, manager=em).where("id", 3).lazy("raise").first()
    assert group is not None
    with pytest.raises(LazyLoadError, match=r"Group.cheap is not loaded"):
        _ = group.cheap
    warned = QueryBuilder(Group, manager=em).where("id", 3).lazy("warn").first()
    assert warned is group
    with pytest.warns(LazyLoadWarning):
        cheap = group.cheap
    with pytest.warns(LazyLoadWarning, match=r'with_\("cheap.tags"\) in the query for Group'):
        assert cheap[0].tags


def test_wrong_modes_are_refused(em: EntityManager) -> None:
    wrong: Any = "rase"
    with pytest.raises(QueryError) as caught:
        articles(em).lazy(wrong)
    assert str(caught.value) == 'QueryBuilder.lazy("rase"): there is no such mode; did you mean "raise"?'
    with pytest.raises(QueryError) as caught:
        Repository(Article, em).find_by({}, lazy="nothing")  # type: ignore[arg-type]
    assert str(caught.value) == 'QueryBuilder.lazy("nothing"): there is no such mode; it takes batch, warn, raise'
    wrong = None
    with pytest.raises(QueryError) as caught:
        articles(em).lazy(wrong)
    assert str(caught.value) == "QueryBuilder.lazy(): a name is a string, not an object of NoneType"
    with pytest.raises(QueryError) as caught:
        articles(em).lazy("raise").select("id").get()
    assert str(caught.value) == (
        'QueryBuilder.lazy("raise"): relationships are those of entities, not of selected columns'
    )
    assert articles(em).lazy("raise").pluck("id") == list(range(1, 21))
    assert articles(em).lazy("raise").count() == 20
