"""Several processes at once on the three databases: an upsert leaves one row, and nobody an error."""

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

ROOT = Path(__file__).parents[2]
PROCESSES, KEYS, ROUNDS = 8, 12, 4

WORKER = f"""
import sys
import fx_orm
from fx_orm import AbstractEntity, Field, Repository

class Counter(AbstractEntity, table=True):
    __tablename__ = "race_counter"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40, unique=True)
    amount: int = 0

fx_orm.configure(database=sys.argv[1])
counters = Repository(Counter)
number = int(sys.argv[2])
for at in range({ROUNDS}):
    rows = [{{"name": f"counter {{key}}", "amount": number}} for key in range({KEYS})]
    counters.upsert(rows[number:] + rows[:number], keys=["name"])
    counters.upsert({{"name": f"alone {{at}}", "amount": number}}, keys=["name"])
"""


def test_eight_processes_upsert_the_same_keys(database_url: str, tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)

    engine = sa.create_engine(database_url)
    table = sa.Table(
        "race_counter",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), unique=True, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
    )
    table.create(engine)
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), database_url, str(number)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    assert [process.communicate()[1][-300:] for process in processes] == [""] * PROCESSES
    with engine.connect() as connection:
        names = connection.execute(sa.text("SELECT name FROM race_counter ORDER BY name")).scalars().all()
    engine.dispose()
    assert names == sorted([*(f"counter {key}" for key in range(KEYS)), *(f"alone {at}" for at in range(ROUNDS))])
