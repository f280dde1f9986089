"""Contracts for tests, read by the real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wcompose.contract import Contract
from wcompose.engine import Engine
from wcompose.images import ImageCache


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One engine a process; its machine code is shared by all processes of a run."""
    images = tmp_path_factory.getbasetemp().parent / "contract-images"
    return Engine(ImageCache(images))


@pytest.fixture
def read(engine: Engine, tmp_path: Path) -> Callable[..., Contract]:
    """Reads WIT text; the file is called ``name``, so that places can be compared."""

    def read(text: str, name: str = "contract.wit") -> Contract:
        file = tmp_path / name
        file.write_text(text, "utf-8")
        data = engine.resolve(file)
        return Contract.from_json(data, dict.fromkeys(data["files"], text))

    return read
