"""What wcompose composes runs unchanged under another runtime: jco on Node.

Both come from npm (`npm install --prefix tests/peers`). Without them the test is skipped, except in CI.
CPython's library uses extended constant expressions, which Node knows from version 22 on; hence a Node
of our own.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from support import REPOSITORY

BINARIES = Path(__file__).parent / "node_modules" / ".bin"


def test_the_flagship_runs_under_jco(flagship: Path) -> None:
    jco = BINARIES / "jco"
    if not jco.exists():
        assert not os.environ.get("WCOMPOSE_REQUIRE_PEERS"), "npm install --prefix tests/peers"
        pytest.skip("jco is not installed: npm install --prefix tests/peers")
    with (REPOSITORY / "data/digits-heldout.csv").open() as images:
        result = subprocess.run(
            [str(jco), "run", str(flagship), "evaluate"],
            stdin=images,
            env={**os.environ, "PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert result.returncode == 0, result.stderr
    match = re.search(r"accuracy ([\d.]+)", result.stdout)
    assert match is not None, result.stdout
    assert float(match[1]) >= 0.95
