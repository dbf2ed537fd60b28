"""Our loader and SQLAlchemy's own leave the same session behind: two sessions live alike, only loading apart.

Compared after each step: which objects there are, what they hold, what is expired, what is dirty and why, and which
events were heard.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, inspect
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, select

from fx_orm import AbstractEntity, Field, QueryBuilder, Relationship
from fx_orm.database import engine_for
from fx_orm.query.loading import covered, session_covered


class Crate(AbstractEntity, table=True):
    __tablename__ = "loaded_crate"
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""
    things: list["Thing"] = Relationship(back_populates="crate")


class Thing(AbstractEntity, table=True):
    __tablename__ = "loaded_thing"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    number: int = 0
    notes: dict[str, Any] = Field(default_factory=dict)
    crate_id: int | None = Field(foreign_key="loaded_crate.id")
    crate: Crate | None = Relationship(back_populates="things")


IDS = st.integers(1, 4)
STEPS = st.one_of(
    st.tuples(st.just("load"), st.integers(0, 3)),
    st.tuples(st.just("set_number"), IDS, st.integers(0, 3)),
    st.tuples(st.just("set_name"), IDS, st.sampled_from("ab")),
    st.tuples(st.just("change_notes"), IDS, st.integers(0, 2)),
    st.tuples(st.just("touch_crate"), IDS),
    st.tuples(st.just("move"), IDS, st.integers(1, 2)),
    st.tuples(st.just("expire"), IDS),
    st.tuples(st.just("expire_number"), IDS),
    st.tuples(st.just("refresh"), IDS),
    st.tuples(st.just("expunge"), IDS),
    st.tuples(st.just("merge"), IDS, st.integers(0, 3)),
    st.tuples(st.just("delete"), IDS),
    st.tuples(st.just("somebody_else"), IDS, st.integers(5, 8)),
    *(st.tuples(st.just(name)) for name in ("expire_all", "flush", "commit", "rollback")),
)


class World:
    """One session on a database of its own, and everything that it has loaded."""

    def __init__(self, load: Callable[[Session, int], list[Any]], *, autoflush: bool) -> None:
        self.load_things = load
        self.engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        SQLModel.metadata.create_all(self.engine, [Crate.__table__, Thing.__table__])  # type: ignore[attr-defined]
        with Session(self.engine) as session:
            session.add_all([Crate(id=number, name=f"crate {number}") for number in (1, 2)])
            session.add_all(
                [Thing(id=n, name="x", number=n, notes={"n": [n]}, crate_id=1 + n % 2 if n < 4 else None) for n in IDS_]
            )
            session.commit()
        self.session = Session(self.engine, autoflush=autoflush)
        # Held, so that the garbage collector does not decide which of them are known.
        self.crates = list(self.session.scalars(select(Crate)))
        self.held: dict[int, Any] = {}
        self.events: list[tuple[Any, ...]] = []

    def do(self, step: tuple[Any, ...]) -> Any:
        """Take a step; give what it returned, or the error's class, and the warnings."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                result = getattr(self, step[0])(*step[1:])
            except (KeyError, sa.exc.SQLAlchemyError) as error:
                result = type(error)
            return result, [each.category for each in said]

    def load(self, least: int) -> list[tuple[Any, ...]]:
        found = self.load_things(self.session, least)
        same = [(inspect(one).identity, self.held.get(inspect(one).identity[0]) is one) for one in found]
        self.held |= {inspect(one).identity[0]: one for one in found}
        return same

    def set_number(self, key: int, value: int) -> None:
        self.held[key].number = value

    def set_name(self, key: int, value: str) -> None:
        self.held[key].name = value

    def change_notes(self, key: int, value: int) -> None:
        self.held[key].notes.setdefault("n", []).append(value)

    def touch_crate(self, key: int) -> Any:
        crate = self.held[key].crate
        return crate and crate.name

    def move(self, key: int, crate: int) -> None:
        self.held[key].crate = self.session.get(Crate, crate)
        self.session.flush()  # an expiry in between leaves two crates claiming it: the order of a set would decide

    def expire(self, key: int) -> None:
        self.session.expire(self.held[key])

    def expire_number(self, key: int) -> None:
        self.session.expire(self.held[key], ["number"])

    def refresh(self, key: int) -> None:
        self.session.refresh(self.held[key])

    def expunge(self, key: int) -> None:
        self.session.expunge(self.held[key])

    def merge(self, key: int, number: int) -> None:
        merged = self.session.merge(Thing(id=key, name="merged", number=number))
        self.held.setdefault(key, merged)

    def delete(self, key: int) -> None:
        if not self.session.deleted:  # a flush of several may load their crates or not, as the order of its sets goes
            self.session.delete(self.held[key])

    def somebody_else(self, key: int, number: int) -> None:
        self.session.execute(sa.text("UPDATE loaded_thing SET number = :n WHERE id = :id"), {"n": number, "id": key})

    def expire_all(self) -> None:
        self.session.expire_all()

    def flush(self) -> None:
        self.session.flush()

    def commit(self) -> None:
        self.session.commit()

    def rollback(self) -> None:
        self.session.rollback()

    def picture(self) -> dict[str, Any]:
        """Describe the session and all that was loaded, without touching it.

        Not the crates: which of them a flush of SQLAlchemy's loads goes by the order of its sets.
        """
        session = self.session
        things = {}
        for key, thing in self.held.items():
            state: Any = inspect(thing)
            names = {*Thing.model_fields}
            things[key] = {
                "values": {n: v for n, v in thing.__dict__.items() if n in names},
                "is": (state.transient, state.pending, state.persistent, state.deleted, state.detached),
                "key": state.key,
                # Fields alone: whose crates are loaded with a touched one goes by who was loaded together last.
                "expired": (state.expired, state.expired_attributes & names, state.unloaded & names),
                "modified": state.modified,
                "committed": dict(state.committed_state),
                "history": {
                    a.key: tuple(map(list_of, a.history)) for a in state.attrs if a.key in names & thing.__dict__.keys()
                },
                "mine": session.identity_map.get(state.key) is thing if state.key else None,
            }
        return {
            "things": things,
            "new": sorted(str(inspect(one).key) for one in session.new),
            "dirty": sorted(str(inspect(one).key) for one in session.dirty if isinstance(one, Thing)),
            "deleted": sorted(str(inspect(one).key) for one in session.deleted),
            "known": sorted(str(key) for key in session.identity_map if key[0] is Thing),
            "events": sorted(map(str, self.events)),  # a flush takes its objects in no certain order
        }

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()


