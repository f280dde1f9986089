"""A resource that is made in Rust, passed through Go, used in Python, and dropped exactly once."""

from __future__ import annotations

import pytest
from composing_support import Compose, Running

ALL = {"top:trial": "", "desk:journal": "", "vault:ledger": ""}
STRAIGHT = {"top": "visitor", "desk": "clerk", "vault": "vault"}
DIAMOND = {"top": "witness", "left": "clerk", "right": "auditor", "vault": "vault"}


@pytest.fixture
def straight(compose: Compose) -> Running:
    """Python before Go before Rust."""
    return compose(STRAIGHT, [("top:desk", "desk")], ALL)


def test_a_token_passes_down_and_up_and_is_dropped_once(straight: Running) -> None:
    # Who lends or gives a token away sees the same one: the 1 is added in Go, the 5 in Rust.
    assert straight.call("trial.round-trip", "pear", 5) == {
        "label": "pear",
        "amount": 6,
        "down": ["visitor", "clerk"],
        "up": ["vault", "clerk"],
    }
    assert straight.tally() == (1, 1)
    calls = ["issue pear", "exchange pear", "read pear", "close pear"]
    assert straight.call("journal.entries") == calls


def test_go_drops_a_token_in_the_middle(straight: Running) -> None:
    straight.call("trial.give-away", "plum")
    assert straight.tally() == (1, 1)
    assert straight.call("journal.entries") == ["issue plum", "discard plum"]


def test_python_drops_a_token_at_the_top(straight: Running) -> None:
    straight.call("trial.let-go", "fig")
    assert straight.tally() == (1, 1)
    assert straight.call("journal.entries") == ["issue fig"]


def test_what_is_kept_is_not_dropped(straight: Running) -> None:
    for number, label in enumerate(["one", "two", "three"], 1):
        assert straight.call("trial.keep", label) == number
        assert straight.tally() == (number, 0)
    # Others come and go in between, and reuse the places of handles.
    straight.call("trial.give-away", "guest")
    straight.call("trial.round-trip", "guest", 1)
    assert straight.tally() == (5, 2)
    kept = straight.call("trial.release")
    assert [(each["label"], each["amount"]) for each in kept] == [
        ("one", 0),
        ("two", 0),
        ("three", 0),
    ]
    assert straight.tally() == (5, 5)


def test_no_handle_is_left_behind_by_a_thousand(straight: Running) -> None:
    for number in range(1000):
        assert straight.call("trial.round-trip", f"{number}", number)["amount"] == number + 1
    assert straight.tally() == (1000, 1000)


def test_two_sides_of_a_diamond_share_one_owner(compose: Compose) -> None:
    whole = compose(
        DIAMOND,
        [("top:desk", "left")],
        {"top:handover": "", "left:journal": "", "vault:ledger": ""},
    )
    assert whole.links("vault") == {"top": "vault", "left": "vault", "right": "vault"}
    # What the left adds and what the top adds, the right sees: 0, then 5 + 1, then one more.
    assert whole.call("handover.run", "pear", 5) == [0, 6, 7]
    assert whole.tally() == (1, 1)
    # Back on the left, nobody has heard of the end.
    assert whole.call("journal.entries") == ["issue pear", "exchange pear"]
