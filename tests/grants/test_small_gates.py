"""The gates for arguments and variables, clocks, random numbers and redirected streams, run for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from support import REPOSITORY, wasi_of
from wasmtime import Store, WasmtimeError
from wasmtime.component import Component, Instance, Linker

from wcompose.bounds import Limits, Watch
from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import compose_graph, link_draft, read_component
from wcompose.graph.request import Request
from wcompose.images import ImageCache
from wcompose.project import EdgeDeclaration, Endpoint
from wcompose.report import Place
from wcompose.runtime import Grants
from wcompose.runtime.hosting.grants import DirectoryGrant

GATES = REPOSITORY / "src" / "wcompose" / "grants" / "gates"
COMPONENTS = Path(__file__).parent / "components"
VERSION = "0.2.12"
PATIENCE = 20
"""Seconds after which what hangs is stopped."""

POLICY = "wcompose:gates/policy@0.1.0"
AUDIT = "wcompose:gates/audit@0.1.0"
MANY = 1 << 64


class Gated:
    """An instance of a gate (or of something behind one) under a policy, with the real host around."""

    def __init__(
        self, component: Component, images: ImageCache, lines: tuple[str, ...], grants: Grants
    ) -> None:
        self.events: list[str] = []
        self.asked = 0
        self._text = "\n".join(["node analysis", *lines])
        linker = Linker(images.engine)
        linker.add_wasip2()
        with linker.root() as root:
            with root.add_instance(POLICY) as instance:
                instance.add_func("text", self._policy)
            with root.add_instance(AUDIT) as instance:
                instance.add_func("record", lambda _store, event: self.events.append(event))
        self.store = Store(images.engine)
        self._watch = Watch(self.store, images.engine, Limits(seconds=PATIENCE))
        self.store.set_wasi(wasi_of(grants))
        with self._watch.calling():
            self._instance: Instance = linker.instantiate(self.store, component)

    def _policy(self, _store: object) -> str:
        self.asked += 1
        return self._text

    def __call__(self, interface: str, function: str, *arguments: object) -> Any:
        """Call an exported function; an empty interface stands for the component itself."""
        place = None
        if interface:
            place = self._instance.get_export_index(self.store, f"{interface}@{VERSION}")
            assert place is not None
        index = self._instance.get_export_index(self.store, function, place)
        assert index is not None
        called = self._instance.get_func(self.store, index)
        assert called is not None
        with self._watch.calling():
            return called(self.store, *arguments)


Open = Callable[..., Gated]


@pytest.fixture(scope="session")
def gated(images: ImageCache) -> Open:
    """Opens a gate by itself."""

    def make(gate: str, *lines: str, grants: Grants | None = None) -> Gated:
        component = images.open(GATES / f"{gate}.wasm")
        return Gated(component, images, lines, grants or Grants())

    return make


def compose_behind(
    source: str, gate: str, interfaces: list[str], engine: Engine, directory: Path
) -> Path:
    """A component from its text behind a gate; policy and audit are left to the host."""
    binary = directory / f"{source}.wasm"
    binary.write_bytes(wasmtime.wat2wasm((COMPONENTS / f"{source}.wat").read_text()))
    edges = [
        EdgeDeclaration(
            Endpoint("guest", interface, Place(item=interface)),
            Endpoint("gate", interface, Place(item=interface)),
        )
        for interface in interfaces
    ]
    draft = link_draft(
        [
            Node("guest", read_component(engine, binary)),
            Node("gate", read_component(engine, GATES / f"{gate}.wasm")),
        ],
        Request(edges, leave_open=True),
        engine=engine,
        directory=directory / "types",
    )
    assert not draft.findings, draft.findings
    output = directory / "whole.wasm"
    compose_graph(draft.graph, engine, output)
    return output


# Arguments and variables.

HOST = Grants(arguments=("program", "--verbose"), environment=(("TZ", "UTC"), ("SECRET", "s3cret")))
ENVIRONMENT = "wasi:cli/environment"


def test_only_granted_variables_are_seen(gated: Open) -> None:
    gate = gated("environment", "variable-host TZ", "variable MODE very%20fast%25", grants=HOST)
    assert dict(gate(ENVIRONMENT, "get-environment")) == {"TZ": "UTC", "MODE": "very fast%"}
    assert gate.events == []


def test_a_variable_that_is_fixed_is_not_the_hosts(gated: Open) -> None:
    gate = gated("environment", "variable-host TZ", "variable TZ CET", grants=HOST)
    assert gate(ENVIRONMENT, "get-environment") == [("TZ", "CET")]


def test_without_lines_there_is_nothing(gated: Open) -> None:
    gate = gated("environment", "audit denied", grants=HOST)
    assert gate(ENVIRONMENT, "get-environment") == []
    assert gate(ENVIRONMENT, "get-arguments") == []
    assert gate(ENVIRONMENT, "initial-cwd") is None
    assert gate.events == [
        "analysis wasi:cli/environment get-environment denied",
        "analysis wasi:cli/environment get-arguments denied",
    ]


def test_arguments_are_fixed_or_the_hosts(gated: Open) -> None:
    fixed = gated("environment", "argument tool", "argument ", "argument a%0Ab", grants=HOST)
    assert fixed(ENVIRONMENT, "get-arguments") == ["tool", "", "a\nb"]
    passed = gated("environment", "arguments host", grants=HOST)
    assert passed(ENVIRONMENT, "get-arguments") == ["program", "--verbose"]


def test_learning_sees_everything_and_writes_it_down(gated: Open) -> None:
    gate = gated("environment", "learn", grants=HOST)
    assert dict(gate(ENVIRONMENT, "get-environment")) == {"TZ": "UTC", "SECRET": "s3cret"}
    assert gate(ENVIRONMENT, "get-arguments") == ["program", "--verbose"]
    assert gate.events == [
        "analysis wasi:cli/environment get-environment allowed TZ",
        "analysis wasi:cli/environment get-environment allowed SECRET",
        "analysis wasi:cli/environment get-arguments allowed",
    ]


@pytest.mark.parametrize(
    "line", ["variable-host T%5", "variable-host %FF", "variable-host T%5\u00e9"]
)
def test_a_malformed_line_grants_nothing_and_spoils_no_other(gated: Open, line: str) -> None:
    gate = gated("environment", line, "variable MODE fast", grants=HOST)
    assert gate(ENVIRONMENT, "get-environment") == [("MODE", "fast")]


def test_a_policy_is_asked_for_once(gated: Open) -> None:
    gate = gated("environment", "variable A 1")
    for _ in range(3):
        gate(ENVIRONMENT, "get-environment")
    assert gate.asked == 1


def test_memory_is_used_again(gated: Open) -> None:
    value = "x" * 100_000
    gate = gated("environment", f"variable A {value}")
    for _ in range(300):
        assert gate(ENVIRONMENT, "get-environment") == [("A", value)]


# Clocks.

WALL = "wasi:clocks/wall-clock"
MONOTONIC = "wasi:clocks/monotonic-clock"


def test_frozen_clocks_stand_still(gated: Open) -> None:
    gate = gated(
        "clocks", "wall-clock frozen 1767225600 5", "monotonic-clock frozen 18446744073709551615"
    )
    for _ in range(2):
        now = gate(WALL, "now")
        assert (now.seconds, now.nanoseconds) == (1767225600, 5)
        assert gate(MONOTONIC, "now") == MANY - 1
    assert gate(WALL, "resolution").nanoseconds == 1
    assert gate(MONOTONIC, "resolution") == 1


def test_a_frozen_clock_moves_on_by_what_is_waited_for(gated: Open) -> None:
    gate = gated("clocks", "monotonic-clock frozen 1000")
    gate(MONOTONIC, "subscribe-duration", 5)
    assert gate(MONOTONIC, "now") == 1005
    gate(MONOTONIC, "subscribe-instant", 1003)  # is past
    assert gate(MONOTONIC, "now") == 1005
    gate(MONOTONIC, "subscribe-instant", 2000)
    assert gate(MONOTONIC, "now") == 2000
    gate(MONOTONIC, "subscribe-duration", MANY - 1)  # for ever
    assert gate(MONOTONIC, "now") == MANY - 1


def test_real_clocks_go_on(gated: Open) -> None:
    gate = gated("clocks", "wall-clock real", "monotonic-clock real", "audit all")
    first, second = gate(MONOTONIC, "now"), gate(MONOTONIC, "now")
    assert second > first
    assert gate(WALL, "now").seconds > 1_700_000_000
    assert gate.events == [
        "analysis wasi:clocks/monotonic-clock now allowed",
        "analysis wasi:clocks/monotonic-clock now allowed",
        "analysis wasi:clocks/wall-clock now allowed",
    ]


@pytest.fixture(scope="module")
def sleeper(
    engine: Engine, images: ImageCache, tmp_path_factory: pytest.TempPathFactory
) -> Component:
    directory = tmp_path_factory.mktemp("sleeper")
    return images.open(compose_behind("sleeper", "clocks", [MONOTONIC], engine, directory))


def test_nothing_is_waited_for_while_the_clock_stands_still(
    sleeper: Component, images: ImageCache
) -> None:
    guest = Gated(sleeper, images, ("monotonic-clock frozen 7", "audit all"), Grants())
    guest("", "sleep-for", MANY - 1)
    guest("", "sleep-until", MANY - 1)
    assert guest.events == [
        "analysis wasi:clocks/monotonic-clock subscribe-duration allowed",
        "analysis wasi:clocks/monotonic-clock subscribe-instant allowed",
    ]


def test_a_real_clock_is_waited_for(sleeper: Component, images: ImageCache, gated: Open) -> None:
    guest = Gated(sleeper, images, ("monotonic-clock real",), Grants())
    clock = gated("clocks", "monotonic-clock real")
    pause = 1_000_000
    start = clock(MONOTONIC, "now")
    guest("", "sleep-for", pause)
    assert clock(MONOTONIC, "now") - start >= pause


@pytest.mark.parametrize(
    "line",
    ["", "wall-clock", "wall-clock frozen 1", "wall-clock frozen 1 1000000000", "wall-clock -1"],
)
def test_a_clock_that_is_not_granted_ends_the_program_and_says_so(gated: Open, line: str) -> None:
    gate = gated("clocks", line, "audit denied")
    with pytest.raises(WasmtimeError) as raised:
        gate(WALL, "now")
    assert "a node is not granted `clocks`: `wasi:clocks/wall-clock`" in str(raised.value)
    assert gate.events == ["analysis wasi:clocks/wall-clock now denied"]


# Random numbers.

RANDOM = "wasi:random/random"
INSECURE = "wasi:random/insecure"
SEED = "wasi:random/insecure-seed"


def rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) % MANY


def splitmix(counter: int) -> int:
    value = counter
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % MANY
    value = (value ^ value >> 27) * 0x94D049BB133111EB % MANY
    return value ^ value >> 31


def xoshiro(seed: int, count: int) -> list[int]:
    """Numbers as the authors' reference for xoshiro256** makes them."""
    step = 0x9E3779B97F4A7C15
    s = [splitmix((seed + step * (index + 1)) % MANY) for index in range(4)]
    numbers = []
    for _ in range(count):
        numbers.append(rotate(s[1] * 5 % MANY, 7) * 9 % MANY)
        t = (s[1] << 17) % MANY
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
    return numbers


