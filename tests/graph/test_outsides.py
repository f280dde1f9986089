"""What a composition imports: one import for a version track, full versions, names asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import wasmtime
from generated import component_text
from wasmtime import component as wasm

from wcompose.engine import Engine
from wcompose.graph import Node, plan_graph
from wcompose.graph.compose import compose_graph, read_component
from wcompose.project import EdgeDeclaration, Endpoint
from wcompose.report import Place


def endpoint(text: str) -> Endpoint:
    node, _, name = text.partition(":")
    return Endpoint(node, name, Place(item=text))


def read(engine: Engine, directory: Path, name: str, text: str) -> Node:
    file = directory / f"{name}.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(text)))
    return Node(name, read_component(engine, file))


def composed(
    engine: Engine, nodes: Sequence[Node], output: Path, edges: Sequence[EdgeDeclaration] = ()
) -> Path:
    compose_graph(plan_graph(nodes, edges), engine, output)
    return output


def total(file: Path, export: str, given: dict[str, int]) -> int:
    """Call `sum` of an export, with imports that give what is said."""
    engine = wasmtime.Engine()
    linker = wasm.Linker(engine)
    with linker.root() as root:
        for name, number in given.items():
            with root.add_instance(name) as instance:
                instance.add_func("sum", lambda _, number=number: number)
    store = wasmtime.Store(engine)
    instance = linker.instantiate(store, wasm.Component(engine, file.read_bytes()))
    index = instance.get_export_index(store, export)
    function = instance.get_func(store, instance.get_export_index(store, "sum", index))
    assert function is not None
    return int(function(store))


def versioned(number: int, used: Sequence[int], versions: dict[int, str]) -> str:
    text = component_text(number, used)
    for each, version in versions.items():
        text = text.replace(f'"demo:sums/i{each}"', f'"demo:sums/i{each}@{version}"')
    return text


CANONICAL = '"demo:sums/i0@0.2" (versionsuffix ".9")'


@pytest.fixture
def canonical(engine: Engine, tmp_path: Path) -> Node:
    """A component that imports `demo:sums/i0@0.2.9` by its canonical name."""
    text = versioned(1, [0], {0: "0.2.9"}).replace('"demo:sums/i0@0.2.9"', CANONICAL)
    return read(engine, tmp_path, "front", text)


def test_a_canonical_name_means_its_full_version(
    engine: Engine, canonical: Node, tmp_path: Path
) -> None:
    assert list(canonical.imports) == ["demo:sums/i0@0.2.9"]
    base = read(engine, tmp_path, "base", versioned(0, [], {0: "0.2.12"}))
    assert (
        total(composed(engine, [canonical, base], tmp_path / "out.wasm"), "demo:sums/i1", {}) == 2
    )


def test_a_canonical_name_that_is_left_outside_gets_its_full_version(
    engine: Engine, canonical: Node, tmp_path: Path
) -> None:
    outside = EdgeDeclaration(endpoint("front:demo:sums/i0"), None)
    output = composed(engine, [canonical], tmp_path / "out.wasm", [outside])
    assert list(read_component(engine, output).world.imports) == ["demo:sums/i0@0.2.9"]
    assert total(output, "demo:sums/i1", {"demo:sums/i0@0.2.9": 5}) == 6


@pytest.mark.parametrize("first", ["0.2.9", "0.2.12"])
def test_versions_of_one_track_are_one_import_called_by_the_highest(
    engine: Engine, first: str, tmp_path: Path
) -> None:
    second = {"0.2.9": "0.2.12", "0.2.12": "0.2.9"}[first]
    nodes = [
        read(engine, tmp_path, "a", versioned(1, [0], {0: first})),
        read(engine, tmp_path, "b", versioned(2, [0], {0: second})),
    ]
    edges = [EdgeDeclaration(endpoint(f"{name}:demo:sums/i0"), None) for name in "ab"]
    graph = plan_graph(nodes, edges)
    assert {each.name for each in graph.outsides} == {"demo:sums/i0@0.2.12"}
    output = composed(engine, nodes, tmp_path / "out.wasm", edges)
    assert list(read_component(engine, output).world.imports) == ["demo:sums/i0@0.2.12"]
    given = {"demo:sums/i0@0.2.12": 5}
    assert [total(output, f"demo:sums/i{number}", given) for number in (1, 2)] == [6, 6]


def test_twins_may_have_one_import_filled_and_one_outside(engine: Engine, tmp_path: Path) -> None:
    front = read(engine, tmp_path, "front", versioned(1, [0], {0: "0.2.9"}))
    other = read(engine, tmp_path, "other", versioned(2, [0], {0: "0.2.12"}))
    base = read(engine, tmp_path, "base", versioned(0, [], {0: "0.2.9"}))
    nodes = [
        front,
        Node("twin", front.component),
        other,
        base,
        read(engine, tmp_path, "top", component_text(4, [1, 2])),
    ]
    edges = [
        EdgeDeclaration(endpoint("front:demo:sums/i0"), endpoint("base")),
        EdgeDeclaration(endpoint("twin:demo:sums/i0"), None),
        EdgeDeclaration(endpoint("other:demo:sums/i0"), None),
        EdgeDeclaration(endpoint("top:demo:sums/i1"), endpoint("front")),
    ]
    output = composed(engine, nodes, tmp_path / "out.wasm", edges)
    given = {"demo:sums/i0@0.2.12": 5}
    # top = 1 + front (1 + base 1) + other (1 + outside 5)
    assert total(output, "demo:sums/i4", given) == 9
    assert total(output, "demo:sums/i1", given) == 6  # the twin: 1 + outside 5


def test_one_interface_may_be_two_imports_under_names(engine: Engine, tmp_path: Path) -> None:
    nodes = [
        read(engine, tmp_path, "a", component_text(1, [0])),
        read(engine, tmp_path, "b", component_text(2, [0])),
        read(engine, tmp_path, "c", component_text(3, [0])),
    ]
    edges = [
        EdgeDeclaration(endpoint("a:demo:sums/i0"), None, "left"),
        EdgeDeclaration(endpoint("b:demo:sums/i0"), None, "right"),
        EdgeDeclaration(endpoint("c:demo:sums/i0"), None),
    ]
    output = composed(engine, nodes, tmp_path / "out.wasm", edges)
    assert sorted(read_component(engine, output).world.imports) == ["demo:sums/i0", "left", "right"]
    given = {"left": 10, "right": 20, "demo:sums/i0": 30}
    assert [total(output, f"demo:sums/i{number}", given) for number in (1, 2, 3)] == [11, 21, 31]
