"""A graph: nodes, what fills each import, and what the whole imports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wcompose.contract import Extern, Mismatch, World
from wcompose.report import Finding


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

    @property
    def imports(self) -> Mapping[str, Extern]:
        """What its binary imports, by name."""
        return self.component.world.imports

    @property
    def exports(self) -> Mapping[str, Extern]:
        """What its binary exports, by name."""
        return self.component.world.exports


@dataclass(frozen=True, order=True)
class Edge:
    """An import of one node, filled by an export of another. Names are as the contracts spell them.

    Attributes:
        importer: node that imports.
        import_name: what it imports.
        exporter: node that exports.
        export_name: what it exports.
        item: name of the type in the exported interface that fills the import of a type; empty
            where the export itself fills it.
    """

    importer: str
    import_name: str
    exporter: str
    export_name: str
    item: str = ""


@dataclass(frozen=True, order=True)
class Outside:
    """An import of a node that the whole imports.

    Attributes:
        importer: the node.
        import_name: what it imports.
        name: what the whole imports for it; imports of several nodes may share one.
        is_host: whether the host fills it: WASI, and what the project says.
    """

    importer: str
    import_name: str
    name: str
    is_host: bool = False


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
    """How one import was filled, and from among what.

    Attributes:
        importer: the node.
        import_name: what it imports.
        outcome: what became of it, in words.
        candidates: the exports that were looked at.
        is_open: whether nothing fills it, so that the graph cannot be composed.
    """

    importer: str
    import_name: str
    outcome: str
    candidates: tuple[Candidate, ...] = ()
    is_open: bool = False


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

    def choice(self, importer: str, import_name: str) -> Choice:
        """How an import was filled.

        Raises:
            KeyError: there is no such import.
        """
        for choice in self.choices:
            if (choice.importer, choice.import_name) == (importer, import_name):
                return choice
        raise KeyError(f"{importer}:{import_name}")


@dataclass(frozen=True)
class Draft:
    """What planning came to: a graph, and everything that keeps it from being composed.

    Attributes:
        graph: all that was decided; whole only when there are no findings at error level.
        findings: sorted.
    """

    graph: Graph
    findings: tuple[Finding, ...]