@pytest.mark.parametrize("seed", [0, 7, MANY - 1])
def test_a_seed_gives_the_numbers_of_xoshiro(gated: Open, seed: int) -> None:
    gate = gated("random", f"random seed {seed}")
    expected = xoshiro(seed, 5)
    assert [gate(RANDOM, "get-random-u64") for _ in range(2)] == expected[:2]
    data = b"".join(number.to_bytes(8, "little") for number in expected[2:])
    assert bytes(gate(RANDOM, "get-random-bytes", 20)) == data[:20]


def test_interfaces_do_not_shift_each_other(gated: Open) -> None:
    plain, mixed = (gated("random", "random seed 7") for _ in range(2))
    numbers = [plain(RANDOM, "get-random-u64") for _ in range(2)]
    first = mixed(RANDOM, "get-random-u64")
    insecure = mixed(INSECURE, "get-insecure-random-u64")
    pair = tuple(mixed(SEED, "insecure-seed"))
    assert [first, mixed(RANDOM, "get-random-u64")] == numbers
    assert len({*numbers, insecure, *pair}) == 5
    assert tuple(mixed(SEED, "insecure-seed")) == pair
    assert tuple(plain(SEED, "insecure-seed")) == pair
    assert plain(INSECURE, "get-insecure-random-u64") == insecure
    assert len(bytes(plain(INSECURE, "get-insecure-random-bytes", 9))) == 9


