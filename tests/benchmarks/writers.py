"""How many transactions a second SQLite takes from several threads or processes that write to one file at once.

Each transaction adds one row and one to a counter that all share; a wall clock counts, for the writers wait for each
other. What is not there at the end, or was refused ("database is locked"), would be counted as lost or refused.
"""

import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import fx_orm
from fx_orm import AbstractEntity, EntityManagerInterface, Field, QueryBuilder, database

SECONDS = float(os.environ.get("FX_BENCH_SECONDS", "5"))
WRITERS = (1, 4, 8)


class Tally(AbstractEntity, table=True):
    __tablename__ = "bench_tally"
    id: int | None = Field(default=None, primary_key=True)
    value: int = 0


class Written(AbstractEntity, table=True):
    __tablename__ = "bench_written"
    id: int | None = Field(default=None, primary_key=True)
    writer: str = Field(max_length=20)


def table() -> str:
    """Measure, and write the results as a table."""
    lines = [
        "| writers | transactions a second | the slowest writer's share | refused | lost |",
        "|---|---|---|---|---|",
    ]
    for kind, start in (("thread", _threads), ("process", _processes)):
        for count in WRITERS:
            written, refused, stored = _measured(start, count)
            total = sum(written)
            share = f"{min(written) / total * count:.0%}"
            plural = kind if count == 1 else {"thread": "threads", "process": "processes"}[kind]
            lines.append(f"| {count} {plural} | {total / SECONDS:,.0f} | {share} | {refused} | {total - stored} |")
    return "\n".join(lines)


def _measured(start: Callable[[str, int], list[tuple[int, int]]], count: int) -> tuple[list[int], int, int]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        fx_orm.configure(database=url)
        em = EntityManagerInterface()
        with em.transaction():
            for entity in (Tally, Written):
                entity.__table__.create(em.session.connection())  # type: ignore[attr-defined]  # made by SQLAlchemy
            em.persist(Tally())
        results = start(url, count)
        stored = QueryBuilder(Written).count()
        assert em.get(Tally, 1).value == stored
        em.close()
        database.dispose()
    return [written for written, _ in results], sum(refused for _, refused in results), stored


def _write(begin: Any) -> tuple[int, int]:
    """Write for some seconds; say how often it succeeded and how often it was refused."""
    em = EntityManagerInterface()
    em.find(Tally, 1)
    written = refused = 0
    begin.wait()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            with em.transaction():
                em.get(Tally, 1).value += 1
                em.persist(Written(writer="writer"))
            written += 1
        except sa.exc.OperationalError:
            refused += 1
    return written, refused


def _threads(_url: str, count: int) -> list[tuple[int, int]]:
    begin = threading.Barrier(count)
    results: list[tuple[int, int]] = []
    threads = [threading.Thread(target=lambda: results.append(_write(begin))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _processes(url: str, count: int) -> list[tuple[int, int]]:
    context = multiprocessing.get_context("spawn")
    begin, results = context.Barrier(count), context.Queue()
    processes = [context.Process(target=_write_in_process, args=(url, begin, results)) for _ in range(count)]
    for process in processes:
        process.start()
    answers = [results.get(timeout=SECONDS + 120) for _ in processes]
    for process in processes:
        process.join()
    return answers


def _write_in_process(url: str, begin: Any, results: Any) -> None:
    fx_orm.configure(database=url)
    results.put(_write(begin))
    EntityManagerInterface().close()
