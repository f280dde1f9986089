"""What a picture shows, before it is drawn in any format.

Everything in it is sorted or in an order that does not depend on chance, so that the same graph
gives the same bytes in every format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class NodeKind(StrEnum):
    """What a node of a picture is."""

    COMPONENT = "component"
    GROUP = "group"
    """A composition inside the composition: a frame around the nodes in it."""
    TYPES = "types"
    """A component that only exports value types: it has no code."""
    MISSING = "missing"
    """A component that the binary imports instead of holding it."""
    GATE = "gate"
    """What stands between a node and its host; drawn where it is asked for."""
    CARRIER = "carrier"
    """What gives an export of another node with its lists of numbers as texts."""


@dataclass(frozen=True)
class Port:
    """An import or an export of a node.

    Attributes:
        name: as the binary spells it.
        wit: the interface, function or type as WIT text; empty when it is not known.
        filled_by: for an import, what fills it, in words; empty for an export.
    """

    name: str
    wit: str = field(default="", repr=False)
    filled_by: str = ""


@dataclass(frozen=True)
class NodeGate:
    """A gate that stands between a node and its host.

    Attributes:
        name: as the binary calls it.
        kind: ``refusals`` for the one that answers for what the node is not granted, else the name of
            the gate that it is, such as ``filesystem``.
        size: bytes of its component.
    """

    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class PictureNode:
    """One node.

    Attributes:
        name: unique in the picture; a node in a group is called ``group/node``.
        kind: what it is.
        language: as people write it, such as ``Rust``; empty when it is not known.
        size: bytes of its component; 0 when it is not known.
        component: name of the component it is made from, where that differs from its own.
        parent: name of the group that it stands in; empty at the top.
        capabilities: what it may ask of its host, such as ``filesystem``, sorted.
        is_gated: whether it is known what of that it is granted.
        grants: what it is granted, in words.
        denied: what it asks for and is not granted, in words.
        says: what its binary says that its gates let through, in words: nothing else tells.
        gates: the gates of its binary that stand before it.
        imports: in order.
        exports: in order.
        details: ``version``, ``licenses``, ``digest`` and the like, each in words.
    """

    name: str
    kind: NodeKind = NodeKind.COMPONENT
    language: str = ""
    size: int = 0
    component: str = ""
    parent: str = ""
    capabilities: tuple[str, ...] = ()
    is_gated: bool = False
    grants: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    gates: tuple[NodeGate, ...] = ()
    imports: tuple[Port, ...] = ()
    exports: tuple[Port, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class PictureEdge:
    """An import of one node, filled by an export of another.

    Attributes:
        importer: name of the node that imports.
        import_name: as its binary spells it.
        exporter: name of the node that exports.
        export_name: as its binary spells it.
        reason: why the planner chose it; empty for a binary.
    """

    importer: str
    import_name: str
    exporter: str
    export_name: str
    reason: str = ""


@dataclass(frozen=True)
class PictureOutside:
    """An import of a node that the whole imports as ``name``; ``is_host`` for WASI."""

    importer: str
    import_name: str
    name: str
    is_host: bool = False


@dataclass(frozen=True)
class PictureOffer:
    """An export of a node that the whole exports as ``name``."""

    exporter: str
    export_name: str
    name: str


@dataclass(frozen=True)
class PictureProblem:
    """What keeps the graph from being composed, at a node or at one of its imports.

    Attributes:
        node: name of the node; empty when it concerns the whole.
        import_name: the import; empty when it concerns the node.
        message: what is wrong.
        hint: what to do.
    """

    node: str
    import_name: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Picture:
    """A graph as it is shown.

    Attributes:
        title: name of the composition, or of the file.
        subject: the project file or the binary, as the user named it.
        size: bytes of the composition; 0 when there is none yet.
        digest: ``sha256:…`` of the composition; empty when there is none yet.
        nodes: providers before those that import from them; a group before what stands in it.
        edges: by importer and import.
        outsides: by importer and import.
        offers: in the order of the composition's exports.
        problems: what keeps a project's graph from being composed.
    """

    title: str
    subject: str = ""
    size: int = 0
    digest: str = ""
    nodes: tuple[PictureNode, ...] = ()
    edges: tuple[PictureEdge, ...] = ()
    outsides: tuple[PictureOutside, ...] = ()
    offers: tuple[PictureOffer, ...] = ()
    problems: tuple[PictureProblem, ...] = ()

    def node(self, name: str) -> PictureNode:
        """The node of that name.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
