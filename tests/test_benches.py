"""The benchmarks run: every way of calling answers, and a run's figures become tables and JSON."""

from __future__ import annotations

import json
import sys

import pytest
from support import CACHE, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from benches.boundary import bounds, carried_ways, ways
from benches.clients import http_way, server
from benches.graphs import graphs, growth
from benches.guests import Bench, Composed, Forwarded
from benches.leaks import leaks
from benches.measure import Effort, figure, per_call
from benches.sections import BOUNDARY_FLOORS, Section, floors

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


def test_both_sides_of_the_boundary_answer(bench: Bench) -> None:
    with ways(bench) as rows:
        assert len({way.name for way in rows}) == len(rows)
        for way in rows:
            assert way.ours(1) > 0
            assert way.theirs is not None
            if "MiB of list" not in way.name:  # these take wasmtime-py seconds
                assert way.theirs(1) > 0
    with carried_ways(bench) as carrying:
        for way in carrying:
            assert way.ours(1) > 0
    assert BOUNDARY_FLOORS.keys() <= {way.name for way in [*rows, *carrying]}


def test_bounds_are_measured(bench: Bench) -> None:
    section = bounds(bench, TINY)
    assert {len(row) for row in section.rows.values()} == {4}


def test_leaks_become_a_table(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benches.leaks.CALLS", {"resources": 10_000})
    section = leaks(bench, TINY)
    assert [list(row) for row in section.rows.values()] == [
        ["resident", "given out by the C library"]
    ]


def test_figures_become_json() -> None:
    section = Section("title", "s", {"row": {"column": figure([3.0, 1.0, 2.0], 7)}})
    assert json.loads(json.dumps(section.to_json()))["rows"]["row"]["column"] == {
        "median": 2.0,
        "least": 1.0,
        "most": 3.0,
        "samples": 3,
        "calls": 7,
    }


def test_graphs_of_many_nodes_are_planned_and_composed(bench: Bench) -> None:
    section = graphs(bench, TINY, sizes=(1, 5))
    assert {name: list(row) for name, row in section.rows.items()} == {
        "1 nodes": ["read", "plan", "compose and validate"],
        "5 nodes": ["read", "plan", "compose and validate"],
    }
    assert all(each.least > 0 for row in section.rows.values() for each in row.values())
    assert list(bench.cache.glob("tmp*")) == []


def test_growth_is_told_for_a_node_and_against_the_size_before() -> None:
    rows = {"10 nodes": {"plan": figure([0.1])}, "40 nodes": {"plan": figure([0.8])}}
    assert growth(Section("title", "s", rows)) == [
        ("10 nodes", "plan", 0.01, None),
        ("40 nodes", "plan", 0.02, 2.0),
    ]


@pytest.mark.parametrize(("plan", "compose", "holds"), [(0.9, 4.9, True), (1.1, 5.1, False)])
def test_a_promise_that_does_not_hold_is_told(plan: float, compose: float, holds: bool) -> None:
    rows = {
        "500 nodes": {"plan": figure([0.1]), "compose and validate": figure([compose])},
        "1000 nodes": {"plan": figure([plan])},
    }
    found = floors({"graphs": Section("title", "s", rows)})
    assert [row[1:] for row in found] == [(1.0, plan, holds), (5.0, compose, holds)]
