"""What the whole exports.

An exported interface that uses a type of another interface needs that one exported too, or its type
would have no name outside (Component Model, Explainer.md, "Import and Export Definitions": types in
an export's signature must themselves be imported or exported). Those are added, and come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wcompose.contract import Extern, InterfaceExtern
from wcompose.graph.model import Edge, Node, Offer
from wcompose.graph.names import listed, matching_names
from wcompose.project import Endpoint
from wcompose.report import Finding, Place


def choose_offers(
    nodes: Sequence[Node], edges: Iterable[Edge], exports: Sequence[Endpoint] | None
) -> tuple[tuple[Offer, ...], list[Finding]]:
    """The exports of the whole.

    Args:
        nodes: all nodes.
        edges: how their imports are filled.
        exports: what is asked for; none for every export that no node uses.
    """
    edges = list(edges)
    chosen, findings = (
        (_unused(nodes, edges), []) if exports is None else _asked_for(nodes, exports)
    )
    collector = _Collector(nodes, edges)
    for node, name in chosen:
        collector.add(node, name)
    findings += collector.findings
    if not collector.offers and not findings:
        findings.append(
            Finding(
                "nothing-exported",
                "the graph exports nothing, so nobody could call it",
                hint='name what it offers: `[graph]` with `exports = ["NODE:INTERFACE"]`',
            )
        )
    return tuple(collector.offers), findings


def _unused(nodes: Sequence[Node], edges: Iterable[Edge]) -> list[tuple[Node, str]]:
    used = {(edge.exporter, edge.export_name) for edge in edges}
    return [
        (node, name)
        for node in nodes
        for name in node.component.world.exports
        if (node.name, name) not in used
    ]


def _asked_for(
    nodes: Sequence[Node], exports: Sequence[Endpoint]
) -> tuple[list[tuple[Node, str]], list[Finding]]:
    chosen: list[tuple[Node, str]] = []
    findings: list[Finding] = []
    by_name = {node.name: node for node in nodes}
    for endpoint in exports:
        node = by_name.get(endpoint.node)
        if node is None:
            continue  # the project's loader has said so
        names = matching_names(endpoint.name, node.component.world.exports)
        if len(names) == 1:
            chosen.append((node, names[0]))
            continue
        known = list(node.component.world.exports)
        findings.append(
            Finding(
                "export-missing" if not names else "ambiguous-export",
                f"`{node.name}` exports nothing called `{endpoint.name}`"
                if not names
                else f"`{endpoint}` means more than one export: {listed(names)}",
                endpoint.place,
                hint=f"`{node.name}` exports {listed(names or known)}"
                if known
                else f"`{node.name}` exports nothing at all",
            )
        )
    return chosen, findings


class _Collector:
    """Adds offers, each behind those that it needs."""

    def __init__(self, nodes: Sequence[Node], edges: Iterable[Edge]) -> None:
        self._by_name = {node.name: node for node in nodes}
        self._filled = {(edge.importer, edge.import_name): edge for edge in edges}
        self._sources: dict[str, tuple[str, str]] = {}
        self.offers: list[Offer] = []
        self.findings: list[Finding] = []

    def add(self, node: Node, name: str) -> None:
        source = (node.name, name)
        taken = self._sources.get(name)
        if taken == source:
            return
        if taken is not None:
            self.findings.append(
                Finding(
                    "export-twice",
                    f"`{taken[0]}` and `{node.name}` would both be exported as `{name}`",
                    Place(item=f"{node.name}:{name}"),
                    hint="name the one that is meant in `[graph]`, `exports`",
                )
            )
            return
        self._sources[name] = source
        for used in _used_interfaces(node.component.world.exports[name]):
            self._add_home(node, used)
        self.offers.append(Offer(node.name, name, name))

    def _add_home(self, node: Node, interface: str) -> None:
        """Offer the interface that an offered one takes types from, if it is filled inside."""
        world = node.component.world
        if interface in world.exports:
            self.add(node, interface)
        elif edge := self._filled.get((node.name, interface)):
            self.add(self._by_name[edge.exporter], edge.export_name)


def _used_interfaces(extern: Extern) -> tuple[str, ...]:
    if not isinstance(extern, InterfaceExtern):
        return ()
    return extern.interface.used_interfaces
