"""Where things are, and what parallel test processes share."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wasmtime import WasiConfig

    from wcompose.runtime import Grants

Command = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs the command line; see the fixture of this name."""

REPOSITORY = Path(__file__).parent.parent
CACHE = REPOSITORY / "build" / "test-cache"
"""Kept from run to run; everything in it is named by its content."""

BENCH = REPOSITORY / "benches" / "components"
"""Small components in Rust and Go."""


def wasi_of(grants: Grants) -> WasiConfig:
    """What an instance of the library's own would give to its store: grants, and listeners."""
    from wcompose.native.streams import listen

    configuration = grants.configuration()
    for name, listener in (("stdout", grants.stdout), ("stderr", grants.stderr)):
        if listener is not None:
            listen(configuration, name, listener)
    return configuration


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Held by one of the parallel test processes at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
