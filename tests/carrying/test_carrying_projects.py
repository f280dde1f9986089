"""The key `carry` of a project, and what becomes of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import wasmtime
from carrying_support import ECHO, ECHO_FILE, SHAPES, Numbers, Whole
from support import Command
from wasmtime import component as wc

from wcompose.build.carrying import add_carriers
from wcompose.build.gating import compose_gated
from wcompose.contract import Contract
from wcompose.contract.carried import carried_function_name, carried_functions, carried_name
from wcompose.engine import Engine
from wcompose.errors import LinkError
from wcompose.files import digest_file
from wcompose.graph import Edge, Graph, Node, Offer, Outside
from wcompose.graph.compose import About, link, read_component
from wcompose.images import ImageCache
from wcompose.project import (
    NOT_CARRIED,
    CarriedInterface,
    CarryDeclaration,
    EdgeDeclaration,
    Endpoint,
    OfferDeclaration,
)
from wcompose.report import Place

PROJECT = """
[project]
name = "whole"

[components.echo]
path = "echo.wasm"

[graph]
{carry}
"""
ALL = CarryDeclaration(is_all=True)


def named(*names: str) -> CarryDeclaration:
    return CarryDeclaration(interfaces=tuple(CarriedInterface(each, Place()) for each in names))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ECHO_FILE, tmp_path)
    return tmp_path


def write(project: Path, carry: str) -> Path:
    (project / "wcompose.toml").write_text(PROJECT.format(carry=carry))
    return project


def exports(engine: Engine, file: Path) -> list[str]:
    world = Contract.from_json(engine.decode(file)).world
    assert world is not None
    return list(world.exports)


def test_a_project_names_what_is_carried(command: Command, engine: Engine, project: Path) -> None:
    output = project / "build" / "whole.wasm"
    assert command("build", write(project, "")).returncode == 0
    plain = digest_file(output)
    before = exports(engine, output)
    assert command("build", write(project, "carry = false")).returncode == 0
    assert digest_file(output) == plain
    assert command("build", write(project, "carry = []")).returncode == 0
    assert digest_file(output) == plain

    built = command("build", write(project, 'carry = ["wcompose:carrying/echo"]'))
    assert built.returncode == 0, built.stderr
    assert "1 carrier" in built.stderr
    assert exports(engine, output) == [*before, carried_name(ECHO)]
    first = digest_file(output)
    assert command("build", project, "--force", "--locked").returncode == 0
    assert digest_file(output) == first

    assert command("build", write(project, f'carry = ["{SHAPES}", "{ECHO}"]')).returncode == 0
    assert exports(engine, output) == [*before, carried_name(SHAPES), carried_name(ECHO)]
    both = digest_file(output)
    assert command("build", write(project, "carry = true")).returncode == 0
    assert digest_file(output) == both


@pytest.mark.parametrize(
    ("carry", "said"),
    [
        ('["wcompose:carrying/ecco"]', "did you mean `wcompose:carrying/echo`"),
        ('["wcompose:carrying/echo@2.0.0"]', "the composition does not export it"),
        ('["wcompose:carrying/plain"]', "has a list of numbers that could be carried"),
        ('["reverse"]', "`reverse` is a function without an interface"),
        ('["echo"]', "it exports `wcompose:carrying/shapes@1.2.0`"),
        ('["a b"]', "`a b` is no name for an import or export"),
        ('"all"', "`graph.carry` must be true or false or an array, not a string"),
        ("[1]", "`graph.carry.0` must be a string, not an integer"),
    ],
)
def test_what_cannot_be_carried_is_an_error(
    command: Command, project: Path, carry: str, said: str
) -> None:
    result = command("build", write(project, f"carry = {carry}"))
    assert result.returncode == 1
    assert said in " ".join(result.stderr.split())
    assert "wcompose.toml" in result.stderr


def test_all_errors_are_told_at_once(echo_graph: Graph, engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(LinkError) as caught:
        add_carriers(
            echo_graph,
            named("nothing:here/of-it", "reverse", "wcompose:carrying/plain"),
            engine=engine,
            directory=tmp_path,
        )
    rules = [each.rule for each in caught.value.findings]
    assert sorted(rules) == ["carry-function", "carry-nothing", "carry-unknown"]


def test_without_a_word_of_it_the_graph_is_the_same(
    echo_graph: Graph, engine: Engine, tmp_path: Path
) -> None:
    assert add_carriers(echo_graph, NOT_CARRIED, engine=engine, directory=tmp_path) is echo_graph


def test_the_same_carrier_is_the_same_bytes(engine: Engine, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.wasm", "other.wasm")]
    made = [engine.make_carrier(ECHO_FILE, ECHO, ECHO, file) for file in files]
    assert made[0] == made[1]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_interface_without_lists_gets_no_carrier(engine: Engine, tmp_path: Path) -> None:
    name = "wcompose:carrying/plain@1.2.0"
    assert engine.make_carrier(ECHO_FILE, name, name, tmp_path / "it.wasm") == ()
    assert not (tmp_path / "it.wasm").exists()


def test_an_export_that_is_not_there_is_an_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="cannot be carried"):
        engine.make_carrier(ECHO_FILE, "a:b/c", "a:b/c", tmp_path / "it.wasm")


def test_the_contract_of_carried_interfaces(carried_file: Path, engine: Engine) -> None:
    from golden import assert_golden

    text = engine.print_wit(carried_file)
    carried = text[text.index("package wcompose:carried@") :]
    assert_golden(Path(__file__).parent / "golden" / "carried.wit", carried)


def test_exports_under_other_names_are_carried_under_those(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    place = Place()
    offers = [
        OfferDeclaration(Endpoint("echo", SHAPES, place), ""),
        OfferDeclaration(Endpoint("echo", ECHO, place), "acme:other/name@3.4.5-rc.1"),
    ]
    node = Node("echo", read_component(engine, ECHO_FILE))
    graph = link([node], [], offers, engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    carry = named("acme:other/name")
    compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path, carry=carry)
    whole = Whole(images.engine, images.open(output))
    given = Numbers("H", b"abcd")
    assert whole.carried("acme:other/name@3.4.5-rc.1", "pass-words", given) == given
    assert (
        carried_name("acme:other/name@3.4.5-rc.1") == "wcompose:carried/acme-other-name@3.4.5-rc.1"
    )


def test_names_that_meet_are_an_error(echo_graph: Graph, engine: Engine, tmp_path: Path) -> None:
    from dataclasses import replace

    offers = (Offer("echo", ECHO, "a-b:c/d"), Offer("echo", SHAPES, "a:b-c/d"))
    graph = replace(echo_graph, offers=offers)
    with pytest.raises(LinkError, match="carried as `wcompose:carried/a-b-c-d`"):
        add_carriers(graph, ALL, engine=engine, directory=tmp_path)


def test_a_carrier_gives_way_to_a_node_of_its_name(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    component = read_component(engine, ECHO_FILE)
    nodes = [Node("a", component), Node("a-shapes-carrier", component)]
    place = Place()
    offers = [
        OfferDeclaration(Endpoint("a", SHAPES, place), ""),
        OfferDeclaration(Endpoint("a-shapes-carrier", SHAPES, place), "acme:other/shapes"),
    ]
    graph = link(nodes, [], offers, engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    gated = compose_gated(
        graph,
        {},
        engine,
        output,
        about=About(),
        directory=tmp_path,
        carry=named(SHAPES, "acme:other/shapes"),
    )
    names = sorted(node.name for node in gated.graph.nodes)
    assert names == [
        "a",
        "a-shapes-carrier",
        "a-shapes-carrier-2",
        "a-shapes-carrier-shapes-carrier",
    ]
    # Both nodes are carried, each with resources of its own.
    whole = Whole(images.engine, images.open(output))
    one = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"one"))
    other = whole.carried("acme:other/shapes", "[constructor]blob", Numbers("B", b"other"))
    assert whole.carried(SHAPES, "[method]blob.bytes", one).data == b"one"
    assert whole.carried("acme:other/shapes", "[method]blob.bytes", other).data == b"other"
    assert whole.plain("acme:other/shapes", "live") == 1


def test_pictures_show_carriers_as_what_they_are(command: Command, project: Path) -> None:
    write(project, "carry = true")
    planned = command("graph", project)
    assert planned.returncode == 0, planned.stderr
    assert command("build", project).returncode == 0
    built = command("graph", project / "build" / "whole.wasm")
    for tree in (planned.stdout, built.stdout):
        lines = tree.splitlines()
        (line,) = (each for each in lines if "echo-echo-carrier" in each)
        assert "carrier, " in line
        assert "offers wcompose:carried/wcompose-carrying-echo@1.2.0" in tree
    values = json.loads(command("graph", project / "build" / "whole.wasm", "-f", "json").stdout)
    kinds = {node["name"]: node["kind"] for node in values["nodes"]}
    assert kinds == {
        "echo": "component",
        "echo-echo-carrier": "carrier",
        "echo-shapes-carrier": "carrier",
    }
    for format_ in ("mermaid", "dot", "svg", "html"):
        assert "carrier" in command("graph", project, "-f", format_).stdout


def test_a_picture_tells_what_cannot_be_carried(command: Command, project: Path) -> None:
    result = command("graph", write(project, 'carry = ["a:b/c"]'))
    assert result.returncode == 1
    assert "`a:b/c` shall be carried" in result.stderr
    assert "echo" in result.stdout


# A function whose handles come from elsewhere, in a component without a state.
FRONT = """
(component
  (import "acme:shop/files" (instance $files
    (export "file" (type (sub resource)))))
  (alias export $files "file" (type $file))
  (core func $drop (canon resource.drop $file))
  (core module $m
    (import "file" "drop" (func $drop (param i32)))
    (memory (export "memory") 1)
    (global $end (mut i32) (i32.const 16))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $end)
      (global.set $end (i32.add (global.get $end) (local.get 3))))
    (func (export "measure") (param i32 i32 i32) (result i32)
      (call $drop (local.get 0))
      (local.get 2)))
  (core instance $i
    (instantiate $m (with "file" (instance (export "drop" (func $drop))))))
  (type $measure-type (func (param "it" (borrow $file)) (param "data" (list u16)) (result u32)))
  (func $measure (type $measure-type)
    (canon lift (core func $i "measure")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (component $shape
    (import "file" (type $file (sub resource)))
    (import "measure" (func $measure
      (param "it" (borrow $file)) (param "data" (list u16)) (result u32)))
    (export $out "file" (type $file))
    (export "measure" (func $measure)
      (func (param "it" (borrow $out)) (param "data" (list u16)) (result u32))))
  (instance $front (instantiate $shape (with "file" (type $file)) (with "measure" (func $measure))))
  (export "acme:shop/front@0.3.1" (instance $front)))
"""
FILES = """
(component
  (type $file (resource (rep i32)))
  (core func $new (canon resource.new $file))
  (core module $m
    (import "it" "new" (func $new (param i32) (result i32)))
    (func (export "open") (result i32) (call $new (i32.const 7))))
  (core instance $i (instantiate $m (with "it" (instance (export "new" (func $new))))))
  (func $open (result (own $file)) (canon lift (core func $i "open")))
  (component $shape
    (import "file" (type $file (sub resource)))
    (import "open" (func $open (result (own $file))))
    (export $out "file" (type $file))
    (export "open" (func $open) (func (result (own $out)))))
  (instance $files (instantiate $shape (with "file" (type $file)) (with "open" (func $open))))
  (export "acme:shop/files" (instance $files)))
"""


JARS = """
(component
  (type $jar (resource (rep i32)))
  (core func $new (canon resource.new $jar))
  (core module $m
    (import "it" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
    (func (export "fill") (param i32 i32) (result i32) (call $new (local.get 1)))
    (func (export "more") (param i32 i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 2))))
  (core instance $i (instantiate $m (with "it" (instance (export "new" (func $new))))))
  (type $fill-type (func (param "data" (list u8)) (result (own $jar))))
  (func $fill (type $fill-type) (canon lift (core func $i "fill")
    (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (type $more-type (func (param "self" (borrow $jar)) (param "data" (list u8)) (result u32)))
  (func $more (type $more-type) (canon lift (core func $i "more")
    (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (component $shape
    (import "jar" (type $jar (sub resource)))
    (import "fill" (func $fill (param "data" (list u8)) (result (own $jar))))
    (import "more" (func $more
      (param "self" (borrow $jar)) (param "data" (list u8)) (result u32)))
    (export $out "jar" (type $jar))
    (export "[constructor]jar" (func $fill) (func (param "data" (list u8)) (result (own $out))))
    (export "[method]jar.more" (func $more)
      (func (param "self" (borrow $out)) (param "data" (list u8)) (result u32))))
  (instance $jars (instantiate $shape
    (with "jar" (type $jar)) (with "fill" (func $fill)) (with "more" (func $more))))
  (export "jars" (instance $jars)))
"""


def component_of(text: str, file: Path) -> Path:
    file.write_bytes(wasmtime.wat2wasm(text))
    return file


def test_a_carrier_has_handles_from_where_its_node_has_them(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    front = Node("front", read_component(engine, component_of(FRONT, tmp_path / "front.wasm")))
    files = Node("files", read_component(engine, component_of(FILES, tmp_path / "files.wasm")))
    place = Place()
    offers = [
        OfferDeclaration(Endpoint("files", "acme:shop/files", place)),
        OfferDeclaration(Endpoint("front", "acme:shop/front@0.3.1", place)),
    ]
    graph = link([front, files], [], offers, engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    gated = compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path, carry=ALL)
    assert (
        Edge("front-front-carrier", "acme:shop/files", "files", "acme:shop/files")
        in gated.graph.edges
    )
    whole = Whole(images.engine, images.open(output))
    handle = whole.plain("acme:shop/files", "open")
    data = Numbers("H", b"123456")
    for _ in range(3):
        assert whole.carried("acme:shop/front@0.3.1", "measure", handle, data) == 3
    handle.drop(whole.store)


def test_a_carrier_has_handles_of_the_host_too(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    front = Node("front", read_component(engine, component_of(FRONT, tmp_path / "front.wasm")))
    place = Place()
    edges = [
        EdgeDeclaration(
            Endpoint("front", "acme:shop/files", place), None, outside="acme:host/files"
        )
    ]
    graph = link([front], edges, None, engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    gated = compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path, carry=ALL)
    wanted = Outside("front-front-carrier", "acme:shop/files", "acme:host/files")
    assert wanted in gated.graph.outsides
    world = Contract.from_json(engine.decode(output)).world
    assert world is not None
    assert list(world.imports) == ["acme:host/files"]
    store = wasmtime.Store(images.engine)
    store.set_epoch_deadline(1 << 60)
    linker = wc.Linker(images.engine)
    kind = wc.ResourceType.host(1)
    with linker.root() as root, root.add_instance("acme:host/files") as files:
        files.add_resource("file", kind, lambda _store, _rep: None)
    instance = linker.instantiate(store, images.open(output))
    name = carried_name("acme:shop/front@0.3.1")
    index = instance.get_export_index(store, "measure", instance.get_export_index(store, name))
    assert index is not None
    function = instance.get_func(store, index)
    assert function is not None
    handle = wc.ResourceHost.own(5, 1).to_any(store)
    assert function(store, handle, Numbers("H", b"1234").text) == 2


def test_an_interface_that_has_only_the_name_of_its_export(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    node = Node("node", read_component(engine, component_of(JARS, tmp_path / "jars.wasm")))
    graph = link([node], [], None, engine=engine, directory=tmp_path)
    assert add_carriers(graph, ALL, engine=engine, directory=tmp_path) == graph
    with pytest.raises(LinkError, match="a name that other interfaces cannot take them by"):
        add_carriers(graph, named("jars"), engine=engine, directory=tmp_path)

    # Under a name that a contract can speak of it is carried.
    offers = [OfferDeclaration(Endpoint("node", "jars", Place()), "acme:shop/jars")]
    graph = link([node], [], offers, engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path, carry=ALL)
    assert exports(engine, output) == ["acme:shop/jars", "wcompose:carried/acme-shop-jars"]
    whole = Whole(images.engine, images.open(output))
    jar = whole.carried("acme:shop/jars", "[constructor]jar", Numbers("B", b"12345"))
    assert whole.carried("acme:shop/jars", "[method]jar.more", jar, Numbers("B", b"abc")) == 8
    assert whole.plain("acme:shop/jars", "[method]jar.more", jar, Numbers("B", b"")) == 5
    jar.drop(whole.store)


def test_an_interface_without_resources_is_carried_under_any_name(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    text = FRONT.replace("acme:shop/front@0.3.1", "front")
    front = Node("front", read_component(engine, component_of(text, tmp_path / "front.wasm")))
    files = Node("files", read_component(engine, component_of(FILES, tmp_path / "files.wasm")))
    offers = [
        OfferDeclaration(Endpoint("files", "acme:shop/files", Place())),
        OfferDeclaration(Endpoint("front", "front", Place())),
    ]
    graph = link([front, files], [], offers, engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    carry = named("front")
    compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path, carry=carry)
    assert exports(engine, output) == ["acme:shop/files", "front", "wcompose:carried/front"]
    whole = Whole(images.engine, images.open(output))
    handle = whole.plain("acme:shop/files", "open")
    assert whole.carried("front", "measure", handle, Numbers("H", b"123456")) == 3
    handle.drop(whole.store)


def test_a_composition_that_is_carried_is_so_within_another(
    engine: Engine, images: ImageCache, carried_file: Path, tmp_path: Path
) -> None:
    node = Node("inner", read_component(engine, carried_file))
    graph = link([node], [], None, engine=engine, directory=tmp_path)
    assert add_carriers(graph, ALL, engine=engine, directory=tmp_path) == graph
    with pytest.raises(LinkError, match="which is the name that"):
        add_carriers(graph, named(ECHO), engine=engine, directory=tmp_path)
    output = tmp_path / "out.wasm"
    compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path, carry=ALL)
    whole = Whole(images.engine, images.open(output))
    blob = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"12345"))
    more = Numbers("B", b"67")
    assert whole.carried(ECHO, "look", ("some", blob), more) == Numbers("B", b"1234567")


UNCARRIED = """
package a:b;
interface some {
  resource jar { constructor(data: list<u8>); add: func(data: list<list<u8>>) -> u32; }
  type byte = u8;
  named: func(it: list<byte>);
  strings: func(it: list<string>) -> list<bool>;
  streams: func(it: list<u8>) -> stream<u8>;
  slow: async func(it: list<u8>);
  fixed: func(it: list<u8, 4>, more: list<u8>);
  deep: func(it: option<result<tuple<list<f32>>, string>>);
  chars: func(it: list<char>);
  handles: func(it: list<jar>);
}
world it { export some; }
"""


def test_which_functions_are_carried(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "it.wit").write_text(UNCARRIED)
    interface = Contract.from_json(engine.resolve(tmp_path / "it.wit")).find_interface("some")
    carried = carried_functions(interface)
    assert sorted(carried) == ["[constructor]jar", "[method]jar.add", "deep", "named"]
    assert [carried_function_name(each) for each in sorted(carried)] == [
        "constructor-jar",
        "method-jar-add",
        "deep",
        "named",
    ]
