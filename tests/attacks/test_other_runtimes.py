"""The same compositions under runtimes that know nothing of grants: the same attacks are held.

Errors are worded by each host where a gate passes them on; what was got, and who was reached, must be
the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attacks_support import TREASURE, Surroundings, contents, expressible, row
from cases import CASES
from runtimes import RUNTIMES, missing_jco, under_jco
from scenarios import NOTHING, PAIRS, Scenario

GOLDEN = Path(__file__).parent / "golden"

DIFFERENT = {
    "own-tcp-connect": "this release of wasmtime-py cannot grant it, other runtimes can",
    "own-udp-send": "this release of wasmtime-py cannot grant it, other runtimes can",
    "python http-by-address": "Python speaks HTTP over TCP, and that was granted to this address",
    "python own-file-below-scratch": "jco's host does not take the flags of Python's library",
}
"""Cases with another outcome under another runtime, of all toolchains or one, and why."""

LISTENING = {"tcp-listen", "udp-bind"}
SENDING = {"tcp-connect", "udp-send", "udp-stream", "udp-stream-again"}
OF_THE_MACHINE = {"tcp-connect-mapped", "tcp-connect-any"}
"""Hosts take these addresses or not."""


def required(reason: str | None, runtime: str) -> None:
    """Skip a test whose runtime is missing, except where it must be there."""
    if reason is None:
        return
    assert runtime != "jco" or not os.environ.get("WCOMPOSE_REQUIRE_PEERS"), reason
    pytest.skip(reason)


def essence(line: str) -> str:
    """A line of a golden file without the words of an error."""
    return re.sub(r"^(held [a-z0-9-]+): .*?(   <- .*)?$", r"\1\2", line)


@pytest.mark.parametrize("runtime", sorted(RUNTIMES))
@pytest.mark.parametrize(
    ("scenario", "toolchain"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1]}") for pair in PAIRS],
)
def test_attacks_are_held_elsewhere(
    runtime: str,
    scenario: Scenario,
    toolchain: str,
    composition: Callable[[Scenario, str], Path],
    known: Callable[[str], list[str]],
    fresh: Callable[[], Surroundings],
    tmp_path: Path,
) -> None:
    under, missing = RUNTIMES[runtime]
    required(missing(), runtime)
    golden = (GOLDEN / f"held-{scenario.name}-{toolchain}.txt").read_text("utf-8").splitlines()
    cases = expressible(known(toolchain), CASES)
    assert len(golden) == len(cases)

    different, harm = [], []
    with under(composition(scenario, toolchain), tmp_path) as attempt:
        for case, ours in zip(cases, golden, strict=True):
            if scenario is NOTHING and toolchain != "rust" and cases.index(case) % 16:
                continue  # its language ends at once, whatever is tried
            if runtime == "wasmtime" and any("\0" in each for each in case.arguments):
                continue  # no argument of a command has one
            surroundings = fresh()
            before = {name: contents(surroundings.host / name) for name in ("data", "keep")}
            outcome = attempt(case, surroundings)
            after = {name: contents(surroundings.host / name) for name in ("data", "keep")}
            if before != after or TREASURE in outcome.text:
                harm.append(case.name)
            theirs = row(case, outcome, surroundings, real=toolchain == "go").rstrip("\n")
            may_differ = bool({case.name, f"{toolchain} {case.name}"} & set(DIFFERENT))
            if outcome.got and case.name not in scenario.granted and not may_differ:
                harm.append(theirs)
            if essence(theirs) != essence(ours) and not may_differ:
                different.append((ours, theirs))
    assert not harm
    assert not different


def test_what_wasmtime_py_cannot_grant_works_where_it_is_granted(
    attacker: Callable[[str], Path], fresh: Callable[[], Surroundings], tmp_path: Path
) -> None:
    """Otherwise nothing would be shown by sockets that are held."""
    required(missing_jco(), "jco")
    with under_jco(attacker("rust"), tmp_path, alone=True) as attempt:
        for case in CASES:
            if case.attack in LISTENING | SENDING and case.name not in OF_THE_MACHINE:
                surroundings = fresh()
                assert attempt(case, surroundings).got, case.name
                assert bool(surroundings.servers.seen()) is (case.attack in SENDING), case.name
