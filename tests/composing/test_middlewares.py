"""A node in front of another that exports the interface it imports; and two of them in a row."""

from __future__ import annotations

import pytest
from composing_support import Compose

from wcompose.errors import LinkError

CALLS = ["issue pear", "exchange pear", "read pear", "close pear"]


@pytest.mark.parametrize("name", ["clerk", "relay"])
def test_one_in_front(compose: Compose, name: str) -> None:
    """Only the top has a choice: the middle cannot fill its own import."""
    whole = compose(
        {"top": "runner", "middle": name, "vault": "vault"},
        [("top:desk", "middle")],
        {"top:trial": "", "middle:journal": "", "vault:ledger": ""},
    )
    assert whole.links("desk") == {"top": "middle", "middle": "vault"}
    report = whole.call("trial.round-trip", "pear", 5)
    assert report == {
        "label": "pear",
        "amount": 6,
        "down": ["runner", name],
        "up": ["vault", name],
    }
    assert whole.call("journal.entries") == CALLS
    assert whole.tally() == (1, 1)


@pytest.mark.parametrize("order", [("clerk", "relay"), ("relay", "clerk")], ids="-".join)
def test_two_in_a_row(compose: Compose, order: tuple[str, str]) -> None:
    outer, inner = order
    whole = compose(
        {"top": "runner", "outer": outer, "inner": inner, "vault": "vault"},
        [("top:desk", "outer"), ("outer:desk", "inner"), ("inner:desk", "vault")],
        {"top:trial": "", "outer:journal": "outer", "inner:journal": "inner", "vault:ledger": ""},
    )
    report = whole.call("trial.round-trip", "pear", 5)
    assert report == {
        "label": "pear",
        "amount": 7,
        "down": ["runner", outer, inner],
        "up": ["vault", inner, outer],
    }
    whole.call("trial.give-away", "plum")
    assert whole.call("outer.entries") == [*CALLS, "issue plum", "discard plum"]
    assert whole.call("inner.entries") == [*CALLS, "issue plum"]
    assert whole.tally() == (2, 2)


def test_without_one_the_top_reaches_the_vault(compose: Compose) -> None:
    whole = compose({"top": "runner", "vault": "vault"})
    report = whole.call("trial.round-trip", "pear", 5)
    assert report == {"label": "pear", "amount": 5, "down": ["runner"], "up": ["vault"]}


def test_where_it_is_put_has_to_be_stated(compose: Compose) -> None:
    with pytest.raises(LinkError) as raised:
        compose({"top": "runner", "middle": "relay", "vault": "vault"})
    (finding,) = raised.value.findings
    assert finding.rule == "ambiguous-import"
    assert "`middle` imports the same interface" in finding.causes[0]
    assert 'from = "middle"' in finding.hint


def test_two_in_front_of_each_other_are_a_cycle(compose: Compose) -> None:
    with pytest.raises(LinkError) as raised:
        compose(
            {"top": "runner", "outer": "relay", "inner": "relay", "vault": "vault"},
            [("top:desk", "outer"), ("outer:desk", "inner"), ("inner:desk", "outer")],
        )
    assert any(finding.rule == "cycle" for finding in raised.value.findings)
