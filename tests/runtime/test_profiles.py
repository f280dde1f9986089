"""Engines: what each profile gives, and what it does where it cannot have what it wants."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wasmtime import Engine, Store, WasiConfig, WasmtimeError, _bindings
from wasmtime.component import Component, Func, Linker

from wcompose.errors import UsageError
from wcompose.images import ImageCache
from wcompose.native import configuration
from wcompose.native.configuration import EngineSettings, Profile, engine_for, make_engine
from wcompose.native.mappings import is_exhaustion, no_room

CELL = Path(__file__).parent / "components" / "cell.wasm"
KINDS = [
    EngineSettings(profile, metering, 1 << 20) for profile in Profile for metering in (False, True)
]
kinds = pytest.mark.parametrize("settings", KINDS, ids=lambda each: each.name)

NEEDY = """(component
  (core module $m
    (memory (export "memory") 1 3)
    (table 5 funcref)
    (data (i32.const 100) "first")
    (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "write") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func $again (export "again") (param i32) (result i32)
      (i32.add (call $again (i32.add (local.get 0) (i32.const 1))) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "read") (param "at" u32) (result u32) (canon lift (core func $i "read")))
  (func (export "write") (param "at" u32) (param "it" u32) (canon lift (core func $i "write")))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow")))
  (func (export "again") (param "it" u32) (result u32) (canon lift (core func $i "again"))))"""
"""Reads and writes where it is told to; at most three pages."""


@pytest.fixture(autouse=True)
def small_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's setting of huge pages, as the module sees it: on request."""
    setting = tmp_path / "enabled"
    setting.write_text("always [madvise] never\n")
    monkeypatch.setattr(configuration, "_HUGE_PAGES", setting)
    return setting


class Guest:
    """An instance in a store of its own."""

    def __init__(self, engine: Engine, component: Component) -> None:
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        self.store.set_epoch_deadline(1 << 40)
        with contextlib.suppress(WasmtimeError):  # not metered
            self.store.set_fuel(1 << 40)
        self.instance = Linker(engine).instantiate(self.store, component)

    def __call__(self, name: str, *arguments: int) -> int:
        interface, _, name = name.rpartition("#")
        index = None
        if interface:
            index = self.instance.get_export_index(self.store, interface)
        index = self.instance.get_export_index(self.store, name, index)
        assert index is not None
        function = self.instance.get_func(self.store, index)
        assert isinstance(function, Func)
        given: int = function(self.store, *arguments)
        return given


