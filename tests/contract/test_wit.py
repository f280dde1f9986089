"""WIT text of interfaces and functions: read again, it means the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from golden import assert_golden
from support import BENCH, REPOSITORY

from wcompose.contract import (
    Contract,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    compare_extern,
    parse_item_name,
)
from wcompose.contract.types import (
    ListType,
    Owner,
    Primitive,
    RecordType,
    TupleType,
    Type,
    TypeDef,
)
from wcompose.contract.types import Member as TypeMember
from wcompose.contract.wit import KEYWORDS, LONGEST_WIT, extern_wit, interface_wit
from wcompose.engine import Engine

Read = Callable[..., Contract]
GOLDEN = Path(__file__).parent / "golden"

RICH = """\
package demo:rich@1.2.0;

/// Things that others use.
interface shapes {
  /// A point.
  record point {
    /// To the right.
    x: f32,
    y: f32,
  }
  resource canvas {
    constructor(width: u32);
  }
  type line = list<point>;
}

/// Every form there is.
@since(version = 1.0.0)
interface every {
  use shapes.{point, canvas as surface, line};

  /// Two lines.
  ///
  ///   The second is indented.
  variant answer {
    yes,
    no(string),
    both(tuple<u8, s64>),
  }
  enum colour { red, %enum, blue }
  flags permission { read, write, %use }
  type id = u32;
  type table = map<string, list<u8>>;
  type again = answer;
  resource blob {
    constructor(init: list<u8>) -> result<blob, string>;
    read: func(n: u32) -> list<u8>;
    write: func(%from: borrow<blob>, at: option<point>);
    merge: static func(left: blob, right: blob) -> blob;
    /// In its own time.
    wait: async func() -> result<_, colour>;
  }
  resource plain;
  %record: func(%type: id, %list: tuple<bool, char>) -> result;
  @unstable(feature = soon)
  draw: func(on: borrow<surface>, what: line) -> result<permission>;
  feed: func(input: stream<u8>, done: future<result<u32, again>>, fixed: list<u16, 4>, of: table);
}

world main {
  import every;
  export greet: func(name: string) -> string;
  export %async: async func(%world: list<string>);
}
"""


def package_of(interface: str) -> str:
    item = parse_item_name(interface)
    assert item is not None, interface
    version = "" if item.version is None else f"@{item.version}"
    return f"{item.namespace}:{item.package}{version}"


def as_packages(interfaces: Iterable[Interface]) -> str:
    """One file with every interface as text, in nested packages."""
    by_package: dict[str, list[str]] = {}
    for each in interfaces:
        by_package.setdefault(package_of(each.name), []).append(interface_wit(each))
    return "package round:trip;\n" + "".join(
        f"package {name} {{\n{''.join(texts)}}}\n" for name, texts in by_package.items()
    )


def assert_round_trip(contract: Contract, read: Read) -> None:
    named = [each for each in contract.interfaces.values() if parse_item_name(each.name)]
    assert named
    text = as_packages(named)
    again = read(text, "again.wit")
    for each in named:
        other = again.interfaces[each.name]
        there, back = InterfaceExtern(each), InterfaceExtern(other)
        assert compare_extern(there, back) == (), each.name
        assert compare_extern(back, there) == (), each.name
        assert interface_wit(other) == interface_wit(each)
    assert as_packages(again.interfaces[each.name] for each in named) == text


def test_every_form_is_printed_as_it_parses(read: Read) -> None:
    contract = read(RICH)
    assert_round_trip(contract, read)
    texts = [interface_wit(each) for each in contract.interfaces.values()]
    world = contract.find_world("main")
    texts += [extern_wit(name, extern) for name, extern in world.exports.items()]
    assert_golden(GOLDEN / "rich.wit", "\n".join(texts))


def test_the_contracts_of_the_flagship_read_again_as_they_are(engine: Engine, read: Read) -> None:
    assert_round_trip(Contract.from_json(engine.resolve(REPOSITORY / "wit")), read)


@pytest.mark.parametrize(
    "component",
    [
        *sorted(BENCH.glob("*.wasm")),
        REPOSITORY / "components" / "go" / "gateway" / "gateway.wasm",
        REPOSITORY / "components" / "rust" / "inference" / "inference.wasm",
    ],
    ids=lambda path: path.stem,
)
def test_the_interfaces_of_binaries_read_again_as_they_are(
    component: Path, engine: Engine, read: Read
) -> None:
    # WASI among them, with its resources.
    assert_round_trip(Contract.from_json(engine.decode(component)), read)


@pytest.mark.parametrize("name", sorted(KEYWORDS - {"float32", "float64"}))
def test_a_keyword_that_is_a_name_is_escaped(name: str, read: Read) -> None:
    text = f"package demo:words;\ninterface %{name} {{ %{name}: func(%{name}: u8); }}\n"
    (interface,) = read(text).interfaces.values()
    printed = interface_wit(interface)
    assert printed == f"interface %{name} {{\n  %{name}: func(%{name}: u8);\n}}\n"


def test_documentation_cannot_end_its_comment_or_hide_text() -> None:
    docs = "first\rsecond\u2028third \u202e turned \x1b[31m"
    interface = Interface("demo:docs/one", False, {}, {}, docs=docs)
    text = interface_wit(interface)
    assert text.splitlines()[:3] == [
        "/// first",
        "/// second",
        r"/// third \u202e turned \x1b[31m",
    ]
    assert text.endswith("interface one {\n}\n")


def test_a_type_that_unfolds_without_end_is_cut() -> None:
    # Two to the ninetieth bytes, if it were written out.
    type_: Type = Primitive("u8")
    for _ in range(90):
        type_ = TupleType((type_, type_))
    owner = Owner("demo:big/one")
    big = TypeDef("big", owner, RecordType((TypeMember("all", ListType(type_)),)))
    text = interface_wit(Interface("demo:big/one", False, {"big": big}, {}))
    assert len(text) == LONGEST_WIT + len("…\n")
    assert text.endswith("…\n")


def test_a_function_is_called_as_the_world_calls_it(read: Read) -> None:
    world = read("package a:b; world w { export f: func() -> u8; }").find_world("w")
    extern = world.exports["f"]
    assert isinstance(extern, FunctionExtern)
    assert extern_wit("f", extern) == "f: func() -> u8;\n"
    assert extern_wit("other", extern) == "other: func() -> u8;\n"
