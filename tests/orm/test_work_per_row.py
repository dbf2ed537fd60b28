"""What makes large results fast, held without a clock: how many functions of Python a row costs.

Calls are counted, not timed, as the difference between a result and one that is ten rows longer: what a statement costs
as a whole is not in it. What SQLAlchemy's own way costs is the measure where there is one.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder
from fx_orm.database import engine_for
from fx_orm.errors import MappingError

MOMENT = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


class Parcel(AbstractEntity, table=True):
    __tablename__ = "counted_parcel"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    weight: float
    is_sent: bool = False
    sent_at: datetime | None = None


@pytest.fixture
def em() -> Iterator[EntityManager]:
    engine = engine_for(sa.make_url("sqlite:///:memory:?parcels"))
    Parcel.__table__.create(engine)  # type: ignore[attr-defined]  # made by SQLAlchemy
    with EntityManager(engine) as manager:
        with manager.transaction():
            QueryBuilder(Parcel, manager=manager).insert([row(number) for number in range(1, 101)])
        yield manager
    Parcel.__table__.drop(engine)  # type: ignore[attr-defined]
    engine.dispose()


def row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"parcel {number}",
        "weight": number / 2,
        "is_sent": number % 2 == 0,
        "sent_at": MOMENT + timedelta(seconds=number),
    }


def calls(work: Callable[[], object]) -> int:
    """Count the functions of Python that are called."""
    count = 0

    def heard(_frame: FrameType, kind: str, _argument: object) -> None:
        nonlocal count
        count += kind == "call"

    before = sys.getprofile()
    sys.setprofile(heard)
    try:
        kept = work()
    finally:
        sys.setprofile(before)
    del kept  # only now: what becomes of the objects in the end is not counted
    return count


def calls_per_row(em: EntityManager, work: Callable[[int], object]) -> float:
    counted: list[int] = []
    for count in (10, 50, 60):  # the first one fills what is kept: statements, readers of rows
        em.clear()
        counted.append(calls(partial(work, count)))
    return (counted[2] - counted[1]) / 10


def test_a_loaded_row_costs_few_calls_and_no_events_of_attributes(em: EntityManager) -> None:
    heard: list[object] = []

    def note(target: object, *_: object) -> None:
        heard.append(target)

    def ours(count: int) -> object:
        return QueryBuilder(Parcel, manager=em).limit(count).get()

    def theirs(count: int) -> object:
        return em.session.scalars(sa.select(Parcel).limit(count)).all()

    for name in ("name", "weight", "sent_at"):
        event.listen(getattr(Parcel, name), "set", note)
    try:
        # The state, its place in the identity map (looked for, then taken), the values, and the moment in UTC.
        assert calls_per_row(em, ours) <= 5
        assert calls_per_row(em, ours) < calls_per_row(em, theirs)
    finally:
        for name in ("name", "weight", "sent_at"):
            event.remove(getattr(Parcel, name), "set", note)
    assert heard == []


def test_what_is_found_again_costs_few_calls(em: EntityManager) -> None:
    """The key, the call of the manager, a look into the identity map."""
    parcel = em.find(Parcel, 1)
    assert calls(partial(em.find, Parcel, 1)) <= 30
    assert em.find(Parcel, 1) is parcel


def test_persisting_many_is_one_call_of_the_manager(em: EntityManager) -> None:
    def persist(count: int) -> object:
        return em.persist_all([Parcel(name="parcel", weight=1) for _ in range(count)])

    def add(count: int) -> object:
        made = [Parcel(name="parcel", weight=1) for _ in range(count)]
        em.session.add_all(made)
        return made

    assert calls_per_row(em, persist) <= calls_per_row(em, add) + 1  # whether it is an entity at all
    em.clear()
    with pytest.raises(MappingError, match="an object of str is not an entity"):
        em.persist_all([Parcel(name="parcel", weight=1), "parcel"])
    assert not em.session.new