def run_in_child(program: str, *arguments: str) -> list[str]:
    """Lines that a program of its own wrote; it must not be ended by a signal."""
    command = [sys.executable, "-c", program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_every_kind_of_engine_has_a_name_and_images_of_its_own(tmp_path: Path) -> None:
    assert len({settings.name for settings in KINDS}) == len(KINDS)
    for number, settings in enumerate(KINDS, start=1):
        ImageCache(tmp_path, settings).open(CELL)
        assert len(list(tmp_path.glob("*.image"))) == number
    for settings in KINDS:
        images = ImageCache(tmp_path, settings)
        guest = Guest(images.engine, images.open(CELL))
        assert guest("wcompose:echo/cell@0.1.0#add", 2, 3) == 5
    assert len(list(tmp_path.glob("*.image"))) == len(KINDS)


@kinds
def test_guests_are_kept_apart_and_within_their_memory(settings: EngineSettings) -> None:
    heard: list[str] = []
    engine = make_engine(settings, heard.append)
    assert heard == []
    component = Component(engine, NEEDY)
    guests = [Guest(engine, component) for _ in range(50)]
    for number, guest in enumerate(guests):
        guest("write", 65535, number)
    for number, guest in enumerate(guests):
        assert guest("read", 65535) == number
        assert bytes(guest("read", 100 + at) for at in range(5)) == b"first"
        assert guest("grow", 2) == 1
        assert guest("grow", 1) == -1
        assert guest("read", 3 * 65536 - 1) == 0
    for address in (3 * 65536, 1 << 31, (1 << 32) - 1):
        with pytest.raises(WasmtimeError, match="out of bounds"):
            Guest(engine, component)("read", address)


@kinds
def test_a_memory_that_another_had_before_is_as_new(settings: EngineSettings) -> None:
    engine = make_engine(settings)
    component = Component(engine, NEEDY)
    for _ in range(200):
        guest = Guest(engine, component)
        places = [0, 4096, 20_000, 65535]
        assert [guest("read", at) for at in places] == [0] * 4
        assert guest("read", 102) == ord("r")
        for at in [*places, 102]:
            guest("write", at, 255)
        assert guest("grow", 1) == 1
        assert guest("read", 65536 + 5) == 0
        guest("write", 65536 + 5, 255)


def test_only_a_metered_engine_counts_fuel() -> None:
    Store(make_engine(EngineSettings(metering=True))).set_fuel(1)
    with pytest.raises(WasmtimeError, match="fuel"):
        Store(make_engine(EngineSettings())).set_fuel(1)


def test_the_stack_is_as_large_as_asked() -> None:
    """Twice the stack, twice the depth, within what a frame takes."""
    reached = []
    for stack in (1 << 16, 1 << 17, 1 << 22):
        engine = make_engine(EngineSettings(Profile.DENSE, metering=True, stack=stack))
        guest = Guest(engine, Component(engine, NEEDY))
        with pytest.raises(WasmtimeError, match="stack"):
            guest("again", 0)
        reached.append((1 << 40) - guest.store.get_fuel())
    assert 1.8 < reached[1] / reached[0] < 2.2
    assert 29 < reached[2] / reached[1] < 35


@pytest.mark.parametrize("stack", [(1 << 16) - 1, 0, -1, (1 << 30) + 1, 1 << 64, 1e6, None])
def test_a_stack_that_no_engine_can_have_is_refused(stack: Any) -> None:
    """The runtime would end the process."""
    with pytest.raises(UsageError, match="cannot have a stack"):
        EngineSettings(stack=stack)


def test_a_profile_is_one_of_those_there_are() -> None:
    with pytest.raises(UsageError, match="there is no profile `quick`"):
        EngineSettings("quick")  # type: ignore[arg-type]


@pytest.mark.parametrize("stack", [1 << 16, 1 << 21, (1 << 21) + 1, 1 << 30])
def test_every_stack_that_is_allowed_makes_an_engine(stack: int) -> None:
    for profile in Profile:
        program = (
            "from wcompose.native.configuration import *; "
            f"make_engine(EngineSettings(Profile('{profile.value}'), stack={stack})); print('alive')"
        )
        assert run_in_child(program) == ["alive"]


def test_huge_pages_for_all_are_told_where_they_cost(small_pages: Path) -> None:
    small_pages.write_text("[always] madvise never\n")
    heard: list[str] = []
    make_engine(EngineSettings(Profile.FAST), heard.append)
    assert heard == []
    make_engine(EngineSettings(Profile.DENSE), heard.append)
    assert len(heard) == 1
    assert "huge pages" in heard[0]
    assert str(small_pages) in heard[0]


def test_engines_with_the_same_settings_are_one() -> None:
    first, second = ImageCache(None), ImageCache(None, EngineSettings())
    assert first.engine is second.engine
    assert engine_for(EngineSettings(metering=True)) is not first.engine


def test_a_large_stack_that_a_release_cannot_give_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_bindings, "wasmtime_config_async_stack_size_set")
    heard: list[str] = []
    engine = make_engine(EngineSettings(stack=1 << 23), heard.append)
    assert len(heard) == 1
    assert "2,097,152 bytes at most" in heard[0]
    Guest(engine, Component(engine, NEEDY))


SWITCHES = [
    *(("dense", f"wasmtime_config_{name}_set") for name, _ in configuration._DENSE),
    ("dense", "wasmtime_config_concurrency_support_set"),
    ("fast", "wasmtime_config_concurrency_support_set"),
    ("fast", "wasmtime_pooling_allocation_strategy_set"),
    *(
        ("fast", f"wasmtime_pooling_allocation_config_{name}_set")
        for name, _ in configuration._pool_limits(1)
    ),
]


