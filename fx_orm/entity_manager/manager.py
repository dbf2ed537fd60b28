"""EntityManager: entities are persisted, found, changed and removed here, and committed together.

It builds no queries (`QueryBuilder` does) and decides nothing about when a connection is taken (`UnitOfWork` does).
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import SQLModel

from fx_orm.entity_manager.changes import changes_of
from fx_orm.entity_manager.loading import load
from fx_orm.entity_manager.transactions import Transaction, Transactions
from fx_orm.entity_manager.unit_of_work import UnitOfWork, is_change
from fx_orm.errors import FxError, NotFoundError
from fx_orm.identity import key_names, mapper_of, read_identity, state_of
from fx_orm.mixins import SoftDelete, is_deleted, stamp
from fx_orm.query import execution
from fx_orm.query_builder import QueryBuilder
from fx_orm.repository import Repository, repository_of

T = TypeVar("T")
H = TypeVar("H", bound=Callable[[], object])


class EntityManager:
    """A unit of work: entities loaded or persisted here are one set of objects, whose changes are committed together.

    Nothing is sent before `flush()` or `commit()`. Changes of loaded entities are noticed, and only changed columns are
    in an UPDATE. After an error it stays usable. It belongs to one thread or task at a time.

    `engine` is the database; by default the configured one. With `release_when_idle` a call that leaves nothing
    uncommitted gives its connection back, and what was loaded is read again by the next call.

    Example:
        with EntityManager() as em:
            em.persist(Category(name="Garden"))
            em.commit()
    """

    def __init__(self, engine: sa.Engine | None = None, *, release_when_idle: bool = False) -> None:
        self._start(UnitOfWork(engine, release_when_idle=release_when_idle))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def session(self) -> Session:
        """The SQLModel session underneath; what is done with it directly is the program's own responsibility."""
        return self._work.session

    # What becomes of entities

    def persist(self, entity: T) -> T:
        """Put a new entity, or a detached one, under management; sent with the next flush. Returns it.

        What its relationships reach comes along.
        """
        state_of(entity)
        with self._work.call(asking=False) as session:
            session.add(entity)
        return entity

    def persist_all(self, entities: Iterable[T]) -> list[T]:
        """Persist several entities."""
        listed = list(entities)
        for entity in listed:
            state_of(entity)
        with self._work.call(asking=False) as session:
            session.add_all(listed)
        return listed

    def remove(self, entity: object) -> None:
        """Delete an entity with the next flush; one that was only persisted so far is forgotten.

        An entity of `SoftDelete` is stamped: its row stays, and is found no more. Raises NotFoundError for one that
        was never in the database.
        """
        self._remove(entity, softly=True)

    def delete(self, entity: object) -> None:
        """Do the same as `remove`."""
        self.remove(entity)

    def force_delete(self, entity: object) -> None:
        """Remove an entity's row with the next flush, also where `remove` only stamps it."""
        self._remove(entity, softly=False)

    def refresh(self, entity: object) -> None:
        """Load an entity's values again; unflushed changes are lost. Raises NotFoundError when its row is gone."""
        state = state_of(entity)
        with self._work.call() as session:
            try:
                session.refresh(entity)
            except InvalidRequestError as error:
                named = _named(type(entity), state.identity)
                raise NotFoundError(f"there is no {named}", entity=type(entity), criteria=state.identity) from error

    def load(self, entity: T, *attributes: str) -> T:
        """Load relationships of an entity, those that are not loaded yet: `"category"`, `"lines.product"`. Returns it.

        Fields that are loaded late, or whose values are out of date, may be named too. Raises QueryError for a name
        that the entity does not have.
        """
        with self._work.call():
            for path in attributes:
                load(entity, path)
        return entity

    def merge(self, entity: T) -> T:
        """Copy a detached entity's values into the managed one with its primary key, loaded first. Returns that one."""
        state_of(entity)
        with self._work.call() as session, self._work.showing_deleted():
            return session.merge(entity)

    def detach(self, entity: object) -> None:
        """Let go of one entity; its changes are not sent."""
        if self.contains(entity):
            with self._work.call() as session:
                session.expunge(entity)

    def clear(self) -> None:
        """Let go of all entities; changes that were not flushed are not sent."""
        with self._work.call() as session:
            session.expunge_all()

    def contains(self, entity: object) -> bool:
        """Tell whether an entity is managed here."""
        state_of(entity)
        return entity in self._work.session

    def changes(self, entity: object) -> dict[str, tuple[Any, Any]]:
        """Tell what the next flush would change in the row: field -> (value before, value now).

        A new entity has none: all of it is new.
        """
        state = state_of(entity)
        if state.key is None:
            return {}
        with self._work.call() as session, self._work.showing_deleted(), session.no_autoflush:
            return changes_of(session, state)

    # Finding

    def find(self, entity_class: type[T], id: Any) -> T | None:
        """Find an entity by its primary key, None when there is none; the one that is loaded already, if it is.

        One that is deleted softly is not found: `query_builder(...).with_deleted().find(id)` finds it.
        `id` is a value, or for a composite key a tuple or a dict. Raises QueryError when it does not fit the key.
        """
        mapper = mapper_of(entity_class)
        identity = read_identity(mapper, id)
        if identity is None:
            return None
        with self._work.call() as session:
            self._work.flush_before_query()
            found: T | None = execution.find(session, mapper, identity)
            return None if is_deleted(found) else found

    def get(self, entity_class: type[T], id: Any) -> T:
        """Find an entity by its primary key. Raises NotFoundError when there is none."""
        found = self.find(entity_class, id)
        if found is None:
            raise NotFoundError(f"there is no {_named(entity_class, id)}", entity=entity_class, criteria=id)
        return found

    def find_existing_entity(self, entity: T) -> T | None:
        """Find the entity with the primary key of this one, None when it has none yet or there is none."""
        mapper = state_of(entity).mapper
        return self.find(type(entity), tuple(getattr(entity, name) for name in key_names(mapper)))

    def get_reference(self, entity_class: type[T], id: Any) -> T:
        """Return an entity to point to, without loading it: its other values are loaded at their first use.

        Whether there is such a row is not asked.
        """
        mapper = mapper_of(entity_class)
        identity = read_identity(mapper, id)
        if identity is None:
            raise NotFoundError(f"there is no {_named(entity_class, id)}", entity=entity_class, criteria=id)
        with self._work.call(asking=False) as session:
            known: T | None = session.identity_map.get(mapper.identity_key_from_primary_key(identity))
            if known is not None:
                return known
            reference: T = mapper.class_manager.new_instance()
            for name, value in zip(key_names(mapper), identity, strict=True):
                set_committed_value(reference, name, value)
            make_transient_to_detached(reference)
            session.add(reference)
            return reference

    def query_builder(self, entity_class: type[T]) -> QueryBuilder[T]:
        """Start a query for entities of a class, run by this manager."""
        mapper_of(entity_class)
        return QueryBuilder(entity_class, manager=self)

    def get_repository(self, entity_class: type[T]) -> Repository[T]:
        """Return the repository of an entity, working with this manager: its own class where one is declared."""
        return repository_of(entity_class, self)

    # The unit of work

    def transaction(self, *, isolation: str | None = None, read_only: bool = False, retries: int = 0) -> Transaction:
        """Open a block that commits when it is left, and rolls everything back when an exception leaves it.

        Inside another one it is a savepoint: its failure undoes only what happened in it. It can decorate a function,
        which with `retries` is run again after a deadlock or a failed serialization. `isolation` is one of SQL's four
        levels; SQLite is always serializable.

        Inside, `commit()` is an error, and after `rollback()` leaving the block commits nothing.

        Example:
            with em.transaction():
                em.persist(order)
        """
        return self._transactions.new(isolation=isolation, read_only=read_only, retries=retries)

    def run(self, fn: Callable[[], T], *, retries: int = 3) -> T:
        """Call `fn` in a transaction, and again after a deadlock or a failed serialization, after a growing pause.

        `fn` must load what it changes itself: each attempt begins with nothing. Returns what `fn` returns.
        """
        return self._transactions.run(fn, retries)

    def after_commit(self, hook: H) -> H:
        """Call `hook` once the work under way is committed, never after a rollback. Returns it: it can be a decorator.

        Hooks run in order, when the outermost `transaction()` is left, or after `commit()`; those of a savepoint that
        was rolled back are dropped. They run outside of the transaction: what they write needs one of its own. When one
        fails the others still run, then AfterCommitError is raised: the rows are committed.

        Example:
            with em.transaction():
                em.persist(order)
                em.after_commit(lambda: print("thank you"))
        """
        self._work.hooks.add(hook)
        return hook

    def flush(self) -> None:
        """Send what is pending; generated keys are known then. A failure rolls back, as for any error."""
        with self._work.call():
            self._work.flush()

    def commit(self) -> None:
        """Send what is pending and commit. Raises FxError inside `transaction()`, which commits by itself."""
        if self._work.blocks:
            raise FxError(
                "commit() inside transaction(): the block commits when it is left; "
                "put what shall be committed by itself outside"
            )
        with self._work.call(ending=True):
            self._work.commit()

    def rollback(self) -> None:
        """Undo everything since the last commit. Inside `transaction()` the block will undo all when it is left."""
        if self._transactions.open:
            self._transactions.open[-1].is_rollback_only = True
            return
        with self._work.call(ending=True):
            self._work.rollback()

    def close(self) -> None:
        """Give the connection back and let go of all entities; what is not committed is undone. It stays usable.

        A `transaction()` that is open commits nothing when it is left.
        """
        self._transactions.give_up()
        self._work.close()

    def exec_statement(self, statement: sa.Executable, params: Any = None) -> Any:
        """Run an SQLAlchemy statement; returns the list of its rows, or how many rows it changed.

        A select of one thing gives the things themselves. Outside `transaction()` a change waits for `commit()`.
        """
        with self.reading() as session:
            if is_change(statement):
                self._work.begin_to_write()
            result = session.execute(statement, params)
            if isinstance(result, sa.CursorResult) and not result.returns_rows:
                return result.rowcount
            rows = result.all()
            return [row[0] for row in rows] if len(result.keys()) == 1 else list(rows)

    def create_all_tables(self) -> None:
        """Create the missing tables of all entities that are imported; migrations are the better way."""
        with self._work.writing() as session:
            SQLModel.metadata.create_all(session.connection())

    def drop_all_tables(self) -> None:
        """Drop the tables of all entities that are imported, with their rows."""
        with self._work.writing() as session:
            SQLModel.metadata.drop_all(session.connection())

    # What queries, repositories and scopes use

    def reading(self) -> AbstractContextManager[Session]:
        """Lend the session for a query; afterwards the connection goes back when nothing else holds it."""
        return self._work.call(querying=True)

    def writing(self) -> AbstractContextManager[Session]:
        """Lend the session for a change: a committed transaction of its own, or a part of the one under way.

        Everything that is pending is flushed with it.
        """
        return self._work.writing()

    def unsaved(self) -> list[str]:
        """Describe for people what would be lost by `close()`."""
        return self._work.unsaved()

    def _start(self, work: UnitOfWork) -> None:
        self._work = work
        self._transactions = Transactions(work)

    def _remove(self, entity: object, *, softly: bool) -> None:
        state = state_of(entity)
        with self._work.call(asking=False) as session:  # what it was loaded with is what a version is compared with
            if state.pending:
                session.expunge(entity)
            elif state.key is None:
                raise NotFoundError(f"this {type(entity).__name__} was never persisted", entity=type(entity))
            elif softly and isinstance(entity, SoftDelete):
                session.add(entity)  # it may be detached
                stamp(entity)
            else:
                session.delete(entity)


def _named(entity_class: type[Any], id: Any) -> str:
    shown = ", ".join(map(str, id)) if isinstance(id, tuple) else str(id)
    return f"{entity_class.__name__} {shown}"
