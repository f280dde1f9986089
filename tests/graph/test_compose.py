"""Graphs that become components: the same bytes whatever the order, and nothing left to ask for."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import wasmtime
from support import BENCH

from wcompose.contract import TypeExtern
from wcompose.engine import Engine
from wcompose.graph import Graph, Node
from wcompose.graph.compose import compose_graph, link, link_draft, read_component
from wcompose.graph.request import Request
from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
from wcompose.report import Place

TARGET, DRIVER = "wcompose:bench/target@0.1.0", "wcompose:bench/driver@0.1.0"
BENCHES = {"caller": BENCH / "go-caller.wasm", "callee": BENCH / "rust-callee.wasm"}

WIT = """\
package demo:types;
interface shapes { record point { x: u32, y: u32 }  record line { x: u32, y: u32 } }
interface colours { type shade = u32; }
world left { use shapes.{point}; export left: func(at: point) -> u32; }
world right { use shapes.{point}; export right: func(at: point) -> u32; }
world other { use shapes.{line}; use colours.{shade}; export other: func(at: line) -> shade; }
"""


def endpoint(text: str) -> Endpoint:
    name, _, item = text.partition(":")
    return Endpoint(name, item, Place(item=text))


def composed(
    engine: Engine,
    files: dict[str, Path],
    output: Path,
    edges: Sequence[tuple[str, str]] = (),
    exports: Sequence[str] | None = None,
) -> Graph:
    graph = link(
        [Node(name, read_component(engine, file)) for name, file in files.items()],
        [EdgeDeclaration(endpoint(to), endpoint(source)) for to, source in edges],
        None if exports is None else [OfferDeclaration(endpoint(text)) for text in exports],
        engine=engine,
        directory=output.parent / "types",
    )
    compose_graph(graph, engine, output)
    engine.validate(output)
    return graph


def names_of(engine: Engine, file: Path) -> list[str]:
    return [child["name"] for child in engine.describe(file)["children"]]


def test_the_bytes_know_neither_order_nor_file_names(engine: Engine, tmp_path: Path) -> None:
    results = []
    for number, order in enumerate(itertools.permutations(BENCHES)):
        directory = tmp_path / f"{number}"
        directory.mkdir()
        files = {name: directory / f"{number}-{name[::-1]}.bin.wasm" for name in order}
        for name, file in files.items():
            shutil.copyfile(BENCHES[name], file)
        composed(engine, files, directory / "out.wasm")
        results.append((directory / "out.wasm").read_bytes())
    assert len(set(results)) == 1


def test_what_is_linked_is_imported_no_more(engine: Engine, tmp_path: Path) -> None:
    composed(engine, BENCHES, tmp_path / "out.wasm")
    world = read_component(engine, tmp_path / "out.wasm").world
    assert list(world.exports) == [DRIVER]
    assert all(name.startswith("wasi:") for name in world.imports)
    assert names_of(engine, tmp_path / "out.wasm") == ["callee", "caller"]


def test_one_component_as_two_nodes_stands_once(engine: Engine, tmp_path: Path) -> None:
    files = {"caller": BENCHES["caller"], "first": BENCHES["callee"], "second": BENCHES["callee"]}
    exports = [f"caller:{DRIVER}", f"first:{TARGET}"]
    outputs = {}
    for chosen in ("first", "second"):
        output = outputs[chosen] = tmp_path / f"{chosen}.wasm"
        graph = composed(engine, files, output, [(f"caller:{TARGET}", chosen)], exports)
        assert [(edge.importer, edge.exporter) for edge in graph.edges] == [("caller", chosen)]
        assert names_of(engine, output) == ["first+second", "caller"]
    # The nodes share their code and not their instance, so the choice shows in the bytes.
    assert outputs["first"].read_bytes() != outputs["second"].read_bytes()


@pytest.fixture
def importers(engine: Engine, tmp_path: Path) -> dict[str, Path]:
    """Components that import interfaces of value types, `other` another part than the rest."""
    (tmp_path / "types.wit").write_text(WIT)
    files = {}
    for name in ("left", "right", "other"):
        core = tmp_path / f"{name}.core.wasm"
        add = "(i32.add (local.get 0) (local.get 1))"
        core.write_bytes(
            bytes(
                wasmtime.wat2wasm(
                    f'(module (func (export "{name}") (param i32 i32) (result i32) {add}))'
                )
            )
        )
        files[name] = tmp_path / f"{name}.wasm"
        engine.encode(core, files[name], wit=tmp_path / "types.wit", world=name)
    return files


def test_types_that_nobody_exports_get_a_home(
    engine: Engine, importers: dict[str, Path], tmp_path: Path
) -> None:
    shapes, colours = "demo:types/shapes", "demo:types/colours"
    wanted = [list(read_component(engine, file).world.imports) for file in importers.values()]
    assert [[each for each in names if ":" in each] for names in wanted] == [
        [shapes],
        [shapes],
        [shapes, colours],
    ]
    graph = composed(engine, importers, tmp_path / "out.wasm")
    assert graph.type_imports == ()
    # What `left` and `right` need is not what `other` needs of the same interface.
    assert {(edge.importer, edge.import_name, edge.exporter) for edge in graph.edges} == {
        ("left", shapes, "types"),
        ("right", shapes, "types"),
        ("other", shapes, "types-only"),
        ("other", colours, "types-only"),
    }
    world = read_component(engine, tmp_path / "out.wasm").world
    assert sorted(world.exports) == sorted(importers)
    assert all(isinstance(extern, TypeExtern) for extern in world.imports.values())
    store = wasmtime.Store()
    component = wasmtime.component.Component(store.engine, (tmp_path / "out.wasm").read_bytes())
    instance = wasmtime.component.Linker(store.engine).instantiate(store, component)
    point = wasmtime.component.Record()
    point.x, point.y = 2, 3
    for name in importers:
        function = instance.get_func(store, name)
        assert function is not None
        assert function(store, point) == 5
        function.post_return(store)


def test_a_node_may_be_called_like_the_home_of_types(
    engine: Engine, importers: dict[str, Path], tmp_path: Path
) -> None:
    files = {"types": importers["left"], "types-only": importers["right"]}
    composed(engine, files, tmp_path / "out.wasm")
    names = names_of(engine, tmp_path / "out.wasm")
    assert sorted(names) == ["types", "types-only", "types-only-only"]


TYPES_ALONE = """(component
  (import "a:b/times@1.0.0" (instance $times
    (type $number u64) (export "duration" (type (eq $number)))))
  (alias export $times "duration" (type $duration))
  (core module $guest (func (export "rest") (param i64)))
  (core instance $guest (instantiate $guest))
  (func $rest (param "time" $duration) (canon lift (core func $guest "rest")))
  (export "rest" (func $rest)))"""
FUNCTIONS_TOO = """(component
  (import "a:b/times@1.0.0" (instance $times
    (type $number u64) (export "duration" (type $duration (eq $number)))
    (export "now" (func (result $duration)))))
  (core func $now (canon lower (func $times "now")))
  (core module $guest (import "times" "now" (func (result i64)))
    (func (export "time") (result i64) (call 0)))
  (core instance $guest (instantiate $guest
    (with "times" (instance (export "now" (func $now))))))
  (func $time (result u64) (canon lift (core func $guest "time")))
  (export "time" (func $time)))"""


def test_a_home_of_types_is_no_answer_for_one_who_wants_functions(
    engine: Engine, tmp_path: Path
) -> None:
    nodes = []
    for name, text in (("resting", TYPES_ALONE), ("telling", FUNCTIONS_TOO)):
        file = tmp_path / f"{name}.wasm"
        file.write_bytes(wasmtime.wat2wasm(text))
        nodes.append(Node(name, read_component(engine, file)))
    request = Request(leave_open=True)
    draft = link_draft(nodes, request, engine=engine, directory=tmp_path / "homes")
    assert not draft.findings
    name = "a:b/times@1.0.0"
    assert [(each.importer, each.name) for each in draft.graph.outsides] == [("telling", name)]
    assert [(each.importer, each.exporter) for each in draft.graph.edges] == [("resting", "types")]
    compose_graph(draft.graph, engine, tmp_path / "out.wasm")
    engine.validate(tmp_path / "out.wasm")
