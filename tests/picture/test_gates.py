"""Gates in pictures: of real compositions, and of binaries that lie about what they hold."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from support import BENCH, CACHE

from wcompose.build import draft_project
from wcompose.build.gating import compose_gated, declared_grants
from wcompose.engine import Engine
from wcompose.grants.interfaces import GATES, POLICY_INTERFACE
from wcompose.graph.compose import About
from wcompose.picture import Picture
from wcompose.picture.gate_bytes import prebuilt_gates
from wcompose.picture.gates import possible_sizes
from wcompose.picture.model import NodeKind
from wcompose.picture.of_binary import picture_of_binary
from wcompose.picture.of_graph import picture_of_graph
from wcompose.progress import SilentReporter
from wcompose.project import load_project

Json = dict[str, Any]

PROJECT = """\
[project]
name = "sum"

[components.left]
path = "caller.wasm"

[components.left.grants]
arguments = true
clocks = "real"
random = { seed = 7 }
stdin = "inherit"
stdout = "inherit"
stderr = "inherit"
filesystem = [{ host = "data", guest = "/data" }]

[components.right]
path = "caller.wasm"

[components.right.grants]
clocks = { frozen = 2026-01-01T00:00:00Z }
random = { seed = 8 }
stdout = "prefix"

[components.callee]
path = "callee.wasm"

