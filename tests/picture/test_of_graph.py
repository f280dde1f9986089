"""Pictures of projects' graphs: whole ones, and those that do not link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from wcompose.contract import Contract
from wcompose.engine import Engine
from wcompose.graph import Component, Draft, Node, draft_graph
from wcompose.graph.request import Request
from wcompose.picture import Picture
from wcompose.picture.model import NodeKind
from wcompose.picture.of_graph import picture_of_graph
from wcompose.project import EdgeDeclaration, Endpoint, GrantsDeclaration
from wcompose.project.grants import RandomGrant, RandomKind
from wcompose.report import Place

WIT = """\
package demo:app;

interface shapes { record point { x: u32 } }
interface sums { use shapes.{point}; sum: func(points: list<point>) -> point; }
interface shown { show: func(); }
world low { import wasi:random/random@0.2.6; export sums; }
world high { import shapes; import sums; import other:pay/charge@1.0.0; export shown; }
"""
PACKAGES = """\
package wasi:random@0.2.6 { interface random { get-random-u64: func() -> u64; } }
package other:pay@1.0.0 { interface charge { charge: func(); } }
"""

Read = Callable[..., dict[str, Node]]


@pytest.fixture
def nodes(engine: Engine, tmp_path: Path) -> Read:
    """A node of every world of the main package."""

    def nodes(wit: str = WIT, packages: str = PACKAGES) -> dict[str, Node]:
        file = tmp_path / "case.wit"
        file.write_text(wit + packages, "utf-8")
        contract = Contract.from_json(engine.resolve(file))
        return {
            world.name: Node(
                world.name,
                Component(Path(f"{world.name}.wasm"), f"sha256:{world.name}", 10, world),
                "rust",
            )
            for world in contract.worlds.values()
            if world.package == contract.package
        }

    return nodes


def outside(node: str, name: str) -> EdgeDeclaration:
    return EdgeDeclaration(Endpoint(node, name, Place()), None)


def drawn(draft: Draft) -> Picture:
    return picture_of_graph("app", draft.graph, subject="wcompose.toml", findings=draft.findings)


def test_a_graph_that_links(nodes: Read) -> None:
    left = outside("high", "other:pay/charge@1.0.0")
    draft = draft_graph(nodes().values(), Request([left]))
    assert draft.findings == ()
    picture = picture_of_graph(
        "app",
        draft.graph,
        subject="wcompose.toml",
        size=99,
        digest="sha256:99",
        grants={"low": GrantsDeclaration(random=RandomGrant(RandomKind.SEEDED, 7))},
        details={"low": {"version": "1.0.0"}},
    )
    assert (picture.title, picture.subject, picture.size) == ("app", "wcompose.toml", 99)
    assert [node.name for node in picture.nodes] == ["low", "high"]
    low = picture.node("low")
    assert (low.kind, low.language, low.size) == (NodeKind.COMPONENT, "Rust", 10)
    assert (low.capabilities, low.grants) == (("random",), ("random (seed 7)",))
    assert low.details == {"digest": "sha256:low", "version": "1.0.0"}
    assert {port.name: port.filled_by for port in picture.node("high").imports} == {
        "demo:app/shapes": "nothing: value types are structural",
        "demo:app/sums": "low",
        "other:pay/charge@1.0.0": "the outside",
    }
    (edge,) = picture.edges
    assert (edge.importer, edge.exporter, edge.export_name) == ("high", "low", "demo:app/sums")
    assert edge.reason == "name and type fit"
    assert [(each.importer, each.name, each.is_host) for each in picture.outsides] == [
        ("high", "other:pay/charge@1.0.0", False),
        ("low", "wasi:random/random@0.2.6", True),
    ]
    assert [offer.name for offer in picture.offers] == ["demo:app/shown"]
    assert picture.problems == ()


def test_ports_carry_their_wit(nodes: Read) -> None:
    draft = draft_graph(nodes().values(), Request([outside("high", "other:pay/charge@1.0.0")]))
    (export,) = drawn(draft).node("low").exports
    assert export.wit == (
        "interface sums {\n  use shapes.{point};\n\n  sum: func(points: list<point>) -> point;\n}\n"
    )


def test_a_node_that_only_exports_types_is_a_home_of_types(nodes: Read) -> None:
    wit = (
        "package a:b; interface t { record r { x: u8 } } interface f { use t.{r}; g: func(a: r); }"
    )
    worlds = "world home { export t; } world user { import t; export f; }"
    picture = drawn(draft_graph(nodes(wit + worlds, "").values(), Request()))
    assert {node.name: node.kind for node in picture.nodes} == {
        "home": NodeKind.TYPES,
        "user": NodeKind.COMPONENT,
    }


def test_nodes_of_one_component_say_so(nodes: Read) -> None:
    low = nodes()["low"]
    twin = replace(low, name="twin")
    stem = "0123456789abcdef" * 4
    cached = [
        replace(each, component=replace(each.component, path=Path(f"cache/{stem}.wasm")))
        for each in (low, twin)
    ]
    for pair in ([low, twin], cached):
        picture = drawn(draft_graph(pair, Request()))
        assert {node.name: node.component for node in picture.nodes} == {"low": "", "twin": "low"}
    alone = drawn(draft_graph(cached[1:], Request()))
    assert alone.node("twin").component == ""


def test_a_graph_that_does_not_link_is_drawn_with_its_problems(nodes: Read) -> None:
    draft = draft_graph(nodes().values(), Request())
    picture = drawn(draft)
    assert {node.name for node in picture.nodes} == {"low", "high"}
    (problem,) = picture.problems
    assert (problem.node, problem.import_name) == ("high", "other:pay/charge@1.0.0")
    assert problem.message == draft.findings[0].message
    assert problem.hint
    imports = {port.name: port.filled_by for port in picture.node("high").imports}
    assert imports["other:pay/charge@1.0.0"] == "nothing"
    assert [edge.import_name for edge in picture.edges] == ["demo:app/sums"]
