"""`Timestamps` and `SoftDelete`: who stamps what, and that deleted rows are found nowhere until they are asked for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from sqlmodel import select

from fx_orm import (
    AbstractEntity,
    DuplicateKeyError,
    EntityManager,
    Field,
    NotFoundError,
    QueryBuilder,
    Relationship,
    Repository,
    SoftDelete,
    Timestamps,
)
from fx_orm.database import engine_for


class Shelf(SoftDelete, AbstractEntity, table=True):
    __tablename__ = "mixed_shelf"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=40)
    volumes: list["Volume"] = Relationship(back_populates="shelf")
    keeper_id: int | None = Field(foreign_key="mixed_keeper.id")
    keeper: "Keeper | None" = Relationship()


class Volume(AbstractEntity, Timestamps, SoftDelete, table=True):
    __tablename__ = "mixed_volume"
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(min_length=1)
    pages: int = 1
    shelf_id: int | None = Field(foreign_key="mixed_shelf.id")
    shelf: Shelf | None = Relationship(back_populates="volumes")


class Keeper(AbstractEntity, table=True):
    """No mixin: its `deleted_at` is a field like any other."""

    __tablename__ = "mixed_keeper"
    id: int | None = Field(default=None, primary_key=True)
    deleted_at: datetime | None = None


class Labelling(AbstractEntity, table=True):
    __tablename__ = "mixed_labelling"
    volume_id: int = Field(foreign_key="mixed_volume.id", primary_key=True)
    label_id: int = Field(foreign_key="mixed_label.id", primary_key=True)


class Label(SoftDelete, AbstractEntity, table=True):
    __tablename__ = "mixed_label"
    id: int | None = Field(default=None, primary_key=True)
    volumes: list[Volume] = Relationship(link_table=Labelling)


class Animal(SoftDelete, AbstractEntity, table=True):
    __tablename__ = "mixed_animal"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = "animal"
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal, table=True):
    id: int | None = Field(default=None, primary_key=True, foreign_key="mixed_animal.id")
    __tablename__ = "mixed_dog"
    barks: int = 0
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "dog"}


TABLES = [entity.__table__ for entity in (Keeper, Shelf, Volume, Label, Labelling, Animal, Dog)]  # type: ignore[attr-defined]


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = engine_for(sa.make_url(database_url))
    AbstractEntity.metadata.create_all(engine, TABLES)
    yield engine
    engine.dispose()


@pytest.fixture
def em(engine: sa.Engine) -> Iterator[EntityManager]:
    with EntityManager(engine) as manager:
        yield manager


@pytest.fixture
def library(em: EntityManager) -> EntityManager:
    """Two shelves with two volumes each; volume 2 and shelf 2 are deleted."""
    keeper = Keeper(id=1, deleted_at=datetime.now(UTC))
    for number in (1, 2):
        shelf = Shelf(id=number, name=f"shelf {number}", keeper=keeper)
        em.persist_all(Volume(id=2 * number - 1 + n, title=f"v{2 * number - 1 + n}", shelf=shelf) for n in (0, 1))
    em.commit()
    em.remove(em.get(Volume, 2))
    em.remove(em.get(Shelf, 2))
    em.commit()
    em.clear()
    return em


def test_the_columns_stand_last_and_are_the_machines_own() -> None:
    columns = ["id", "title", "pages", "shelf_id", "deleted_at", "created_at", "updated_at"]
    assert [column.name for column in Volume.__table__.columns] == columns  # type: ignore[attr-defined]
    assert list(Volume.CreateModel.model_fields) == ["title", "pages", "shelf_id"]
    assert list(Volume.PatchModel.model_fields) == ["title", "pages", "shelf_id"]


def test_timestamps(em: EntityManager) -> None:
    before = datetime.now(UTC)
    volume = em.persist(Volume(title="x"))
    assert before <= volume.created_at <= volume.updated_at <= datetime.now(UTC)
    em.commit()
    created, updated = volume.created_at, volume.updated_at
    volume.pages = 2
    em.commit()
    assert volume.created_at == created
    assert volume.updated_at > updated
    updated = volume.updated_at
    assert QueryBuilder(Volume, manager=em).where("id", volume.id).update({"pages": 3}) == 1
    em.refresh(volume)
    assert (volume.pages, volume.created_at) == (3, created)
    assert volume.updated_at > updated
    assert QueryBuilder(Volume, manager=em).insert({"title": "y"}) == 1
    assert QueryBuilder(Volume, manager=em).where("title", "y").one().created_at >= before


def test_deleting_stamps_and_the_row_is_found_no_more(library: EntityManager, engine: sa.Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id FROM mixed_volume WHERE deleted_at IS NOT NULL")).scalars().all()
    assert rows == [2]
    volumes = Repository(Volume, library)
    assert volumes.find(2) is None
    assert library.find(Volume, 2) is None
    with pytest.raises(NotFoundError, match="there is no Volume 2"):
        volumes.get(2)
    assert [v.id for v in volumes.find_all(order_by="id")] == [1, 3, 4]
    assert [v.id for v in volumes.find_many([1, 2, 3])] == [1, 3]
    assert (volumes.count(), volumes.exists({"id": 2}), volumes.pluck("id", {"shelf_id": 1})) == (3, False, [1])
    assert volumes.find_one_by({"title": "v2"}) is None
    assert library.exec_statement(select(Volume.id).order_by(Volume.id)) == [1, 3, 4]  # type: ignore[arg-type]
    assert QueryBuilder(Volume, manager=library).sum("id") == 8
    assert not volumes.delete(2)
    assert not volumes.update(2, {"pages": 5})
    assert volumes.update_by({"id": [1, 2]}, {"pages": 5}) == 1


def test_with_deleted_shows(library: EntityManager) -> None:
    volumes = Repository(Volume, library).with_deleted()
    assert [v.id for v in volumes.find_all(order_by="id")] == [1, 2, 3, 4]
    assert (volumes.count(), volumes.get(2).title) == (4, "v2")
    found = QueryBuilder(Volume, manager=library).with_deleted().find(2)
    assert found is not None
    assert library.find(Volume, 2) is None  # loaded, and deleted all the same
    found.deleted_at = None
    library.commit()
    assert library.find(Volume, 2) is found


def test_joined_tables(library: EntityManager) -> None:
    def ids(query: QueryBuilder[Any]) -> list[tuple[Any, ...]]:
        return sorted((tuple(row.values()) for row in query.get()), key=str)

    volumes = QueryBuilder(library).from_table("mixed_volume v").select("v.id", "s.id as shelf")
    assert ids(volumes.clone().join("mixed_shelf s", "s.id = v.shelf_id")) == [(1, 1)]
    assert ids(volumes.clone().left_join("mixed_shelf s", "s.id = v.shelf_id")) == [(1, 1), (3, None), (4, None)]
    shelves = QueryBuilder(library).from_table("mixed_shelf s").select("v.id", "s.id as shelf")
    assert ids(shelves.clone().right_join("mixed_volume v", "s.id = v.shelf_id")) == [(1, 1), (3, None), (4, None)]
    assert ids(shelves.clone().left_join("mixed_volume v", "s.id = v.shelf_id")) == [(1, 1)]
    assert ids(volumes.clone().with_deleted().join("mixed_shelf s", "s.id = v.shelf_id")) == [
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 2),
    ]
    by_name = QueryBuilder(Volume, manager=library).join("shelf").where("shelf.name", "shelf 2")
    assert (by_name.count(), by_name.with_deleted().count()) == (0, 2)
    inner = QueryBuilder(library).from_table("mixed_shelf").select("id")
    assert QueryBuilder(Volume, manager=library).where_in("shelf_id", inner).pluck("id") == [1]


@pytest.mark.parametrize("database_name", ["sqlite", "postgresql"], indirect=True)
def test_a_full_join(library: EntityManager) -> None:
    query = QueryBuilder(library).from_table("mixed_volume v").full_join("mixed_shelf s", "s.id = v.shelf_id")
    rows = query.select("v.id", "s.id as shelf").get()
    assert sorted([tuple(row.values()) for row in rows], key=str) == [(1, 1), (3, None), (4, None)]


def test_the_sql_of_a_left_join() -> None:
    sql, _ = QueryBuilder(Volume).select("title").left_join("shelf").to_sql("sqlite")
    assert sql == (
        "SELECT mixed_volume.title FROM mixed_volume LEFT OUTER JOIN mixed_shelf AS shelf "
        "ON mixed_volume.shelf_id = shelf.id AND shelf.deleted_at IS NULL WHERE mixed_volume.deleted_at IS NULL"
    )


def test_eager_and_lazy_relationships(library: EntityManager) -> None:
    shelves = Repository(Shelf, library)
    assert [[v.id for v in shelf.volumes] for shelf in shelves.find_by({}, with_="volumes")] == [[1]]
    library.clear()
    assert [v.id for v in shelves.get(1).volumes] == [1]  # lazily
    library.clear()
    volumes = Repository(Volume, library)
    assert [v.shelf and v.shelf.id for v in volumes.find_by({}, order_by="id", with_="shelf")] == [1, None, None]
    library.clear()
    assert [v.shelf and v.shelf.id for v in volumes.find_by({}, order_by="id")] == [1, None, None]
    library.clear()
    shown = QueryBuilder(Shelf, manager=library).with_deleted().with_("volumes").order_by("id").get()
    assert [[v.id for v in shelf.volumes] for shelf in shown] == [[1, 2], [3, 4]]
    assert shown[0].keeper is not None  # no mixin, no soft delete
    library.clear()
    statement = select(Shelf).options(selectinload(Shelf.volumes))  # type: ignore[arg-type]
    assert [[v.id for v in shelf.volumes] for shelf in library.exec_statement(statement)] == [[1]]


def test_relationships_through_a_link_table(library: EntityManager) -> None:
    volumes = QueryBuilder(Volume, manager=library).with_deleted().where_in("id", [1, 2, 3]).get()
    library.persist(Label(id=1, volumes=volumes))
    library.commit()
    library.clear()
    labels = QueryBuilder(Label, manager=library)
    assert [sorted(v.id or 0 for v in label.volumes) for label in labels.clone().with_("volumes").get()] == [[1, 3]]
    assert sorted(labels.clone().join("volumes").select("volumes.id").pluck("volumes.id")) == [1, 3]
    library.clear()
    assert sorted(v.id or 0 for v in library.get(Label, 1).volumes) == [1, 3]
    library.remove(library.get(Label, 1))
    library.commit()
    assert QueryBuilder(Labelling, manager=library).count() == 3  # only the label is stamped


def test_a_plain_session_asks_through_the_builder_alike(library: EntityManager, engine: sa.Engine) -> None:
    with Session(engine) as session:
        assert [v.id for v in QueryBuilder(Volume, manager=session).order_by("id").with_("shelf").get()] == [1, 3, 4]
        assert session.get(Volume, 2) is not None  # SQLAlchemy's own way is not ours


def test_the_builder_deletes_softly_and_by_force(library: EntityManager) -> None:
    query = QueryBuilder(Volume, manager=library)
    volume = library.get(Volume, 1)
    assert query.clone().where_in("id", [1, 2]).delete() == 1
    assert volume.deleted_at is not None
    assert QueryBuilder(library).from_table("mixed_volume").where("id", 3).delete() == 1
    assert query.clone().with_deleted().count() == 4
    assert query.clone().where_in("id", [3, 4]).force_delete() == 1
    assert query.clone().with_deleted().where_in("id", [1, 2]).force_delete() == 2
    assert query.clone().with_deleted().pluck("id") == [3]
    assert QueryBuilder(Keeper, manager=library).where("id", 9).delete() == 0


def test_force_delete_removes(library: EntityManager) -> None:
    volumes = Repository(Volume, library)
    assert volumes.force_delete(2)  # deleted softly already
    assert volumes.force_delete(volumes.get(1))
    assert not volumes.force_delete(1)
    library.force_delete(library.get(Volume, 3))
    library.commit()
    assert volumes.with_deleted().pluck("id") == [4]


def test_a_deleted_row_can_be_merged_refreshed_and_deleted_again(library: EntityManager) -> None:
    volume = library.get(Volume, 4)
    library.remove(volume)
    library.commit()
    stamp = volume.deleted_at
    library.refresh(volume)
    assert volume.deleted_at == stamp
    library.remove(volume)
    library.commit()
    assert volume.deleted_at == stamp
    library.clear()
    volume.deleted_at = None
    volume.pages = 7
    assert library.merge(volume).pages == 7
    library.commit()
    assert library.get(Volume, 4).pages == 7


def test_a_new_entity_is_forgotten_and_a_deleted_one_keeps_its_unique_keys(library: EntityManager) -> None:
    fresh = library.persist(Shelf(name="new"))
    library.remove(fresh)
    library.commit()
    assert Repository(Shelf, library).count() == 1
    with pytest.raises(DuplicateKeyError):
        Repository(Shelf, library).create(name="shelf 2")


def test_inheritance(em: EntityManager) -> None:
    em.persist_all([Animal(id=1), Dog(id=2, barks=1), Dog(id=3, barks=2)])
    em.commit()
    em.remove(em.get(Dog, 2))
    em.commit()
    em.clear()
    assert [dog.id for dog in QueryBuilder(Dog, manager=em).get()] == [3]
    assert sorted(animal.id or 0 for animal in QueryBuilder(Animal, manager=em).get()) == [1, 3]
    assert em.find(Animal, 2) is None
    assert QueryBuilder(Dog, manager=em).with_deleted().count() == 2


def test_a_mixin_needs_an_entity(declare: Callable[..., Any]) -> None:
    with pytest.raises(TypeError):
        declare("from fx_orm import Timestamps\nclass Alone(Timestamps, table=True):\n    id: int")
