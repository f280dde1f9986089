"""Drawing the gates of a composition's nodes into the nodes, and telling what they let through.

What goes straight to the host and what a gate refuses is seen in the wiring. What another gate lets
through is in its policy, which is code that nobody reads; of that only the section of the whole tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from wcompose.grants.interfaces import PLUMBING, base_name
from wcompose.grants.needs import CAPABILITIES, capability_of
from wcompose.graph import is_host_interface
from wcompose.picture.capabilities import capabilities_of
from wcompose.picture.gates import MADE
from wcompose.picture.granted import key_words, short_words, words_of
from wcompose.picture.model import (
    NodeGate,
    NodeKind,
    Picture,
    PictureEdge,
    PictureNode,
    PictureOutside,
    Port,
)
from wcompose.picture.ports import GATED, REFUSED
from wcompose.project.grants import GrantsDeclaration

_FARTHEST = 10
"""Gates behind gates."""


@dataclass(frozen=True)
class GateMark:
    """Which node is a gate.

    Attributes:
        owner: name of the node before which it stands.
        kind: as in `wcompose.picture.gates.Gate`.
    """

    owner: str
    kind: str


Functions = Callable[[str, str], tuple[str, ...]]
"""Gives the functions of a node's import."""


def tell_grants(
    picture: Picture,
    gates: Mapping[str, GateMark],
    claims: Mapping[str, GrantsDeclaration],
    functions: Functions,
    *,
    fold: bool,
) -> Picture:
    """The picture with what each node is granted.

    Args:
        picture: with the gates as nodes.
        gates: which nodes are gates, by their names.
        claims: what the binary says that nodes are granted.
        functions: the functions of a node's import.
        fold: take the gates out.
    """
    if not gates and not claims:
        return picture
    return _Telling(picture, gates, claims, functions).tell(fold=fold)


