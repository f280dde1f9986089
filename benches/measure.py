"""Samples, and what is said about them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

Timed = Callable[[int], float]
"""Makes so many calls; gives the seconds that they took, without what starting them costs."""

_MOST_CALLS = 1 << 28


@dataclass(frozen=True)
class Effort:
    """How hard to measure.

    Attributes:
        samples: number of samples.
        seconds: what a sample lasts at least.
    """

    samples: int = 7
    seconds: float = 0.05


QUICK = Effort(samples=3, seconds=0.005)


@dataclass(frozen=True)
class Figure:
    """Several samples of one quantity.

    Attributes:
        median: the middle one.
        least: the smallest.
        most: the largest.
        samples: how many there were.
        calls: calls in one sample.
    """

    median: float
    least: float
    most: float
    samples: int
    calls: int

    def to_json(self) -> dict[str, float]:
        """The figure as JSON values."""
        return asdict(self)


def figure(values: list[float], calls: int = 1) -> Figure:
    """Sum samples up."""
    return Figure(statistics.median(values), min(values), max(values), len(values), calls)


def per_call(timed: Timed, effort: Effort) -> Figure:
    """Seconds of one call."""
    return in_turn({"": timed}, effort)[""]


def in_turn(ways: Mapping[str, Timed], effort: Effort) -> dict[str, Figure]:
    """Seconds of one call, several ways, a sample of each in turn: what slows the machine slows all.

    The number of calls is found by growing it until a sample lasts long enough; these trials, which
    also warm everything up, are not counted.
    """
    calls, longest = {}, 0.0
    for name, timed in ways.items():
        calls[name], seconds = _enough(timed, effort)
        longest = max(longest, seconds)
    # A way that takes seconds for a call is not worth minutes.
    samples = effort.samples if longest < 1 else min(3, effort.samples)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(samples):
        for name, timed in ways.items():
            found[name].append(timed(calls[name]) / calls[name])
    return {name: figure(values, calls[name]) for name, values in found.items()}


def _enough(timed: Timed, effort: Effort) -> tuple[int, float]:
    """How many calls make a sample, and how long that takes."""
    calls = 1
    seconds = timed(1)
    while seconds < effort.seconds and calls < _MOST_CALLS:
        wanted = calls * effort.seconds * 1.3 / max(seconds, 1e-9)
        calls = min(_MOST_CALLS, max(calls * 2, min(calls * 100, int(wanted))))
        seconds = timed(calls)
    return calls, seconds


def clock(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
