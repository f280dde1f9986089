"""What `wac` and `wasm-tools compose` made of the same components runs, and does what ours does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from composing_support import LIMITS, Compose

from wcompose.engine import Engine
from wcompose.images import ImageCache
from wcompose.runtime import Component, Grants, find_function

PEERS = Path(__file__).parent / "peers"
NODES: dict[str, dict[str, str]] = {
    "linked": {"runner": "runner", "vault": "vault"},
    "nested": {"runner": "runner", "relay": "relay", "vault": "vault"},
    "chain": {"runner": "runner", "first": "relay", "second": "relay", "vault": "vault"},
}
EDGES = {
    "linked": [],
    "nested": [("runner:desk", "relay")],
    "chain": [("runner:desk", "first"), ("first:desk", "second"), ("second:desk", "vault")],
}


def answer(images: ImageCache, file: Path, function: str, *arguments: Any) -> Any:
    opened = Component(file, images)
    instance = opened.instantiate(Grants(), LIMITS)
    return instance.call_plain(find_function(opened.functions, function), arguments)


@pytest.mark.parametrize("file", sorted(PEERS.glob("*.wasm")), ids=lambda file: file.stem)
def test_is_valid(engine: Engine, file: Path) -> None:
    engine.validate(file)


@pytest.mark.parametrize("name", NODES)
def test_does_what_ours_does(compose: Compose, images: ImageCache, name: str) -> None:
    theirs = answer(images, PEERS / f"{name}.wasm", "trial.round-trip", "pear", 5)
    ours = compose(NODES[name], EDGES[name], {"runner:trial": ""})
    assert theirs == ours.call("trial.round-trip", "pear", 5)
    assert len(theirs["down"]) == len(NODES[name]) - 1


def test_they_come_to_the_same_without_our_help(images: ImageCache) -> None:
    """Made by two tools that put the parts in another order."""
    plugged, composed = (
        Component(PEERS / f"{name}.wasm", images) for name in ("plugged", "composed")
    )
    assert plugged.functions == composed.functions
