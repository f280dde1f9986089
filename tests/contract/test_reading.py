"""From the engine's JSON to a `Contract`: what is kept, and what is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wcompose.contract import (
    Contract,
    FunctionExtern,
    InterfaceExtern,
    TypeExtern,
    compare_extern,
)
from wcompose.contract.model import FunctionKind, Stability
from wcompose.contract.reading import DEEPEST_NESTING, MOST_TYPES
from wcompose.contract.text import definition_text, function_text
from wcompose.contract.types import HandleType, RecordType
from wcompose.engine import Engine
from wcompose.errors import ContractError, EngineFault

TEXT = """\
/// What it is all about.
package a:b@1.2.0;

/// Shared.
interface types {
  /// A blob.
  resource blob {
    /// Make one.
    constructor(bytes: list<u8>);
    /// Read it.
    read: func(at: u32) -> result<list<u8>, error>;
    /// Join two.
    join: static func(left: borrow<blob>, right: blob) -> blob;
  }
  /// What went wrong.
  variant error {
    /// Too far.
    bounds(u32),
    other,
  }
}

@since(version = 1.1.0)
interface api {
  use types.{blob, error as failure};
  record pair {
    /// The left one.
    left: blob-name,
    right: option<blob-name>,
  }
  type blob-name = string;
  type mirror = pair;
  flags rights { read, write }
  @unstable(feature = extras)
  extra: func() -> rights;
  @since(version = 1.1.0)
  @deprecated(version = 1.2.0)
  find: async func(name: pair) -> result<blob, failure>;
}

