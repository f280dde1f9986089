"""Compositions that run, and what is said about those that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime
from engine_support import assert_golden, rendered
from support import BENCH
from wasmtime.component import Component, Instance, Linker

from wcompose.engine import Engine
from wcompose.engine.plan import Edge, Node, Offer, Outside, Plan, Source
from wcompose.errors import LinkError

ADD = "demo:maths/adder@0.1.0"

ADDER = f"""(component
  (core module $code
    (func (export "add") (param i32 i32) (result i32)
      (if (i32.eq (local.get 1) (i32.const 13)) (then unreachable))
      (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $code))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (instance $adder (export "add" (func $add)))
  (export "{ADD}" (instance $adder)))"""

CLIENT = f"""(component
  (import "{ADD}" (instance $adder
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
  (core func $add (canon lower (func $adder "add")))
  (core module $code
    (import "adder" "add" (func $add (param i32 i32) (result i32)))
    (func (export "go") (param i32) (result i32)
      (call $add (local.get 0) (local.get 0))))
  (core instance $i (instantiate $code (with "adder" (instance (export "add" (func $add))))))
  (func (export "go") (param "x" u32) (result u32) (canon lift (core func $i "go"))))"""

Wat = Callable[[str, str], Path]


def instantiate(path: Path) -> tuple[wasmtime.Store, Instance]:
    store = wasmtime.Store()
    store.set_wasi(wasmtime.WasiConfig())
    linker = Linker(store.engine)
    linker.add_wasip2()
    return store, linker.instantiate(store, Component(store.engine, path.read_bytes()))


def call(path: Path, name: str, *arguments: object) -> object:
    store, instance = instantiate(path)
    return instance.get_func(store, name)(store, *arguments)


@pytest.fixture
def doubling(wat: Wat) -> Plan:
    return Plan(
        sources=(Source(wat("adder.wasm", ADDER)), Source(wat("client.wasm", CLIENT))),
        nodes=(Node("sums", 0), Node("front", 1)),
        edges=(Edge(1, ADD, 0, ADD),),
        outsides=(),
        offers=(Offer(1, "go", "go"),),
    )


def test_a_composition_runs(engine: Engine, doubling: Plan, tmp_path: Path) -> None:
    engine.compose(doubling, tmp_path / "out.wasm")
    engine.validate(tmp_path / "out.wasm")
    assert call(tmp_path / "out.wasm", "go", 21) == 42
    contract = engine.decode(tmp_path / "out.wasm")
    world = contract["resolve"]["worlds"][contract["world"]]
    assert world["imports"] == {}
    assert list(world["exports"]) == ["go"]


def test_the_same_plan_gives_the_same_bytes(engine: Engine, doubling: Plan, tmp_path: Path) -> None:
    for name in ("one.wasm", "two.wasm"):
        engine.compose(doubling, tmp_path / name)
    assert (tmp_path / "one.wasm").read_bytes() == (tmp_path / "two.wasm").read_bytes()


def test_nodes_can_be_told_apart(engine: Engine, doubling: Plan, tmp_path: Path) -> None:
    engine.compose(doubling, tmp_path / "out.wasm")
    children = engine.describe(tmp_path / "out.wasm")["children"]
    assert [child["name"] for child in children] == ["sums", "front"]
    assert [child["children"][0]["name"] for child in children] == ["sums/code", "front/code"]
    with pytest.raises(wasmtime.WasmtimeError, match="sums/code") as caught:
        call(tmp_path / "out.wasm", "go", 13)
    assert "front/code" in str(caught.value)


def test_a_source_stands_once_in_a_composition(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    plan = Plan(
        sources=(Source(wat("adder.wasm", ADDER)), Source(wat("client.wasm", CLIENT))),
        nodes=(Node("sums", 0), Node("left", 1), Node("right", 1)),
        edges=(Edge(1, ADD, 0, ADD), Edge(2, ADD, 0, ADD)),
        outsides=(),
        offers=(Offer(1, "go", "left"), Offer(2, "go", "right")),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    children = engine.describe(tmp_path / "out.wasm")["children"]
    assert [child["name"] for child in children] == ["sums", "left+right"]
    store, instance = instantiate(tmp_path / "out.wasm")
    assert instance.get_func(store, "left")(store, 1) == 2
    assert instance.get_func(store, "right")(store, 2) == 4


def test_names_of_the_whole_may_differ(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    echo = """(component
      (import "log" (func $log (param "code" u32)))
      (core func $lowered (canon lower (func $log)))
      (core module $code
        (import "host" "log" (func $log (param i32)))
        (func (export "say") (param i32) (call $log (local.get 0))))
      (core instance $i (instantiate $code (with "host" (instance (export "log" (func $lowered))))))
      (func (export "say") (param "code" u32) (canon lift (core func $i "say"))))"""
    plan = Plan(
        sources=(Source(wat("echo.wasm", echo)),),
        nodes=(Node("far", 0), Node("near", 0)),
        edges=(Edge(1, "log", 0, "say"),),
        outsides=(Outside(0, "log", "record"),),
        offers=(Offer(1, "say", "speak"),),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    store = wasmtime.Store()
    linker = Linker(store.engine)
    said: list[int] = []
    with linker.root() as root:
        root.add_func("record", lambda _store, code: said.append(code))
    component = Component(store.engine, (tmp_path / "out.wasm").read_bytes())
    instance = linker.instantiate(store, component)
    instance.get_func(store, "speak")(store, 5)
    assert said == [5]


def clock(version: str) -> str:
    name = f"wasi:clocks/monotonic-clock@{version}"
    return f"""(component
      (import "{name}" (instance $clock (export "now" (func (result u64)))))
      (core func $now (canon lower (func $clock "now")))
      (core module $code
        (import "clock" "now" (func $now (result i64)))
        (func (export "read") (result i64) call $now))
      (core instance $i (instantiate $code (with "clock" (instance (export "now" (func $now))))))
      (func (export "read") (result u64) (canon lift (core func $i "read"))))"""


def test_versions_on_one_track_share_an_import(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    plan = Plan(
        sources=(Source(wat("a.wasm", clock("0.2.0"))), Source(wat("b.wasm", clock("0.2.6")))),
        nodes=(Node("old", 0), Node("new", 1)),
        edges=(),
        outsides=(),
        offers=(Offer(0, "read", "old"), Offer(1, "read", "new")),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    contract = engine.decode(tmp_path / "out.wasm")
    world = contract["resolve"]["worlds"][contract["world"]]
    assert len(world["imports"]) == 1
    packages = [package["name"] for package in contract["resolve"]["packages"]]
    assert "wasi:clocks@0.2.6" in packages
    store, instance = instantiate(tmp_path / "out.wasm")
    first = instance.get_func(store, "old")(store)
    assert instance.get_func(store, "new")(store) >= first


MAKER = """(component
  (core module $code
    (func (export "make") (result i32) i32.const 0)
    (func (export "weigh") (param i32) (result i32) local.get 0))
  (core instance $i (instantiate $code))
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $wrap
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (result i32) (call $new (i32.const 7))))
  (core instance $w (instantiate $wrap (with "" (instance (export "new" (func $new))))))
  (func $make (result (own $thing)) (canon lift (core func $w "make")))
  (func $weigh (param "of" (borrow $thing)) (result u32) (canon lift (core func $i "weigh")))
  (component $shape
    (import "thing" (type $t (sub resource)))
    (import "make" (func $m (result (own $t))))
    (import "weigh" (func $w (param "of" (borrow $t)) (result u32)))
    (export $te "thing" (type $t))
    (export "make" (func $m) (func (result (own $te))))
    (export "weigh" (func $w) (func (param "of" (borrow $te)) (result u32))))
  (instance $out (instantiate $shape
    (with "thing" (type $thing)) (with "make" (func $make)) (with "weigh" (func $weigh))))
  (export "demo:things/maker" (instance $out)))"""

MAKER_TYPE = """(instance $maker
    (export "thing" (type $t (sub resource)))
    (export "make" (func (result (own $t))))
    (export "weigh" (func (param "of" (borrow $t)) (result u32))))"""

SCALE = f"""(component
  (import "demo:things/maker" {MAKER_TYPE})
  (alias export $maker "thing" (type $thing))
  (core func $weigh (canon lower (func $maker "weigh")))
  (core func $drop (canon resource.drop $thing))
  (core module $code
    (import "m" "weigh" (func $weigh (param i32) (result i32)))
    (import "m" "drop" (func $drop (param i32)))
    (func (export "twice") (param i32) (result i32)
      (i32.mul (call $weigh (local.get 0)) (i32.const 2))
      (call $drop (local.get 0))))
  (core instance $i (instantiate $code
    (with "m" (instance (export "weigh" (func $weigh)) (export "drop" (func $drop))))))
  (func $twice (param "of" (borrow $thing)) (result u32) (canon lift (core func $i "twice")))
  (component $shape
    (import "thing" (type $t (sub resource)))
    (import "twice" (func $f (param "of" (borrow $t)) (result u32)))
    (export $te "thing" (type $t))
    (export "twice" (func $f) (func (param "of" (borrow $te)) (result u32))))
  (instance $out (instantiate $shape (with "thing" (type $thing)) (with "twice" (func $twice))))
  (export "demo:things/scale" (instance $out)))"""

USER = f"""(component
  (import "demo:things/maker" {MAKER_TYPE})
  (alias export $maker "thing" (type $thing))
  (import "demo:things/scale" (instance $scale
    (alias outer 1 $thing (type $outer))
    (export "thing" (type $t (eq $outer)))
    (export "twice" (func (param "of" (borrow $t)) (result u32)))))
  (core func $make (canon lower (func $maker "make")))
  (core func $twice (canon lower (func $scale "twice")))
  (core func $drop (canon resource.drop $thing))
  (core module $code
    (import "m" "make" (func $make (result i32)))
    (import "m" "twice" (func $twice (param i32) (result i32)))
    (import "m" "drop" (func $drop (param i32)))
    (func (export "go") (result i32) (local $handle i32) (local $answer i32)
      (local.set $handle (call $make))
      (local.set $answer (call $twice (local.get $handle)))
      (call $drop (local.get $handle))
      (local.get $answer)))
  (core instance $i (instantiate $code (with "m" (instance
    (export "make" (func $make)) (export "twice" (func $twice)) (export "drop" (func $drop))))))
  (func (export "go") (result u32) (canon lift (core func $i "go"))))"""


def diamond(wat: Wat, scale_maker: int, offers: tuple[Offer, ...]) -> Plan:
    """`user` makes a thing with `first` and hands it to `scale`, which weighs it."""
    return Plan(
        sources=(
            Source(wat("maker.wasm", MAKER)),
            Source(wat("scale.wasm", SCALE)),
            Source(wat("user.wasm", USER)),
        ),
        nodes=(Node("first", 0), Node("second", 0), Node("scale", 1), Node("user", 2)),
        edges=(
            Edge(2, "demo:things/maker", scale_maker, "demo:things/maker"),
            Edge(3, "demo:things/maker", 0, "demo:things/maker"),
            Edge(3, "demo:things/scale", 2, "demo:things/scale"),
        ),
        outsides=(),
        offers=offers,
    )


def test_a_resource_keeps_its_identity_in_a_diamond(
    engine: Engine, wat: Wat, tmp_path: Path
) -> None:
    engine.compose(diamond(wat, 0, (Offer(3, "go", "go"),)), tmp_path / "out.wasm")
    assert call(tmp_path / "out.wasm", "go") == 14


def test_a_resource_of_another_instance_is_refused(
    engine: Engine, wat: Wat, tmp_path: Path
) -> None:
    plan = diamond(wat, 1, (Offer(3, "go", "go"),))
    assert_refused(engine, plan, tmp_path, "other-resource")


def test_an_export_that_uses_unseen_types_is_refused(
    engine: Engine, wat: Wat, tmp_path: Path
) -> None:
    bare = SCALE.replace('(export $te "thing" (type $t))', "").replace(
        '(export "twice" (func $f) (func (param "of" (borrow $te)) (result u32)))',
        '(export "twice" (func $f))',
    )
    assert bare.count("$te") == 0
    plan = Plan(
        sources=(Source(wat("maker.wasm", MAKER)), Source(wat("bare.wasm", bare))),
        nodes=(Node("first", 0), Node("scale", 1)),
        edges=(Edge(1, "demo:things/maker", 0, "demo:things/maker"),),
        outsides=(),
        offers=(Offer(1, "demo:things/scale", "demo:things/scale"),),
    )
    assert_refused(engine, plan, tmp_path, "unseen-types")


def test_an_export_with_its_types_is_taken(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    offers = (
        Offer(0, "demo:things/maker", "demo:things/maker"),
        Offer(2, "demo:things/scale", "demo:things/scale"),
    )
    engine.compose(diamond(wat, 0, offers), tmp_path / "out.wasm")
    engine.validate(tmp_path / "out.wasm")


def assert_refused(engine: Engine, plan: Plan, tmp_path: Path, case: str) -> None:
    with pytest.raises(LinkError) as caught:
        engine.compose(plan, tmp_path / "out.wasm")
    assert_golden(f"compose/{case}", rendered(caught.value.findings, tmp_path))
    assert not (tmp_path / "out.wasm").exists()


def test_what_does_not_fit_is_refused(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    other = ADDER.replace('(param "b" u32)', '(param "b" s32)')
    plan = Plan(
        sources=(Source(wat("adder.wasm", other)), Source(wat("client.wasm", CLIENT))),
        nodes=(Node("sums", 0), Node("front", 1)),
        edges=(Edge(1, ADD, 0, ADD), Edge(1, "absent", 0, ADD), Edge(1, ADD, 0, "gone")),
        outsides=(Outside(1, "nothing", "there"),),
        offers=(Offer(1, "went", "go"),),
    )
    assert_refused(engine, plan, tmp_path, "does-not-fit")


def test_a_source_that_is_no_component(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    plan = Plan(
        sources=(Source(wat("core.wasm", "(module)")),),
        nodes=(Node("core", 0),),
        edges=(),
        outsides=(),
        offers=(),
    )
    assert_refused(engine, plan, tmp_path, "core-module")


def test_interfaces_of_types_get_a_component(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    importer = wat(
        "importer.wasm",
        """(component
          (import "demo:shapes/types@0.1.0" (instance $types
            (type $p (record (field "x" u32)))
            (export "point" (type (eq $p)))))
          (core module $code (func (export "go") (result i32) i32.const 3))
          (core instance $i (instantiate $code))
          (func (export "go") (result u32) (canon lift (core func $i "go"))))""",
    )
    name = "demo:shapes/types@0.1.0"
    engine.provide_types([importer], [name], tmp_path / "types.wasm")
    plan = Plan(
        sources=(Source(tmp_path / "types.wasm"), Source(importer)),
        nodes=(Node("types", 0), Node("app", 1)),
        edges=(Edge(1, name, 0, name),),
        outsides=(),
        offers=(Offer(1, "go", "go"),),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    contract = engine.decode(tmp_path / "out.wasm")
    assert contract["resolve"]["worlds"][contract["world"]]["imports"] == {}
    assert call(tmp_path / "out.wasm", "go") == 3


def test_custom_sections_survive(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    annotated = ADDER.replace(
        "(core module $code",
        '(core module $code (@producers (language "Rust" "1.90")) (@custom "notes" "kept")',
    )
    plan = Plan(
        sources=(Source(wat("adder.wasm", annotated)),),
        nodes=(Node("sums", 0),),
        edges=(),
        outsides=(),
        offers=(Offer(0, ADD, ADD),),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    module = engine.describe(tmp_path / "out.wasm")["children"][0]["children"][0]
    assert module["name"] == "sums/code"
    assert module["producers"] == {"language": {"Rust": "1.90"}}
    assert b"\x05noteskept" in (tmp_path / "out.wasm").read_bytes()


@pytest.mark.parametrize("callee", ["rust-callee.wasm", "go-callee.wasm"])
def test_languages_call_each_other(engine: Engine, tmp_path: Path, callee: str) -> None:
    target, driver = "wcompose:bench/target@0.1.0", "wcompose:bench/driver@0.1.0"
    plan = Plan(
        sources=(Source(BENCH / callee), Source(BENCH / "go-caller.wasm")),
        nodes=(Node("callee", 0), Node("caller", 1)),
        edges=(Edge(1, target, 0, target),),
        outsides=(),
        offers=(Offer(1, driver, driver),),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    assert engine.print_wit(tmp_path / "out.wasm").count("import wcompose:") == 0
    store, instance = instantiate(tmp_path / "out.wasm")
    home = instance.get_export_index(store, driver)
    take = instance.get_func(store, instance.get_export_index(store, "take", home))
    size, calls = 1000, 3
    assert take(store, size, calls) >= size * calls