[graph]
exports = ["left:wcompose:bench/driver"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copyfile(BENCH / "go-caller.wasm", root / "caller.wasm")
    shutil.copyfile(BENCH / "rust-callee.wasm", root / "callee.wasm")
    (root / "data").mkdir()
    (root / "wcompose.toml").write_text(PROJECT)
    return root


@pytest.fixture(scope="module")
def planned(engine: Engine, project: Path) -> Picture:
    loaded = load_project(project / "wcompose.toml", engine.locate_toml)
    draft = draft_project(loaded, engine=engine, cache=CACHE, reporter=SilentReporter())
    assert draft.findings == ()
    return picture_of_graph("sum", draft.graph, grants=declared_grants(loaded))


@pytest.fixture(scope="module")
def built(engine: Engine, project: Path) -> Path:
    loaded = load_project(project / "wcompose.toml", engine.locate_toml)
    draft = draft_project(loaded, engine=engine, cache=CACHE, reporter=SilentReporter())
    output = project / "sum.wasm"
    compose_gated(
        draft.graph,
        declared_grants(loaded),
        engine,
        output,
        about=About("sum"),
        directory=project / "gates",
    )
    return output


@pytest.fixture(scope="module")
def structure(engine: Engine, built: Path) -> Json:
    return engine.structure(built)


@pytest.fixture
def lying(structure: Json) -> Json:
    return copy.deepcopy(structure)


def known(file: Path, structure: Json) -> dict[int, str]:
    files = {gate.name: gate.file for gate in GATES}
    return dict(prebuilt_gates(file, files, possible_sizes(structure["components"])))


def read(file: Path, structure: Json, *, with_gates: bool = False) -> Picture:
    return picture_of_binary(
        structure,
        subject="sum.wasm",
        size=1,
        digest="",
        prebuilt=known(file, structure),
        with_gates=with_gates,
    )


def component(structure: Json, name: str) -> Json:
    """The component of an instance."""
    components: list[Json] = structure["components"]
    return components[instance(structure, name)["component"]]


def instance(structure: Json, name: str) -> Json:
    found: Json
    (found,) = (each for each in structure["components"][0]["instances"] if each["name"] == name)
    return found


def place(structure: Json, name: str) -> int:
    return [each["name"] for each in structure["components"][0]["instances"]].index(name)


def names(drawn: Picture) -> set[str]:
    return {node.name for node in drawn.nodes}


# What is told


def test_a_project_tells_what_each_node_is_granted_and_denied(planned: Picture) -> None:
    left, right, callee = (planned.node(name) for name in ("left", "right", "callee"))
    assert left.grants == (
        "filesystem /data (read)",
        "arguments",
        "stdio",
        "clocks",
        "random (seed 7)",
    )
    assert left.denied == ("environment", "exit")
    assert right.grants == (
        "stdout (prefixed)",
        "clocks (frozen at 2026-01-01T00:00:00Z)",
        "random (seed 8)",
    )
    assert right.denied == ("filesystem", "environment", "arguments", "stdin", "stderr", "exit")
    assert (callee.is_gated, callee.grants, callee.denied) == (True, (), ())
    filled = {port.name.partition("@")[0]: port.filled_by for port in left.imports}
    assert filled["wasi:cli/exit"] == "nothing: it is not granted"
    assert filled["wasi:random/random"] == "the host, as far as it is granted"
    assert filled["wasi:clocks/wall-clock"] == "the host"
    assert {each.import_name for each in planned.outsides if "exit" in each.name} == set()


def test_a_binary_is_drawn_as_its_project(planned: Picture, built: Path, structure: Json) -> None:
    drawn = read(built, structure)
    assert names(drawn) == names(planned) == {"left", "right", "callee"}
    assert [(e.importer, e.import_name, e.exporter) for e in drawn.edges] == [
        (e.importer, e.import_name, e.exporter) for e in planned.edges
    ]
    assert [(each.importer, each.import_name) for each in drawn.outsides] == [
        (each.importer, each.import_name) for each in planned.outsides
    ]
    for node in drawn.nodes:
        other = planned.node(node.name)
        assert node.capabilities == other.capabilities
        assert {port.name: port.filled_by for port in node.imports} == {
            port.name: port.filled_by for port in other.imports
        }


def test_what_only_the_section_tells_is_said_so(built: Path, structure: Json) -> None:
    drawn = read(built, structure)
    left, right = drawn.node("left"), drawn.node("right")
    # The wiring shows these.
    assert left.grants == ("stdio", "clocks")
    assert left.denied == ("exit",)
    assert left.says == (
        "filesystem /data (read)",
        "arguments",
        "random (seed 7)",
        "no environment",
    )
    assert right.grants == ()
    assert right.denied == ("filesystem", "environment", "arguments", "exit")
    assert right.says == (
        "stdout (prefixed)",
        "clocks (frozen at 2026-01-01T00:00:00Z)",
        "random (seed 8)",
        "no stdin",
        "no stderr",
    )
    assert [(gate.name, gate.kind) for gate in left.gates] == [
        ("left-environment", "environment"),
        ("left-filesystem", "filesystem"),
        ("left-gate", "refusals"),
        ("left-random", "random"),
    ]
    assert all(gate.size > 500 for gate in left.gates)
    assert drawn.node("callee").gates == ()


def test_gates_are_nodes_where_that_is_asked_for(built: Path, structure: Json) -> None:
    drawn = read(built, structure, with_gates=True)
    gates = {node.name for node in drawn.nodes if node.kind is NodeKind.GATE}
    assert gates == names(drawn) - {"left", "right", "callee"}
    assert {"left-gate", "left-random", "right-standard"} <= gates
    assert drawn.node("left-random").details["gate"] == (
        "lets through what left is granted of random"
    )
    assert drawn.node("left-gate").details["gate"] == "answers for what left is not granted"
    assert ("left", "left-random") in {(edge.importer, edge.exporter) for edge in drawn.edges}
    assert drawn.node("left").denied == ("exit",)


def test_a_stripped_binary_has_the_same_gates(
    engine: Engine, built: Path, tmp_path: Path, structure: Json
) -> None:
    engine.strip(built, tmp_path / "lean.wasm")
    drawn = read(tmp_path / "lean.wasm", engine.structure(tmp_path / "lean.wasm"))
    assert len(drawn.nodes) == 3
    told = sorted(node.says for node in drawn.nodes)
    assert told == sorted(node.says for node in read(built, structure).nodes)


def test_a_binary_that_says_nothing_of_its_gates(built: Path, lying: Json) -> None:
    del lying["components"][0]["wcompose:grants"]
    drawn = read(built, lying)
    assert names(drawn) == {"left", "right", "callee"}
    left = drawn.node("left")
    assert left.says == ()
    assert "random (as its gate lets through)" in left.grants
    assert left.denied == ("exit",)
    assert not drawn.node("callee").is_gated


def test_gates_before_a_composition_in_the_composition(
    engine: Engine, built: Path, tmp_path: Path
) -> None:
    shutil.copyfile(built, tmp_path / "inner.wasm")
    (tmp_path / "wcompose.toml").write_text(
        '[project]\nname = "outer"\n[components.inner]\npath = "inner.wasm"\n'
        '[components.inner.grants]\nclocks = "real"\nrandom = { seed = 3 }\nstdin = "inherit"\n'
        'stdout = "inherit"\nstderr = "inherit"\n'
    )
    loaded = load_project(tmp_path / "wcompose.toml", engine.locate_toml)
    draft = draft_project(loaded, engine=engine, cache=CACHE, reporter=SilentReporter())
    outer = tmp_path / "outer.wasm"
    grants = declared_grants(loaded)
    compose_gated(
        draft.graph, grants, engine, outer, about=About("outer"), directory=tmp_path / "gates"
    )
    drawn = read(outer, engine.structure(outer))
    kinds = [node.kind for node in drawn.nodes]
    assert (kinds.count(NodeKind.GROUP), kinds.count(NodeKind.COMPONENT)) == (1, 3)
    group = drawn.node("inner")
    assert group.says == ("stdio", "clocks", "random (seed 3)")
    assert [gate.kind for gate in group.gates] == ["refusals", "random"]
    told = {node.says for node in drawn.nodes if node.parent == "inner"}
    assert {node.says for node in read(built, engine.structure(built)).nodes} == told
    # The way to the host leads through both gates.
    assert any("random/random" in each.name for each in drawn.outsides)
    assert {edge.exporter for edge in drawn.edges} == {"inner/callee"}


# What lies


def test_a_section_hides_no_node(built: Path, lying: Json, structure: Json) -> None:
    component(lying, "callee")["wcompose:gate"] = "left"
    component(lying, "left")["wcompose:gate"] = "callee"
    whole = lying["components"][0]
    whole["wcompose:grants"] = whole["wcompose:grants"].replace(
        '"left-gate"', '"left-gate","callee"'
    )
    drawn = read(built, lying)
    assert names(drawn) == {"left", "right", "callee"}
    assert drawn.edges == read(built, structure).edges
    assert drawn.node("callee").kind is NodeKind.COMPONENT
    assert drawn.node("callee").details["gate"] == (
        "it says that it is a gate of left, and does not fit as one"
    )


def test_a_claim_cannot_grant_what_is_refused(built: Path, lying: Json) -> None:
    whole = lying["components"][0]
    whole["wcompose:grants"] = whole["wcompose:grants"].replace(
        '"arguments":true', '"arguments":true,"exit":true'
    )
    left = read(built, lying).node("left")
    assert left.denied == ("exit",)
    assert "exit" not in (*left.grants, *left.says)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version":1}', '{"version":1,"nodes":3}'])
def test_a_section_that_is_none(built: Path, lying: Json, text: str) -> None:
    lying["components"][0]["wcompose:grants"] = text
    assert names(read(built, lying)) == {"left", "right", "callee"}


def test_what_is_no_gate_of_ours_is_drawn(built: Path, lying: Json) -> None:
    drawn = picture_of_binary(lying, subject="", size=1, digest="")
    shown = names(drawn) - {"left", "right", "callee"}
    # Those that are made for a node reach nothing, whoever made them.
    assert shown == {
        "left-environment",
        "left-filesystem",
        "left-random",
        "right-clocks",
        "right-random",
        "right-standard",
    }
    node = drawn.node("left-random")
    assert node.kind is NodeKind.COMPONENT
    assert node.details["gate"] == (
        "it takes a policy as gates do, and is none that this release knows"
    )
    assert {port.name: port.filled_by for port in node.imports}[POLICY_INTERFACE] == (
        "a gate of left"
    )
    assert ("left", "left-random") in {(edge.importer, edge.exporter) for edge in drawn.edges}
    assert "random" not in (*drawn.node("left").grants, *drawn.node("left").denied)


def test_a_gate_that_serves_two_nodes_is_drawn(built: Path, lying: Json) -> None:
    source = {"kind": "export", "instance": place(lying, "left-random"), "name": "x"}
    instance(lying, "right")["arguments"].append(
        {"name": "wasi:random/random@0.2.6", "kind": "instance", "source": source}
    )
    assert "left-random" in names(read(built, lying))


def test_a_gate_that_the_whole_exports_is_drawn(built: Path, lying: Json) -> None:
    source = {"kind": "bundle", "items": [{"name": "f", "source": {"kind": "instance"}}]}
    source["items"][0]["source"]["instance"] = place(lying, "left-random")  # type: ignore[index]
    lying["components"][0]["exports"].append(
        {"name": "wasi:random/random@0.2.6", "kind": "instance", "source": source}
    )
    assert "left-random" in names(read(built, lying))


def test_a_gate_that_is_given_another_world_than_the_hosts_is_drawn(
    built: Path, lying: Json
) -> None:
    arguments = instance(lying, "left-random")["arguments"]
    (host,) = (each for each in arguments if "insecure-seed" in each["name"])
    host["source"] = {"kind": "export", "instance": place(lying, "callee"), "name": "x"}
    drawn = read(built, lying)
    assert "left-random" in names(drawn)
    assert ("left-random", "callee") in {(edge.importer, edge.exporter) for edge in drawn.edges}


def test_a_gate_without_our_policy_is_drawn(built: Path, lying: Json) -> None:
    arguments = instance(lying, "right-random")["arguments"]
    (policy,) = (each for each in arguments if each["name"] == POLICY_INTERFACE)
    policy["source"]["instance"] = place(lying, "left-gate")
    assert "right-random" in names(read(built, lying))


def test_a_made_gate_that_imports_a_function_is_drawn(built: Path, lying: Json) -> None:
    # The node's component in the place of its gate's: it may do anything.
    instance(lying, "right-gate")["component"] = instance(lying, "left-random")["component"]
    component(lying, "right-gate")["wcompose:gate"] = "right"
    assert {"right-gate", "right-standard"} <= names(read(built, lying))


# Bytes


def gate_sizes(structure: Json) -> frozenset[int]:
    return possible_sizes(structure["components"])


def test_gates_are_known_by_their_bytes(built: Path, structure: Json) -> None:
    found = known(built, structure)
    assert set(found) == gate_sizes(structure)
    assert sorted(found.values()) == ["clocks", "environment", "filesystem", "random", "standard"]


def test_one_byte_makes_another_gate(built: Path, structure: Json, tmp_path: Path) -> None:
    data = bytearray(built.read_bytes())
    size = component(structure, "left-random")["size"]
    found = known(built, structure)
    assert found[size] == "random"
    # A word in the data of that gate, and of no other.
    word = next(gate for gate in GATES if gate.name == "random").file.read_bytes()
    spot = next(
        data.find(word[at : at + 24])
        for at in range(len(word) // 2, len(word) - 24)
        if data.count(word[at : at + 24]) == 1
    )
    data[spot] ^= 1
    changed = tmp_path / "changed.wasm"
    changed.write_bytes(data)
    assert known(changed, structure) == {each: found[each] for each in found if each != size}


def test_a_gate_is_itself(tmp_path: Path) -> None:
    files = {gate.name: gate.file for gate in GATES}
    for gate in GATES:
        whole = gate.file.read_bytes()
        wrapped = tmp_path / f"{gate.name}.wasm"
        wrapped.write_bytes(_component(_section(4, whole)))
        assert prebuilt_gates(wrapped, files, [len(whole)]) == {len(whole): gate.name}
        # Another of that size beside it, so that it is not known which is which.
        wrapped.write_bytes(_component(_section(4, whole), _section(4, _with_another_byte(whole))))
        assert prebuilt_gates(wrapped, files, [len(whole)]) == {}


@pytest.mark.parametrize("keep", [0, 7, 8, 9, 12, 100, 5000])
def test_a_binary_that_is_cut_short_holds_no_gates(tmp_path: Path, keep: int) -> None:
    files = {gate.name: gate.file for gate in GATES}
    whole = files["random"].read_bytes()
    file = tmp_path / "cut.wasm"
    file.write_bytes(_component(_section(4, whole))[:keep])
    assert prebuilt_gates(file, files, [len(whole)]) == {}


def test_aliases_that_mean_themselves_end(tmp_path: Path) -> None:
    files = {gate.name: gate.file for gate in GATES}
    inner = _component(*(_section(6, bytes([1, 4, 2, 1, index])) for index in (0, 1)))
    file = tmp_path / "round.wasm"
    file.write_bytes(_component(*(_section(4, inner) for _ in range(40))))
    assert prebuilt_gates(file, files, [len(inner)]) == {}


def _with_another_byte(whole: bytes) -> bytes:
    """The same but for one byte in its first section, whose content begins behind its size."""
    at = next(at for at in range(9, 14) if whole[at] < 128) + 1
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def _component(*sections: bytes) -> bytes:
    return b"\0asm\x0d\0\x01\0" + b"".join(sections)


def _section(identifier: int, content: bytes) -> bytes:
    size, number = len(content), bytearray()
    while size > 127:
        number.append(size & 127 | 128)
        size >>= 7
    return bytes([identifier]) + bytes([*number, size]) + content
