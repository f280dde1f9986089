"""What the tests of token compositions share: a composition with one instance of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wcompose.graph import Graph
from wcompose.project import Endpoint
from wcompose.report import Place
from wcompose.runtime import Component, Instance, Limits, find_function

LIMITS = Limits(seconds=60)


@dataclass(frozen=True)
class Running:
    """A composition with one instance of it."""

    graph: Graph
    file: Path
    opened: Component
    instance: Instance

    def call(self, function: str, *arguments: Any) -> Any:
        return self.instance.call_plain(find_function(self.opened.functions, function), arguments)

    def tally(self, ledger: str = "ledger") -> tuple[int, int]:
        """How many tokens were made, and how many dropped, as their owner counted them."""
        counts = self.call(f"{ledger}.counts")
        return counts["made"], counts["dropped"]

    def links(self, interface: str) -> dict[str, str]:
        """Which node fills the import of an interface, for each node that has it."""
        name = f"wcompose:tokens/{interface}@0.1.0"
        return {
            edge.importer: edge.exporter for edge in self.graph.edges if edge.import_name == name
        }


Compose = Callable[..., Running]


def endpoint(text: str) -> Endpoint:
    """``NODE:INTERFACE`` with the interface's short name, or ``NODE``."""
    node, _, interface = text.partition(":")
    return Endpoint(node, interface and f"wcompose:tokens/{interface}", Place(item=text))
