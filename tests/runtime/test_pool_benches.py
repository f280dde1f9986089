"""The benchmarks of pools run, and say what they are about."""

from __future__ import annotations

import sys

import pytest
from support import CACHE, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from benches import pools as benches
from benches.guests import Bench
from benches.measure import Effort
from benches.sections import floors

TINY = Effort(samples=1, seconds=0.0)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench.at(CACHE / "benches")


def test_requests_are_counted_and_timed(bench: Bench) -> None:
    section = benches.pools(bench, TINY)
    assert len(section.rows) == 1 + 4 * len(benches.CALLERS)
    for row in section.rows.values():
        assert list(row) == list(benches.COLUMNS)
        assert 0 < row["p50"].median <= row["p99"].median <= row["p99.9"].median
        assert row[benches.REQUESTS].median > 0


def test_two_guests_are_compared_with_what_the_machine_gives(bench: Bench) -> None:
    section = benches.parallel(bench, TINY)
    assert set(benches.speed_ups(section)) == {benches.GUESTS, benches.CONTROL}
    ((name, promised, measured, holds),) = floors({"parallel": section})
    assert "SHA-256" in name
    assert holds == (measured >= promised)
