"""The benchmarks run: every way of calling answers, and a run's figures become tables and JSON."""

from __future__ import annotations

import json
import sys

import pytest
from support import CACHE, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from benches.clients import http_way, server
from benches.guests import Bench, Composed, Forwarded
from benches.measure import Effort, figure, per_call
from benches.sections import Section

TINY = Effort(samples=2, seconds=0.0)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench.at(CACHE / "benches")


@pytest.mark.parametrize("size", [None, 8, 1024])
def test_composed_and_forwarded_calls_answer(bench: Bench, size: int | None) -> None:
    composed = per_call(Composed(bench, "go", "rust").way(size), TINY)
    forwarded = per_call(Forwarded(bench, "go", "rust").way(size), TINY)
    assert 0 < composed.least <= composed.median <= composed.most
    assert forwarded.samples == 2


def test_http_answers_and_its_server_ends() -> None:
    with server("http") as port:
        assert per_call(http_way(port, 8), TINY).median > 0
    with pytest.raises(OSError, match="refused"):
        http_way(port, 8)


def test_figures_become_json() -> None:
    section = Section("title", "s", {"row": {"column": figure([3.0, 1.0, 2.0], 7)}})
    assert json.loads(json.dumps(section.to_json()))["rows"]["row"]["column"] == {
        "median": 2.0,
        "least": 1.0,
        "most": 3.0,
        "samples": 3,
        "calls": 7,
    }
