"""From a graph to one component: the choices become indices, the engine does the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.contract import Contract
from wcompose.engine import plan as engine_plan
from wcompose.files import digest_file
from wcompose.graph.model import Component, Graph, Node
from wcompose.graph.plan import plan_graph
from wcompose.project import EdgeDeclaration, Endpoint

if TYPE_CHECKING:
    from wcompose.engine import Engine


def link(
    nodes: Sequence[Node],
    edges: Sequence[EdgeDeclaration],
    exports: Sequence[Endpoint] | None,
    *,
    engine: Engine,
    directory: Path,
) -> Graph:
    """Plan a graph, and give interfaces of value types that no node exports a home.

    Such an interface has nothing to run, but a composition that left it imported would ask its host
    for it. A component that only exports types fills it; it is made into ``directory``.

    Raises:
        LinkError: see `plan_graph`.
    """
    graph = plan_graph(nodes, edges, exports)
    homes: list[Node] = []
    served: set[str] = set()
    while lacking := _lacking_types(graph, served):
        # One importer at a time: each binary holds the part of an interface that it uses, and the
        # parts of two need not fit one home.
        importer, interfaces = lacking
        served.add(importer.name)
        home = directory / f"{_free_name([*nodes, *homes])}.wasm"
        directory.mkdir(parents=True, exist_ok=True)
        engine.provide_types([importer.component.path], interfaces, home)
        homes.append(Node(home.stem, read_component(engine, home)))
        graph = plan_graph([*nodes, *homes], edges, exports)
    return graph


def _lacking_types(graph: Graph, served: Collection[str]) -> tuple[Node, tuple[str, ...]] | None:
    """The first node by name, but for those served, that lacks types; and their interfaces."""
    filled = {(edge.importer, edge.import_name) for edge in graph.edges}
    for node in sorted(graph.nodes, key=lambda node: node.name):
        names = tuple(
            name
            for name in graph.type_imports
            if name in node.component.world.imports and (node.name, name) not in filled
        )
        if names and node.name not in served:
            return node, names
    return None


def _free_name(nodes: Sequence[Node]) -> str:
    taken = {node.name for node in nodes}
    name = "types"
    while name in taken:
        name = f"{name}-only"
    return name


def read_component(engine: Engine, file: Path) -> Component:
    """Read what a component binary imports and exports.

    Raises:
        ArtifactError: it is no component, or it is damaged.
    """
    contract = Contract.from_json(engine.decode(file))
    if contract.world is None:
        raise AssertionError("the engine gives every component's world")
    return Component(file, digest_file(file), file.stat().st_size, contract.world)


def compose_graph(graph: Graph, engine: Engine, output: Path) -> None:
    """Write the composition of a graph; the engine validates it.

    Raises:
        LinkError: the official validator refuses what the planner accepted.
    """
    engine.compose(_to_engine_plan(graph), output)


def _to_engine_plan(graph: Graph) -> engine_plan.Plan:
    sources: dict[str, int] = {}
    paths: list[Path] = []
    for node in graph.nodes:
        if node.component.digest not in sources:
            sources[node.component.digest] = len(paths)
            paths.append(node.component.path)
    index = {node.name: position for position, node in enumerate(graph.nodes)}
    return engine_plan.Plan(
        sources=tuple(engine_plan.Source(path) for path in paths),
        nodes=tuple(
            engine_plan.Node(node.name, sources[node.component.digest]) for node in graph.nodes
        ),
        edges=tuple(
            engine_plan.Edge(
                index[edge.importer], edge.import_name, index[edge.exporter], edge.export_name
            )
            for edge in graph.edges
        ),
        outsides=tuple(
            engine_plan.Outside(index[each.importer], each.import_name, each.name)
            for each in graph.outsides
            if each.name != each.import_name
        ),
        offers=tuple(
            engine_plan.Offer(index[offer.exporter], offer.export_name, offer.name)
            for offer in graph.offers
        ),
    )
