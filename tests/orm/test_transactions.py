"""`transaction()` on the three databases: what is kept and what is undone, inside and outside."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from fx_orm import QueryBuilder, Repository
from fx_orm.entity_manager import EntityManager
from fx_orm.errors import DuplicateKeyError, FxError, QueryError


class Account(SQLModel, table=True):
    __tablename__ = "unit_account"

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(max_length=40, unique=True)
    balance: int = 0


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine]) -> sa.Engine:
    return engine_with(Account)


@pytest.fixture
def owners(engine: sa.Engine) -> Callable[[], list[str]]:
    """Whose accounts another connection sees."""

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Account.owner).order_by(Account.owner)))

    return read


def test_it_commits_at_the_end(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Account(owner="ann"))
    assert owners() == ["ann"]


def test_an_exception_rolls_back_and_goes_on(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    account = Account(owner="ann")
    with pytest.raises(ZeroDivisionError), em.transaction():
        em.persist(account)
        em.flush()
        _ = 1 / 0
    assert owners() == []
    assert not em.contains(account)
    with em.transaction():
        em.persist(Account(owner="bob"))
    assert owners() == ["bob"]


def test_changed_entities_have_their_old_values_again(em: EntityManager) -> None:
    account = em.persist(Account(owner="ann", balance=1))
    em.commit()
    with pytest.raises(ZeroDivisionError), em.transaction():
        account.balance = 2
        em.flush()
        _ = 1 / 0
    assert account.balance == 1


def test_an_inner_failure_undoes_the_inner_part_only(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Account(owner="before"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.persist(Account(owner="inner"))
            em.flush()
            _ = 1 / 0
        em.persist(Account(owner="after"))
    assert owners() == ["after", "before"]


def test_an_error_of_the_database_inside_leaves_the_outer_part_usable(
    em: EntityManager, owners: Callable[[], list[str]]
) -> None:
    with em.transaction():
        em.persist(Account(owner="ann"))
        with pytest.raises(DuplicateKeyError), em.transaction():
            em.persist(Account(owner="ann"))
        em.persist(Account(owner="bob"))
    assert owners() == ["ann", "bob"]


def test_an_outer_failure_undoes_the_inner_part_too(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with pytest.raises(ZeroDivisionError), em.transaction():
        with em.transaction():
            em.persist(Account(owner="inner"))
        _ = 1 / 0
    assert owners() == []


def test_commit_inside_is_an_error(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with pytest.raises(FxError) as error, em.transaction():
        em.persist(Account(owner="ann"))
        em.commit()
    assert str(error.value) == (
        "commit() inside transaction(): the block commits when it is left; "
        "put what shall be committed by itself outside"
    )
    assert owners() == []


def test_rollback_inside_undoes_the_block_when_it_is_left(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Account(owner="outer"))
        with em.transaction():
            em.persist(Account(owner="inner"))
            em.rollback()
            em.persist(Account(owner="after it"))
    assert owners() == ["outer"]
    with em.transaction():
        em.persist(Account(owner="second"))
        em.rollback()
    assert owners() == ["outer"]


def test_rollback_in_the_handler_around_it_is_harmless(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    """The pattern that the documentation of services recommends."""

    def transfer() -> None:
        try:
            with em.transaction():
                em.persist(Account(owner="ann"))
                raise KeyError("unexpected")
        except ValueError:
            raise
        except Exception as error:
            em.rollback()
            raise RuntimeError(f"Failed to transfer: {error}") from error

    with pytest.raises(RuntimeError, match="Failed to transfer: 'unexpected'"):
        transfer()
    assert owners() == []
    em.persist(Account(owner="bob"))
    em.commit()
    assert owners() == ["bob"]


def test_a_swallowed_error_is_not_committed_silently(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    em.persist(Account(owner="ann"))
    em.commit()
    with (
        pytest.raises(FxError, match="nothing was committed: a statement of this transaction failed"),
        em.transaction(),
    ):
        em.persist(Account(owner="bob"))
        em.flush()
        em.persist(Account(owner="ann"))
        with pytest.raises(DuplicateKeyError):
            em.flush()
    assert owners() == ["ann"]
    with pytest.raises(FxError, match="nothing was committed"), em.transaction(), em.transaction():
        em.persist(Account(owner="ann"))
        with pytest.raises(DuplicateKeyError):
            em.flush()
    em.persist(Account(owner="carl"))
    em.commit()
    assert owners() == ["ann", "carl"]


def test_work_from_before_the_block_belongs_to_it(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    em.persist(Account(owner="pending"))
    with em.transaction():
        em.persist(Account(owner="inside"))
    assert owners() == ["inside", "pending"]


def test_queries_inside_see_and_keep_what_is_pending(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    """A query neither ends the transaction nor lets go of the session."""
    with em.transaction():
        account = em.persist(Account(owner="ann"))
        assert QueryBuilder(Account, manager=em).get() == []  # not flushed yet, unless autoflush is on
        em.flush()
        assert QueryBuilder(Account, manager=em).first() is account
        assert Repository(Account, em).count() == 1
        assert QueryBuilder(em).from_table("unit_account").select("owner").get() == [{"owner": "ann"}]
        assert em.contains(account)
    assert owners() == ["ann"]


def test_statements_of_builders_and_repositories_belong_to_it(
    em: EntityManager, owners: Callable[[], list[str]]
) -> None:
    em.persist_all([Account(owner="ann"), Account(owner="bob")])
    em.commit()
    with pytest.raises(ZeroDivisionError), em.transaction():
        QueryBuilder(Account, manager=em).where("owner", "ann").update({"balance": 5})
        QueryBuilder(Account, manager=em).where("owner", "bob").delete()
        Repository(Account, em).create({"owner": "carl"})
        em.exec_statement(sa.insert(Account).values(owner="dora", balance=0))
        _ = 1 / 0
    assert owners() == ["ann", "bob"]
    assert em.get(Account, 1).balance == 0


def test_savepoints_at_any_depth(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    """Each failure undoes its own block with all that is inside, nothing else."""
    with em.transaction():
        em.persist(Account(owner="1"))
        with em.transaction():
            em.persist(Account(owner="2 kept"))
            with pytest.raises(ZeroDivisionError), em.transaction():
                em.persist(Account(owner="3 undone"))
                with em.transaction():
                    em.persist(Account(owner="4 undone with it"))
                _ = 1 / 0
            with em.transaction():
                em.persist(Account(owner="3 kept"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.persist(Account(owner="2 undone"))
            _ = 1 / 0
    assert owners() == ["1", "2 kept", "3 kept"]


def test_a_failure_outside_after_one_inside_undoes_all(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    with pytest.raises(KeyError), em.transaction():
        em.persist(Account(owner="outer"))
        with em.transaction():
            em.persist(Account(owner="inner that succeeds"))
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.persist(Account(owner="inner that fails"))
            _ = 1 / 0
        raise KeyError
    assert owners() == []
    assert em.unsaved() == []


def test_a_savepoint_gives_changed_entities_their_values_back(em: EntityManager) -> None:
    account = em.persist(Account(owner="ann", balance=1))
    em.commit()
    with em.transaction():
        account.balance = 2
        with pytest.raises(ZeroDivisionError), em.transaction():
            account.balance = 3
            account.owner = "ann b"
            em.flush()
            _ = 1 / 0
        assert (account.owner, account.balance) == ("ann", 2)
        inner = Account(owner="inner")
        with pytest.raises(ZeroDivisionError), em.transaction():
            em.persist(inner)
            em.remove(account)
            em.flush()
            _ = 1 / 0
        assert em.contains(account)
        assert not em.contains(inner)
    assert em.get(Account, 1).balance == 2


def write_by_flush(em: EntityManager) -> None:
    em.get(Account, 1).balance = 5
    em.session.flush()


def write_by_builder(em: EntityManager) -> None:
    QueryBuilder(Account, manager=em).where("id", 1).update({"balance": 5})


def write_by_statement(em: EntityManager) -> None:
    em.exec_statement(sa.update(Account).values(balance=5))


def write_by_text(em: EntityManager) -> None:
    em.exec_statement(sa.text("INSERT INTO unit_account (owner, balance) VALUES ('bob', 5)"))


def write_by_driver(em: EntityManager) -> None:
    em.session.connection().exec_driver_sql("DELETE FROM unit_account")


@pytest.mark.parametrize(
    "write", [write_by_flush, write_by_builder, write_by_statement, write_by_text, write_by_driver]
)
def test_in_a_read_only_transaction_the_database_refuses_every_write(
    em: EntityManager, engine: sa.Engine, owners: Callable[[], list[str]], write: Callable[[EntityManager], None]
) -> None:
    em.persist(Account(owner="ann"))
    em.commit()
    refusals = {
        "sqlite": "attempt to write a readonly database",
        "postgresql": "cannot execute .* in a read-only transaction",
        "mysql": "Cannot execute statement in a READ ONLY transaction",
    }
    with pytest.raises(sa.exc.DBAPIError, match=refusals[engine.dialect.name]), em.transaction(read_only=True):
        assert em.get(Account, 1).balance == 0
        write(em)
    assert owners() == ["ann"]
    # The next transaction of the same connection writes.
    with em.transaction():
        em.get(Account, 1).balance = 7
        em.persist(Account(owner="bob"))
    assert owners() == ["ann", "bob"]
    assert em.get(Account, 1).balance == 7


def test_a_read_only_transaction_refuses_changes_of_entities(em: EntityManager) -> None:
    em.persist(Account(owner="ann"))
    with pytest.raises(FxError) as error:
        em.transaction(read_only=True).__enter__()
    assert str(error.value) == (
        "isolation= and read_only= need a new transaction, but there is uncommitted work: Account (new); commit first"
    )
    em.commit()
    with pytest.raises(FxError) as error, em.transaction(read_only=True):
        em.get(Account, 1).balance = 5
    assert str(error.value) == "this transaction is read only, but there are changes: Account 1 (changed)"
    with em.transaction(read_only=True), em.transaction():
        assert em.get(Account, 1).balance == 0


@pytest.mark.parametrize("level", ["READ UNCOMMITTED", "read committed", "repeatable_read", "SERIALIZABLE"])
def test_isolation_is_what_was_asked_for_or_more(em: EntityManager, engine: sa.Engine, level: str) -> None:
    question = {
        "postgresql": "SHOW transaction_isolation",
        "mysql": "SELECT REPLACE(@@tx_isolation, '-', ' ')",
        "sqlite": "SELECT 'serializable'",
    }[engine.dialect.name]
    [usual] = em.exec_statement(sa.text(question))
    em.rollback()
    with em.transaction(isolation=level):
        [during] = em.exec_statement(sa.text(question))
    with em.transaction():
        [after] = em.exec_statement(sa.text(question))
    asked = level.replace("_", " ").lower()
    assert str(during).lower() == ("serializable" if engine.dialect.name == "sqlite" else asked)
    assert after == usual


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_what_another_connection_commits_meanwhile(em: EntityManager, engine: sa.Engine, level: str) -> None:
    """Rows are compared, not entities: those stay as they were loaded until they are read anew."""
    with em.transaction(isolation=level, read_only=True):
        assert em.exec_statement(sa.select(Account.owner)) == []
        with engine.begin() as connection:
            connection.execute(sa.insert(Account).values(owner="ann", balance=0))
        seen = em.exec_statement(sa.select(Account.owner))
    assert seen == (["ann"] if level == "READ COMMITTED" and engine.dialect.name != "sqlite" else [])


def test_isolation_is_of_the_outermost(em: EntityManager) -> None:
    with em.transaction(), pytest.raises(FxError) as error:
        em.transaction(isolation="SERIALIZABLE").__enter__()
    assert str(error.value) == "isolation= and read_only= are for the outermost transaction(); a savepoint has none"
    with pytest.raises(QueryError) as unknown:
        em.transaction(isolation="SERIALISABLE")
    assert str(unknown.value) == (
        'transaction(isolation="SERIALISABLE"): there is no such level; did you mean "SERIALIZABLE"?'
    )


def test_as_a_decorator(em: EntityManager, owners: Callable[[], list[str]]) -> None:
    @em.transaction()
    def open_account(owner: str) -> Account:
        return em.persist(Account(owner=owner))

    assert open_account("ann").id == 1
    assert open_account("bob").owner == "bob"
    assert owners() == ["ann", "bob"]
