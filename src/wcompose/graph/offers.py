"""What the whole exports.

An exported interface that uses a type of another interface needs that one exported too, or its type
would have no name outside (Component Model, Explainer.md, "Import and Export Definitions": types in
an export's signature must themselves be imported or exported). Those are added, and come first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from wcompose.contract import (
    Extern,
    FunctionExtern,
    InterfaceExtern,
    parse_item_name,
    resources_in,
)
from wcompose.graph.advice import PROJECT, Advice
from wcompose.graph.model import Edge, Node, Offer
from wcompose.graph.names import comparable, listed, matching_names
from wcompose.project import OfferDeclaration
from wcompose.report import Finding, Place


def choose_offers(
    nodes: Sequence[Node],
    edges: Iterable[Edge],
    exports: Sequence[OfferDeclaration] | None,
    *,
    spoken_for: Collection[tuple[str, str]] = (),
    advice: Advice = PROJECT,
) -> tuple[tuple[Offer, ...], list[Finding]]:
    """The exports of the whole.

    Args:
        nodes: all nodes.
        edges: how their imports are filled.
        exports: what is asked for; none for every export that no node uses.
        spoken_for: exports that may be used or not: they are not offered, and not missed.
        advice: words for hints.
    """
    edges = list(edges)
    findings: list[Finding] = []
    if exports is None:
        chosen = _unused(nodes, edges, spoken_for)
    else:
        chosen, findings = _asked_for(nodes, exports)
    collector = _Collector(nodes, edges, advice)
    for node, export_name, name in chosen:
        collector.add(node, export_name, name)
    findings += collector.findings
    if not collector.offers and not findings and not spoken_for:
        findings.append(
            Finding(
                "nothing-exported",
                "the graph exports nothing, so nobody could call it",
                hint=f"name what it offers: {advice.export('NODE:INTERFACE')}",
            )
        )
    return tuple(collector.offers), findings


def _unused(
    nodes: Sequence[Node], edges: Iterable[Edge], spoken_for: Collection[tuple[str, str]]
) -> list[tuple[Node, str, str]]:
    used = {(edge.exporter, edge.export_name) for edge in edges} | set(spoken_for)
    return [
        (node, name, name)
        for node in nodes
        for name, extern in node.exports.items()
        if (node.name, name) not in used and not _is_initialiser(name, extern)
    ]


def _is_initialiser(name: str, extern: Extern) -> bool:
    """Whether an export is what componentize-py starts an interpreter through when it builds.

    It is of no use afterwards, and every component made so has it under the same name.
    """
    return (
        name == "exports"
        and isinstance(extern, InterfaceExtern)
        and list(extern.interface.functions) == ["init"]
        and "function-export-kind" in extern.interface.types
    )


def _asked_for(
    nodes: Sequence[Node], exports: Sequence[OfferDeclaration]
) -> tuple[list[tuple[Node, str, str]], list[Finding]]:
    chosen: list[tuple[Node, str, str]] = []
    findings: list[Finding] = []
    by_name = {node.name: node for node in nodes}
    for declaration in exports:
        endpoint = declaration.exporting
        node = by_name.get(endpoint.node)
        if node is None:
            continue  # the project's loader has said so
        names = matching_names(endpoint.name, node.exports)
        if len(names) == 1:
            chosen.append((node, names[0], declaration.name or names[0]))
            continue
        known = list(node.exports)
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

    def __init__(self, nodes: Sequence[Node], edges: Iterable[Edge], advice: Advice) -> None:
        self._by_name = {node.name: node for node in nodes}
        self._filled = {(edge.importer, edge.import_name): edge for edge in edges}
        self._advice = advice
        self._sources: dict[str, tuple[str, str]] = {}
        self._alike: dict[str, str] = {}
        self.offers: list[Offer] = []
        self.findings: list[Finding] = []

    def add(self, node: Node, export_name: str, name: str) -> None:
        """Offer an export under a name, and the interfaces whose types it uses."""
        source = (node.name, export_name)
        taken = self._sources.get(name)
        if taken == source:
            return
        if taken is not None:
            self.findings.append(self._twice(taken, source, name))
            return
        alike = self._alike.setdefault(comparable(name), name)
        if alike != name:
            self.findings.append(_named_alike(alike, source, name))
            return
        self._sources[name] = source
        for used in _used_interfaces(node.exports[export_name]):
            self._add_home(node, used)
        self.offers.append(Offer(node.name, export_name, name))

    def _twice(self, taken: tuple[str, str], source: tuple[str, str], name: str) -> Finding:
        item = parse_item_name(name)
        stem = name if item is None else item.interface
        other = self._advice.export_as(":".join(source), f"{source[0]}-{stem}")
        return Finding(
            "export-twice",
            f"`{taken[0]}` and `{source[0]}` would both be exported as `{name}`",
            Place(item=":".join(source)),
            hint=f"name the one that is meant: {self._advice.export(':'.join(taken))}, or give one "
            f"another name: {other}",
        )

    def _add_home(self, node: Node, interface: str) -> None:
        """Offer the interface that an offered one takes types from, if it is filled inside."""
        if interface in node.exports:
            exporter, export_name = node, interface
        elif edge := self._filled.get((node.name, interface)):
            exporter, export_name = self._by_name[edge.exporter], edge.export_name
        else:
            return
        if (exporter.name, export_name) not in self._sources.values():
            self.add(exporter, export_name, export_name)


def _named_alike(taken: str, source: tuple[str, str], name: str) -> Finding:
    return Finding(
        "export-names-alike",
        f"`{taken}` and `{name}` cannot both be exported: hyphens and letter case alone do not tell "
        "names apart",
        Place(item=":".join(source)),
        hint="give one of them another name",
    )


def _used_interfaces(extern: Extern) -> tuple[str, ...]:
    """Interfaces that an export takes types from; of a function's types only resources count."""
    match extern:
        case InterfaceExtern(interface):
            return interface.used_interfaces
        case FunctionExtern(function):
            owners = [each.root.owner for each in resources_in(function)]
            return tuple(dict.fromkeys(each.name for each in owners if not each.is_world))
        case _:
            return ()
