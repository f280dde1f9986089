"""The engine under test, and small binaries made from text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime
from engine_support import REPOSITORY

from wcompose.engine import Engine
from wcompose.images import ImageCache


@pytest.fixture(scope="session")
def images() -> ImageCache:
    """One cache for all workers and runs: compiling the engine takes seconds."""
    return ImageCache(REPOSITORY / "build" / "test-cache" / "images")


@pytest.fixture(scope="session")
def engine(images: ImageCache) -> Engine:
    return Engine(images)


@pytest.fixture
def wat(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a binary, from WebAssembly text."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(bytes(wasmtime.wat2wasm(text)))
        return path

    return write
