"""Names of tables and constraints, indexes of foreign keys, and what fields say about their columns."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlmodel
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from fx_orm import EntityManager, configure
from fx_orm.constraints import follow_convention
from fx_orm.errors import FxError, MappingError
from fx_orm.fields import options_of


def names(table: Any) -> set[str]:
    return {str(item.name) for item in (*table.constraints, *table.indexes)}


@pytest.fixture
def module(declare: Callable[..., Any]) -> Any:
    return declare("""
from fx_orm import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import ForeignKeyConstraint

class HTTPLog(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)

class Place(AbstractEntity, table=True):
    country: str = Field(primary_key=True, max_length=2)
    number: int = Field(primary_key=True)

class ShopVisit(AbstractEntity, table=True):
    __table_args__ = (
        CheckConstraint("minutes > 0"),
        CheckConstraint("minutes < 999", name="short"),
        UniqueConstraint("log_id", "minutes"),
        Index(None, "minutes", "note"),
        ForeignKeyConstraint(["country", "number"], ["place.country", "place.number"], ondelete="CASCADE"),
    )
    id: int | None = Field(default=None, primary_key=True)
    minutes: int
    note: str = Field(default="", max_length=20, renamed_from="remark", index=True)
    country: str | None = Field(max_length=2)
    number: int | None
    log_id: int | None = Field(foreign_key="http_log.id")
    second_id: int | None = Field(foreign_key="http_log.id", index=False)
    third_id: int | None = Field(foreign_key="http_log.id", ondelete="SET NULL")
    fourth_id: int | None = Field(foreign_key="http_log.id", unique=True)
""")


def test_every_constraint_has_a_stable_name(module: Any) -> None:
    assert module.HTTPLog.__table__.name == "http_log"
    assert names(module.ShopVisit.__table__) == {
        "pk_shop_visit",
        "ck_shop_visit_minutes_03278ad4",
        "short",
        "uq_shop_visit_log_id_minutes",
        "uq_shop_visit_fourth_id",
        "fk_shop_visit_country_number_place",
        "fk_shop_visit_log_id_http_log",
        "fk_shop_visit_second_id_http_log",
        "fk_shop_visit_third_id_http_log",
        "fk_shop_visit_fourth_id_http_log",
        "ix_shop_visit_minutes_note",
        "ix_shop_visit_note",
        "ix_shop_visit_country_number",
        "ix_shop_visit_third_id",
    }


def test_the_databases_take_them(module: Any, sessions: Callable[..., Session]) -> None:
    session = sessions(module.HTTPLog, module.Place, module.ShopVisit)
    found = inspect(session.get_bind()).get_indexes("shop_visit")
    assert {"ix_shop_visit_note", "ix_shop_visit_third_id"} <= {str(index["name"]) for index in found}
    log, place = module.HTTPLog(id=1), module.Place(country="CH", number=1)
    session.add_all([log, place])
    session.flush()
    session.add(module.ShopVisit(minutes=1, country="CH", number=1, third_id=1))
    session.commit()
    session.execute(text("DELETE FROM http_log"))
    assert session.execute(text("SELECT third_id FROM shop_visit")).all() == [(None,)]
    session.execute(text("DELETE FROM place"))
    assert session.execute(text("SELECT * FROM shop_visit")).all() == []


POSTGRESQL_STYLE = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


@pytest.fixture
def convention() -> Iterator[Callable[..., None]]:
    yield follow_convention
    follow_convention({})


def test_names_of_an_existing_database(
    module: Any, sessions: Callable[..., Session], convention: Callable[..., None]
) -> None:
    ours = names(module.ShopVisit.__table__)
    convention(POSTGRESQL_STYLE)
    assert names(module.ShopVisit.__table__) == {
        "shop_visit_pkey",
        "shop_visit_minutes_03278ad4_check",
        "short",  # its own
        "shop_visit_log_id_minutes_key",
        "shop_visit_fourth_id_key",
        "shop_visit_country_number_fkey",
        "shop_visit_log_id_fkey",
        "shop_visit_second_id_fkey",
        "shop_visit_third_id_fkey",
        "shop_visit_fourth_id_fkey",
        "shop_visit_minutesnote_idx",
        "shop_visit_note_idx",
        "shop_visit_countrynumber_idx",
        "shop_visit_third_id_idx",
    }
    session = sessions(module.HTTPLog, module.Place, module.ShopVisit)
    found = inspect(session.get_bind()).get_indexes("shop_visit")
    assert {"shop_visit_note_idx", "shop_visit_third_id_idx"} <= {str(index["name"]) for index in found}
    convention({"fk": "FK_%(table_name)s_%(referred_table_name)s_%(referred_column_0_name)s"})
    changed = names(module.ShopVisit.__table__) - ours
    assert changed == {"FK_shop_visit_http_log_id", "FK_shop_visit_place_country"}
    convention({})
    assert names(module.ShopVisit.__table__) == ours


def test_the_convention_of_the_project(
    module: Any, declare: Callable[..., Any], database_url: str, convention: Callable[..., None]
) -> None:
    assert "pk_place" in names(module.Place.__table__)
    configure(database={"url": database_url, "naming_convention": {"pk": "%(table_name)s_key"}})
    try:
        EntityManager().exec_statement(text("SELECT 1"))
        assert "place_key" in names(module.Place.__table__)
        later = declare(
            """
