"""Small components made from text, and the guests of `guests.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime
from guests import guest
from support import CACHE

from wcompose.engine import Engine
from wcompose.files import atomic_output, write_atomically


@pytest.fixture(scope="session")
def guest_file() -> Callable[[str], Path]:
    """The file of a guest, by its name; see `guests.NAMES`."""
    return guest


@pytest.fixture(scope="session")
def core_component(engine: Engine) -> Callable[[str, str], Path]:
    """A component of a core module's text and the WIT of its world `w`; cached by content."""

    def make(text: str, wit: str) -> Path:
        digest = hashlib.sha256(f"{text}\0{wit}".encode()).hexdigest()
        output = CACHE / "made" / f"{digest}.wasm"
        if not output.exists():
            core, contract = output.with_suffix(".core.wasm"), output.with_suffix(".wit")
            write_atomically(core, bytes(wasmtime.wat2wasm(text)))
            write_atomically(contract, wit.encode())
            with atomic_output(output) as temporary:
                engine.encode(core, temporary, wit=contract, world="w")
        return output

    return make
