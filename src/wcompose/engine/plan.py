"""What the engine is asked to compose: a graph with every choice made, in indices.

The same shapes as in `components/rust/engine/wit/engine.wit`, interface `composing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A component binary that nodes are made from."""

    path: Path


@dataclass(frozen=True)
class Node:
    """One instance; ``source`` is an index into `Plan.sources`, ``language`` as people write it."""

    name: str
    source: int
    language: str = ""


@dataclass(frozen=True)
class Edge:
    """An import filled by an export, or by an item of it; indices into `Plan.nodes`."""

    importer: int
    import_name: str
    exporter: int
    export_name: str
    item: str = ""


@dataclass(frozen=True)
class Outside:
    """An import that the whole imports as ``name``."""

    importer: int
    import_name: str
    name: str


@dataclass(frozen=True)
class Offer:
    """An export that the whole exports as ``name``."""

    exporter: int
    export_name: str
    name: str


@dataclass(frozen=True)
class Plan:
    """A graph to compose. Imports that nothing names stay imports under their own names."""

    sources: tuple[Source, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    outsides: tuple[Outside, ...]
    offers: tuple[Offer, ...]
    name: str = ""
    version: str = ""
    description: str = ""
    grants: str = ""