class _Telling:
    def __init__(
        self,
        picture: Picture,
        gates: Mapping[str, GateMark],
        claims: Mapping[str, GrantsDeclaration],
        functions: Functions,
    ) -> None:
        self._picture = picture
        self._gates = gates
        self._claims = claims
        self._functions = functions
        self._nodes = {node.name: node for node in picture.nodes}
        self._edges: dict[tuple[str, str], list[PictureEdge]] = {}
        for edge in picture.edges:
            self._edges.setdefault((edge.importer, edge.import_name), []).append(edge)
        self._outsides: dict[tuple[str, str], list[PictureOutside]] = {}
        for each in picture.outsides:
            self._outsides.setdefault((each.importer, each.import_name), []).append(each)
        self._owned: dict[str, list[str]] = {}
        for name, mark in gates.items():
            self._owned.setdefault(mark.owner, []).append(name)

    def tell(self, *, fold: bool) -> Picture:
        told = [
            node if node.name in self._gates else self._told(node, fold=fold)
            for node in self._picture.nodes
        ]
        if not fold:
            return replace(self._picture, nodes=tuple(told))
        outsides = {each for each in self._picture.outsides if each.importer not in self._gates} | {
            each
            for node in told
            if node.name not in self._gates
            for each in self._let_through(node)
        }
        return replace(
            self._picture,
            nodes=tuple(node for node in told if node.name not in self._gates),
            edges=tuple(
                edge
                for edge in self._picture.edges
                if edge.importer not in self._gates and edge.exporter not in self._gates
            ),
            outsides=tuple(
                sorted(outsides, key=lambda each: (each.importer, each.import_name, each.name))
            ),
        )

    def _told(self, node: PictureNode, *, fold: bool) -> PictureNode:
        if fold:
            ports = tuple(self._filled(node.name, port) for port in node.imports)
            node = replace(node, imports=ports)
        home = self._home(node)
        if home is None:
            return node
        fates: dict[str, set[str]] = {}
        others: dict[str, list[str]] = {"host": [], MADE: [], "": []}
        asked: list[str] = []
        for port in node.imports:
            fate = self._fate(node.name, port.name)
            if not fate:
                continue
            asked.append(port.name)
            if base_name(port.name) in PLUMBING:
                continue
            for function in self._functions(node.name, port.name):
                key = capability_of(port.name, function)
                fates.setdefault(key, set()).add(fate)
                if key == "imports":
                    others["" if fate not in others else fate].append(port.name)
        denied = [key for key, found in fates.items() if found == {MADE}]
        whole = [key for key, found in fates.items() if found == {"host"}]
        gated = [key for key in CAPABILITIES if key in fates and key not in {*denied, *whole}]
        claim = self._claims.get(home)
        says: dict[str, None] = {}
        left: list[str] = []
        for key in gated:
            words = words_of(claim, key) if claim is not None else ()
            says |= dict.fromkeys(words)
            if not words:
                left.append(key)
        unsaid = key_words(left, fates, others[""])
        grants = key_words(whole, fates, others["host"])
        if claim is None:
            grants += tuple(f"{word} (as its gate lets through)" for word in unsaid)
        else:
            says |= dict.fromkeys(f"no {word}" for word in unsaid)
        if node.kind is NodeKind.GROUP and claim is not None:
            # What of it reaches the host is told of the nodes in it.
            says = dict.fromkeys(short_words(claim))
        owned = self._owned.get(home, ()) if home == node.name else ()
        return replace(
            node,
            is_gated=True,
            capabilities=capabilities_of(asked),
            grants=grants,
            denied=key_words(denied, fates, others[MADE]),
            says=tuple(says),
            gates=tuple(
                NodeGate(name, self._gates[name].kind, self._nodes[name].size)
                for name in sorted(owned)
            ),
        )

    def _filled(self, node: str, port: Port) -> Port:
        """An import, by words that do not speak of a gate that is not drawn."""
        match self._fate(node, port.name):
            case "host":
                return port
            case "":
                edges = self._edges.get((node, port.name), ())
                owners = [
                    self._gates[edge.exporter].owner
                    for edge in edges
                    if edge.exporter in self._gates
                ]
                return replace(port, filled_by=f"a gate of {owners[0]}") if owners else port
            case fate:
                return replace(port, filled_by=REFUSED if fate == MADE else GATED)

    def _home(self, node: PictureNode) -> str | None:
        """The node whose gates and grants are those of a node: itself, or a group around it."""
        name, seen = node.name, 0
        while name and seen <= len(self._nodes):
            if name in self._owned or name in self._claims:
                return name
            name, seen = self._nodes[name].parent, seen + 1
        return None

    def _fate(self, node: str, import_name: str) -> str:
        """What becomes of an import: ``host``, the kind of a gate, or empty where it is another's."""
        if not is_host_interface(import_name):
            return ""
        for edge in self._edges.get((node, import_name), ()):
            mark = self._gates.get(edge.exporter)
            return "" if mark is None else mark.kind
        outsides = self._outsides.get((node, import_name), ())
        return "host" if any(each.is_host for each in outsides) else ""

    def _let_through(self, node: PictureNode) -> list[PictureOutside]:
        """What of the host a node reaches through its gates."""
        found = []
        for port in node.imports:
            exporter, wanted = node.name, port.name
            for _ in range(_FARTHEST):
                edges = self._edges.get((exporter, wanted), ())
                behind = next((each for each in edges if each.exporter in self._gates), None)
                if behind is None:
                    break
                # A gate imports what it exports: that is what it lets through.
                exporter = behind.exporter
                base = base_name(behind.export_name if behind.export_name != "*" else wanted)
                ports = self._nodes[exporter].imports
                wanted = next((each.name for each in ports if base_name(each.name) == base), "")
            if exporter == node.name or self._gates[exporter].kind == MADE:
                continue
            found += [
                replace(each, importer=node.name, import_name=port.name)
                for each in self._outsides.get((exporter, wanted), ())
            ]
        return found
