"""What the tests of entities share: sessions on real databases, and modules that are written as text."""

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

import fx_orm
from fx_orm import EntityManager, database, scope
from fx_orm.config import settings
from fx_orm.database import engine_for
from fx_orm.urls import resolve
from tests.orm.declared import forgotten_entities


@pytest.fixture
def sessions(database_url: str) -> Iterator[Callable[..., Session]]:
    """Open sessions on the test's database, each after creating the tables of the entities that it is given."""
    engine = engine_for(sa.make_url(database_url))
    opened: list[Session] = []

    def open_session(*entities: Any) -> Session:
        SQLModel.metadata.create_all(engine, [entity.__table__ for entity in entities])
        opened.append(Session(engine))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()
    engine.dispose()


@pytest.fixture
def engine_with(database_url: str) -> Iterator[Callable[..., sa.Engine]]:
    """Make the engine of the test's database, after creating the tables of the entities that it is given.

    At the end no connection may be in use.
    """
    made: list[sa.Engine] = []

    def make(*entities: Any, **arguments: str) -> sa.Engine:
        url = sa.make_url(database_url).update_query_dict(arguments)
        made.append(database.engine_for(resolve(url.render_as_string(hide_password=False), Path.cwd())))
        SQLModel.metadata.create_all(made[-1], [entity.__table__ for entity in entities])
        return made[-1]

    yield make
    assert [each.pool.checkedout() for each in made] == [0 for _ in made]  # type: ignore[attr-defined]
    database.dispose()


@pytest.fixture
def configured_with(database_url: str) -> Iterator[Callable[..., sa.Engine]]:
    """Make the test's database the configured one, after creating the tables of the entities that are given."""
    fx_orm.configure(database=database_url)
    engine = database.engine(settings())

    def make(*entities: Any) -> sa.Engine:
        SQLModel.metadata.create_all(engine, [entity.__table__ for entity in entities])
        return engine

    yield make
    scope.current().close()
    database.dispose()
    fx_orm.configure()


@pytest.fixture
def em(engine: sa.Engine) -> Iterator[EntityManager]:
    """A manager of the engine that the module of the test has."""
    with EntityManager(engine) as em:
        yield em


@pytest.fixture
def declare() -> Iterator[Callable[..., types.ModuleType]]:
    """Run source text as a module of its own, whose entities are forgotten after the test."""

    def run(source: str, name: str = "declared", *, future: bool = False) -> types.ModuleType:
        module = types.ModuleType(name)
        sys.modules[name] = module
        text = ("from __future__ import annotations" if future else "") + PREAMBLE + source
        exec(compile(text, name, "exec", dont_inherit=True), vars(module))
        return module

    with forgotten_entities():
        yield run


PREAMBLE = """
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, List, Optional, Set, Union
from fx_orm import AbstractEntity, Field, Relationship
"""
