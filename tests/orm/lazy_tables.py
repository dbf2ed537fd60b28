"""Entities with every kind of relationship, a manager on a filled database, and what was sent to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa

from fx_orm import AbstractEntity, EntityManager, Field, Relationship, SoftDelete
from fx_orm.database import engine_for


class ArticleTag(AbstractEntity, table=True):
    __tablename__ = "lazy_article_tag"
    article_id: int = Field(foreign_key="lazy_article.id", primary_key=True)
    tag_id: int = Field(foreign_key="lazy_tag.id", primary_key=True)


class Group(AbstractEntity, table=True):
    """A tree, with its articles by name, and the cheap ones by a join that is no plain one."""

    __tablename__ = "lazy_group"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    parent_id: int | None = Field(default=None, foreign_key="lazy_group.id")
    parent: "Group | None" = Relationship(back_populates="children")
    children: list["Group"] = Relationship(back_populates="parent")
    articles: list["Article"] = Relationship(
        back_populates="group", sa_relationship_kwargs={"order_by": lambda: Article.__table__.c.name.desc()}
    )
    cheap: list["Article"] = Relationship(
        sa_relationship_kwargs={
            "primaryjoin": lambda: sa.and_(Group.id == Article.group_id, Article.price < 3),
            "viewonly": True,
        }
    )


class Article(AbstractEntity, table=True):
    __tablename__ = "lazy_article"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    price: int = 1
    group_id: int | None = Field(default=None, foreign_key="lazy_group.id")
    group: Group | None = Relationship(back_populates="articles")
    tags: list["Tag"] = Relationship(back_populates="articles", link_table=ArticleTag)
    sheet: "Sheet | None" = Relationship(back_populates="article")


class Sheet(AbstractEntity, table=True):
    """One to one with an article."""

    __tablename__ = "lazy_sheet"
    id: int | None = Field(default=None, primary_key=True)
    article_id: int = Field(foreign_key="lazy_article.id")
    article: Article = Relationship(back_populates="sheet")


class Tag(AbstractEntity, table=True):
    __tablename__ = "lazy_tag"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    articles: set[Article] = Relationship(back_populates="tags", link_table=ArticleTag)


class Purchase(AbstractEntity, table=True):
    __tablename__ = "lazy_purchase"
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1, version=True)
    lines: list["Line"] = Relationship(back_populates="purchase")


class Line(AbstractEntity, table=True):
    __tablename__ = "lazy_line"
    purchase_id: int = Field(foreign_key="lazy_purchase.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    article_id: int = Field(foreign_key="lazy_article.id")
    purchase: Purchase = Relationship(back_populates="lines")
    article: Article = Relationship()
    remarks: list["Remark"] = Relationship(back_populates="line")


class Remark(AbstractEntity, table=True):
    """Points to a composite key."""

    __tablename__ = "lazy_remark"
    __table_args__ = (
        sa.ForeignKeyConstraint(["line_purchase_id", "line_number"], ["lazy_line.purchase_id", "lazy_line.number"]),
    )
    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(max_length=40)
    line_number: int | None = None
    line_purchase_id: int | None = None
    line: Line | None = Relationship(back_populates="remarks")


class Party(AbstractEntity, table=True):
    """Joined-table inheritance with `Firm`, single-table inheritance with `Person`."""

    __tablename__ = "lazy_party"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(default="party", max_length=20)
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_on": "kind", "polymorphic_identity": "party"}
    letters: list["Letter"] = Relationship(
        back_populates="sender", sa_relationship_kwargs={"foreign_keys": lambda: Letter.sender_id}
    )


class Firm(Party, table=True):
    __tablename__ = "lazy_firm"
    id: int | None = Field(default=None, primary_key=True, foreign_key="lazy_party.id")
    register_number: str = Field(default="", max_length=20)
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "firm"}


class Letter(AbstractEntity, table=True):
    __tablename__ = "lazy_letter"
    id: int | None = Field(default=None, primary_key=True)
    sender_id: int | None = Field(default=None, foreign_key="lazy_party.id")
    firm_id: int | None = Field(default=None, foreign_key="lazy_firm.id")
    person_id: int | None = Field(default=None, foreign_key="lazy_party.id")
    sender: Party | None = Relationship(
        back_populates="letters", sa_relationship_kwargs={"foreign_keys": lambda: Letter.sender_id}
    )
    firm: Firm | None = Relationship(sa_relationship_kwargs={"foreign_keys": lambda: Letter.firm_id})
    person: "Person | None" = Relationship(sa_relationship_kwargs={"foreign_keys": lambda: Letter.person_id})


class Person(Party, table=True):
    nickname: str | None = Field(default=None, max_length=20)
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "person"}


class Album(SoftDelete, AbstractEntity, table=True):
    __tablename__ = "lazy_album"
    id: int | None = Field(default=None, primary_key=True)
    songs: list["Song"] = Relationship(back_populates="album")


class Song(SoftDelete, AbstractEntity, table=True):
    __tablename__ = "lazy_song"
    id: int | None = Field(default=None, primary_key=True)
    album_id: int | None = Field(default=None, foreign_key="lazy_album.id")
    album: Album | None = Relationship(back_populates="songs")


class Country(AbstractEntity, table=True):
    """Its key is a text, which MariaDB compares without regard to case."""

    __tablename__ = "lazy_country"
    code: str = Field(primary_key=True, max_length=2)
    towns: list["Town"] = Relationship(back_populates="country")


class Town(AbstractEntity, table=True):
    __tablename__ = "lazy_town"
    id: int | None = Field(default=None, primary_key=True)
    country_code: str = Field(foreign_key="lazy_country.code", max_length=2)
    country: Country = Relationship(back_populates="towns")


ENTITIES: list[Any] = [
    *(Group, Article, Sheet, Tag, ArticleTag, Purchase, Line, Remark),
    *(Party, Firm, Letter, Album, Song, Country, Town),
]


@contextmanager
def filled(url: str, fill: Callable[[sa.Connection], None] | None = None) -> Iterator[EntityManager]:
    """Open a manager on a database that holds what `fill` puts there."""
    engine = engine_for(sa.make_url(url))
    AbstractEntity.metadata.create_all(engine, [entity.__table__ for entity in ENTITIES])
    if fill is not None:
        with engine.begin() as connection:
            fill(connection)
    try:
        with EntityManager(engine) as em:
            yield em
    finally:
        engine.dispose()


@contextmanager
def selects(em: EntityManager) -> Iterator[list[str]]:
    """Collect the SELECTs that a database gets."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            sent.append(" ".join(statement.split()))

    engine = em.session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def put(connection: sa.Connection, entity: Any, *rows: dict[str, Any]) -> None:
    """Insert rows."""
    connection.execute(sa.insert(entity.__table__), list(rows))


