"""The end of a manager, and of its writing, on the three databases: for requests, whose answer says what is stored."""

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from fx_orm.entity_manager import EndingEntityManager
from fx_orm.errors import AfterCommitError, DuplicateKeyError, FxError

Manager = EndingEntityManager


class Stamp(SQLModel, table=True):
    __tablename__ = "unit_stamp"

    id: int | None = Field(default=None, primary_key=True)
    motif: str = Field(max_length=40, unique=True)


@pytest.fixture
def engine(engine_with: Callable[..., sa.Engine]) -> sa.Engine:
    return engine_with(Stamp)


@pytest.fixture
def em(engine: sa.Engine) -> Iterator[EndingEntityManager]:
    with EndingEntityManager(engine) as em:
        yield em


@pytest.fixture
def motifs(engine: sa.Engine) -> Callable[[], list[str]]:
    """The motifs that another connection sees."""

    def read() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Stamp.motif).order_by(Stamp.id)))

    return read


def test_the_last_commit_leaves_a_manager_that_reads(em: Manager, motifs: Callable[[], list[str]]) -> None:
    rose = em.persist(Stamp(motif="rose"))
    em.end_writing("it is late", commit=True)
    assert motifs() == ["rose"]
    assert em.find(Stamp, rose.id) is rose
    assert not em.session.in_transaction()
    rose.motif = "tulip"
    for write in (em.flush, em.commit, lambda: em.persist(Stamp(motif="lily")) and em.commit()):
        with pytest.raises(FxError, match=r"^it is late, but there are changes: "):
            write()
    with pytest.raises(FxError, match=r"^it is late, but there are changes: a statement$"), em.transaction():
        em.exec_statement(sa.delete(Stamp))
    with em.transaction():
        assert em.exec_statement(sa.select(Stamp.motif)) == ["rose"]
    em.close()
    em.persist(Stamp(motif="lily"))
    with pytest.raises(FxError, match=r"^it is late, but there are changes: Stamp \(new\)$"):
        em.commit()
    assert motifs() == ["rose"]


def test_the_last_rollback_undoes_what_is_not_committed(em: Manager, motifs: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Stamp(motif="rose"))
    em.persist(Stamp(motif="tulip"))
    em.flush()
    em.persist(Stamp(motif="lily"))
    em.end_writing("it is late", commit=False)
    assert em.unsaved() == []
    assert motifs() == ["rose"]


def test_a_last_commit_that_fails_is_a_rollback(em: Manager, motifs: Callable[[], list[str]]) -> None:
    em.persist_all([Stamp(motif="rose"), Stamp(motif="rose")])
    with pytest.raises(DuplicateKeyError):
        em.end_writing("it is late", commit=True)
    assert motifs() == em.unsaved() == []


def test_hooks_run_after_the_last_commit(em: Manager, motifs: Callable[[], list[str]]) -> None:
    def hook() -> None:
        seen.extend(motifs())
        raise OSError("no mail")

    seen: list[str] = []
    em.persist(Stamp(motif="rose"))
    em.after_commit(hook)
    with pytest.raises(AfterCommitError):
        em.end_writing("it is late", commit=True)
    assert seen == ["rose"]
    em.persist(Stamp(motif="tulip"))
    with pytest.raises(FxError, match=r"^it is late"):
        em.flush()


def test_a_block_that_is_open_would_commit_too_late(em: Manager, motifs: Callable[[], list[str]]) -> None:
    with em.transaction():
        em.persist(Stamp(motif="rose"))
        with pytest.raises(FxError, match=r"^it is late inside transaction\(\), which would commit too late: leave"):
            em.end_writing("it is late", commit=True)
    with em.transaction():
        em.persist(Stamp(motif="tulip"))
        em.end_writing("it is late", commit=False)
    assert motifs() == ["rose"]


def test_a_block_that_only_reads_may_stay_open(em: Manager) -> None:
    with em.transaction(read_only=True):
        assert em.exec_statement(sa.select(Stamp.motif)) == []
        em.end_writing("it is late", commit=True)
        assert em.exec_statement(sa.select(Stamp.motif)) == []


def test_close_and_end_undo_what_a_block_has_done_before(em: Manager, motifs: Callable[[], list[str]]) -> None:
    for end in (em.close, lambda: em.end("it is late")):
        with em.transaction():
            em.persist(Stamp(motif="rose"))
            em.flush()
            end()
            em.persist(Stamp(motif="tulip"))
    assert motifs() == []


def test_the_end_waits_for_a_thread_that_is_in_a_call(em: Manager, motifs: Callable[[], list[str]]) -> None:
    is_inside, may_go_on, is_ended = threading.Event(), threading.Event(), threading.Event()
    errors: list[str] = []

    def work() -> None:
        for block in (em.writing(), em.transaction()):
            try:
                with block:
                    em.persist(Stamp(motif="rose"))
                    is_inside.set()
                    may_go_on.wait(30)
            except FxError as error:
                errors.append(str(error))
            is_ended.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    is_inside.wait(30)
    threading.Timer(0.1, may_go_on.set).start()
    em.end("it is late")
    assert may_go_on.is_set()
    is_ended.set()
    thread.join()
    assert errors == ["it is late, but there are changes: Stamp (new)"] * 2
    assert motifs() == []


def test_a_stream_lets_others_in_while_it_waits(em: Manager, motifs: Callable[[], list[str]]) -> None:
    def in_thread(call: Callable[[], object]) -> object:
        found: list[object] = []
        thread = threading.Thread(target=lambda: found.append(call()))
        thread.start()
        thread.join()
        return found[0]

    with em.transaction():
        em.persist_all([Stamp(motif=motif) for motif in ("rose", "tulip", "lily")])
    for query in (em.query_builder(Stamp), em.query_builder(Stamp).select("motif")):
        stream = query.order_by("id").stream(size=2)
        assert next(stream).motif == "rose"
        assert in_thread(lambda: next(stream).motif) == "tulip"  # noqa: B023 - called at once
        assert in_thread(lambda: em.get_reference(Stamp, 1).id) == 1
        assert [each.motif for each in stream] == ["lily"]


def test_the_end_closes_streams_that_wait(em: Manager, engine: sa.Engine) -> None:
    with em.transaction():
        em.persist_all([Stamp(motif=motif) for motif in ("rose", "tulip", "lily")])
    asked_on = em.query_builder(Stamp).stream(size=1)
    next(asked_on)
    em.end("it is late")
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Stamp)) == 3
        with pytest.raises(FxError, match=r"^this stream was read no further: the transaction that it began in"):
            next(asked_on)
        assert connection.scalar(sa.select(sa.func.count()).select_from(Stamp)) == 3
