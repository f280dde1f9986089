"""What stands in a composition stands there once, and everything in it keeps what tells about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from generated import component_text, interface
from support import REPOSITORY

from wcompose.engine import Engine
from wcompose.errors import GuestFault
from wcompose.graph import Node, plan_graph
from wcompose.graph.compose import About, compose_graph, read_component
from wcompose.images import ImageCache
from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
from wcompose.report import Place
from wcompose.runtime import Component, Grants, Limits, find_function

TOKENS = REPOSITORY / "tests" / "composing" / "components"


def binary(directory: Path, name: str, text: str) -> Path:
    file = directory / f"{name}.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(text)))
    return file


def endpoint(text: str) -> Endpoint:
    node, _, name = text.partition(":")
    return Endpoint(node, name, Place(item=text))


def composed(
    engine: Engine,
    files: dict[str, Path],
    output: Path,
    edges: Sequence[tuple[str, str]] = (),
    exports: Sequence[str] | None = None,
) -> Path:
    nodes = [Node(name, read_component(engine, file)) for name, file in files.items()]
    stated = [EdgeDeclaration(endpoint(one), endpoint(other)) for one, other in edges]
    offers = None if exports is None else [OfferDeclaration(endpoint(text)) for text in exports]
    compose_graph(plan_graph(nodes, stated, offers), engine, output)
    engine.validate(output)
    return output


def parts(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in description.get("children", ()):
        yield child
        yield from parts(child)


def names_of(engine: Engine, file: Path, kind: str) -> list[str]:
    return [part.get("name", "") for part in parts(engine.describe(file)) if part["kind"] == kind]


def total(images: ImageCache, file: Path, function: str) -> Any:
    opened = Component(file, images)
    return opened.instantiate(Grants(), Limits()).call_plain(
        find_function(opened.functions, function), []
    )


def test_a_module_that_two_components_hold_stands_once(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    files = {
        f"n{number}": binary(tmp_path, f"n{number}", component_text(number, used))
        for number, used in enumerate([[], [0], [0], [1, 2]])
    }
    output = composed(engine, files, tmp_path / "out.wasm")
    # `n1` and `n2` differ in nothing but the names that they import and export.
    shared, *others = names_of(engine, output, "module")
    assert sorted(shared.removesuffix("/m").split("+")) == ["n1", "n2"]
    assert others == ["n0/m", "n3/m"]
    assert total(images, output, "sum") == 5


def test_what_is_shared_is_shared_between_compositions_too(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    base = binary(tmp_path, "base", component_text(0, []))
    left = composed(
        engine,
        {"base": base, "one": binary(tmp_path, "one", component_text(1, [0], own=7))},
        tmp_path / "left.wasm",
    )
    right = composed(
        engine,
        {"base": base, "two": binary(tmp_path, "two", component_text(2, [0], own=8))},
        tmp_path / "right.wasm",
    )
    top = binary(tmp_path, "top", component_text(3, [1, 2]))
    output = composed(engine, {"left": left, "right": right, "top": top}, tmp_path / "out.wasm")
    components = Counter(names_of(engine, output, "component"))
    assert components == {"base": 1, "one": 1, "two": 1, "left": 1, "right": 1, "top": 1}
    # Two instances of one component, in two compositions: 1 + (7 + 1) + (8 + 1).
    assert total(images, output, "sum") == 18
    # A composition of it, and what was written once stays so.
    again = composed(
        engine,
        {"inner": output, "outer": binary(tmp_path, "outer", component_text(4, [3]))},
        tmp_path / "again.wasm",
    )
    assert Counter(names_of(engine, again, "component"))["base"] == 1
    assert total(images, again, "sum") == 19


def test_nothing_in_a_composition_is_there_twice(engine: Engine, tmp_path: Path) -> None:
    names = ["relay", "runner", "vault"]
    output = composed(
        engine,
        {name: TOKENS / f"{name}.wasm" for name in names},
        tmp_path / "out.wasm",
        edges=[("runner:wcompose:tokens/desk", "relay")],
    )
    found = Counter(
        # The name of a shared module begins with those of its nodes.
        (part["kind"], part["size"], part.get("code"), part.get("data"), part.get("name"))
        for part in parts(engine.describe(output))
    )
    assert max(found.values()) == 1, found


def test_a_trap_in_a_shared_module_names_the_nodes_that_it_may_be(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    def trapping(number: int) -> str:
        return re.sub(
            r"\(i64\.const \d+\)", "unreachable (i64.const 0)", component_text(number, [])
        )

    files = {name: binary(tmp_path, name, trapping(n)) for n, name in enumerate(("one", "two"))}
    front = binary(tmp_path, "front", component_text(2, [1]))
    output = composed(engine, files | {"front": front}, tmp_path / "out.wasm")
    with pytest.raises(GuestFault) as caught:
        total(images, output, f"{interface(2)}#sum")
    assert caught.value.findings[0].message.startswith("`one` or `two` trapped in ")


def test_the_order_of_nodes_changes_not_one_byte(engine: Engine, tmp_path: Path) -> None:
    files = {
        f"n{number}": binary(tmp_path, f"n{number}", component_text(number, used))
        for number, used in enumerate([[], [0], [0], [1, 2]])
    }
    first = composed(engine, files, tmp_path / "first.wasm").read_bytes()
    backwards = dict(reversed(files.items()))
    assert composed(engine, backwards, tmp_path / "second.wasm").read_bytes() == first


def test_what_tells_about_nodes_and_the_whole_is_kept(engine: Engine, tmp_path: Path) -> None:
    told = '(@custom "version" "1.2.3")(@custom "licenses" "MIT")(@custom "revision" "abc123")'
    text = component_text(0, []).rstrip()[:-1] + told + ")"
    base = Node("base", read_component(engine, binary(tmp_path, "base", text)), "Rust")
    front = Node(
        "front", read_component(engine, binary(tmp_path, "front", component_text(1, [0]))), "Go"
    )
    output = tmp_path / "out.wasm"
    compose_graph(plan_graph([base, front]), engine, output, About("whole", "4.5.6", "a test"))
    description = engine.describe(output)
    whole = {key: description[key] for key in ("name", "version", "description")}
    assert whole == {"name": "whole", "version": "4.5.6", "description": "a test"}
    assert "wcompose" in description["producers"]["processed-by"]
    nodes = {child["name"]: child for child in description["children"] if child.get("name")}
    kept = {key: nodes["base"][key] for key in ("version", "licenses", "revision")}
    assert kept == {"version": "1.2.3", "licenses": "MIT", "revision": "abc123"}
    assert list(nodes["base"]["producers"]["language"]) == ["Rust"]
    assert list(nodes["front"]["producers"]["language"]) == ["Go"]