@pytest.mark.parametrize(("profile", "switch"), SWITCHES)
def test_a_switch_that_a_release_does_not_have_is_told_and_done_without(
    profile: str, switch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(_bindings, switch)
    heard: list[str] = []
    engine = make_engine(EngineSettings(Profile(profile)), heard.append)
    assert len(heard) == 1
    assert "this release of wasmtime has no" in heard[0]
    guest = Guest(engine, Component(engine, NEEDY))
    guest("write", 7, 7)
    assert guest("read", 7) == 7
    with pytest.raises(WasmtimeError, match="out of bounds"):
        guest("read", 1 << 30)


ENGINES = """
import sys
from wasmtime import Store
from wasmtime.component import Component, Linker
from wcompose.native.configuration import EngineSettings, make_engine
engines = []
for number in range(int(sys.argv[1])):
    engines.append(make_engine(EngineSettings(), print))
text = "(component (core module $m (memory 1)) (core instance (instantiate $m)))"
for engine in engines:
    component = Component(engine, text)
    Linker(engine).instantiate(Store(engine), component)
print("alive")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="pools are Linux's")
@pytest.mark.parametrize(
    "limit", ["r.RLIMIT_AS, (1 << 38, 1 << 38)", "r.RLIMIT_DATA, (1 << 30, 1 << 30)"]
)
def test_an_engine_without_address_space_for_a_pool_works_without(limit: str) -> None:
    program = f"import resource as r; r.setrlimit({limit})\n{ENGINES}"
    told, alive = run_in_child(program, "1")
    assert "no address space for a pool" in told
    assert alive == "alive"


@pytest.mark.skipif(sys.platform != "linux", reason="pools are Linux's")
def test_many_engines_do_not_end_the_process() -> None:
    """A second pool of full size does not fit; the runtime would abort."""
    *told, alive = run_in_child(ENGINES, "12")
    assert alive == "alive"
    assert all("no address space for a pool" in line for line in told)
    assert 0 < len(told) < 10


@pytest.mark.skipif(sys.platform != "linux", reason="pools are Linux's")
def test_a_full_pool_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "MOST_SLOTS", 300)
    engine = make_engine(EngineSettings())
    component = Component(engine, NEEDY)
    guests = [Guest(engine, component) for _ in range(300)]
    with pytest.raises(WasmtimeError) as caught:
        Guest(engine, component)
    assert is_exhaustion(str(caught.value))
    assert "300" in no_room(str(caught.value)).findings[0].causes[0]
    del guests[:2]
    Guest(engine, component)


FILL = """
import os, sys, threading
from pathlib import Path
from wcompose.errors import InstanceLimit
from wcompose.images import ImageCache
from wcompose.native.configuration import EngineSettings, Profile
from wcompose.native.mappings import _count
from wcompose.runtime import Component
profile, cell, images = sys.argv[1:]
component = Component(Path(cell), ImageCache(Path(images), EngineSettings(Profile(profile))))
instances = []
def fill():
    while True:
        try:
            instances.append(component.instantiate())
        except InstanceLimit as error:
            return error
        instances[-1].call("cell.keep", len(instances))
print(fill())
print(len(instances))
told = []
thread = threading.Thread(target=lambda: told.append(instances[5].call("cell.keep", 6)))
thread.start()
thread.join()
print(told)
print(all(each.call("cell.keep", 0) == at for at, each in enumerate(instances, start=1)))
for instance in instances[::2]:
    instance.close()
del instances[::2]
print(_count())
print(fill())
print(len(instances))
sys.stdout.flush()
os._exit(0)
"""
"""To the limit, then every other instance ended, then to the limit again."""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize(
    ("profile", "least", "least_later"), [("fast", 15_000, 15_000), ("dense", 100_000, 60_000)]
)
def test_at_the_limit_an_error_is_raised_and_all_others_go_on(
    profile: str, least: int, least_later: int, tmp_path: Path
) -> None:
    """Ending every other dense instance leaves each of the others a mapping of its own."""
    if free_memory() < least * 60_000:
        pytest.skip("not enough memory is free")
    arguments = (profile, str(CELL), str(tmp_path))
    refused, live, told, separate, mapped, again, later = run_in_child(FILL, *arguments)
    assert refused == again == "there is no room for another instance"
    assert int(live) > least
    assert (told, separate) == ("[6]", "True")
    assert int(mapped) > 60_000
    assert int(later) > least_later


BOUNDED = """
import os, resource, sys
from pathlib import Path
from wcompose.errors import InstanceLimit
from wcompose.images import ImageCache
from wcompose.native.configuration import EngineSettings, Profile
from wcompose.runtime import Component
cell, images = sys.argv[1:]
component = Component(Path(cell), ImageCache(Path(images), EngineSettings(Profile.DENSE)))
for turn in range(3):
    instances = []
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = size + (160 << 20) + turn * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        while len(instances) < 5_000:
            instances.append(component.instantiate())
    except InstanceLimit as error:
        assert instances[-1].call("cell.keep", 1) == 0
        bytearray(48 << 20)  # room for what the runtime itself allocates
        said = error.findings[0].causes
    else:
        raise AssertionError
    for instance in instances:
        instance.close()
print(said)
print("alive")
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measured with what Linux tells")
def test_where_address_space_ends_an_error_is_raised(tmp_path: Path) -> None:
    """The runtime aborts when an allocation of its own fails: about every twelfth time without care."""
    said, alive = run_in_child(BOUNDED, str(CELL), str(tmp_path))
    assert "ulimit -v" in said
    assert alive == "alive"


def free_memory() -> int:
    """Bytes that the machine has free."""
    text = Path("/proc/meminfo").read_text("ascii")
    return int(text.split("MemAvailable:")[1].split()[0]) << 10


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        ("maximum concurrent limit of 15600 for memory stripe 0 reached", True),
        ("maximum concurrent limit of 5 for tables reached", True),
        ("mmap failed to reserve 0x104000000 bytes\n\nCaused by:\n    Cannot allocate", True),
        ("Cannot allocate memory (os error 12)", True),
        ("a\n\nCaused by:\n    0: b\n    1: Cannot allocate memory (os error 12)", True),
        ("component imports instance `a:b/c`, but a matching implementation was not found", False),
        ("resource limit exceeded: memory count too high at 2", False),
        ("wasm trap: wasm `unreachable` instruction executed", False),
        ("\n" * 50 + "Cannot allocate memory (os error 12)", False),
    ],
)
def test_only_what_says_that_nothing_more_fits_is_taken_for_it(text: str, says_so: bool) -> None:
    assert is_exhaustion(text) is says_so
