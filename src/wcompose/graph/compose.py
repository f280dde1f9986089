"""From a graph to one component: the choices become indices, the engine does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.contract import Contract, compare_extern
from wcompose.engine import plan as engine_plan
from wcompose.errors import LinkError
from wcompose.files import digest_file
from wcompose.graph import refusals
from wcompose.graph.model import Component, Draft, Graph, Node
from wcompose.graph.plan import draft_graph
from wcompose.graph.request import Request
from wcompose.project import EdgeDeclaration, OfferDeclaration

if TYPE_CHECKING:
    from wcompose.engine import Engine


MOST_COMPONENTS = 999
"""Components in a composition, which ``wasmparser`` counts with it and with all core modules
(``limits.rs``, ``MAX_WASM_MODULES_AND_COMPONENTS``)."""


@dataclass(frozen=True)
class About:
    """What a composition tells of itself; empty where there is nothing to tell.

    Attributes:
        name: its name.
        version: its version.
        description: one line about it.
        grants: what its nodes are granted, as JSON.
    """

    name: str = ""
    version: str = ""
    description: str = ""
    grants: str = ""


def link(
    nodes: Sequence[Node],
    edges: Sequence[EdgeDeclaration],
    exports: Sequence[OfferDeclaration] | None,
    *,
    engine: Engine,
    directory: Path,
) -> Graph:
    """Like `link_draft`, but only for graphs that can be composed.

    Raises:
        LinkError: see `plan_graph`.
    """
    draft = link_draft(nodes, Request(edges, exports), engine=engine, directory=directory)
    if draft.findings:
        raise LinkError(draft.findings)
    return draft.graph


def link_draft(
    nodes: Sequence[Node], request: Request, *, engine: Engine, directory: Path
) -> Draft:
    """Plan a graph, and give interfaces of value types that no node exports a home.

    Such an interface has nothing to run, but a composition that left it imported would ask its host
    for it. A component that only exports types fills it; it is made into ``directory``.

    Args:
        nodes: the nodes; their order does not matter.
        request: what the graph shall be like.
        engine: makes the homes.
        directory: where they are written.
    """
    draft = draft_graph(nodes, request)
    homes: list[Node] = []
    while not draft.findings:
        made = _make_homes(draft.graph, [*nodes, *homes], engine, directory)
        if not made:
            break
        homes += made
        known = replace(request, homes=frozenset(home.name for home in homes))
        draft = draft_graph([*nodes, *homes], known)
    return draft


def _make_homes(graph: Graph, nodes: Sequence[Node], engine: Engine, directory: Path) -> list[Node]:
    """Components for the interfaces of value types that nodes import and nobody exports.

    Each binary holds the part of an interface that it uses, and the parts of two need not fit one
    home: so one is made for each part that none of those before it fits.
    """
    filled = {(edge.importer, edge.import_name) for edge in graph.edges}
    filled |= {(outside.importer, outside.import_name) for outside in graph.outsides}
    made: list[Node] = []
    for node in sorted(graph.nodes, key=lambda node: node.name):
        names = [
            name
            for name in graph.type_imports
            if name in node.imports
            and (node.name, name) not in filled
            and not any(_fits(node, name, home) for home in made)
        ]
        if names:
            home = directory / f"{_free_name([*nodes, *made])}.wasm"
            directory.mkdir(parents=True, exist_ok=True)
            engine.provide_types([node.component.path], names, home)
            made.append(Node(home.stem, read_component(engine, home)))
    return made


def _fits(node: Node, name: str, home: Node) -> bool:
    offered = home.exports.get(name)
    return offered is not None and not compare_extern(node.imports[name], offered)


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


def compose_graph(graph: Graph, engine: Engine, output: Path, about: About | None = None) -> None:
    """Write the composition of a graph; the engine validates it.

    Args:
        graph: what to compose.
        engine: composes.
        output: the composition; written by the engine, so name a temporary file.
        about: what it tells of itself.

    Raises:
        LinkError: the official validator refuses what the planner accepted: there is more of
            something than it takes.
    """
    plan = _to_engine_plan(graph)
    if len(plan.sources) > MOST_COMPONENTS:
        raise LinkError(refusals.too_many("components", len(plan.sources), MOST_COMPONENTS))
    if about is not None:
        plan = replace(
            plan,
            name=about.name,
            version=about.version,
            description=about.description,
            grants=about.grants,
        )
    engine.compose(plan, output)


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
            engine_plan.Node(node.name, sources[node.component.digest], node.language)
            for node in graph.nodes
        ),
        edges=tuple(
            engine_plan.Edge(
                index[edge.importer],
                edge.import_name,
                index[edge.exporter],
                edge.export_name,
                edge.item,
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
