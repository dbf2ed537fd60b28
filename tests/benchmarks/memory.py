"""How much memory 500,000 rows take: streamed, in chunks, and read at once; each way in a process of its own.

POSIX alone tells the most memory that a process had.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from fx_orm import AbstractEntity, EntityManager, Field, QueryBuilder
from fx_orm.database import engine_for

ROWS = 500_000


class Grain(AbstractEntity, table=True):
    __tablename__ = "bench_grain"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    weight: float


def _grains(em: EntityManager) -> "QueryBuilder[Grain]":
    return QueryBuilder(Grain, manager=em)


WAYS: dict[str, Callable[[EntityManager], int]] = {
    "the first 1,000 alone": lambda em: len(_grains(em).limit(1000).get()),
    "`stream()` of entities": lambda em: sum(1 for _ in _grains(em).stream()),
    "`select(...).stream()` of rows": lambda em: sum(1 for _ in _grains(em).select("id", "name").stream()),
    "`chunk()` of entities": lambda em: sum(len(part) for part in _grains(em).chunk()),
    "`get()` of entities": lambda em: len(_grains(em).get()),
}


def table() -> str:
    """Run each way and write the most memory that its process had."""
    lines = ["| way | rows | MiB at most |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "grains.db")
        _in_its_process(path, "make")  # a process begins with the most memory that its parent had
        for way in WAYS:
            count, memory = _in_its_process(path, way).split()
            lines.append(f"| {way} | {int(count):,} | {memory} |")
    return "\n".join(lines)


def _in_its_process(path: str, way: str) -> str:
    command = [sys.executable, "-m", "tests.benchmarks.memory", path, way]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _make(path: str) -> None:
    engine = engine_for(sa.make_url(f"sqlite:///{path}"))
    Grain.__table__.create(engine)  # type: ignore[attr-defined]  # made by SQLAlchemy
    with engine.begin() as connection:
        connection.execute(sa.insert(Grain), [{"name": f"grain {at}", "weight": at / 3} for at in range(ROWS)])


def _read(path: str, way: str) -> None:
    """Read in one way, and print how many rows there were and the memory."""
    with EntityManager(engine_for(sa.make_url(f"sqlite:///{path}"))) as em:
        count = WAYS[way](em)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(count, most // (1024 * 1024 if sys.platform == "darwin" else 1024))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(table())
    elif sys.argv[2] == "make":
        _make(sys.argv[1])
    else:
        _read(sys.argv[1], sys.argv[2])
