"""Calls leave nothing behind: no memory, of whoever gave it out, and no open file.

The jobs are those of `benches/leaks.py`, each in a process that does nothing else; `python -m benches
--only leaks` makes a million calls and more of them.
"""

from __future__ import annotations

import sys

import pytest
from support import CACHE, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from benches.leaks import MEBIBYTE, Left, measured, run

CALLS = {"values": 100_000, "resources": 10_000, "imports": 10_000, "instances": 4_000}
"""Calls of each workload, by all its jobs in turn."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's /proc")


def too_much(workload: str, left: Left) -> list[str]:
    """What was left beyond what any process has more or less of from one moment to the next."""
    is_small = workload != "instances"  # an instance takes 10,000 bytes, a value some dozens
    native = 1024 + 4 * left.calls if is_small else (64 << 10) + 64 * left.calls
    found = {
        "bytes of the C library": (left.native or 0, native),
        "pieces of Python's": (left.blocks, 150 + left.calls // 20),
        "open files": (left.descriptors or 0, 0),
    }
    return [f"{there:,} {what}" for what, (there, most) in found.items() if there > most]


@pytest.mark.parametrize("workload", CALLS)
def test_nothing_stays_behind(workload: str) -> None:
    found = run(workload, CALLS[workload], CACHE / "images")
    left = {
        name: problems for name, each in found.items() if (problems := too_much(workload, each))
    }
    assert left == {}
    assert found["all"].calls > CALLS[workload] * 0.9
    assert found["all"].resident <= 2 * MEBIBYTE


def test_what_stays_behind_is_seen() -> None:
    kept: list[bytes] = []
    for size, what in ((8, "pieces of Python's"), (2000, "bytes of the C library")):
        left = measured(lambda size=size: kept.append(bytes(size)), 1000)
        assert any(what in problem for problem in too_much("values", left))
    with (REPOSITORY / "pyproject.toml").open() as first:
        streams = [first]
        left = measured(lambda: streams.append(open(first.name)), 20)  # noqa: PTH123, SIM115
        assert "20 open files" in too_much("values", left)
        for stream in streams:
            stream.close()
