"""Types that a world itself takes from an interface, and functions of its own with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from wcompose.engine import Engine
from wcompose.errors import LinkError
from wcompose.graph import Graph, Node, plan_graph
from wcompose.graph.compose import compose_graph, link, read_component
from wcompose.images import ImageCache
from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
from wcompose.report import Place
from wcompose.runtime import Component, Grants, Limits, find_function

WIT = """
package demo:keys;
interface keys {
  resource key { constructor(number: u32); number: func() -> u32; }
}
world safe { export keys; }
world smith { use keys.{key}; export forge: func() -> key; }
world owner { use keys.{key}; import forge: func() -> key; export look: func() -> u32; }
"""
# A key is its number: that is what its owner keeps for it.
MODULES = {
    "safe": """(module
  (import "[export]demo:keys/keys" "[resource-new]key" (func $new (param i32) (result i32)))
  (func (export "demo:keys/keys#[constructor]key") (param i32) (result i32)
    (call $new (local.get 0)))
  (func (export "demo:keys/keys#[method]key.number") (param i32) (result i32) (local.get 0)))""",
    "smith": """(module
  (import "demo:keys/keys" "[constructor]key" (func $make (param i32) (result i32)))
  (func (export "forge") (result i32) (call $make (i32.const 42))))""",
    "owner": """(module
  (import "$root" "forge" (func $forge (result i32)))
  (import "demo:keys/keys" "[method]key.number" (func $number (param i32) (result i32)))
  (func (export "look") (result i32) (call $number (call $forge))))""",
}


@pytest.fixture
def nodes(engine: Engine, tmp_path: Path) -> list[Node]:
    wit = tmp_path / "keys.wit"
    wit.write_text(WIT)
    made = []
    for name, module in MODULES.items():
        core, file = tmp_path / f"{name}.core.wasm", tmp_path / f"{name}.wasm"
        core.write_bytes(bytes(wasmtime.wat2wasm(module)))
        engine.encode(core, file, wit=wit, world=name)
        made.append(Node(name, read_component(engine, file)))
    return made


def linked(engine: Engine, nodes: list[Node], directory: Path, *exports: str) -> Graph:
    offers = [OfferDeclaration(endpoint(text)) for text in exports]
    return link(nodes, [], offers or None, engine=engine, directory=directory)


def endpoint(text: str) -> Endpoint:
    node, _, name = text.partition(":")
    return Endpoint(node, name, Place(item=text))


def call(images: ImageCache, file: Path, function: str) -> object:
    opened = Component(file, images)
    return opened.instantiate(Grants(), Limits()).call_plain(
        find_function(opened.functions, function), []
    )


def test_a_resource_that_a_world_uses_comes_with_its_interface(
    engine: Engine, images: ImageCache, nodes: list[Node], tmp_path: Path
) -> None:
    graph = linked(engine, nodes, tmp_path, "owner:look")
    edges = {(each.importer, each.import_name, each.exporter, each.item) for each in graph.edges}
    assert edges == {
        ("smith", "demo:keys/keys", "safe", ""),
        ("smith", "key", "safe", "key"),
        ("owner", "demo:keys/keys", "safe", ""),
        ("owner", "key", "safe", "key"),
        ("owner", "forge", "smith", ""),
    }
    assert graph.outsides == ()
    output = tmp_path / "out.wasm"
    compose_graph(graph, engine, output)
    assert not read_component(engine, output).world.imports
    assert call(images, output, "look") == 42


def test_a_function_with_a_resource_is_exported_with_the_resource(
    engine: Engine, nodes: list[Node], tmp_path: Path
) -> None:
    graph = linked(engine, nodes, tmp_path, "smith:forge")
    assert [each.name for each in graph.offers] == ["demo:keys/keys", "forge"]
    output = tmp_path / "out.wasm"
    compose_graph(graph, engine, output)
    assert list(read_component(engine, output).world.exports) == ["demo:keys/keys", "forge"]


def test_a_function_of_another_resource_is_refused(
    engine: Engine, nodes: list[Node], tmp_path: Path
) -> None:
    safe = next(node for node in nodes if node.name == "safe")
    stated = [
        EdgeDeclaration(endpoint("owner:demo:keys/keys"), endpoint("safe")),
        EdgeDeclaration(endpoint("smith:demo:keys/keys"), endpoint("other")),
    ]
    with pytest.raises(LinkError) as caught:
        plan_graph(
            [*nodes, Node("other", safe.component)],
            stated,
            [OfferDeclaration(endpoint("owner:look"))],
        )
    (finding,) = caught.value.findings
    assert (finding.rule, finding.place.item) == ("resource-two-providers", "owner:forge")
