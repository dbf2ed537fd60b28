"""Statements kept by shape: reused, bounded, safe across threads, and never another result than SQLAlchemy's own."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from fx_orm.entity_manager import EntityManager
from fx_orm.query import plans
from fx_orm.query.statements import Purpose
from fx_orm.query_builder import QueryBuilder
from tests.orm.shop_tables import Shelf, Ware, shop

ROWS = Purpose("rows")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with shop(f"sqlite:///{Path(tmp_path_factory.mktemp('plans')) / 'plans.db'}") as session:
        yield session


def plan_of(session: Session, query: "QueryBuilder[Any]") -> plans.Plan:
    return plans.plan(query.draft.shape(), ROWS, session.connection(), keep=query.draft.keep)


def test_equal_shapes_share_one_statement_whatever_their_values(session: Session) -> None:
    def query(price: int, ids: list[int]) -> "QueryBuilder[Any]":
        return QueryBuilder(Ware).where("price", ">", price).where_in("id", ids).limit(price)

    assert plan_of(session, query(1, [1])) is plan_of(session, query(2, [1, 2, 3]))
    assert plan_of(session, query(1, [1])) is not plan_of(session, query(1, []))
    assert plan_of(session, query(1, [1])) is not plan_of(session, query(1, [1]).order_by("id"))


def test_a_query_with_an_expression_of_sqlalchemy_is_not_kept(session: Session) -> None:
    query = QueryBuilder(Ware, manager=session).where(sa.column("stock") > 4).where("id", "<", 3)
    assert plan_of(session, query) is not plan_of(session, query)
    assert [ware.name for ware in query.get()] == ["Sencha"]


def test_the_store_is_bounded(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "_MOST", 5)
    first = plan_of(session, QueryBuilder(Ware).where("id", 1))
    for at in range(1, 10):
        query = QueryBuilder(Ware)
        for _ in range(at):
            query.where("stock", at)
        plan_of(session, query)
    assert len(plans._plans[session.connection().engine]) == 5
    assert plan_of(session, QueryBuilder(Ware).where("id", 1)) is not first


def test_many_threads_use_the_same_plans(session: Session) -> None:
    engine = session.connection().engine
    wrong: list[object] = []

    def work(seed: int) -> None:
        with Session(engine) as own:
            for at in range(60):
                key = (seed + at) % 5 + 1
                found = QueryBuilder(Ware, manager=own).where("id", key).where_in("id", [key, 99]).get()
                names = QueryBuilder(Ware, manager=own).where("id", "<=", key).order_by("id").pluck("id")
                if [ware.id for ware in found] != [key] or names != list(range(1, key + 1)):
                    wrong.append((key, found, names))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


CONDITIONS = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}
CONDITION = st.tuples(
    st.sampled_from(["AND", "OR"]),
    st.sampled_from(["id", "stock", "price", "shelf_id"]),
    st.sampled_from(list(CONDITIONS)),
    st.integers(-1, 12),
)
ORDER = st.tuples(st.sampled_from(["name", "price", "stock"]), st.sampled_from(["ASC", "DESC"]))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conditions=st.lists(CONDITION, max_size=5), orders=st.lists(ORDER, max_size=2), limit=st.integers(0, 6))
def test_any_chain_gives_what_sqlalchemy_gives(
    session: Session, conditions: list[tuple[str, str, str, int]], orders: list[tuple[str, str]], limit: int
) -> None:
    query, condition = QueryBuilder(Ware, manager=session), None
    for joiner, column, operator, value in conditions:
        (query.where if joiner == "AND" else query.or_where)(column, operator, value)
        new = CONDITIONS[operator](getattr(Ware, column), value)
        if condition is None:
            condition = new
        else:
            condition = sa.and_(condition, new) if joiner == "AND" else sa.or_(condition, new)
    plain = sa.select(Ware).order_by(*(getattr(getattr(Ware, name), way.lower())() for name, way in orders), Ware.id)
    for name, way in orders:
        query.order_by(name, way)
    query.order_by("id").limit(limit)
    if condition is not None:
        plain = plain.where(condition)
    theirs = list(session.scalars(plain.limit(limit)))
    ours = query.get()
    assert [id(entity) for entity in ours] == [id(entity) for entity in theirs]
    with Session(session.connection().engine) as fresh:
        again = query.clone()
        again._manager = fresh
        loaded = again.get()
        assert [entity.model_dump() for entity in loaded] == [entity.model_dump() for entity in theirs]
        assert not fresh.dirty
        assert all(entity in fresh for entity in loaded)


def test_listeners_of_the_session_are_served_by_sqlalchemys_loader(session: Session) -> None:
    seen: list[object] = []
    with Session(session.connection().engine) as own:
        event.listen(own, "do_orm_execute", lambda state: seen.append(state.statement))
        assert QueryBuilder(Shelf, manager=own).where("id", 1).one().name == "Tea"
    assert len(seen) == 1


def test_load_events_of_entities_are_sent(session: Session) -> None:
    seen: list[str] = []

    def listener(target: Shelf, context: object) -> None:
        seen.append(target.name)

    event.listen(Shelf, "load", listener)
    try:
        with Session(session.connection().engine) as own:
            QueryBuilder(Shelf, manager=own).order_by("id").get()
    finally:
        event.remove(Shelf, "load", listener)
    assert seen == ["Tea", "Tools", "Empty"]


def test_entities_of_a_manager_are_tracked_and_saved(session: Session) -> None:
    engine = session.connection().engine
    with EntityManager(engine) as manager:
        ware = QueryBuilder(Ware, manager=manager).where("id", 2).one()
        ware.extra["seen"] = True
        manager.commit()
        assert manager.find(Ware, 2) is ware
    with Session(engine) as own:
        assert QueryBuilder(Ware, manager=own).find(2).extra == {"seen": True}  # type: ignore[union-attr]
