"""Putting carriers before exported interfaces, so that lists of numbers cross to the host as texts.

See ``docs/explanation/carrying.md``. Carriers are nodes like any other, added when gates stand: what a
carrier imports, it gets from where the node before which it stands has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.contract import Interface, InterfaceExtern, parse_item_name
from wcompose.contract.carried import carried_functions, carried_name
from wcompose.contract.resources import resources_in
from wcompose.errors import LinkError
from wcompose.files import digest_bytes
from wcompose.graph import Edge, Graph, Node, Offer, Outside
from wcompose.graph.compose import read_component
from wcompose.project import NOT_CARRIED, CarryDeclaration
from wcompose.report import Finding, Report
from wcompose.suggest import did_you_mean

if TYPE_CHECKING:
    from wcompose.engine import Engine


INLINE = "wcompose:inline"
"""The package in which a carrier finds an interface that has no name but that of its export."""


def add_carriers(
    graph: Graph, carry: CarryDeclaration, *, engine: Engine, directory: Path
) -> Graph:
    """Put a carrier before every interface that shall have one.

    Args:
        graph: as it is composed, with its gates.
        carry: which interfaces shall have one.
        engine: makes carriers.
        directory: where they are written.

    Returns:
        The graph with a node, an edge and an offer more for each; the same graph where there is none.

    Raises:
        LinkError: with every interface that cannot have one.
    """
    offers = _chosen(graph, carry)
    if not offers:
        return graph
    directory.mkdir(parents=True, exist_ok=True)
    every: tuple[Edge | Outside, ...] = (*graph.edges, *graph.outsides)
    filled = {(each.importer, each.import_name): each for each in every}
    nodes = list(graph.nodes)
    edges, outsides, given = list(graph.edges), list(graph.outsides), list(graph.offers)
    for offer in offers:
        exporter = graph.node(offer.exporter)
        node = _made(offer, exporter, nodes, engine, directory)
        nodes.append(node)
        for name in node.imports:
            match _filling(node, name, offer, exporter, filled):
                case Edge() as edge:
                    edges.append(edge)
                case Outside() as outside:
                    outsides.append(outside)
                case None:
                    pass  # an interface of types, which is an import of the whole as it is
        given += [Offer(node.name, name, name) for name in node.exports]
    return replace(
        graph,
        nodes=tuple(nodes),
        edges=tuple(sorted(edges)),
        outsides=tuple(sorted(outsides)),
        offers=tuple(given),
    )


def _made(
    offer: Offer, exporter: Node, nodes: Iterable[Node], engine: Engine, directory: Path
) -> Node:
    name = _free_name(offer, {node.name for node in nodes})
    told = f"{exporter.component.digest} {offer.export_name} {offer.name}"
    digest = digest_bytes(told.encode()).removeprefix("sha256:")
    file = directory / f"{name}-{digest[:16]}.wasm"
    engine.make_carrier(exporter.component.path, offer.export_name, offer.name, file)
    return Node(name, read_component(engine, file))


def _filling(
    node: Node,
    name: str,
    offer: Offer,
    exporter: Node,
    filled: dict[tuple[str, str], Edge | Outside],
) -> Edge | Outside | None:
    """What fills an import of a carrier: its interface, or where that has its types from."""
    if name in (offer.export_name, f"{INLINE}/{offer.export_name}"):
        return Edge(node.name, name, offer.exporter, offer.export_name)
    # What an interface takes from another, it takes from an export where there is one (WIT.md,
    # "Interfaces, worlds and `use`").
    if name in exporter.exports:
        return Edge(node.name, name, exporter.name, name)
    own = filled.get((exporter.name, name))
    return None if own is None else replace(own, importer=node.name)


def _free_name(offer: Offer, taken: set[str]) -> str:
    last = offer.name.partition("@")[0].rpartition("/")[2]
    wanted = name = f"{offer.exporter}-{last}-carrier"
    number = 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _chosen(graph: Graph, carry: CarryDeclaration) -> list[Offer]:
    """The exports of the whole that get a carrier, in their order."""
    if carry == NOT_CARRIED:
        return []
    interfaces = {
        offer.name: extern.interface
        for offer in graph.offers
        if isinstance(
            extern := graph.node(offer.exporter).exports[offer.export_name], InterfaceExtern
        )
    }
    names = [offer.name for offer in graph.offers]
    chosen: dict[str, None] = {}
    findings: list[Finding] = []
    if carry.is_all:
        # A composition among the nodes may have brought a carrier of its own.
        chosen |= {
            name: None
            for name, each in interfaces.items()
            if carried_name(name) not in names
            if carried_functions(each) and not _is_unspeakable(name, each)
        }
    for declared in carry.interfaces:
        meant = [name for name in names if declared.name in (name, name.partition("@")[0])]
        if problem := _problem(declared.name, meant, names, interfaces):
            rule, message, hint = problem
            findings.append(Finding(rule, message, declared.place, hint=hint))
        else:
            chosen |= {name: None for name in meant if carried_functions(interfaces[name])}
    findings += _taken(chosen, names, carry)
    if findings:
        raise LinkError(Report.of(findings).findings)
    return [offer for offer in graph.offers if offer.name in chosen]


def _problem(
    wanted: str, meant: Sequence[str], names: Sequence[str], interfaces: Mapping[str, Interface]
) -> tuple[str, str, str] | None:
    """Why an interface that is named cannot be carried: rule, message and hint."""
    if not meant:
        near = did_you_mean(wanted, [*names, *(name.partition("@")[0] for name in names)])
        return (
            "carry-unknown",
            f"`{wanted}` shall be carried, and the composition does not export it",
            near or _known(interfaces),
        )
    if any(name not in interfaces for name in meant):
        return (
            "carry-function",
            f"`{wanted}` is a function without an interface, and only interfaces are carried",
            "take it out of `carry`, or export it in an interface",
        )
    if not any(carried_functions(interfaces[name]) for name in meant):
        return (
            "carry-nothing",
            f"no function of `{wanted}` has a list of numbers that could be carried",
            "take it out of `carry`: its calls are as fast without",
        )
    if any(_is_unspeakable(name, interfaces[name]) for name in meant):
        return (
            "carry-nameless",
            f"`{wanted}` has resources, and a name that other interfaces cannot take them by",
            "export it by the name of an interface: `NODE:EXPORT as NAMESPACE:PACKAGE/INTERFACE`",
        )
    return None


def _is_unspeakable(name: str, interface: Interface) -> bool:
    """Whether the carried interface would take resources from one that no contract can name."""
    if parse_item_name(name) is not None:
        return False
    own = {id(each) for each in interface.types.values() if each.is_resource}
    functions = (interface.functions[each] for each in carried_functions(interface))
    return any(id(each.root) in own for function in functions for each in resources_in(function))


def _taken(
    chosen: Iterable[str], names: Iterable[str], carry: CarryDeclaration
) -> Iterator[Finding]:
    """Carried interfaces whose name another export has."""
    taken = {name: name for name in names}
    for name in chosen:
        own = carried_name(name)
        if own in taken:
            yield Finding(
                "carry-taken",
                f"`{name}` would be carried as `{own}`, which is the name that `{taken[own]}` needs",
                carry.place,
                hint="carry one of them, or export it under another name: `NODE:EXPORT as NAME`",
            )
        taken[own] = name


def _known(interfaces: Iterable[str]) -> str:
    names = ", ".join(f"`{name}`" for name in interfaces)
    return f"it exports {names}" if names else "it exports no interface"