/// All of it.
world everything {
  import log: func(line: string);
  import settings: interface { get: func() -> string; }
  use types.{error};
  export api;
}
"""


@pytest.fixture
def contract(read: Callable[..., Contract]) -> Contract:
    return read(TEXT)


def test_names_and_order(contract: Contract) -> None:
    assert contract.package == "a:b@1.2.0"
    assert contract.docs == "What it is all about."
    assert contract.world is None
    assert list(contract.interfaces) == ["a:b/types@1.2.0", "a:b/api@1.2.0"]
    world = contract.find_world()
    assert (world.name, world.package, world.docs) == ("everything", "a:b@1.2.0", "All of it.")
    assert world.external_name == "a:b/everything@1.2.0"
    kinds = {name: type(extern) for name, extern in (world.imports | world.exports).items()}
    assert kinds == {
        "log": FunctionExtern,
        "settings": InterfaceExtern,
        "a:b/types@1.2.0": InterfaceExtern,
        "error": TypeExtern,
        "a:b/api@1.2.0": InterfaceExtern,
    }


def test_an_inline_interface_has_the_world_s_name_for_it(contract: Contract) -> None:
    extern = contract.find_world().imports["settings"]
    assert isinstance(extern, InterfaceExtern)
    assert (extern.interface.name, extern.interface.is_inline) == ("settings", True)
    assert list(extern.interface.functions) == ["get"]


def test_types_functions_docs_and_gates(contract: Contract) -> None:
    types, api = contract.find_interface("types"), contract.find_interface("api")
    assert api.used_interfaces == ("a:b/types@1.2.0",)
    assert types.used_interfaces == ()
    assert {name: definition_text(each) for name, each in api.types.items()} == {
        "blob": "use a:b/types@1.2.0.{blob}",
        "failure": "use a:b/types@1.2.0.{error as failure}",
        "blob-name": "type blob-name = string",
        "mirror": "type mirror = pair",
        "pair": "record pair { left: blob-name, right: option<blob-name> }",
        "rights": "flags rights { read, write }",
    }
    assert definition_text(types.types["error"]) == "variant error { bounds(u32), other }"
    assert {
        name: (function_text(each), each.kind, each.docs) for name, each in types.functions.items()
    } == {
        "[constructor]blob": (
            "constructor(bytes: list<u8>)",
            FunctionKind.CONSTRUCTOR,
            "Make one.",
        ),
        "[method]blob.read": (
            "func(at: u32) -> result<list<u8>, error>",
            FunctionKind.METHOD,
            "Read it.",
        ),
        "[static]blob.join": (
            "static func(left: borrow<blob>, right: blob) -> blob",
            FunctionKind.STATIC,
            "Join two.",
        ),
    }
    find = api.functions["find"]
    assert function_text(find) == "async func(name: pair) -> result<blob, failure>"
    assert find.is_async
    assert find.stability == Stability(since="1.1.0", deprecated="1.2.0")
    assert api.functions["extra"].stability == Stability(feature="extras")
    pair = api.types["pair"].definition
    assert isinstance(pair, RecordType)
    assert [each.docs for each in pair.members] == ["The left one.", ""]


def test_resources_and_their_aliases(contract: Contract) -> None:
    types, api = contract.find_interface("types"), contract.find_interface("api")
    blob = types.types["blob"]
    assert api.types["blob"].chain() == (api.types["blob"], blob)
    assert api.types["blob"].is_resource
    assert not api.types["pair"].is_resource
    read = types.functions["[method]blob.read"]
    self_type = read.parameters[0].type
    assert read.resource is blob
    assert isinstance(self_type, HandleType)
    assert (self_type.resource, self_type.is_borrow) == (blob, True)


def test_places_are_where_things_are_written(contract: Contract) -> None:
    lines = TEXT.splitlines()
    api = contract.find_interface("api")
    pair = api.types["pair"].definition
    assert isinstance(pair, RecordType)
    find = api.functions["find"]
    named = {
        "everything": contract.find_world().place,
        "api": api.place,
        "pair": api.types["pair"].place,
        "left": pair.members[0].place,
        "find": find.place,
        "name": find.parameters[0].place,
    }
    for name, place in named.items():
        assert Path(place.file).name == "contract.wit"
        assert place.source == lines[place.line - 1]
        assert place.source[place.column - 1 : place.end_column - 1] == name


def test_text_is_only_shown_when_it_is_given(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "contract.wit"
    file.write_text(TEXT, "utf-8")
    place = Contract.from_json(engine.resolve(file)).find_world().place
    assert place.line == TEXT.splitlines().index("world everything {") + 1
    assert place.source == ""


@pytest.mark.parametrize(
    "name",
    ["one", "a:b/one", "a:b/one@1.0.0", "a:b/one@1", "a:b/one@1.7.0", "c:d/one", "c:d/one@0.2.0"],
)
def test_find_world(read: Callable[..., Contract], name: str) -> None:
    contract = read(WORLDS)
    package = "c:d@0.2.0" if name.startswith("c:") else "a:b@1.0.0"
    world = contract.find_world(name)
    assert (world.name, world.package) == ("one", package)


WORLDS = """\
package a:b@1.0.0;
world one { import c:d/i@0.2.0; }
world two { import c:d/i@0.3.0; }
package c:d@0.2.0 { interface i { f: func(); } world one {} world old {} }
package c:d@0.3.0 { interface i { f: func(); } world old {} }
"""


@pytest.mark.parametrize(
    ("name", "rule", "message", "hint"),
    [
        (None, "world-ambiguous", "package `a:b@1.0.0` has 2 worlds", "name one of `one`, `two`"),
        (
            "tow",
            "world-missing",
            "package `a:b@1.0.0` has no world `tow`",
            "did you mean `two`?",
        ),
        (
            "zebra",
            "world-missing",
            "package `a:b@1.0.0` has no world `zebra`",
            "it has `one`, `two`",
        ),
        (
            "c:d/old",
            "world-ambiguous",
            "`c:d/old` means more than one world",
            "name one of `c:d/old@0.2.0`, `c:d/old@0.3.0`",
        ),
        (
            "a:b/one@2.0.0",
            "world-missing",
            "package `a:b@1.0.0` has no world `a:b/one@2.0.0`",
            "there is `a:b/one@1.0.0`",
        ),
        (
            "zebra:crossing/one",
            "world-missing",
            "package `a:b@1.0.0` has no world `zebra:crossing/one`",
            "it has `one`, `two`",
        ),
    ],
)
def test_no_such_world(
    read: Callable[..., Contract], name: str | None, rule: str, message: str, hint: str
) -> None:
    contract = read(WORLDS)
    with pytest.raises(ContractError) as caught:
        contract.find_world(name)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.message, finding.hint) == (rule, message, hint)


def test_no_world_at_all(read: Callable[..., Contract]) -> None:
    contract = read("package a:b; interface i { f: func(); }")
    with pytest.raises(ContractError, match="package `a:b` has no world"):
        contract.find_world()
    with pytest.raises(ContractError, match="package `a:b` has no interface `j`") as caught:
        contract.find_interface("j")
    assert caught.value.findings[0].hint == "it has `i`"


def nested(depth: int) -> dict[str, Any]:
    """A contract with records inside records, as no parser would let through."""
    types: list[dict[str, Any]] = [
        {"name": "t0", "kind": {"record": {"fields": []}}, "owner": {"interface": 0}}
    ]
    for n in range(1, depth):
        fields = [{"name": "inner", "type": n - 1}]
        kind = {"record": {"fields": fields}}
        types.append({"name": f"t{n}", "kind": kind, "owner": {"interface": 0}})
    return {
        "resolve": {
            "worlds": [],
            "interfaces": [
                {
                    "name": "i",
                    "types": {each["name"]: n for n, each in enumerate(types)},
                    "functions": {
                        "f": {
                            "name": "f",
                            "kind": "freestanding",
                            "params": [{"name": "a", "type": depth - 1}],
                        }
                    },
                    "package": 0,
                }
            ],
            "types": types,
            "packages": [{"name": "a:b", "interfaces": {"i": 0}, "worlds": {}}],
        },
        "main": 0,
        "world": None,
        "files": [],
    }


def test_as_deep_as_validators_allow() -> None:
    one, other = (Contract.from_json(nested(DEEPEST_NESTING)).find_interface("i") for _ in "ab")
    assert compare_extern(InterfaceExtern(one), InterfaceExtern(other)) == ()


def test_deepest_first_comparison() -> None:
    # Only the outermost type has a name in the interface, so one path leads through all of them.
    data = nested(DEEPEST_NESTING)
    last = f"t{DEEPEST_NESTING - 1}"
    data["resolve"]["interfaces"][0]["types"] = {last: DEEPEST_NESTING - 1}
    changed = copy.deepcopy(data)
    changed["resolve"]["types"][0]["kind"]["record"]["fields"] = [{"name": "x", "type": "u8"}]
    one, other = (Contract.from_json(each).find_interface("i") for each in (data, changed))
    (mismatch,) = compare_extern(InterfaceExtern(one), InterfaceExtern(other))
    assert mismatch.path == last + ".inner" * (DEEPEST_NESTING - 1) + ".x"


@pytest.mark.parametrize("depth", [DEEPEST_NESTING + 1, 50_000])
def test_too_deep(depth: int) -> None:
    with pytest.raises(ContractError, match="nests more than 100 types deep") as caught:
        Contract.from_json(nested(depth))
    assert caught.value.findings[0].rule == "type-too-deep"


def test_aliases_are_not_nesting() -> None:
    data = nested(1)
    types = data["resolve"]["types"]
    for n in range(1, 5_000):
        types.append({"name": f"t{n}", "kind": {"type": n - 1}, "owner": {"interface": 0}})
    data["resolve"]["interfaces"][0]["types"] = {"t4999": 4_999}
    interface = Contract.from_json(data).find_interface("i")
    assert interface.types["t4999"].root.name == "t0"
    assert compare_extern(InterfaceExtern(interface), InterfaceExtern(interface)) == ()


def test_too_many_types() -> None:
    data = nested(1)
    data["resolve"]["types"] *= MOST_TYPES + 1
    with pytest.raises(ContractError, match="250,001 types, more than 250,000"):
        Contract.from_json(data)


def test_a_type_that_holds_itself() -> None:
    data = nested(3)
    data["resolve"]["types"][0]["kind"]["record"]["fields"] = [{"name": "x", "type": 2}]
    with pytest.raises(EngineFault) as caught:
        Contract.from_json(data)
    assert caught.value.findings[0].causes == ("ValueError: type 0 refers to itself",)


def test_a_very_long_type_is_cut_in_text() -> None:
    # Thirty doublings, which written out would be a gigabyte.
    data = nested(1)
    types = data["resolve"]["types"]
    for n in range(1, 31):
        types.append({"name": None, "kind": {"tuple": {"types": [n - 1, n - 1]}}, "owner": None})
    function = data["resolve"]["interfaces"][0]["functions"]["f"]
    function["params"][0]["type"] = 30
    interface = Contract.from_json(data).find_interface("i")
    text = function_text(interface.functions["f"])
    assert text.startswith("func(a: tuple<tuple<")
    assert text.endswith("…")
    assert len(text) < 500
    assert compare_extern(InterfaceExtern(interface), InterfaceExtern(interface)) == ()


@settings(deadline=None)
@given(data=st.data())
def test_damaged_data_is_our_own_fault_and_never_anything_else(data: st.DataObject) -> None:
    damaged = nested(3)
    spots = list(_spots(damaged))
    holder, key = data.draw(st.sampled_from(spots))
    change = data.draw(st.sampled_from(["remove", None, "x", 99, -1, [], {}, [None], {"x": {}}]))
    if change == "remove":
        del holder[key]
    else:
        holder[key] = change
    try:
        Contract.from_json(damaged)
    except EngineFault as fault:
        rules = [each.rule for each in fault.findings]
    else:
        rules = ["contract-malformed"]  # what was changed says nothing
    assert rules == ["contract-malformed"]


def _spots(value: Any) -> Any:
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in pairs:
        yield value, key
        yield from _spots(inner)
