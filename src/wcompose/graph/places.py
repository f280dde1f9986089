"""Where the contract of a node is written: in the project's WIT, or as its binary prints."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.contract import Contract, World
from wcompose.errors import WcomposeError
from wcompose.files import write_atomically
from wcompose.graph.model import Node

if TYPE_CHECKING:
    from wcompose.engine import Engine


class WrittenWorlds:
    """Gives each node's world with the places of its items; asked only where types differ.

    A binary says no lines. So its contract is printed as WIT into a file, which the user can open at
    the line that is named.

    Args:
        engine: prints and reads WIT.
        directory: where contracts of binaries are printed to.
        worlds: worlds that the project writes, by node.
    """

    def __init__(
        self, engine: Engine, directory: Path, worlds: Mapping[str, World] | None = None
    ) -> None:
        self._engine = engine
        self._directory = directory
        self._worlds = worlds or {}

    def __call__(self, node: Node) -> World | None:
        """The world of a node; none where it cannot be written."""
        if node.name in self._worlds:
            return self._worlds[node.name]
        with contextlib.suppress(WcomposeError, OSError):
            file = self._directory / f"{node.name}.wit"
            write_atomically(file, self._engine.print_wit(node.component.path).encode())
            data = self._engine.resolve(file)
            texts = {name: Path(name).read_text("utf-8") for name in data["files"]}
            return Contract.from_json(data, texts).find_world("root")
        return None
