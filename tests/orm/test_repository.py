"""Repository on the three databases: in every form it can be declared, finding, changing, and each mistake."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from sqlmodel import Field, SQLModel

import fx_orm
from fx_orm import scope
from fx_orm.entity_manager import EntityManager
from fx_orm.entity_manager_interface import EntityManagerInterface
from fx_orm.errors import DuplicateKeyError, MappingError, QueryError
from fx_orm.object_manager import ObjectManager
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository import Repository


class Plant(SQLModel, table=True):
    __tablename__ = "unit_plant"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40, unique=True)
    height: int = 0
    colour: str | None = Field(default=None, max_length=20)


class Bed(SQLModel, table=True):
    __tablename__ = "unit_bed"

    row: int = Field(primary_key=True)
    place: int = Field(primary_key=True)


class Weed(SQLModel, table=True):
    __tablename__ = "unit_weed"

    id: int | None = Field(default=None, primary_key=True)


class PlantRepository(Repository[Plant]):
    def tall(self) -> list[Plant]:
        return self.query_builder().where("height", ">", 100).order_by("name").get()


class BedRepository(Repository):
    def __init__(self) -> None:
        super().__init__(Bed)


@pytest.fixture
def engine(configured_with: Callable[..., sa.Engine]) -> sa.Engine:
    return configured_with(Plant, Bed)


@pytest.fixture
def plants(engine: sa.Engine) -> PlantRepository:
    repository = PlantRepository()
    repository.insert_many(
        [
            {"name": "oak", "height": 3000, "colour": "green"},
            {"name": "rose", "height": 90, "colour": "red"},
            Plant(name="fern", height=60, colour="green"),
            {"name": "moss", "height": 2},
        ]
    )
    return repository


def names(plants: list[Plant]) -> list[str]:
    return [plant.name for plant in plants]


def test_every_form_of_declaration(engine: sa.Engine) -> None:
    assert PlantRepository().entity_class is Plant
    assert BedRepository().entity_class is Bed
    assert Repository(Plant).entity_class is Plant
    assert Repository[Plant]().entity_class is Plant
    assert type(EntityManagerInterface().get_repository(Plant)) is PlantRepository
    assert type(EntityManagerInterface().get_repository(Bed)) is BedRepository
    with EntityManager(engine) as em:
        repository = em.get_repository(Plant)
        assert repository.entity_manager is repository.db is em
    with pytest.raises(MappingError) as error:
        _ = Repository().entity_class
    assert str(error.value) == (
        "Repository does not say of which entity it is; write "
        "`class Repository(Repository[Product])` or `super().__init__(Product)`"
    )
    with pytest.raises(MappingError, match="str is not an entity"):
        Repository(str)


def test_finding(plants: PlantRepository) -> None:
    assert plants.get(1).name == "oak"
    assert plants.find(99) is None
    assert names(plants.find_all(order_by="name")) == ["fern", "moss", "oak", "rose"]
    assert names(plants.find_by({"colour": "green"}, order_by="-height")) == ["oak", "fern"]
    assert names(plants.find_by({"colour": ["red", "blue"]})) == ["rose"]
    assert names(plants.find_by({"colour": []})) == []
    assert names(plants.find_by({"colour": None})) == ["moss"]
    assert names(plants.find_by({"colour": {"red", None}}, order_by={"name": "DESC"})) == ["rose", "moss"]
    assert names(plants.find_by({}, order_by=["colour", "-name"], limit=2, offset=1)) != []
    assert plants.find_one_by({"name": "nothing"}) is None
    assert plants.get_one_by({"name": "oak"}) is plants.get(1)
    assert names(plants.find_many([3, 99, 1, 3])) == ["fern", "oak"]
    assert names(plants.tall()) == ["oak"]


def test_first_last_count_exists_pluck(plants: PlantRepository) -> None:
    first, last = plants.first(), plants.last()
    assert first is not None
    assert last is not None
    assert (first.name, last.name) == ("oak", "moss")
    assert plants.count() == 4
    assert plants.count({"colour": "green"}) == 2
    assert plants.exists({"name": "oak"})
    assert not plants.exists({"name": "elm"})
    assert plants.pluck("name", {"colour": "green"}, order_by="name") == ["fern", "oak"]


def test_pages(plants: PlantRepository) -> None:
    page = plants.paginate(2, 3, order_by="name")
    assert (names(list(page.items)), page.total, page.page, page.per_page, page.pages) == (["rose"], 4, 2, 3, 2)


def test_composite_keys(engine: sa.Engine) -> None:
    beds = BedRepository()
    beds.insert_many([{"row": 1, "place": 1}, {"row": 1, "place": 2}])
    assert beds.get((1, 2)).place == 2
    assert beds.find({"row": 2, "place": 2}) is None
    assert [bed.place for bed in beds.find_many([(1, 2), (9, 9), (1, 1)])] == [2, 1]
    assert beds.delete((1, 1))
    assert beds.count() == 1


class NewPlant(BaseModel):
    name: str
    height: int = 7
    colour: str | None = None


def test_changing(plants: PlantRepository, engine: sa.Engine) -> None:
    elm = plants.create({"name": "elm"}, height=5)
    assert elm.id == 5
    assert plants.create(NewPlant(name="ivy")).height == 0
    assert plants.update(5, {"height": 6, "colour": "grey"})
    assert plants.update(5, NewPlant(name="Elm"))
    assert not plants.update(99, {"height": 6})
    assert plants.update_by({"colour": "green"}, {"height": 1}) == 2
    assert plants.delete(5)
    assert plants.delete(plants.get(6))
    assert not plants.delete(99)
    assert plants.delete_by({"name": ["moss", "nothing"]}) == 1
    with engine.connect() as connection:
        rows = connection.execute(sa.select(Plant.name, Plant.height).order_by(Plant.name))
        assert [tuple(row) for row in rows] == [("fern", 1), ("oak", 1), ("rose", 90)]
    assert plants.get(1).height == 1


def test_a_change_without_criteria_is_refused(plants: PlantRepository) -> None:
    said = "the criteria are empty and every Plant would change; write query_builder().all_rows()"
    with pytest.raises(QueryError) as error:
        plants.delete_by({})
    assert str(error.value) == f"Repository.delete_by(): {said}.delete() if that is meant"
    with pytest.raises(QueryError) as error:
        plants.update_by({}, {"height": 1})
    assert str(error.value) == f"Repository.update_by(): {said}.update({{...}}) if that is meant"
    assert plants.count() == 4


def test_a_failed_call_leaves_nothing_and_the_next_one_works(plants: PlantRepository) -> None:
    with pytest.raises(DuplicateKeyError):
        plants.create(name="oak")
    assert plants.create(name="elm").name == "elm"
    with pytest.raises(DuplicateKeyError):
        plants.insert_many([{"name": "ash"}, {"name": "oak"}])
    assert not plants.exists({"name": "ash"})


def test_inside_a_transaction_calls_are_part_of_it(plants: PlantRepository) -> None:
    em = EntityManagerInterface()
    with pytest.raises(ZeroDivisionError), em.transaction():
        plants.create(name="elm")
        plants.update(1, {"height": 1})
        plants.delete_by({"name": "rose"})
        assert plants.count() == 4
        _ = 1 / 0
    assert names(plants.find_all("name")) == ["fern", "moss", "oak", "rose"]
    assert plants.get(1).height == 3000


def test_a_write_sends_what_is_pending(plants: PlantRepository) -> None:
    plants.get(1).height = 5
    plants.create(name="elm")
    assert plants.entity_manager.unsaved() == []
    plants.entity_manager.clear()
    assert plants.get(1).height == 5


def test_several_repositories_of_one_entity_are_not_guessed_between(engine: sa.Engine) -> None:
    class WeedRepository(Repository[Weed]):
        pass

    class BetterWeedRepository(WeedRepository):
        pass

    assert type(EntityManagerInterface().get_repository(Weed)) is BetterWeedRepository

    class OtherWeedRepository(Repository[Weed]):
        pass

    with pytest.raises(MappingError) as error:
        EntityManagerInterface().get_repository(Weed)
    assert str(error.value) == (
        "Weed has several repositories (BetterWeedRepository, OtherWeedRepository); construct the one you mean"
    )


def test_the_interface_and_the_manager_are_object_managers(engine: sa.Engine) -> None:
    def names_of(manager: ObjectManager) -> list[str]:
        return sorted(QueryBuilder(Plant, manager=manager).pluck("name"))

    with EntityManager(engine) as given:
        interface = EntityManagerInterface(given)
        assert interface.entity_manager is given
        assert interface.session is given.session
        with interface.transaction():
            interface.persist(Plant(name="elm"))
        assert names_of(interface) == names_of(given) == names_of(EntityManagerInterface()) == ["elm"]
        assert interface.query_builder(Plant).count() == 1

    @EntityManagerInterface().transaction()
    def plant(name: str) -> None:
        EntityManagerInterface().persist(Plant(name=name))

    plant("ash")
    assert names_of(EntityManagerInterface()) == ["ash", "elm"]


def test_the_interface_has_every_method_of_the_manager(engine: sa.Engine) -> None:
    def public(of: type) -> set[str]:
        return {name for name in dir(of) if not name.startswith("_")}

    assert public(EntityManager) <= public(EntityManagerInterface)


def test_who_is_current_decides(plants: PlantRepository, engine: sa.Engine) -> None:
    with EntityManager(engine) as em, scope.use(em):
        assert plants.entity_manager is em
        assert plants.get(1) is em.find(Plant, 1)
    assert plants.entity_manager is scope.current()


def test_pages_by_position_and_streams(plants: PlantRepository) -> None:
    first = plants.cursor_paginate(2, criteria={"colour": ["green", None]}, order_by="-height")
    assert names(first.items) == ["oak", "fern"]
    second = plants.cursor_paginate(2, first.next_cursor, {"colour": ["green", None]}, "-height")
    assert (names(second.items), second.next_cursor) == (["moss"], None)
    assert [plant.name for plant in plants.stream({"colour": "green"}, order_by="name", size=1)] == ["fern", "oak"]


class Herb(fx_orm.AbstractEntity, table=True):
    __tablename__ = "unit_herb"

    id: int | None = Field(default=None, primary_key=True)
    name: str = fx_orm.Field(min_length=2, max_length=40, unique=True)
    note: str | None = fx_orm.Field(default=None, max_length=40)
    height: int = fx_orm.Field(default=7, ge=0)
    uses: list[str] = fx_orm.Field(default_factory=list)


@pytest.fixture
def herbs(engine: sa.Engine) -> Repository[Herb]:
    SQLModel.metadata.create_all(engine, tables=[Herb.__table__])
    return Repository(Herb)


@pytest.fixture
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        sent.append(" ".join(statement.split()))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def test_rows_with_missing_and_none_values_are_one_statement(herbs: Repository[Herb], statements: list[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "dill", "note": None},
        {"name": "mint", "height": "30"},
        {"name": "sage", "note": "grey", "uses": ["tea"]},
        {"name": "thyme"},
    ]
    assert herbs.insert_many(rows) == 4
    assert [statement.partition(" VALUES")[0] for statement in statements if "INSERT" in statement] == [
        "INSERT INTO unit_herb (name, note, height, uses)"
    ]
    assert [(herb.name, herb.note, herb.height, herb.uses) for herb in herbs.find_all("id")] == [
        ("dill", None, 7, []),
        ("mint", None, 30, []),
        ("sage", "grey", 7, ["tea"]),
        ("thyme", None, 7, []),
    ]
    assert herbs.insert_many([Herb.CreateModel(name="basil"), {"id": 40, "name": "rue"}]) == 2
    assert herbs.find(40) is not None
    with pytest.raises(ValidationError):
        herbs.insert_many([{"name": "lovage"}, {"name": "x"}])
    assert not herbs.exists({"name": "lovage"})


def test_several_are_changed_to_values_of_their_own(herbs: Repository[Herb], statements: list[str]) -> None:
    herbs.insert_many([{"id": at, "name": f"herb {at}"} for at in range(1, 4)])
    statements.clear()
    assert herbs.update_many([{"id": 1, "height": 10}, {"id": 3, "height": "30"}, {"id": 99, "height": 1}]) == 2
    assert len([statement for statement in statements if statement.startswith("UPDATE")]) == 1
    assert [herb.height for herb in herbs.find_all("id")] == [10, 7, 30]
    with pytest.raises(ValidationError):
        herbs.update_many([{"id": 2, "height": 20}, {"id": 3, "height": -1}])
    assert [herb.height for herb in herbs.find_all("id")] == [10, 7, 30]
    with pytest.raises(QueryError) as error:
        herbs.update_many([{"height": 20}])
    assert str(error.value) == 'Repository.update_many(): a row has no "id", the key of Herb'
    with pytest.raises(QueryError) as error:
        herbs.update_many([{"id": 2, "hight": 20}])
    assert str(error.value) == 'Repository.update_many("hight"): Herb has no field "hight"; did you mean "height"?'


def test_upsert_validates_and_changes_what_is_named(herbs: Repository[Herb]) -> None:
    herbs.create(name="dill", note="old", height=3)
    assert herbs.upsert([{"name": "dill", "height": "50"}, {"name": "mint", "height": 9}], keys=["name"]) == 2
    assert [(herb.name, herb.note, herb.height) for herb in herbs.find_all("name")] == [
        ("dill", "old", 50),
        ("mint", None, 9),
    ]
    herbs.upsert({"name": "dill", "note": "new", "height": 1}, keys=["name"], update=["note"])
    assert herbs.find_one_by({"name": "dill", "note": "new", "height": 50}) is not None
    herbs.upsert({"name": "dill", "height": 1}, keys=["name"], update=[])
    assert herbs.find_one_by({"name": "dill", "height": 50}) is not None
    with pytest.raises(ValidationError):
        herbs.upsert({"name": "d"}, keys=["name"])
    with pytest.raises(QueryError) as error:
        herbs.upsert({"nmae": "d"}, keys=["name"])
    assert str(error.value) == 'Repository.upsert("nmae"): Herb has no field "nmae"; did you mean "name"?'


@pytest.mark.parametrize(
    "run",
    [
        lambda plants: plants.create("oak"),
        lambda plants: plants.update(1, None),
        lambda plants: plants.insert_many([None]),
        lambda plants: plants.insert_many("oak"),
        lambda plants: plants.insert_many({"name": "oak"}),
        lambda plants: plants.update_many([5]),
        lambda plants: plants.update_by({"name": "oak"}, [("height", 1)]),
    ],
)
def test_values_are_a_dict_or_a_model(run: Any, plants: PlantRepository) -> None:
    with pytest.raises(QueryError, match=r"values are a dict or a model, not|rows is a list of dicts or models, not"):
        run(plants)
