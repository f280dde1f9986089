"""Four levels in three languages: values and a resource go all the way down and up."""

from __future__ import annotations

import pytest
from composing_support import Compose, Running

NODES = {"a": "runner", "b": "porter", "c": "clerk", "d": "vault"}
EDGES = [("a:desk", "b"), ("b:desk", "c"), ("c:desk", "d")]
EXPORTS = {"a:trial": "", "b:journal": "b-journal", "c:journal": "c-journal", "d:ledger": ""}


@pytest.fixture
def deep(compose: Compose) -> Running:
    """Rust before Python before Go before Rust."""
    return compose(NODES, EDGES, EXPORTS)


def test_everything_goes_down_and_up(deep: Running) -> None:
    assert [node.name for node in deep.graph.nodes] == ["d", "c", "b", "a"]
    # Python and Go add 1 each.
    assert deep.call("trial.round-trip", "pear", 5) == {
        "label": "pear",
        "amount": 7,
        "down": ["runner", "porter", "clerk"],
        "up": ["vault", "clerk", "porter"],
    }
    assert deep.tally() == (1, 1)
    calls = ["issue pear", "exchange pear", "read pear", "close pear"]
    assert deep.call("b-journal.entries") == calls
    assert deep.call("c-journal.entries") == calls


def test_the_second_level_drops_what_it_is_given(deep: Running) -> None:
    deep.call("trial.give-away", "plum")
    assert deep.tally() == (1, 1)
    assert deep.call("b-journal.entries") == ["issue plum", "discard plum"]
    assert deep.call("c-journal.entries") == ["issue plum"]


def test_text_of_every_kind_arrives_as_it_left(deep: Running) -> None:
    for label in ("", "naïve Σ 🍐", "\0\t\n", "long " * 2000):
        assert deep.call("trial.round-trip", label, 2**64 - 3) == {
            "label": label,
            "amount": 2**64 - 1,
            "down": ["runner", "porter", "clerk"],
            "up": ["vault", "clerk", "porter"],
        }
    assert deep.tally() == (4, 4)