def stock(connection: sa.Connection) -> None:
    """Put in ten groups under two roots, a hundred articles, two tags for each, purchases of three lines."""
    put(connection, Group, *({"id": n, "name": f"root {n}", "parent_id": None} for n in (1, 2)))
    put(connection, Group, *({"id": n, "name": f"group {n}", "parent_id": n % 2 + 1} for n in range(3, 13)))
    put(
        connection,
        Article,
        *(
            {"id": n, "name": f"article {n:03}", "price": n % 5, "group_id": n % 10 + 3 if n < 96 else None}
            for n in range(1, 101)
        ),
    )
    put(connection, Sheet, *({"id": n, "article_id": n * 2} for n in range(1, 51)))
    put(connection, Tag, *({"id": n, "name": f"tag {n}"} for n in range(1, 6)))
    put(connection, ArticleTag, *({"article_id": n, "tag_id": (n + m) % 5 + 1} for n in range(1, 101) for m in (0, 1)))
    put(connection, Purchase, *({"id": n, "version": 1} for n in range(1, 21)))
    put(
        connection,
        Line,
        *({"purchase_id": n, "number": m, "article_id": (3 * n + m) % 100 + 1} for n in range(1, 21) for m in range(3)),
    )
    put(
        connection,
        Remark,
        *({"id": n, "text": f"r{n}", "line_purchase_id": n % 20 + 1, "line_number": n % 3} for n in range(1, 41)),
        {"id": 41, "text": "none", "line_purchase_id": None, "line_number": None},
    )
