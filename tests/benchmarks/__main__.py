"""`python -m tests.benchmarks [--write]`: run all, print the table; with --write, put it into the page about speed."""

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import entities
from tests.benchmarks.measuring import Measured

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"
WAYS = ("fx_orm", "SQLModel", "SQLAlchemy", "Pydantic")
LIBRARIES = ("sqlmodel", "sqlalchemy", "pydantic", "pydantic-core")


def table(results: Iterable[Measured]) -> str:
    """Write the results as a table; microseconds each, and how long ours takes measured by SQLModel."""
    lines = [f"| µs each | {' | '.join(WAYS)} | fx_orm : SQLModel |", "|---" * (len(WAYS) + 2) + "|"]
    for result in results:
        times = [f"{result.times[way]:.2f}" if way in result.times else "" for way in WAYS]
        lines.append(f"| {result.title} | {' | '.join(times)} | **{result.ratio('fx_orm', 'SQLModel'):.2f}** |")
    return "\n".join(lines)


def conditions() -> str:
    """Say under which versions and on which machine the figures came about."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"Python {platform.python_version()}, {libraries}; {platform.system()} {platform.machine()}."


def main(arguments: list[str]) -> None:
    """Measure, print, and write if asked to."""
    figures = f"{table(entities.run())}\n\n{conditions()}"
    print(figures)
    if "--write" in arguments:
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
