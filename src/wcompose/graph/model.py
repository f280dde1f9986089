"""A graph: nodes, what fills each import, and what the whole imports and exports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wcompose.contract import Mismatch, World


@dataclass(frozen=True)
class Component:
    """A component binary that nodes are made from.

    Attributes:
        path: the file.
        digest: ``sha256:…`` of its bytes.
        size: bytes.
        world: what it really imports and exports, read from the binary.
    """

    path: Path
    digest: str
    size: int
    world: World


@dataclass(frozen=True)
class Node:
    """One component as it stands in a graph."""

    name: str
    component: Component
    language: str = ""


@dataclass(frozen=True, order=True)
class Edge:
    """An import of one node, filled by an export of another. Names are as the binaries spell them."""

    importer: str
    import_name: str
    exporter: str
    export_name: str


@dataclass(frozen=True, order=True)
class Outside:
    """An import of a node that the whole imports, under ``name``."""

    importer: str
    import_name: str
    name: str


@dataclass(frozen=True, order=True)
class Offer:
    """An export of a node that the whole exports, under ``name``."""

    exporter: str
    export_name: str
    name: str


class Verdict(StrEnum):
    """What became of a candidate."""

    TAKEN = "taken"
    PASSED_OVER = "passed over"
    REFUSED = "refused"


@dataclass(frozen=True)
class Candidate:
    """An export that was looked at for an import.

    Attributes:
        exporter: node that has it.
        export_name: its name.
        verdict: what became of it.
        reason: why, in words.
        mismatches: where its type differs from what the importer expects.
    """

    exporter: str
    export_name: str
    verdict: Verdict
    reason: str
    mismatches: tuple[Mismatch, ...] = ()


@dataclass(frozen=True)
class Choice:
    """How one import was filled, and from among what."""

    importer: str
    import_name: str
    outcome: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Nodes with every import decided.

    Attributes:
        nodes: providers before those that import from them; by name where that leaves a choice.
        edges: imports filled inside.
        outsides: imports that the whole imports.
        type_imports: names of imported interfaces that hold value types only and that no node
            exports; composing provides them.
        offers: exports of the whole, in the order in which they were asked for.
        choices: how each import was decided, by importer and import.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    outsides: tuple[Outside, ...]
    type_imports: tuple[str, ...]
    offers: tuple[Offer, ...]
    choices: tuple[Choice, ...]

    def node(self, name: str) -> Node:
        """The node of that name.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
