"""`python -m tests.benchmarks [--write]`: run all, print tables; with --write, put them into the page."""

import platform
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import asynchronous, entities, memory, queries, writers
from tests.benchmarks.measuring import Measured

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
LIBRARIES = ("sqlmodel", "sqlalchemy", "pydantic", "pydantic-core", "psycopg")
PARTS: dict[str, Callable[[], str]] = {
    "memory": memory.table,  # first: a process begins with the most memory that its parent had
    "entities": lambda: table(entities.run(), ("fx_orm", "SQLModel", "SQLAlchemy", "Pydantic")),
    "queries": lambda: table(queries.run(), ("fx_orm", "SQLAlchemy", "SQLModel")),
    "asynchronous": lambda: table(asynchronous.run(), ("fx_orm", "SQLAlchemy")),
    "writers": writers.table,
}


def table(results: Iterable[Measured], ways: tuple[str, ...]) -> str:
    """Write the results as a table; microseconds each, and how long ours takes measured by the second way."""
    other = ways[1]
    lines = [f"| µs each | {' | '.join(ways)} | fx_orm : {other} |", "|---" * (len(ways) + 2) + "|"]
    for result in results:
        times = [f"{result.times[way]:.2f}" if way in result.times else "" for way in ways]
        lines.append(f"| {result.title} | {' | '.join(times)} | **{result.ratio('fx_orm', other):.2f}** |")
    return "\n".join(lines)


def conditions() -> str:
    """Say under which versions and on which machine the figures came about."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"Python {platform.python_version()}, {libraries}; {platform.system()} {platform.machine()}."


def main(arguments: list[str]) -> None:
    """Measure, print, and write if asked to; arguments that are no options name the parts to measure."""
    wanted = [argument for argument in arguments if not argument.startswith("--")] or list(PARTS)
    for name in wanted:
        figures = f"{PARTS[name]()}\n\n{conditions()}"
        print(figures, flush=True)
        if "--write" in arguments:
            text = PAGE.read_text(encoding="utf-8")
            begin, end = f"<!-- figures of {name}: written by `make bench` -->", f"<!-- end of {name} -->"
            before, _, rest = text.partition(begin)
            PAGE.write_text(f"{before}{begin}\n{figures}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
