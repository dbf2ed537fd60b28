"""Measures several ways of doing one thing side by side: rounds alternate, so that all see the same machine.

The best round counts, in processor time of this process: what a shared machine adds is no property of the code.
"""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """Microseconds for one of `count` things, by the way in which they were done."""

    title: str
    count: int
    times: Mapping[str, float]

    def ratio(self, way: str, other: str) -> float:
        """Tell how long a way takes, measured by another one."""
        return self.times[way] / self.times[other]


def measure(title: str, count: int, ways: Mapping[str, Callable[[], object]], *, rounds: int = 15) -> Measured:
    """Run each way once for warming up, then `rounds` times in turn.

    What a way returns stays alive until its time is taken, as a program keeps what it has loaded.
    """
    best = dict.fromkeys(ways, float("inf"))
    for number in range(rounds + 1):
        for name, way in ways.items():
            gc.collect()
            begun = time.process_time()
            result = way()
            passed = time.process_time() - begun
            del result
            if number:
                best[name] = min(best[name], passed)
    return Measured(title, count, {name: seconds / count * 1e6 for name, seconds in best.items()})
