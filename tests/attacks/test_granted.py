"""Every attack works where it is allowed: otherwise nothing would be shown by one that is held.

Here an attacker stands alone in front of the runtime, without a gate, and the runtime grants all that
it can. What gets nothing even so is in the golden files with the error that the runtime gave it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attacks_support import (
    TOOLCHAINS,
    TREASURE,
    Outcome,
    Surroundings,
    expressible,
    gone_through,
    row,
)
from cases import CASES, Case
from golden import assert_golden

from wcompose.errors import GuestFault
from wcompose.images import ImageCache
from wcompose.runtime import Component, DirectoryGrant, Grants, Limits, find_function

GOLDEN = Path(__file__).parent / "golden"
LIMITS = Limits(seconds=60)

NEVER = {
    "abort": "it only ends the attacker itself",
    "change-mode": "WASI 0.2 has no modes of files",
    "handle-dropped-twice": "the runtime counts handles",
    "handle-forged": "the runtime counts handles",
    "handle-of-another-type": "the runtime knows the type of every handle",
    "handle-reused": "the runtime counts handles",
    "http-host": "the runtime forbids the header",
    "network-forged": "the runtime counts handles",
    "pollable-forged": "the runtime counts handles",
    "stream-forged": "the runtime counts handles",
    "stream-of-another-type": "the runtime knows the type of every handle",
    "tcp-connect": "this release of wasmtime-py cannot grant it: shown under other runtimes",
    "tcp-listen": "this release of wasmtime-py cannot grant it: shown under other runtimes",
    "terminal": "tests have no terminal",
    "udp-bind": "this release of wasmtime-py cannot grant it: shown under other runtimes",
    "tcp-listen-unbound": "this release of wasmtime-py cannot grant it, and others want it bound",
    "udp-other-remote": "a stream of datagrams has one address, which the runtime holds it to",
    "udp-send": "this release of wasmtime-py cannot grant it: shown under other runtimes",
    "udp-stream-again": "this release of wasmtime-py cannot grant it: shown under other runtimes",
    "udp-stream": "this release of wasmtime-py cannot grant it: shown under other runtimes",
    "write-through-reading": "the runtime holds a file to how it was opened",
}
"""Attacks that get nothing from this runtime however much it grants, and why."""

EMPTY_IN = {
    "go": {"tcp-connect", "udp-send"},
    "python": {"http"},
    "rust": {"working-directory"},
}
"""Go's library has no sockets, and Python's only sockets; a directory to work in is told by none."""

OF_THE_RESOLVER = {"http-trailing-dot"}
"""Works on machines whose resolver takes it."""


def grants(case: Case, surroundings: Surroundings) -> Grants:
    (surroundings.host / "stdin").write_text(TREASURE)
    top = Path("/") if case.machine else surroundings.host
    return Grants(
        arguments=("program", TREASURE),
        environment=(("TREASURE", TREASURE),),
        directories=(DirectoryGrant(top, "/", writable=True),),
        network=True,
        stdin=surroundings.host / "stdin",
        stdout=lambda _: None,
        stderr=lambda _: None,
    )


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_every_attack_works_when_it_is_allowed(
    toolchain: str,
    attacker: Callable[[str], Path],
    images: ImageCache,
    fresh: Callable[[], Surroundings],
) -> None:
    opened = Component(attacker(toolchain), images)
    attack = find_function(opened.functions, "attack")
    known = opened.instantiate(Grants()).call_plain(find_function(opened.functions, "known"), [])

    rows, worked = [], set()
    for case in expressible(known, CASES):
        if case.name in OF_THE_RESOLVER:
            continue
        surroundings = fresh()
        instance = opened.instantiate(grants(case, surroundings), LIMITS)
        try:
            answer = instance.call_plain(
                attack, [case.attack, "\n".join(surroundings.arguments(case))]
            )
        except GuestFault as fault:
            outcome = gone_through(fault)
        else:
            outcome = Outcome.of(answer, instance.exit_code)
        if outcome.got:
            worked.add(case.attack)
        rows.append(row(case, outcome, surroundings, real=True))

    assert_golden(GOLDEN / f"granted-{toolchain}.txt", "".join(rows))
    assert set(known) - worked == set(known) & (set(NEVER) | EMPTY_IN[toolchain])
