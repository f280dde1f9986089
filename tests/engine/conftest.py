"""Small binaries made from text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime


@pytest.fixture
def wat(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a binary, from WebAssembly text."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(bytes(wasmtime.wat2wasm(text)))
        return path

    return write