def test_real_numbers_differ_and_are_written_down(gated: Open) -> None:
    gate = gated("random", "random real", "audit all")
    first, second = (bytes(gate(RANDOM, "get-random-bytes", 32)) for _ in range(2))
    assert first != second
    assert gate(RANDOM, "get-random-u64") != gate(RANDOM, "get-random-u64")
    gate(INSECURE, "get-insecure-random-u64")
    assert gate.events[0] == "analysis wasi:random/random get-random-bytes allowed"
    assert gate.events[-1] == "analysis wasi:random/insecure get-insecure-random-u64 allowed"
    assert len(gate.events) == 5


@pytest.mark.parametrize("line", ["", "random seed", "random seed -1", f"random seed {MANY}"])
def test_numbers_that_are_not_granted_end_the_program(gated: Open, line: str) -> None:
    gate = gated("random", line, "audit denied")
    with pytest.raises(WasmtimeError, match="a node is not granted `random`"):
        gate(RANDOM, "get-random-u64")
    assert gate.events == ["analysis wasi:random/random get-random-u64 denied"]


@pytest.mark.parametrize("length", [1 << 31, 1 << 32, MANY - 1])
def test_too_many_bytes_end_the_program_and_say_so(gated: Open, length: int) -> None:
    gate = gated("random", "random seed 1")
    with pytest.raises(WasmtimeError, match="asked for more random bytes than fit"):
        gate(RANDOM, "get-random-bytes", length)