class Later(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
""",
            "declared.later",
        ).Later
        assert names(later.__table__) == {"later_key"}
    finally:
        configure()


def test_plain_tables_are_left_alone(declare: Callable[..., Any]) -> None:
    assert dict(SQLModel.metadata.naming_convention) == dict(sqlmodel.MetaData().naming_convention)
    plain = declare("""
from sqlmodel import SQLModel
class Plain(SQLModel, table=True):
    __tablename__ = "constraint_plain"
    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
""").Plain
    assert {constraint.name for constraint in plain.__table__.constraints} == {None}


def test_options_stand_beside_the_column(declare: Callable[..., Any]) -> None:
    entity = declare("""
class Optioned(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(renamed_from="title", secret=True)
    version: int = Field(default=1, version=True)
""").Optioned
    columns = entity.__table__.columns
    assert columns["name"].info == {"renamed_from": "title", "secret": True}
    assert columns["version"].info == {"version": True}
    assert options_of(entity.model_fields["name"]).renamed_from == "title"
    assert not options_of(entity.model_fields["id"]).secret


def test_sqlmodels_own_columns_and_fields(declare: Callable[..., Any], sessions: Callable[..., Session]) -> None:
    entity = declare("""
import sqlmodel
from fx_orm import Column, JSON
class Mixed(AbstractEntity, table=True):
    __tablename__ = "constraint_mixed"
    id: Optional[int] = sqlmodel.Field(default=None, primary_key=True)
    name: str = sqlmodel.Field(min_length=1)
    at: datetime = sqlmodel.Field(default_factory=datetime.now)
    metadata: dict = Field(default_factory=dict, sa_column=Column(JSON))
    title: str = Field(sa_column=Column("heading", sqlmodel.String(40), nullable=False))
""").Mixed
    session = sessions(entity)
    session.add(entity(name="x", metadata={"a": {"b": 1}}, title="T"))
    session.commit()
    found = session.get(entity, 1)
    found.metadata["a"]["b"] = 2
    session.commit()
    assert (found.metadata, found.title) == ({"a": {"b": 2}}, "T")


def test_a_column_that_says_it_all(declare: Callable[..., Any]) -> None:
    with pytest.raises(MappingError) as caught:
        declare("""
from fx_orm import Column, JSON
Field(sa_column=Column(JSON), unique=True, index=True)
""")
    assert str(caught.value) == "Field: sa_column= already says unique, index; write it on the column"
    assert isinstance(caught.value, FxError)
