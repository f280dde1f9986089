"""Several nodes from one component: each has a state and neighbours of its own, the code stands once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from composing_support import Compose, Running

from wcompose.engine import Engine
from wcompose.errors import GuestFault, InstanceEnded, LinkError

NODES = {
    "north": "vault",
    "south": "vault",
    "first": "clerk",
    "second": "clerk",
    "one": "runner",
    "two": "runner",
}
EDGES = [
    ("first:desk", "north"),
    ("second:desk", "south"),
    ("one:desk", "first"),
    ("two:desk", "second"),
]
EXPORTS = {
    "one:trial": "trial-one",
    "two:trial": "trial-two",
    "first:journal": "journal-one",
    "second:journal": "journal-two",
    "north:ledger": "ledger-one",
    "south:ledger": "ledger-two",
}


@pytest.fixture
def pairs(compose: Compose) -> Running:
    """Two strands of the same three components."""
    return compose(NODES, EDGES, EXPORTS)


def test_resources_follow_the_edges_that_are_stated(pairs: Running) -> None:
    """Nobody states an edge for `vault`: the tokens of a desk have one owner."""
    expected = {"first": "north", "one": "north", "second": "south", "two": "south"}
    assert pairs.links("vault") == expected


def test_nothing_is_shared_but_the_code(pairs: Running) -> None:
    pairs.call("trial-one.round-trip", "pear", 1)
    pairs.call("trial-one.keep", "plum")
    pairs.call("trial-two.give-away", "fig")
    assert pairs.tally("ledger-one") == (2, 1)
    assert pairs.tally("ledger-two") == (1, 1)
    calls = ["issue pear", "exchange pear", "read pear", "close pear", "issue plum"]
    assert pairs.call("journal-one.entries") == calls
    assert pairs.call("journal-two.entries") == ["issue fig", "discard fig"]
    assert pairs.call("trial-two.release") == []
    assert [each["label"] for each in pairs.call("trial-one.release")] == ["plum"]
    assert pairs.tally("ledger-one") == (2, 2)


def test_each_component_stands_once(
    pairs: Running, engine: Engine, component_file: Callable[[str], Path]
) -> None:
    children = engine.describe(pairs.file)["children"]
    named = [child["name"] for child in children if "name" in child]
    assert sorted(named) == ["first+second", "north+south", "one+two"]
    size = sum(component_file(name).stat().st_size for name in set(NODES.values()))
    assert pairs.file.stat().st_size < size + 20_000


def test_a_crossed_edge_has_two_owners_and_is_refused(compose: Compose) -> None:
    crossed = [*EDGES[:2], ("one:desk", "first"), ("one:vault", "south"), ("two:desk", "second")]
    with pytest.raises(LinkError) as raised:
        compose(NODES, crossed, EXPORTS)
    assert [finding.rule for finding in raised.value.findings] == ["resource-two-providers"]


def test_the_same_twice_in_a_row(compose: Compose) -> None:
    whole = compose(
        {"top": "runner", "outer": "clerk", "inner": "clerk", "vault": "vault"},
        [("top:desk", "outer"), ("outer:desk", "inner"), ("inner:desk", "vault")],
        {"top:trial": "", "outer:journal": "outer", "inner:journal": "inner", "vault:ledger": ""},
    )
    report = whole.call("trial.round-trip", "pear", 5)
    assert report["down"] == ["runner", "clerk", "clerk"]
    assert report["amount"] == 7
    whole.call("trial.give-away", "plum")
    assert whole.tally() == (2, 2)
    calls = ["issue pear", "exchange pear", "read pear", "close pear", "issue plum"]
    assert whole.call("outer.entries") == [*calls, "discard plum"]
    assert whole.call("inner.entries") == calls


def test_a_trap_ends_both_strands(pairs: Running) -> None:
    """They share a store: after a trap the whole is over. The desk adds 1, which is too much."""
    with pytest.raises(GuestFault):
        pairs.call("trial-one.round-trip", "pear", 2**64 - 1)
    with pytest.raises(InstanceEnded):
        pairs.call("trial-two.round-trip", "pear", 1)