IDS_ = range(1, 5)


def list_of(items: Any) -> list[Any]:
    return [getattr(item, "id", item) for item in items or ()]


def by_sqlalchemy(session: Session, least: int) -> list[Any]:
    return list(session.scalars(select(Thing).where(Thing.number >= least).order_by(Thing.id)))  # type: ignore[arg-type]


def by_us(session: Session, least: int) -> list[Any]:
    assert session_covered(session)
    return QueryBuilder(Thing, manager=session).where("number", ">=", least).order_by("id").get()


@contextmanager
def heard(worlds: list[World]) -> Iterator[None]:
    """Note in each world the events of its own session's objects."""

    def note(name: str) -> Callable[..., None]:
        def listener(thing: Any, _context: object, attributes: Any = None) -> None:
            state: Any = inspect(thing)
            world = next((each for each in worlds if state.session_id == each.session.hash_key), None)
            # SQLAlchemy also names relationships that were not loaded before and are not now: that is no news.
            fresh = None if attributes is None else sorted(set(attributes) & set(state.mapper.column_attrs.keys()))
            if world is not None and fresh != []:
                world.events.append((name, state.identity, fresh))

        return listener

    listeners = {name: note(name) for name in ("load", "refresh")}
    for name, listener in listeners.items():
        event.listen(Thing, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(Thing, name, listener)


def test_the_entity_takes_the_short_way() -> None:
    assert covered(inspect(Thing))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=14), st.booleans())
def test_the_two_sessions_are_alike(steps: list[tuple[Any, ...]], autoflush: bool) -> None:
    worlds = [World(by_us, autoflush=autoflush), World(by_sqlalchemy, autoflush=autoflush)]
    try:
        with heard(worlds):
            for step in [("load", 0), *steps, ("load", 0)]:
                ours, theirs = (world.do(step) for world in worlds)
                assert ours == theirs, step
                ours, theirs = (world.picture() for world in worlds)
                assert ours == theirs, step
    finally:
        for world in worlds:
            world.close()


def test_the_engine_of_ours(database_url: str) -> None:
    """The same on each database for one fixed life: its drivers give other types than SQLite's."""
    engine = engine_for(sa.make_url(database_url))
    SQLModel.metadata.create_all(engine, [Crate.__table__, Thing.__table__])  # type: ignore[attr-defined]
    with Session(engine) as session:
        session.add(Thing(id=1, name="x", notes={"a": [1]}, crate=Crate(id=1)))
        session.commit()
        session.expunge_all()
        (ours,) = by_us(session, 0)
        values = dict(ours.__dict__)
        session.expunge_all()
        (theirs,) = by_sqlalchemy(session, 0)
        for each in (values, theirs.__dict__):
            each.pop("_sa_instance_state", None)
        assert values == theirs.__dict__
    engine.dispose()


@pytest.mark.parametrize("load", [by_us, by_sqlalchemy])
def test_what_is_let_go_of_is_forgotten(load: Callable[[Session, int], list[Any]]) -> None:
    world = World(load, autoflush=False)
    things = load(world.session, 0)
    world.crates.clear()
    assert len(world.session.identity_map) == 4
    del things
    assert len(world.session.identity_map) == 0
    world.close()


class Drawer(SQLModel, table=True):
    __tablename__ = "loaded_drawer"
    id: int | None = Field(default=None, primary_key=True)

    if not TYPE_CHECKING:

        def __new__(cls, *args: Any, **kwargs: Any) -> "Drawer":
            drawer = super().__new__(cls, *args, **kwargs)
            drawer.__dict__["opened"] = "from the beginning"
            return drawer


def test_what_a_class_puts_into_its_new_objects_stays() -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    SQLModel.metadata.create_all(engine, [Drawer.__table__])  # type: ignore[attr-defined]
    with Session(engine) as session:
        session.execute(sa.insert(Drawer), [{"id": 1}])
        (drawer,) = QueryBuilder(Drawer, manager=session).get()
        assert (drawer.id, drawer.__dict__["opened"]) == (1, "from the beginning")
        assert drawer in session
    engine.dispose()