# Streams that are files.

STREAMS = ["wasi:cli/stdin", "wasi:cli/stdout", "wasi:cli/stderr"]


@pytest.fixture(scope="module")
def copier(
    engine: Engine, images: ImageCache, tmp_path_factory: pytest.TempPathFactory
) -> Component:
    directory = tmp_path_factory.mktemp("copier")
    return images.open(compose_behind("copier", "redirect", STREAMS, engine, directory))


def directory_grants(directory: Path, **others: Any) -> Grants:
    return Grants(directories=(DirectoryGrant(directory, "work dir", writable=True),), **others)


def test_streams_are_files(copier: Component, images: ImageCache, tmp_path: Path) -> None:
    data = bytes(range(256)) * 100
    (tmp_path / "in.bin").write_bytes(data)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "out.bin").write_bytes(b"before ")
    lines = (
        "stdin file work%20dir in.bin",
        "stdout file work%20dir logs/out.bin",
        "stderr file work%20dir err%20or.txt",
        "audit all",
    )
    for _ in range(2):
        guest = Gated(copier, images, lines, directory_grants(tmp_path))
        guest("", "copy")
    assert (tmp_path / "logs" / "out.bin").read_bytes() == b"before " + data * 2
    assert (tmp_path / "err or.txt").read_text() == "done\ndone\n"
    assert guest.events == [
        "analysis wasi:cli/stdin get-stdin allowed work%20dir/in.bin%20read",
        "analysis wasi:cli/stdout get-stdout allowed work%20dir/logs/out.bin%20write",
        "analysis wasi:cli/stderr get-stderr allowed work%20dir/err%20or.txt%20write",
    ]


def test_streams_that_are_not_files_are_the_hosts(
    copier: Component, images: ImageCache, tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text("hello")
    heard: list[bytes] = []
    grants = directory_grants(tmp_path, stdin=tmp_path / "in.txt", stdout=heard.append)
    lines = ("stdin inherit", "stdout prefix [a]", "stderr file work%20dir e.txt")
    Gated(copier, images, lines, grants)("", "copy")
    assert b"".join(heard) == b"hello"
    assert (tmp_path / "e.txt").read_text() == "done\n"


def test_stdin_is_not_written_to(copier: Component, images: ImageCache, tmp_path: Path) -> None:
    guest = Gated(copier, images, ("stdin file work%20dir new.txt",), directory_grants(tmp_path))
    with pytest.raises(WasmtimeError, match="the file for the `stdin` of a node cannot be opened"):
        guest("", "copy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place", ["other in.txt", "work in.txt", "work%20dir ../in.txt", "work%20dir /etc/hostname"]
)
def test_a_file_elsewhere_is_not_opened(
    copier: Component, images: ImageCache, tmp_path: Path, place: str
) -> None:
    (tmp_path / "in.txt").write_text("outside")
    inside = tmp_path / "inside"
    inside.mkdir()
    guest = Gated(copier, images, (f"stdin file {place}",), directory_grants(inside))
    with pytest.raises(WasmtimeError, match="the file for the `stdin` of a node cannot be opened"):
        guest("", "copy")


@pytest.mark.parametrize("line", ["", "stdin", "stdin empty", "stdout inherit"])
def test_a_stream_that_is_not_granted_ends_the_program(
    copier: Component, images: ImageCache, line: str
) -> None:
    guest = Gated(copier, images, (line, "audit denied"), Grants())
    with pytest.raises(WasmtimeError, match="a node is not granted `stdin`"):
        guest("", "copy")
    assert guest.events == ["analysis wasi:cli/stdin get-stdin denied"]


# All of them.


REACH = {
    "environment": {"wasi:cli/environment"},
    "clocks": {"wasi:clocks/wall-clock", "wasi:clocks/monotonic-clock", "wasi:io/poll"},
    "random": {RANDOM, INSECURE, SEED},
    "redirect": {
        *STREAMS,
        "wasi:filesystem/types",
        "wasi:filesystem/preopens",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
    },
}


@pytest.mark.parametrize("name", REACH)
def test_a_gate_reaches_only_what_it_stands_before(images: ImageCache, name: str) -> None:
    component = images.open(GATES / f"{name}.wasm")
    imports = set(component.type.imports(images.engine))
    assert {POLICY, AUDIT} <= imports
    assert {each.partition("@")[0] for each in imports - {POLICY, AUDIT}} <= REACH[name]


def test_small_gates_are_small() -> None:
    for name, most in {"environment": 14, "clocks": 15, "random": 16, "redirect": 18}.items():
        assert (GATES / f"{name}.wasm").stat().st_size <= most * 1000
