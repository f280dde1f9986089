"""Following things through bundles and borders."""

from __future__ import annotations

from wcompose.picture.sources import (
    ALL,
    OWN,
    Bundle,
    Everything,
    FromNode,
    FromOutside,
    Source,
    item_of,
    origins,
    trace,
)

A, B, OUT = FromNode("a", "x"), FromNode("b", "y"), FromOutside("o")


def test_a_part_of_something_is_from_where_the_whole_is() -> None:
    assert item_of(A, "f") == A
    assert item_of(OUT, "f") == OUT
    assert item_of(Everything("a"), "f") == FromNode("a", "f")
    assert item_of(Bundle({"f": B}), "f") == B
    assert item_of(Bundle({"f": B}), "g") is OWN


def test_origins_are_told_once_in_order() -> None:
    bundle = Bundle({"f": A, "g": Bundle({"h": OUT, "i": A}), "j": OWN, "k": B})
    assert origins(bundle) == (A, OUT, B)
    assert origins(OWN) == ()
    assert origins(None) == ()
    assert origins(Everything("n")) == (FromNode("n", ALL),)


def test_functions_tell_where_an_interface_is_from() -> None:
    bundle = Bundle({"type": B, "call": A})
    assert origins(bundle, ["call"]) == (A,)
    assert origins(bundle, ["not-there"]) == (B, A)
    assert origins(Everything("n"), ["f", "g"]) == (FromNode("n", "f"), FromNode("n", "g"))


def test_an_instance_that_is_reached_in_many_ways_is_entered_once() -> None:
    # Two to the sixtieth ways.
    bundle: Source = A
    for _ in range(60):
        bundle = Bundle({"left": bundle, "right": bundle})
    assert origins(bundle) == (A,)


def test_only_what_is_all_own_is_replaced() -> None:
    kept = Bundle({"f": A, "t": OWN})
    assert trace(kept, lambda: B) is kept
    assert trace(Bundle({"t": OWN}), lambda: B) == B
