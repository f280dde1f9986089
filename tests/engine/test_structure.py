"""What a component is composed of, read back out of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine_support import HERE
from support import BENCH

from wcompose.engine import Engine
from wcompose.engine.plan import Edge, Node, Offer, Plan, Source

Wat = Callable[[str, str], Path]
Component = dict[str, Any]

ADDER = "demo:maths/adder@0.1.0"
DOUBLING = "demo:maths/doubling@0.1.0"

SUMS = f"""(component $sums
  (core module $code
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (@producers (language "Rust" "1.96.0")))
  (core instance $i (instantiate $code))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (component $types
    (import "f" (func $f (param "a" u32) (param "b" u32) (result u32)))
    (export "add" (func $f)))
  (instance $adder (instantiate $types (with "f" (func $add))))
  (export "{ADDER}" (instance $adder)))"""

TWICE = f"""(component $twice
  (import "{ADDER}" (instance $adder
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
  (alias export $adder "add" (func $add))
  (core func $lowered (canon lower (func $add)))
  (core module $code
    (import "h" "add" (func $a (param i32 i32) (result i32)))
    (memory 1)
    (data (i32.const 0) "held by this module")
    (func (export "go") (param i32) (result i32) (call $a (local.get 0) (local.get 0))))
  (core instance $i (instantiate $code (with "h" (instance (export "add" (func $lowered))))))
  (func $go (param "n" u32) (result u32) (canon lift (core func $i "go")))
  (instance $out (export "go" (func $go)))
  (export "{DOUBLING}" (instance $out)))"""

COMPOSED = f"""(component $whole
  {SUMS}
  {TWICE}
  (instance $low (instantiate $sums))
  (instance $high (instantiate $twice (with "{ADDER}" (instance $low "{ADDER}"))))
  (export "{DOUBLING}" (instance $high "{DOUBLING}")))"""

LEAF = """(component $leaf
  (core module $m (func (export "f") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $e (export "f" (func $f)))
  (export "a:b/j" (instance $e))
  (export "f" (func $f)))"""


@pytest.fixture
def read(engine: Engine, wat: Wat) -> Callable[[str], list[Component]]:
    """The structure of a component, from WebAssembly text."""

    def structure(text: str) -> list[Component]:
        path = wat("whole.wasm", text)
        engine.validate(path)
        components: list[Component] = engine.structure(path)["components"]
        return components

    return structure


Read = Callable[[str], list[Component]]


def own(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "source": {"kind": "own"}}


def test_a_leaf_is_told_without_its_shims(engine: Engine, wat: Wat, read: Read) -> None:
    (leaf,) = read(SUMS)
    contract = leaf.pop("contract")
    assert contract == engine.decode(wat("alone.wasm", SUMS))
    (module,) = leaf.pop("modules")
    assert module["name"] == "code"
    assert module["producers"] == {"language": {"Rust": "1.96.0"}}
    assert 0 < module["size"] < leaf.pop("size")
    assert leaf.pop("code") > 0
    assert leaf.pop("custom") > 0
    assert module["shared"] is False
    assert leaf == {
        "name": "sums",
        "producers": {},
        "data": 0,
        "has_code": True,
        "leaf": True,
        "languages": ["Rust"],
        "imports": [],
        "exports": [own(ADDER, "instance")],
        "instances": [],
    }


def test_a_composition(engine: Engine, wat: Wat, read: Read) -> None:
    whole, sums, twice = read(COMPOSED)
    assert [each["name"] for each in (whole, sums, twice)] == ["whole", "sums", "twice"]
    assert [each["leaf"] for each in (whole, sums, twice)] == [False, True, True]
    assert whole["modules"] == []
    assert whole["languages"] == ["Rust"]
    assert whole["instances"] == [
        {"component": 1, "imported": None, "name": "low", "arguments": []},
        {
            "component": 2,
            "imported": None,
            "name": "high",
            "arguments": [
                {
                    "name": ADDER,
                    "kind": "instance",
                    "source": {"kind": "export", "instance": 0, "name": ADDER},
                }
            ],
        },
    ]
    assert whole["exports"] == [
        {
            "name": DOUBLING,
            "kind": "instance",
            "source": {"kind": "export", "instance": 1, "name": DOUBLING},
        }
    ]
    assert twice["imports"] == [{"name": ADDER, "kind": "instance"}]
    assert whole["contract"] == engine.decode(wat("whole.wasm", COMPOSED))
    assert sums["contract"] == engine.decode(wat("sums.wasm", SUMS))
    assert twice["contract"] == engine.decode(wat("twice.wasm", TWICE))


def test_sizes_are_of_all_that_is_defined_within(engine: Engine, wat: Wat, read: Read) -> None:
    def total(item: dict[str, Any], member: str) -> int:
        nested = sum(total(child, member) for child in item.get("children", ()))
        return int(item[member]) + nested

    whole, sums, twice = read(COMPOSED)
    described = engine.describe(wat("whole.wasm", COMPOSED))
    for member in ("code", "data", "custom"):
        assert whole[member] == total(described, member)
        assert sums[member] == total(described["children"][0], member)
    assert whole["data"] == twice["data"] > 0
    assert [each["size"] for each in (sums, twice)] == [
        child["size"] for child in described["children"]
    ]


def test_metadata(read: Read) -> None:
    (component,) = read("""(component $named
      (@producers (language "Python" "3.14") (processed-by "tool" "1.2"))
      (@custom "version" "1.2.3")
      (@custom "description" "about it")
      (@custom "licenses" "MIT")
      (@custom "revision" "abc123"))""")
    assert component["producers"] == {
        "language": {"Python": "3.14"},
        "processed-by": {"tool": "1.2"},
    }
    told = [component[name] for name in ("version", "description", "licenses", "revision")]
    assert told == ["1.2.3", "about it", "MIT", "abc123"]
    assert component["languages"] == ["Python"]
    assert component["has_code"] is component["leaf"] is False


def sources(component: Component) -> dict[str, Any]:
    return {export["name"]: export["source"] for export in component["exports"]}


def test_exports_of_imports(read: Read) -> None:
    (whole,) = read("""(component
      (import "a:b/i" (instance $i (export "g" (func)) (export "h" (func))))
      (import "f" (func $f))
      (import "a:b/i2" (instance $j (export "g" (func))))
      (alias export $i "g" (func $g))
      (alias export $i "h" (func $h))
      (alias export $j "g" (func $other))
      (instance $again (export "g" (func $g)) (export "h" (func $h)))
      (instance $renamed (export "x" (func $g)) (export "h" (func $h)))
      (instance $mixed (export "g" (func $other)) (export "h" (func $h)))
      (instance $bare (export "f" (func $f)))
      (alias export $mixed "g" (func $through))
      (export "whole" (instance $i))
      (export "again" (instance $again))
      (export "renamed" (instance $renamed))
      (export "mixed" (instance $mixed))
      (export "bare" (instance $bare))
      (export "item" (func $g))
      (export "through" (func $through))
      (export $f-out "f" (func $f))
      (export "f-again" (func $f-out)))""")
    item = {"kind": "import", "name": "a:b/i", "item": "g"}
    other = {"kind": "import", "name": "a:b/i2", "item": "g"}
    last = {"kind": "import", "name": "a:b/i", "item": "h"}
    func = {"kind": "import", "name": "f"}
    assert sources(whole) == {
        "whole": {"kind": "import", "name": "a:b/i"},
        "again": {"kind": "import", "name": "a:b/i"},
        "renamed": {
            "kind": "bundle",
            "items": [{"name": "x", "source": item}, {"name": "h", "source": last}],
        },
        "mixed": {
            "kind": "bundle",
            "items": [{"name": "g", "source": other}, {"name": "h", "source": last}],
        },
        "bare": {"kind": "bundle", "items": [{"name": "f", "source": func}]},
        "item": item,
        "through": other,
        "f": func,
        "f-again": func,
    }
    assert {each["name"]: each["kind"] for each in whole["exports"]}["item"] == "func"


def test_exports_of_instances(read: Read) -> None:
    whole, leaf, _ = read(f"""(component
      {LEAF}
      (component $user
        (import "j" (instance (export "f" (func (result u32)))))
        (import "all" (instance (export "f" (func (result u32)))))
        (import "own" (instance)))
      (instance $one (instantiate $leaf))
      (instance $two (instantiate $leaf))
      (alias export $one "a:b/j" (instance $j))
      (alias export $two "a:b/j" (instance $k))
      (alias export $j "f" (func $jf))
      (alias export $k "f" (func $kf))
      (instance $same (export "f" (func $jf)))
      (instance $both (export "j" (func $jf)) (export "k" (func $kf)))
      (instance $empty)
      (instance $user-one (instantiate $user
        (with "j" (instance $j)) (with "all" (instance $one)) (with "own" (instance $empty))))
      (export "whole" (instance $two))
      (export "same" (instance $same))
      (export "both" (instance $both))
      (export "f" (func $two "f")))""")
    first = {"kind": "export", "instance": 0, "name": "a:b/j", "item": "f"}
    second = {"kind": "export", "instance": 1, "name": "a:b/j", "item": "f"}
    assert sources(whole) == {
        "whole": {"kind": "instance", "instance": 1},
        "same": {"kind": "export", "instance": 0, "name": "a:b/j"},
        "both": {
            "kind": "bundle",
            "items": [{"name": "j", "source": first}, {"name": "k", "source": second}],
        },
        "f": {"kind": "export", "instance": 1, "name": "f"},
    }
    # Instances of exports take an index among instances, and are none that is instantiated.
    assert [each["name"] for each in whole["instances"]] == ["one", "two", "user-one"]
    assert [each["component"] for each in whole["instances"]] == [1, 1, 2]
    assert [each["source"] for each in whole["instances"][2]["arguments"]] == [
        {"kind": "export", "instance": 0, "name": "a:b/j"},
        {"kind": "instance", "instance": 0},
        {"kind": "bundle", "items": []},
    ]
    assert sources(leaf) == {"a:b/j": {"kind": "own"}, "f": {"kind": "own"}}


def test_types_are_traced(read: Read) -> None:
    (whole,) = read("""(component
      (import "a:b/i" (instance $i (export "r" (type (sub resource)))))
      (import "t" (type $t (sub resource)))
      (type $record (record (field "x" u8)))
      (alias export $i "r" (type $r))
      (export "alias" (type $r))
      (export $again "own-record" (type $record))
      (export "again" (type $again))
      (export "imported" (type $t)))""")
    assert sources(whole) == {
        "alias": {"kind": "import", "name": "a:b/i", "item": "r"},
        "own-record": {"kind": "own"},
        "again": {"kind": "own"},
        "imported": {"kind": "import", "name": "t"},
    }
    assert {"name": "t", "kind": "type"} in whole["imports"]


def test_a_composition_in_a_composition(engine: Engine, wat: Wat, read: Read) -> None:
    outer = f"""(component $outer
      {COMPOSED}
      (component $unused)
      (instance $inner (instantiate $whole))
      (export "{DOUBLING}" (instance $inner "{DOUBLING}")))"""
    components = read(outer)
    assert [each["name"] for each in components] == ["outer", "whole", "sums", "twice", "unused"]
    assert components[0]["instances"][0]["component"] == 1
    assert [each["component"] for each in components[1]["instances"]] == [2, 3]
    assert components[1]["contract"] == engine.decode(wat("inner.wasm", COMPOSED))
    assert components[4]["contract"] is None


def test_outer_aliases(engine: Engine, wat: Wat, read: Read) -> None:
    """What is defined once is told once, and each contract is that of the component by itself."""
    shared = """(component $root
      (core module $code (func (export "f") (result i32) i32.const 1)
        (@producers (language "Go" "1.26")))
      (component $shim (import "f" (func $f (result u32))) (export "f" (func $f)))
      (component $user
        (alias outer $root $code (core module $m))
        (alias outer $root $shim (component $s))
        (core instance $i (instantiate $m))
        (func $f (result u32) (canon lift (core func $i "f")))
        (instance $e (instantiate $s (with "f" (func $f))))
        (export "a:b/j" (instance $e)))
      (component $group
        (alias outer $root $user (component $u))
        (instance $left (instantiate $u))
        (instance $right (instantiate $u))
        (export "left" (instance $left "a:b/j"))
        (export "right" (instance $right "a:b/j")))
      (instance $one (instantiate $user))
      (instance $all (instantiate $group))
      (export "a:b/j" (instance $one "a:b/j"))
      (export "left" (instance $all "left")))"""
    root, user, group = read(shared)
    assert [each["name"] for each in (root, user, group)] == ["root", "user", "group"]
    assert [each["leaf"] for each in (root, user, group)] == [False, True, False]
    assert user["has_code"]
    assert group["has_code"]
    assert user["code"] == group["code"] == 0 < root["code"]
    assert root["languages"] == user["languages"] == group["languages"] == ["Go"]
    assert [(each["name"], each["shared"]) for each in root["modules"]] == [("code", False)]
    (module,) = user["modules"]
    assert (module["name"], module["shared"]) == ("code", True)
    assert module["size"] == root["modules"][0]["size"] > 0
    assert [each["component"] for each in root["instances"]] == [1, 2]
    assert [each["component"] for each in group["instances"]] == [1, 1]
    alone = """(component $user
      (core module $m (func (export "f") (result i32) i32.const 1))
      (component $s (import "f" (func $f (result u32))) (export "f" (func $f)))
      (core instance $i (instantiate $m))
      (func $f (result u32) (canon lift (core func $i "f")))
      (instance $e (instantiate $s (with "f" (func $f))))
      (export "a:b/j" (instance $e)))"""
    assert user["contract"] == engine.decode(wat("alone.wasm", alone))
    world = group["contract"]["resolve"]["worlds"][group["contract"]["world"]]
    assert list(world["exports"]) == ["left", "right"]


def test_imported_components_and_modules(read: Read) -> None:
    root, inner = read("""(component $root
      (import "part" (component $part (import "x" (func)) (export "y" (func))))
      (import "code" (core module $code (export "f" (func (result i32)))))
      (import "x" (func $x))
      (component $inner
        (alias outer $root $code (core module $m))
        (core instance (instantiate $m)))
      (instance $made (instantiate $part (with "x" (func $x))))
      (instance (instantiate $inner))
      (export "y" (func $made "y"))
      (export "part-again" (component $part))
      (export "inner" (component $inner)))""")
    assert [(each["name"], each["kind"]) for each in root["imports"]] == [
        ("part", "component"),
        ("code", "module"),
        ("x", "func"),
    ]
    made, unnamed = root["instances"]
    assert (made["component"], made["imported"], made["name"]) == (None, "part", "made")
    assert made["arguments"][0]["source"] == {"kind": "import", "name": "x"}
    assert (unnamed["component"], unnamed["imported"], unnamed["name"]) == (1, None, "")
    assert sources(root) == {
        "y": {"kind": "export", "instance": 0, "name": "y"},
        "part-again": {"kind": "import", "name": "part"},
        "inner": {"kind": "own"},
    }
    # What it is made of comes from outside: it has no contract by itself.
    assert inner["contract"] is None
    module = {"name": "code", "size": 0, "producers": {}, "shared": True}
    assert inner["modules"] == [module]


def test_a_contract_without_words_is_none(read: Read) -> None:
    root, odd = read("""(component
      (component $odd
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (export "a:b/c" (func $f)))
      (instance $one (instantiate $odd))
      (component $typed
        (type $t (component))
        (export "t" (type $t)))
      (export "g" (func $one "a:b/c")))""")[:2]
    assert odd["contract"] is None
    assert root["contract"] is not None


def test_our_own_compositions(engine: Engine, wat: Wat, tmp_path: Path) -> None:
    plan = Plan(
        sources=(Source(wat("sums.wasm", SUMS)), Source(wat("twice.wasm", TWICE))),
        nodes=(Node("low", 0), Node("left", 1), Node("right", 1)),
        edges=(Edge(1, ADDER, 0, ADDER), Edge(2, ADDER, 0, ADDER)),
        outsides=(),
        offers=(Offer(1, DOUBLING, DOUBLING), Offer(2, DOUBLING, "right")),
    )
    engine.compose(plan, tmp_path / "out.wasm")
    whole, *others = engine.structure(tmp_path / "out.wasm")["components"]
    made = {each["name"]: others[each["component"] - 1]["name"] for each in whole["instances"]}
    assert made == {"low": "low", "left": "left+right", "right": "left+right"}
    assert all(each["leaf"] and each["contract"] for each in others)
    places = {each["name"]: index for index, each in enumerate(whole["instances"])}
    for name in ("left", "right"):
        (argument,) = whole["instances"][places[name]]["arguments"]
        assert argument["source"] == {"kind": "export", "instance": places["low"], "name": ADDER}
    assert sources(whole) == {
        DOUBLING: {"kind": "export", "instance": places["left"], "name": DOUBLING},
        "right": {"kind": "export", "instance": places["right"], "name": DOUBLING},
    }


def test_the_flagship(engine: Engine, flagship: Path) -> None:
    whole, *nodes = engine.structure(flagship)["components"]
    assert {node["name"] for node in nodes if node["leaf"]} >= {"inference", "analysis", "gateway"}
    by_name = {each["name"]: index for index, each in enumerate([whole, *nodes])}
    made = {each["component"]: index for index, each in enumerate(whole["instances"])}
    gateway = whole["instances"][made[by_name["gateway"]]]
    arguments = {each["name"]: each["source"] for each in gateway["arguments"]}
    assert arguments["digits:vision/analysis@0.1.0"] == {
        "kind": "export",
        "instance": made[by_name["analysis"]],
        "name": "digits:vision/analysis@0.1.0",
    }
    assert whole["contract"] == engine.decode(flagship)
    assert all(node["contract"] for node in nodes if node["leaf"])
    assert whole["code"] > sum(node["code"] for node in nodes) * 0.99


def test_a_prebuilt_component(engine: Engine) -> None:
    path = BENCH / "go-callee.wasm"
    (component,) = engine.structure(path)["components"]
    assert component["leaf"]
    assert "Go" in component["languages"]
    assert component["contract"] == engine.decode(path)
    assert component["size"] == path.stat().st_size


def test_a_wit_package_has_no_contract_as_a_component(engine: Engine) -> None:
    (package,) = engine.structure(HERE / "binaries" / "units.wasm")["components"]
    assert package["contract"] is None
    assert not package["has_code"]
