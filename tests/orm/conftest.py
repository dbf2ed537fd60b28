"""What the tests of entities share: sessions on real databases, and modules that are written as text."""

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from fx_orm.database import engine_for
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
