"""The planner: every choice it makes, every reason it gives, and what must hold for any graph."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from contract.cases import check, sections
from hypothesis import given
from hypothesis import strategies as st

from wcompose.cli.render import finding_lines
from wcompose.contract import Contract, InterfaceExtern, World
from wcompose.engine import Engine
from wcompose.errors import LinkError
from wcompose.graph import Component, Graph, Node, plan_graph
from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
from wcompose.report import Place

CASES = sorted((Path(__file__).parent / "plans").glob("*.txt"))


def node(name: str, world: World) -> Node:
    return Node(name, Component(Path(f"{name}.wasm"), f"sha256:{name}", 0, world))


def endpoint(text: str) -> Endpoint:
    name, _, item = text.partition(":")
    return Endpoint(name, item, Place("wcompose.toml", item=text))


def edge_of(edge: dict[str, Any]) -> EdgeDeclaration:
    outside = edge.get("outside", "")
    return EdgeDeclaration(
        endpoint(edge["import"]),
        endpoint(edge["from"]) if "from" in edge else None,
        outside if isinstance(outside, str) else "",
        "host" in edge,
    )


def planned(engine: Engine, wit: str, choices: str, directory: Path) -> Graph:
    """The graph of every world of the main package, each of them a node of that name."""
    file = directory / "case.wit"
    file.write_text(wit, "utf-8")
    contract = Contract.from_json(engine.resolve(file))
    stated = tomllib.loads(choices)
    edges = [edge_of(edge) for edge in stated.get("edges", ())]
    exports = (
        [
            OfferDeclaration(endpoint(text))
            if isinstance(text, str)
            else OfferDeclaration(endpoint(text["export"]), text["as"])
            for text in stated["exports"]
        ]
        if "exports" in stated
        else None
    )
    nodes = [
        node(world.name, world)
        for world in contract.worlds.values()
        if world.package == contract.package
    ]
    return plan_graph(nodes, edges, exports)


def drawn(graph: Graph) -> str:
    lines = ["order: " + " ".join(each.name for each in graph.nodes)]
    for choice in graph.choices:
        lines.append(f"{choice.importer}:{choice.import_name}: {choice.outcome}")
        lines += [
            f"  {each.verdict}: {each.exporter}:{each.export_name} ({each.reason})"
            for each in choice.candidates
        ]
    lines += [
        f"edge: {each.importer}:{each.import_name} <- {each.exporter}:{each.export_name}"
        + (f" ({each.item})" if each.item else "")
        for each in graph.edges
    ]
    lines += [
        f"{'host' if each.is_host else 'outside'}: {each.importer}:{each.import_name}"
        + ("" if each.name == each.import_name else f" as {each.name}")
        for each in graph.outsides
    ]
    lines += [f"types: {name}" for name in graph.type_imports]
    lines += [
        f"offer: {each.exporter}:{each.export_name}"
        + ("" if each.name == each.export_name else f" as {each.name}")
        for each in graph.offers
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_graph_is_planned_or_refused_with_reasons(
    case: Path, engine: Engine, tmp_path: Path
) -> None:
    parts = sections(case)
    try:
        result = drawn(planned(engine, parts["wit"], parts.get("graph", ""), tmp_path))
    except LinkError as error:
        lines = [line.plain for each in error.findings for line in finding_lines(each)]
        result = "\n".join(lines).replace(str(tmp_path), "ROOT") + "\n"
    check(case, "result", result)


# What holds for any graph ---------------------------------------------------------------------

MOST = 40
WASI, TYPES = "wasi:clocks/wall-clock@0.2.6", "demo:any/records"


@pytest.fixture(scope="module")
def contract(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Contract:
    interfaces = "".join(
        f"interface i{number} {{ answer{number}: func() -> u32; }}\n" for number in range(MOST)
    )
    file = tmp_path_factory.mktemp("any") / "any.wit"
    file.write_text(
        f"package demo:any;\n{interfaces}interface records {{ type count = u32; }}\n"
        "package wasi:clocks@0.2.6 { interface wall-clock { now: func() -> u64; } }\n"
    )
    return Contract.from_json(engine.resolve(file))


@st.composite
def shapes(draw: st.DrawFn) -> list[tuple[str, frozenset[int], frozenset[str]]]:
    """For each node its name, the earlier nodes that it imports from, and its other imports."""
    size = draw(st.integers(1, MOST))
    names = draw(st.permutations([f"n{number}" for number in range(size)]))
    return [
        (
            name,
            draw(st.frozensets(st.integers(0, number - 1), max_size=4)) if number else frozenset(),
            draw(st.frozensets(st.sampled_from([WASI, TYPES]))),
        )
        for number, name in enumerate(names)
    ]


def nodes_of(
    contract: Contract, shape: Sequence[tuple[str, frozenset[int], frozenset[str]]]
) -> list[Node]:
    def externs(names: Sequence[str]) -> dict[str, InterfaceExtern]:
        return {name: InterfaceExtern(contract.interfaces[name]) for name in names}

    return [
        node(
            name,
            World(
                name,
                "demo:any",
                externs([*(f"demo:any/i{each}" for each in sorted(used)), *sorted(others)]),
                externs([f"demo:any/i{number}"]),
            ),
        )
        for number, (name, used, others) in enumerate(shape)
    ]


@given(shape=shapes(), data=st.data())
def test_any_graph_without_a_circle_is_decided(
    contract: Contract,
    shape: list[tuple[str, frozenset[int], frozenset[str]]],
    data: st.DataObject,
) -> None:
    nodes = nodes_of(contract, shape)
    graph = plan_graph(nodes)
    assert plan_graph(data.draw(st.permutations(nodes))) == graph
    position = {each.name: index for index, each in enumerate(graph.nodes)}
    assert sorted(position) == sorted(each.name for each in nodes)
    assert all(position[edge.exporter] < position[edge.importer] for edge in graph.edges)
    imports = sorted((each.name, name) for each in nodes for name in each.component.world.imports)
    decided = [(each.importer, each.import_name) for each in (*graph.edges, *graph.outsides)]
    decided += [pair for pair in imports if pair[1] in graph.type_imports]
    assert sorted(decided) == imports
    assert sorted((each.importer, each.import_name) for each in graph.choices) == imports
    assert {(edge.importer, edge.exporter) for edge in graph.edges} == {
        (name, shape[each][0]) for name, used, _ in shape for each in used
    }


@given(shape=shapes(), data=st.data())
def test_a_circle_is_always_found(
    contract: Contract,
    shape: list[tuple[str, frozenset[int], frozenset[str]]],
    data: st.DataObject,
) -> None:
    importers = [number for number, (_, used, _) in enumerate(shape) if used]
    if not importers:
        return
    number = data.draw(st.sampled_from(importers))
    provider = data.draw(st.sampled_from(sorted(shape[number][1])))
    name, used, others = shape[provider]
    closed = [*shape]
    closed[provider] = (name, used | {number}, others)
    with pytest.raises(LinkError) as caught:
        plan_graph(nodes_of(contract, closed))
    cycles = [each for each in caught.value.findings if each.rule == "cycle"]
    assert cycles
    for cycle in cycles:
        circle = [part.strip("`") for part in cycle.message.split(": ")[1].split(" → ")]
        assert circle[0] == circle[-1]
        assert len(circle) == len(set(circle)) + 1
        assert len(cycle.causes) == len(circle) - 1
