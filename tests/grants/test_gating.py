"""Gates as a build puts them: for every version of WASI 0.2, and as the binary itself shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from support import REPOSITORY

from wcompose.build.gating import compose_gated
from wcompose.engine import Engine
from wcompose.errors import GuestFault, LinkError
from wcompose.grants.decide import Direct, Recording, decide
from wcompose.grants.section import read_section
from wcompose.graph import Node
from wcompose.graph.compose import About, link, read_component
from wcompose.images import ImageCache
from wcompose.project import (
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    EdgeDeclaration,
    Endpoint,
    GrantsDeclaration,
    RandomGrant,
    RandomKind,
    StreamGrant,
    StreamKind,
    VariableGrant,
)
from wcompose.report import Place
from wcompose.runtime import Component, Grants, find_function
from wcompose.runtime import DirectoryGrant as HostDirectory
from wcompose.runtime.hosting.audit import Use

VERSIONS = tuple(f"0.2.{patch}" for patch in range(13))
GO = REPOSITORY / "tests/attacks/components/go-attacker.wasm"
SEEDED = GrantsDeclaration(random=RandomGrant(RandomKind.SEEDED, 7))
REAL = GrantsDeclaration(random=RandomGrant(RandomKind.REAL))
INHERIT = StreamGrant(StreamKind.INHERIT)

GUEST = """
(component
  (import "wasi:cli/environment@VERSION" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:random/random@VERSION" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (import "wasi:filesystem/types@VERSION" (instance $types
    (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@VERSION" (instance $preopens
    (alias outer 1 $descriptor (type $outer))
    (export "descriptor" (type $own (eq $outer)))
    (export "get-directories" (func (result (list (tuple (own $own) string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $end (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $end (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
      (global.get $end)
      (global.set $end (i32.add (global.get $end) (local.get 3)))))
  (core instance $room (instantiate $memory))
  (alias core export $room "memory" (core memory $memory))
  (alias core export $room "realloc" (core func $realloc))
  (core func $environment (canon lower (func $environment "get-environment")
    (memory $memory) (realloc (core func $realloc))))
  (core func $directories (canon lower (func $preopens "get-directories")
    (memory $memory) (realloc (core func $realloc))))
  (core func $random (canon lower (func $random "get-random-u64")))
  (core module $guest
    (import "room" "memory" (memory 1))
    (import "host" "environment" (func $environment (param i32)))
    (import "host" "directories" (func $directories (param i32)))
    (import "host" "random" (func $random (result i64)))
    (func (export "variables") (result i32)
      (call $environment (i32.const 16)) (i32.load (i32.const 20)))
    (func (export "directories") (result i32)
      (call $directories (i32.const 16)) (i32.load (i32.const 20)))
    (func (export "random") (result i64) (call $random)))
  (core instance $guest (instantiate $guest
    (with "room" (instance $room))
    (with "host" (instance
      (export "environment" (func $environment))
      (export "directories" (func $directories))
      (export "random" (func $random))))))
  (func (export "variables") (result u32) (canon lift (core func $guest "variables")))
  (func (export "directories") (result u32) (canon lift (core func $guest "directories")))
  (func (export "random") (result u64) (canon lift (core func $guest "random"))))
"""


def guest(directory: Path, version: str) -> Path:
    file = directory / f"guest-{version}.wasm"
    file.write_bytes(wasmtime.wat2wasm(GUEST.replace("VERSION", version)))
    return file


Ask = Callable[..., Any]
Open = Callable[..., Ask]


@pytest.fixture
def gated(engine: Engine, images: ImageCache, tmp_path: Path) -> Open:
    """Composes a component with the gates that its grants ask for, and makes an instance."""

    def make(
        file: Path,
        grants: GrantsDeclaration,
        host: Grants | None = None,
        *,
        language: str = "",
        recording: Recording = Recording.NONE,
    ) -> Ask:
        node = Node("guest", read_component(engine, file), language)
        graph = link([node], (), None, engine=engine, directory=tmp_path)
        output = tmp_path / "composition.wasm"
        compose_gated(
            graph,
            {"guest": grants},
            engine,
            output,
            about=About("test"),
            directory=tmp_path / "gates",
            recording=recording,
        )
        opened = Component(output, images)
        instance = opened.instantiate(host or Grants())

        def ask(name: str, *arguments: Any) -> Any:
            return instance.call_plain(find_function(opened.functions, name), arguments)

        return ask

    return make


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_granted_means_no_path_to_the_host(
    version: str, gated: Open, engine: Engine, tmp_path: Path
) -> None:
    ask = gated(
        guest(tmp_path, version),
        GrantsDeclaration(),
        Grants(
            environment=(("SECRET", "x"),),
            directories=(HostDirectory(tmp_path, "/data"),),
        ),
    )
    composition = engine.decode(tmp_path / "composition.wasm")
    world = composition["resolve"]["worlds"][composition["world"]]
    assert world["imports"] == {}  # provable from the binary alone
    assert ask("variables") == 0
    assert ask("directories") == 0
    with pytest.raises(GuestFault) as caught:
        ask("random")
    finding = caught.value.findings[0]
    assert finding.rule == "not-granted"
    assert finding.message == (
        f"`guest` is not granted `random`, and called `get-random-u64` of "
        f"`wasi:random/random@{version}`"
    )
    assert finding.hint == 'add `random = "real"` to `[components.guest.grants]`'


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_grants_hold_for_every_version(version: str, gated: Open, tmp_path: Path) -> None:
    grants = GrantsDeclaration(
        environment=(VariableGrant("GIVEN"), VariableGrant("MODE", "fast")),
        filesystem=(DirectoryGrant(tmp_path, "/data"),),
        random=RandomGrant(RandomKind.SEEDED, 7),
    )
    host = Grants(
        environment=(("GIVEN", "x"), ("SECRET", "y")),
        directories=(HostDirectory(tmp_path, "/data"), HostDirectory(tmp_path, "/other")),
    )
    ask = gated(guest(tmp_path, version), grants, host)
    assert ask("variables") == 2
    assert ask("directories") == 1
    again = gated(guest(tmp_path, version), grants, host)
    assert ask("random") == again("random")


@pytest.mark.parametrize("version", ["0.2.0", "0.2.12"])
def test_what_is_granted_in_full_passes_straight(
    version: str, gated: Open, engine: Engine, tmp_path: Path
) -> None:
    file = guest(tmp_path, version)
    node = Node("guest", read_component(engine, file))
    names = [name for name in node.imports if name.startswith("wasi:")]
    fates = decide(node, names, REAL).fates
    assert fates[f"wasi:random/random@{version}"] is Direct.HOST
    ask = gated(file, REAL)
    assert ask("random") != ask("random")
    composition = engine.decode(tmp_path / "composition.wasm")
    packages = {each["name"] for each in composition["resolve"]["packages"]}
    assert f"wasi:random@{version}" in packages  # in the version that the node asks for


def test_the_composition_tells_of_its_grants(gated: Open, engine: Engine, tmp_path: Path) -> None:
    gated(guest(tmp_path, "0.2.9"), SEEDED)
    section = read_section(engine.describe(tmp_path / "composition.wasm"))
    assert section is not None
    assert section.nodes == {"guest": {"random": {"seed": 7}}}
    assert set(section.gates["guest"]) == {"guest-gate", "guest-random"}


def test_the_same_grants_give_the_same_bytes(gated: Open, tmp_path: Path) -> None:
    file = guest(tmp_path, "0.2.9")
    gated(file, SEEDED)
    first = (tmp_path / "composition.wasm").read_bytes()
    for gate in (tmp_path / "gates").iterdir():
        gate.unlink()
    gated(file, SEEDED)
    assert (tmp_path / "composition.wasm").read_bytes() == first


def test_stripping_keeps_why_a_gate_traps(
    gated: Open, engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    gated(guest(tmp_path, "0.2.9"), GrantsDeclaration())
    stripped = tmp_path / "stripped.wasm"
    engine.strip(tmp_path / "composition.wasm", stripped)
    opened = Component(stripped, images)
    with pytest.raises(GuestFault, match="`guest` is not granted `random`"):
        opened.instantiate(Grants()).call_plain(find_function(opened.functions, "random"), [])
    assert read_section(engine.describe(stripped)) is not None


def test_what_is_denied_is_recorded(gated: Open, tmp_path: Path) -> None:
    heard: list[Use] = []
    ask = gated(
        guest(tmp_path, "0.2.9"),
        GrantsDeclaration(environment=(VariableGrant("GIVEN"),)),
        Grants(environment=(("GIVEN", "x"),), audit=heard.append),
        recording=Recording.ALL,
    )
    ask("variables")
    ask("directories")
    assert heard == [
        Use("guest", "wasi:cli/environment", "get-environment", allowed=True, target="GIVEN"),
        Use("guest", "wasi:filesystem/preopens", "get-directories", allowed=False),
    ]


def test_what_is_left_outside_has_gates_too(engine: Engine, tmp_path: Path) -> None:
    """Otherwise an edge would be a way around what is granted."""
    node = Node("guest", read_component(engine, guest(tmp_path, "0.2.9")))
    name = "wasi:random/random@0.2.9"
    edge = EdgeDeclaration(Endpoint("guest", name, Place(item=name)), None)
    graph = link([node], [edge], None, engine=engine, directory=tmp_path)
    assert not next(each for each in graph.outsides if each.import_name == name).is_host
    output = tmp_path / "composition.wasm"
    compose_gated(graph, {}, engine, output, about=About(), directory=tmp_path / "gates")
    composition = engine.decode(output)
    assert composition["resolve"]["worlds"][composition["world"]]["imports"] == {}


@pytest.mark.parametrize(
    "grants",
    [
        {},
        {"clocks": ClockGrant(ClockKind.FROZEN)},
        {"filesystem": "/data"},
        {"stdout": StreamGrant(StreamKind.PREFIX)},
        {"stdout": INHERIT},
    ],
    ids=["least", "frozen", "files", "prefix", "output"],
)
def test_go_starts_with_clocks_and_random_numbers_alone(
    grants: dict[str, object], gated: Open, tmp_path: Path
) -> None:
    """Its runtime asks for all three standard streams when it starts, and for a clock that goes."""
    told = {"clocks": ClockGrant(ClockKind.REAL), "random": RandomGrant(RandomKind.SEEDED, 1)}
    told |= grants
    if "filesystem" in told:
        told["filesystem"] = (DirectoryGrant(tmp_path, "/data", write=True),)
    said: list[bytes] = []
    host = Grants(directories=(HostDirectory(tmp_path, "/data", True),), stdout=said.append)
    ask = gated(GO, GrantsDeclaration(**told), host, language="Go")  # type: ignore[arg-type]
    assert "read" in ask("known")
    (tmp_path / "a.txt").write_text("hello")
    answer = ask("attack", "read", "/data/a.txt")
    assert ("ok" in answer) is ("filesystem" in grants), answer


def test_gates_of_streams_and_requests_cannot_stand_together(
    gated: Open, engine: Engine, tmp_path: Path
) -> None:
    rust = REPOSITORY / "tests/attacks/components/rust-attacker.wasm"
    from wcompose.project import HttpGrant

    grants = GrantsDeclaration(
        http=(HttpGrant("https", "example.com"),), stdout=StreamGrant(StreamKind.PREFIX)
    )
    with pytest.raises(LinkError, match="cannot stand together"):
        gated(rust, grants)


def test_a_stream_may_go_to_a_file_beside_one_that_is_swallowed(
    gated: Open, tmp_path: Path
) -> None:
    grants = GrantsDeclaration(
        clocks=ClockGrant(ClockKind.REAL),
        random=RandomGrant(RandomKind.SEEDED, 1),
        stdout=StreamGrant(StreamKind.NULL),
        stderr=StreamGrant(StreamKind.FILE, tmp_path / "said.txt"),
    )
    heard: list[bytes] = []
    host = Grants(
        directories=(HostDirectory(tmp_path, "/.guest-stderr", True),),
        stdout=heard.append,
        stderr=heard.append,
    )
    ask = gated(GO, grants, host, language="Go")
    assert "ok" in ask("attack", "stderr", "told")
    assert "ok" in ask("attack", "stdout", "swallowed")
    assert "told" in (tmp_path / "said.txt").read_text()
    assert heard == []


def test_a_section_of_anybody_is_read_or_passed_over() -> None:
    for text in (
        "",
        "{",
        "[]",
        "null",
        '{"version":2}',
        '{"version":1,"nodes":[],"directories":[]}',
    ):
        assert read_section({"wcompose:grants": text}) is None
    assert read_section({}) is None
    told = {"version": 1, "nodes": {"a": {"grants": {}, "gates": []}}, "directories": []}
    section = read_section({"wcompose:grants": json.dumps(told)})
    assert section is not None
    assert section.nodes == {"a": {}}
