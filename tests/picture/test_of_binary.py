"""Pictures of binaries, from structures made by hand and from what composers really write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import wasmtime
from structures import bundle, component, given, instance, own, taken, whole
from support import BENCH, CACHE, REPOSITORY

from wcompose.build import draft_project
from wcompose.build.gating import declared_grants
from wcompose.engine import Engine
from wcompose.errors import ArtifactError, EngineFault
from wcompose.grants.interfaces import GATES
from wcompose.picture import Picture
from wcompose.picture.card import short_name
from wcompose.picture.gate_bytes import prebuilt_gates
from wcompose.picture.gates import possible_sizes
from wcompose.picture.model import NodeKind
from wcompose.picture.of_binary import MOST_INSTANCES, picture_of_binary
from wcompose.picture.of_graph import picture_of_graph
from wcompose.progress import SilentReporter
from wcompose.project import find_project, load_project

Json = dict[str, Any]


def picture(*components: Json, subject: str = "some/app.wasm") -> Picture:
    return picture_of_binary(
        {"components": list(components)}, subject=subject, size=1234, digest="sha256:00"
    )


def edges(drawn: Picture) -> list[str]:
    return [f"{e.importer}:{e.import_name} <- {e.exporter}:{e.export_name}" for e in drawn.edges]


def outsides(drawn: Picture) -> list[str]:
    return [
        f"{each.importer}:{each.import_name} <- {each.name}{' (host)' * each.is_host}"
        for each in drawn.outsides
    ]


def offers(drawn: Picture) -> list[str]:
    return [f"{each.name} = {each.exporter}:{each.export_name}" for each in drawn.offers]


def names(drawn: Picture) -> list[str]:
    return [node.name for node in drawn.nodes]


def test_a_component_that_is_no_composition_is_one_node() -> None:
    drawn = picture(
        component(
            imports=("wasi:filesystem/preopens@0.2.6", "a:b/c"), exports=("x:y/z",), language="Rust"
        )
    )
    assert (drawn.title, drawn.subject, drawn.size, drawn.digest) == (
        "app",
        "some/app.wasm",
        1234,
        "sha256:00",
    )
    (node,) = drawn.nodes
    assert (node.name, node.kind, node.language) == ("app", NodeKind.COMPONENT, "Rust")
    assert node.capabilities == ("filesystem",)
    assert [port.filled_by for port in node.imports] == ["the host", "the outside"]
    assert outsides(drawn) == [
        "app:a:b/c <- a:b/c",
        "app:wasi:filesystem/preopens@0.2.6 <- wasi:filesystem/preopens@0.2.6 (host)",
    ]
    assert offers(drawn) == ["x:y/z = app:x:y/z"]
    assert drawn.edges == ()


def test_instances_become_nodes_and_their_arguments_edges() -> None:
    drawn = picture(
        component(
            "shop",
            imports=("wasi:clocks/wall-clock@0.2.6",),
            exports={"a:b/top": given(2, "a:b/top")},
            instances=[
                instance(
                    1,
                    "base",
                    **{"wasi__clocks_wall-clock@0.2.6": taken("wasi:clocks/wall-clock@0.2.6")},
                ),
                instance(2, "left", a__b_base=given(0, "a:b/base")),
                instance(3, a__b_base=given(0, "a:b/base"), a__b_left=given(1, "a:b/left")),
            ],
        ),
        component(
            "db",
            imports=("wasi:clocks/wall-clock@0.2.6",),
            exports=("a:b/base",),
            language="Go",
            size=7,
        ),
        component("left", imports=("a:b/base",), exports=("a:b/left",), language="Python"),
        component(imports=("a:b/base", "a:b/left"), exports=("a:b/top",), language="Rust"),
    )
    assert drawn.title == "shop"
    assert [(node.name, node.language, node.component) for node in drawn.nodes] == [
        ("base", "Go", "db"),
        ("left", "Python", ""),
        ("top", "Rust", ""),
    ]
    assert (drawn.node("base").size, drawn.node("base").capabilities) == (7, ("clocks",))
    assert edges(drawn) == [
        "left:a:b/base <- base:a:b/base",
        "top:a:b/base <- base:a:b/base",
        "top:a:b/left <- left:a:b/left",
    ]
    assert offers(drawn) == ["a:b/top = top:a:b/top"]
    assert drawn.node("top").imports[1].filled_by == "left"


def test_names_come_from_what_there_is_and_are_made_unique() -> None:
    bare = component(exports=("a:b/c",))
    drawn = picture(
        component(
            instances=[
                instance(1, "same"),
                instance(1, "same"),
                instance(2),
                instance(3),
                instance(4),
                instance(4),
            ]
        ),
        bare,
        component("own", exports=("a:b/c",), language="Go"),
        component(exports=("wasi:cli/run@0.2.6", "a:b/c@1.0.0"), language="Zig"),
        component(exports=("wasi:cli/run@0.2.6",)),
    )
    assert names(drawn) == ["same", "same 2", "own", "c", "component 4", "component 4 2"]


def test_edges_go_through_the_borders_of_groups() -> None:
    # The inner composition hands what it is given to one node, and exports what another one gives.
    drawn = picture(
        component(
            exports={"o:o/up": given(1, "g:g/up")},
            instances=[instance(1, "low"), instance(2, "mid", g__g_in=given(0, "l:l/out"))],
        ),
        component("low", exports=("l:l/out",)),
        component(
            "store",
            imports=("g:g/in",),
            exports={"g:g/up": given(1, "t:t/up")},
            instances=[
                instance(3, "reader", r__r_in=taken("g:g/in")),
                instance(4, "top", t__t_in=given(0, "r:r/out")),
            ],
            size=50,
        ),
        component("reader", imports=("r:r/in",), exports=("r:r/out",)),
        component("top", imports=("t:t/in",), exports=("t:t/up",)),
    )
    assert [(node.name, node.kind, node.parent) for node in drawn.nodes] == [
        ("low", NodeKind.COMPONENT, ""),
        ("mid", NodeKind.GROUP, ""),
        ("mid/reader", NodeKind.COMPONENT, "mid"),
        ("mid/top", NodeKind.COMPONENT, "mid"),
    ]
    group = drawn.node("mid")
    assert (group.component, group.size) == ("store", 50)
    assert group.imports[0].filled_by == "low"
    assert edges(drawn) == [
        "mid/reader:r:r/in <- low:l:l/out",
        "mid/top:t:t/in <- mid/reader:r:r/out",
    ]
    assert offers(drawn) == ["o:o/up = mid/top:t:t/up"]


def test_one_definition_instantiated_twice_is_two_groups() -> None:
    drawn = picture(
        component(instances=[instance(1, "left"), instance(1, "right")]),
        component("pair", exports={"p:p/p": given(0, "p:p/p")}, instances=[instance(2, "leaf")]),
        component("leaf", exports=("p:p/p",)),
    )
    assert names(drawn) == ["left", "left/leaf", "right", "right/leaf"]


def test_what_only_passes_on_is_looked_through() -> None:
    # As `wasm-tools compose` puts an instance together again before it exports it.
    shim = component(
        imports=("import-func",),
        exports={"inner:inner/i": bundle(run=taken("import-func"), kind=own())},
        kinds={"import-func": "func"},
        has_code=False,
    )
    drawn = picture(
        component(
            exports={"o:o/i": given(1, "inner:inner/i")},
            instances=[
                instance(1, "worker"),
                instance(2, **{"import-func": given(0, "w:w/i")}),
                instance(3, "user", u__u_i=given(1, "inner:inner/i")),
            ],
        ),
        component("worker", exports=("w:w/i",)),
        shim,
        component("user", imports=("u:u/i",)),
    )
    assert names(drawn) == ["worker", "user"]
    assert edges(drawn) == ["user:u:u/i <- worker:w:w/i"]
    assert offers(drawn) == ["o:o/i = worker:w:w/i"]


def test_a_shim_of_shims_is_looked_through_too() -> None:
    inner = component(
        imports=("f",), exports={"x:x/x": taken("f")}, has_code=False, kinds={"f": "func"}
    )
    outer = component(
        imports=("g",),
        exports={"y:y/y": given(0, "x:x/x")},
        instances=[instance(3, f=taken("g"))],
        has_code=False,
    )
    drawn = picture(
        component(
            exports={"z:z/z": given(1, "y:y/y")},
            instances=[instance(1), instance(2, g=given(0, "w:w/w"))],
        ),
        component("worker", exports=("w:w/w",)),
        outer,
        inner,
    )
    assert names(drawn) == ["worker"]
    assert offers(drawn) == ["z:z/z = worker:w:w/w"]


def test_types_without_code_are_a_node_of_their_own() -> None:
    drawn = picture(
        component(
            instances=[instance(1, "types"), instance(2, "user", t__t_t=given(0, "t:t/t"))],
        ),
        component("home", exports={"t:t/t": bundle(point=own())}, has_code=False, size=44),
        component("user", imports=("t:t/t",)),
    )
    assert [(node.name, node.kind, node.size) for node in drawn.nodes] == [
        ("types", NodeKind.TYPES, 44),
        ("user", NodeKind.COMPONENT, 100),
    ]
    assert edges(drawn) == ["user:t:t/t <- types:t:t/t"]


def test_a_file_of_types_alone_is_one_node_of_types() -> None:
    drawn = picture(component(exports={"t:t/t": own()}, has_code=False))
    assert [(node.name, node.kind) for node in drawn.nodes] == [("app", NodeKind.TYPES)]


def test_a_component_that_is_imported_is_missing() -> None:
    drawn = picture(
        component(
            imports=("wasi:io/poll@0.2.6", "the-part"),
            instances=[
                instance(None, imported="the-part", p__p_in=taken("wasi:io/poll@0.2.6")),
                instance(1, "user", u__u_u=given(0, "p:p/out")),
            ],
            has_code=False,
            kinds={"the-part": "component"},
        ),
        component("user", imports=("u:u/u",)),
    )
    missing = drawn.node("the-part")
    assert missing.kind is NodeKind.MISSING
    assert [port.name for port in missing.exports] == ["p:p/out"]
    assert [port.filled_by for port in missing.imports] == ["the host"]
    assert edges(drawn) == ["user:u:u/u <- the-part:p:p/out"]
    assert outsides(drawn) == ["the-part:p:p/in <- wasi:io/poll@0.2.6 (host)"]


def test_a_whole_instance_gives_everything() -> None:
    drawn = picture(
        component(instances=[instance(1, "a"), instance(2, "b", dep=whole(0))]),
        component("a", exports=("f", "g"), kinds={"f": "func", "g": "func"}),
        component("b", imports=("dep",)),
    )
    assert edges(drawn) == ["b:dep <- a:*"]


def test_an_import_put_together_from_several_nodes_has_several_edges() -> None:
    drawn = picture(
        component(
            imports=("o:o/o",),
            instances=[
                instance(1, "a"),
                instance(1, "b"),
                instance(
                    2,
                    "c",
                    d__d_d=bundle(f=given(0, "x:x/x"), g=given(1, "x:x/x"), h=taken("o:o/o", "h")),
                ),
            ],
        ),
        component(exports=("x:x/x",)),
        component(imports=("d:d/d",)),
    )
    assert edges(drawn) == ["c:d:d/d <- a:x:x/x", "c:d:d/d <- b:x:x/x"]
    assert outsides(drawn) == ["c:d:d/d <- o:o/o"]
    assert drawn.node("c").imports[0].filled_by == "a and b and the outside, as o:o/o"


def test_code_in_the_composition_itself_is_a_node() -> None:
    drawn = picture(
        component(
            exports={"start": own()},
            kinds={"start": "func"},
            instances=[instance(1, "part")],
            leaf=False,
            modules=[{"name": "glue", "size": 30, "producers": {}, "shared": False}],
        ),
        component("part"),
    )
    assert names(drawn) == ["part", "own code"]
    assert drawn.node("own code").size == 30
    assert offers(drawn) == ["start = own code:start"]


def test_capabilities_are_those_that_really_reach_the_host() -> None:
    # The gate asks for files; the user asks the gate.
    drawn = picture(
        component(
            imports=("wasi:filesystem/preopens@0.2.6", "wasi:random/random@0.2.6"),
            instances=[
                instance(
                    1,
                    "gate",
                    **{"wasi__filesystem_preopens@0.2.6": taken("wasi:filesystem/preopens@0.2.6")},
                ),
                instance(
                    2,
                    "user",
                    **{
                        "wasi__filesystem_preopens@0.2.6": given(
                            0, "wasi:filesystem/preopens@0.2.6"
                        ),
                        "wasi__random_random@0.2.0": taken("wasi:random/random@0.2.6"),
                    },
                ),
            ],
        ),
        component(
            imports=("wasi:filesystem/preopens@0.2.6",), exports=("wasi:filesystem/preopens@0.2.6",)
        ),
        component(imports=("wasi:filesystem/preopens@0.2.6", "wasi:random/random@0.2.0")),
    )
    assert drawn.node("gate").capabilities == ("filesystem",)
    assert drawn.node("user").capabilities == ("random",)


def test_details_are_told_in_words() -> None:
    drawn = picture(
        component(
            version="1.2.3",
            licenses="MIT",
            producers={"processed-by": {"wit-component": "0.262.0", "a-tool": ""}},
        )
    )
    assert drawn.nodes[0].details == {
        "version": "1.2.3",
        "licenses": "MIT",
        "tools": "a-tool, wit-component 0.262.0",
    }


@pytest.mark.parametrize("exports", [("p:p/p",), ()])
def test_a_bomb_of_instances_is_refused(exports: tuple[str, ...]) -> None:
    # Each composition holds the one below it twice: two to the fortieth leaves.
    has_code = bool(exports)
    levels = [
        component(instances=[instance(level + 1), instance(level + 1)], has_code=has_code)
        for level in range(40)
    ]
    levels[0] = component(instances=[instance(1), instance(1)], has_code=True)
    leaf = component("leaf", exports=exports, has_code=has_code)
    with pytest.raises(ArtifactError) as caught:
        picture(*levels, leaf)
    (finding,) = caught.value.findings
    assert finding.rule == "picture-too-large"
    assert f"{MOST_INSTANCES:,}" in finding.message


def test_a_chain_of_compositions_is_refused_before_the_stack_ends() -> None:
    levels = [component(instances=[instance(level + 1)]) for level in range(3000)]
    with pytest.raises(ArtifactError) as caught:
        picture(*levels, component("leaf"))
    assert caught.value.findings[0].rule == "picture-too-large"


@pytest.mark.parametrize(
    "components",
    [
        [],
        [component(instances=[instance(7)])],
        [component(instances=[instance(1, x=given(5, "y"))]), component()],
        [component(exports={"a:b/c": {"kind": "export"}}, instances=[instance(1)]), component()],
        [{"leaf": True}],
    ],
)
def test_a_structure_that_is_not_agreed_is_a_fault_of_ours(components: list[Json]) -> None:
    with pytest.raises(EngineFault) as caught:
        picture(*components)
    assert caught.value.findings[0].rule == "structure-malformed"


# What composers really write


PEERS = REPOSITORY / "tests" / "composing" / "peers"
TOKENS = "wcompose:tokens/{}@0.1.0"


def read(engine: Engine, file: Path) -> Picture:
    structure = engine.structure(file)
    gates = {gate.name: gate.file for gate in GATES}
    return picture_of_binary(
        structure,
        subject=file.name,
        size=file.stat().st_size,
        digest="",
        prebuilt=prebuilt_gates(file, gates, possible_sizes(structure["components"])),
    )


def token_edges(drawn: Picture) -> list[str]:
    return [
        f"{edge.importer}:{short_name(edge.import_name)} <- {edge.exporter}"
        for edge in drawn.edges
        if edge.import_name == edge.export_name
    ]


@pytest.mark.parametrize("name", ["plugged", "composed"])
def test_two_plugged_together(engine: Engine, name: str) -> None:
    # `wac plug` and `wasm-tools compose`; neither keeps a name.
    drawn = read(engine, PEERS / f"{name}.wasm")
    vault, auditor = drawn.nodes
    assert [node.language for node in drawn.nodes] == ["Rust", "Rust"]
    assert [short_name(port.name) for port in vault.exports] == ["vault", "ledger", "desk"]
    assert vault.size > auditor.size > 10_000
    assert token_edges(drawn) == [f"{auditor.name}:vault <- {vault.name}"]
    audit = TOKENS.format("audit")
    assert offers(drawn) == [f"{audit} = {auditor.name}:{audit}"]
    assert "resource token" in vault.exports[0].wit


def test_two_interfaces_between_two_nodes(engine: Engine) -> None:
    drawn = read(engine, PEERS / "linked.wasm")
    assert token_edges(drawn) == ["trial:desk <- vault", "trial:vault <- vault"]


def test_instances_with_names_and_one_component_twice(engine: Engine) -> None:
    drawn = read(engine, PEERS / "chain.wasm")
    assert names(drawn) == ["vault", "second", "first", "runner"]
    assert drawn.node("first").size == drawn.node("second").size
    assert token_edges(drawn) == [
        "first:desk <- second",
        "first:vault <- vault",
        "runner:desk <- first",
        "runner:vault <- vault",
        "second:desk <- vault",
        "second:vault <- vault",
    ]
    assert [short_name(offer.name) for offer in drawn.offers] == ["trial", "journal", "ledger"]


def test_a_composition_inside_a_composition(engine: Engine) -> None:
    drawn = read(engine, PEERS / "nested.wasm")
    assert [(node.name, node.kind.value) for node in drawn.nodes] == [
        ("vault", "group"),
        ("vault/vault", "component"),
        ("vault/relay", "component"),
        ("trial", "component"),
    ]
    assert token_edges(drawn) == [
        "trial:desk <- vault/relay",
        "trial:vault <- vault/vault",
        "vault/relay:desk <- vault/vault",
        "vault/relay:vault <- vault/vault",
    ]


def test_the_flagship_reads_back_as_its_project_planned_it(engine: Engine, flagship: Path) -> None:
    drawn = read(engine, flagship)
    assert drawn.title == "digits"
    assert {node.name: node.language for node in drawn.nodes if node.language} == {
        "inference": "Rust",
        "analysis": "Python",
        "gateway": "Go",
    }
    project = load_project(find_project(REPOSITORY), engine.locate_toml)
    draft = draft_project(
        project, engine=engine, cache=CACHE / "components", reporter=SilentReporter()
    )
    planned = picture_of_graph("digits", draft.graph, grants=declared_grants(project))
    assert edges(drawn) == edges(planned)
    # A node's import may be called in the composition as the whole calls it.
    given = [(each.importer, each.name, each.is_host) for each in planned.outsides]
    read_back = [(each.importer, each.name, each.is_host) for each in drawn.outsides]
    assert sorted(read_back) == sorted(given)
    assert offers(drawn) == offers(planned)
    for node in planned.nodes:
        found = drawn.node(node.name)
        assert found.capabilities == node.capabilities
        assert found.is_gated
        assert node.is_gated
        assert [port.name for port in found.exports] == [port.name for port in node.exports]
        wits = {port.name: port.wit for port in found.exports}
        assert wits == {port.name: port.wit for port in node.exports}


LEAF = """(component $leaf
  (import "dep" (instance $dep (export "f" (func))))
  (core func $f (canon lower (func $dep "f")))
  (core module $m (import "" "f" (func)) (func (export "g") call 0))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func $g (canon lift (core func $i "g")))
  (instance $o (export "g" (func $g)))
  (export "out" (instance $o)))"""
CODE = """(core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))"""


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(
            f"""{LEAF} {CODE}
            (instance $d (export "f" (func $f)))
            (instance $l (instantiate $leaf (with "dep" (instance $d))))
            (export "out" (instance $l "out"))""",
            ["l:dep <- own code:dep", "out = l:out"],
            id="own code in a bundle",
        ),
        pytest.param(
            f"""{LEAF} {CODE}
            (instance $d (export "f" (func $f)))
            (component $c (core module))
            (instance $l (instantiate $c))
            (export "d" (instance $d))""",
            ["d = own code:d"],
            id="own code that is exported",
        ),
        pytest.param(
            f"""(import "plug" (component $plug
              (export "out" (instance (export "g" (func))))))
            {LEAF}
            (instance $p (instantiate $plug))
            (instance $d (export "f" (func $p "out" "g")))
            (instance $l (instantiate $leaf (with "dep" (instance $d))))
            (export "out" (instance $l "out"))""",
            ["l:dep <- p:out", "out = l:out"],
            id="a component that is imported",
        ),
        pytest.param(
            """(component $home (type $r (record (field "x" u8)))
              (instance $i (export "r" (type $r))) (export "a:b/types" (instance $i)))
            (component $user (import "a:b/types" (instance)) (core module))
            (instance $h (instantiate $home))
            (instance $u (instantiate $user (with "a:b/types" (instance $h "a:b/types"))))""",
            ["u:a:b/types <- h:a:b/types"],
            id="types",
        ),
        pytest.param(
            f"""{LEAF} (component $a {CODE} (export "f" (func $f)))
            (instance $x (instantiate $a))
            (instance $l (instantiate $leaf (with "dep" (instance $x))))
            (export "run" (func $x "f"))""",
            ["l:dep <- x:f", "run = x:f"],
            id="a whole instance, and a function",
        ),
    ],
)
def test_what_people_write_by_hand(
    engine: Engine, tmp_path: Path, parts: str, expected: list[str]
) -> None:
    file = tmp_path / "hand.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(f"(component $hand {parts})")))
    drawn = read(engine, file)
    assert drawn.title == "hand"
    assert edges(drawn) + offers(drawn) == expected


@pytest.mark.parametrize("file", sorted(BENCH.glob("*.wasm")), ids=lambda file: file.stem)
def test_single_components_from_compilers_are_one_node(engine: Engine, file: Path) -> None:
    drawn = read(engine, file)
    (node,) = drawn.nodes
    assert node.name == file.stem
    assert node.language == ("Rust" if "rust" in file.stem else "Go")
    assert all(port.wit for port in (*node.imports, *node.exports))
