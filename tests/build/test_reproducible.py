"""The same source gives the same bytes, and nothing that has to differ at run time is frozen by that."""

from __future__ import annotations

import os
import struct
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import wasmtime
from wasmtime import component as wasm

from wcompose.build.python import PythonNode, build_python, settling
from wcompose.build.python.environment import STATE_OFFSET, environment_library
from wcompose.errors import ToolFailure
from wcompose.progress import SilentReporter
from wcompose.sections import sections

WIT = """
package test:same;
interface asking { record question { text: string } }
world same {
  use asking.{question};
  import far: interface { use asking.{question}; think: func(about: question) -> string; }
  export ask: func(what: question) -> string;
}
"""
APP = """
import asyncio, collections, dataclasses, datetime, decimal, json, logging, os, random, re, secrets
import sys, tempfile, threading, time, uuid, gc
from words import alpha, omega
from wit_world import WitWorld as World

FROZEN = random.Random()
SETS = {*"the quick brown fox jumps over the lazy dog".split()}, frozenset(dir(os))
try:
    import words.missing
except ImportError as error:
    MISSING = str(error)


class WitWorld(World):
    def ask(self, what):
        return str(eval(what.text))
"""
WORDS = {f"{letter}{number}": "PAD = 1\n" for letter in "qweras" for number in range(9)}


def write_node(root: Path, *, backwards: bool) -> PythonNode:
    """The node; its files are made in one order or the other, which most file systems keep."""
    files = {f"words/{name}.py": text for name, text in WORDS.items()}
    files |= {"app.py": APP, "words/alpha.py": "from . import q1, w2\n", "words/omega.py": ""}
    files |= {"words/__init__.py": "", "zeta/no_package.txt": "", "beta.txt": "text\n"}
    for name in sorted(files, reverse=backwards):
        path = root / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    (root / "same.wit").write_text(WIT, encoding="utf-8")
    return PythonNode("same", root / "source", "app", None, "same", root / "same.wit")


def build(root: Path, *, backwards: bool) -> Path:
    output = root / "out.wasm"
    build_python(write_node(root, backwards=backwards), output, SilentReporter())
    return output


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two builds that share nothing: places, times, orders, and file systems where there are two."""
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "another-place"))
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as executor:
        first = executor.submit(build, one, backwards=False).result()
        if Path("/dev/shm").is_dir():  # noqa: S108
            patch.setattr(tempfile, "tempdir", "/dev/shm")  # noqa: S108
        patch.setenv("PYTHONHASHSEED", "4711")
        patch.setenv("TZ", "Asia/Tokyo")
        os.utime(one / "source" / "app.py", (0, 0))
        return first, build(two, backwards=True)


@pytest.fixture(scope="module")
def loaded(both: tuple[Path, Path]) -> tuple[wasmtime.Engine, wasm.Component]:
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"  # half the time to compile
    engine = wasmtime.Engine(config)
    return engine, wasm.Component.from_file(engine, str(both[0]))


Ask = Callable[[str], str]


@pytest.fixture
def start(loaded: tuple[wasmtime.Engine, wasm.Component], tmp_path: Path) -> Callable[[], Ask]:
    """Starts an instance that sees a directory, and gives a function that asks it."""

    def instantiate() -> Ask:
        engine, component = loaded
        linker = wasm.Linker(engine)
        linker.add_wasip2()
        with linker.root() as root, root.add_instance("far") as far:
            far.add_func("think", lambda _store, about: about.text)
        store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        wasi.preopen_dir(str(tmp_path), "/data")
        store.set_wasi(wasi)
        instance = linker.instantiate(store, component)
        function = instance.get_func(store, instance.get_export_index(store, "ask"))
        assert function is not None

        def ask(text: str) -> str:
            question = wasm.Record()
            question.text = text
            return function(store, question)

        return ask

    return instantiate


def test_two_builds_are_the_same_to_the_byte(both: tuple[Path, Path]) -> None:
    one, two = (path.read_bytes() for path in both)
    assert one == two


@pytest.mark.parametrize(
    "expression",
    [
        "os.urandom(16).hex()",
        "random.random()",
        "random.getrandbits(64)",
        "random.Random().random()",
        "random.SystemRandom().random()",
        "secrets.token_hex(16)",
        "uuid.uuid4()",
        "next(tempfile._RandomNameSequence())",
    ],
)
def test_what_is_random_differs_in_every_instance(
    start: Callable[[], Ask], expression: str
) -> None:
    asks = [start(), start()]
    assert len({ask(expression) for ask in (*asks, *asks)}) == 4


def test_a_generator_made_at_the_top_goes_on_from_one_state(start: Callable[[], Ask]) -> None:
    assert start()("FROZEN.random()") == start()("FROZEN.random()")


def test_clocks_are_those_of_the_host(start: Callable[[], Ask]) -> None:
    ask, before = start(), time.time()
    seen = float(ask("time.time()"))
    day = float(ask("datetime.datetime.now(datetime.timezone.utc).timestamp()"))
    assert before - 1 <= seen <= day <= time.time() + 1
    first, second = float(ask("time.monotonic()")), float(ask("time.monotonic()"))
    assert first < second
    # Not counted from a moment on the machine that built: that clock has nothing to do with this one.
    assert 0 <= float(ask("time.process_time()")) <= float(ask("time.monotonic()"))


def test_files_are_told_as_they_are(start: Callable[[], Ask], tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("seven b")
    os.utime(file, (1_000_000_000, 1_234_567_890))
    (tmp_path / "later.py").write_text("ANSWER = 42\n")
    ask = start()
    assert ask("(lambda s: (s.st_size, int(s.st_mtime)))(os.stat('/data/file.txt'))") == str(
        (7, 1_234_567_890)
    )
    assert ask("sorted(os.listdir('/data'))") == "['file.txt', 'later.py']"
    assert ask("sys.path.insert(0, '/data') or __import__('later').ANSWER") == "42"


def test_the_interpreter_is_left_as_it_was_found(start: Callable[[], Ask], both: tuple) -> None:
    ask = start()
    assert ask("[getattr(each, '__name__', each) for each in sys.meta_path]") == (
        "['BuiltinImporter', 'FrozenImporter', 'PathFinder']"
    )
    assert ask("random.Random.seed.__module__") == "random"
    names = "[n for n in (*sys.modules, *vars(sys)) if 'wcompose' in n and n != 'wcompose_preinit']"
    assert ask(names) == "[]"
    assert ask("MISSING") == "No module named 'words.missing'"
    assert ask("len([bytearray(1000) for _ in range(9999)])") == "9999"  # the allocator works
    assert b"what CPython's finder would" not in both[0].read_bytes()


# What clears the finished component --------------------------------------------------------------


def data_of(component: bytes) -> dict[str, int]:
    module = next(each for each in settling._modules(component) if {5, 11} <= each.sections.keys())
    return settling._exported_globals(component, module)


def test_the_stack_is_empty(both: tuple[Path, Path]) -> None:
    component = both[0].read_bytes()
    module = next(each for each in settling._modules(component) if {5, 11} <= each.sections.keys())
    segments = list(settling._segments(component, module))
    top = data_of(component)["__stack_pointer"]
    assert top >= 1 << 20
    assert min(segment.address for segment in segments) >= top
    assert settling.settle(component, "same") == component  # once more changes nothing


def test_libraries_that_are_not_known_are_left_alone(both: tuple[Path, Path]) -> None:
    component = bytearray(both[0].read_bytes())
    _start, end = max(
        (
            (start, end)
            for module in settling._modules(bytes(component))
            for identifier, (start, end) in module.sections.items()
            if identifier == 10
        ),
        key=lambda code: code[1] - code[0],
    )
    component[end - 2] ^= 1
    assert settling.settle(bytes(component), "same") is None


def test_an_interpreter_that_was_not_put_in_order_is_refused(both: tuple[Path, Path]) -> None:
    component = bytearray(both[0].read_bytes())
    module = next(
        each for each in settling._modules(bytes(component)) if {5, 11} <= each.sections.keys()
    )
    address = STATE_OFFSET + next(
        value
        for name, value in data_of(bytes(component)).items()
        if "wcompose" in name and "memory" in name
    )
    (segment,) = (
        each
        for each in settling._segments(bytes(component), module)
        if each.address <= address < each.address + each.end - each.start
    )
    place = segment.start + address - segment.address
    assert component[place] == 2
    component[place] = 1
    with pytest.raises(ToolFailure, match="not put back in order"):
        settling.settle(bytes(component), "same")
    component[place] = 0
    assert settling.settle(bytes(component), "same") is None


@pytest.mark.parametrize(
    "garbage", [b"", b"component", b"\0asm\x0d\0\1\0", b"\0asm\x0d\0\1\0\1\xff"]
)
def test_garbage_is_left_alone(garbage: bytes) -> None:
    assert settling.settle(garbage, "same") is None


@pytest.mark.parametrize("address", [0, 63, 64, 8191, 8192, 0x10FFFF, 2**31 - 1, 2**31, 2**32 - 1])
def test_addresses_are_written_as_they_are_read(address: int) -> None:
    written = settling._signed(address) + b"\x0b"
    assert settling._read_signed(written, 0, len(written)) == (address, len(written) - 1)


# The library beside the interpreter ---------------------------------------------------------------


class Interpreter:
    """As much of CPython as the library's constructor touches."""

    def __init__(self, modules: list[str], library: bytes) -> None:
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        self.memory = wasmtime.Memory(self.store, wasmtime.MemoryType(wasmtime.Limits(2, None)))
        self.environment: dict[str, str] = {}
        self.allocators: list[int] = []
        self.table_base, guard, pointer, table = 3, 0x10000, 0x10010, 0x10020
        self._write(pointer, struct.pack("<I", table))
        for index, name in enumerate(modules):
            at = 0x10100 + 16 * index
            self._write(at, name.encode() + b"\0")
            self._write(table + 8 * index, struct.pack("<II", at, 700 + index))
        module = wasmtime.Module(engine, library)
        given = {"__memory_base": 16, "__table_base": self.table_base, "PyImport_Inittab": pointer}
        given |= {"__stack_chk_guard": guard, "_Py_NoneStruct": 0}
        imports = []
        for each in module.imports:
            if each.name == "memory":
                imports.append(self.memory)
            elif isinstance(each.type, wasmtime.TableType):
                imports.append(
                    wasmtime.Table(
                        self.store,
                        wasmtime.TableType(wasmtime.ValType.funcref(), wasmtime.Limits(16, None)),
                        None,
                    )
                )
            elif isinstance(each.type, wasmtime.GlobalType):
                value = wasmtime.Val.i32(given[each.name])
                imports.append(wasmtime.Global(self.store, each.type, value))
            else:
                imports.append(wasmtime.Func(self.store, each.type, self._function(each.name)))
        wasmtime.Instance(self.store, module, imports).exports(self.store)["__wasm_call_ctors"](
            self.store
        )
        (self.guard,) = struct.unpack("<I", self._read(guard, 4))
        self.functions = [
            struct.unpack("<I", self._read(table + 8 * index + 4, 4))[0]
            for index in range(len(modules))
        ]

    def _function(self, name: str) -> Callable[..., int | None]:
        def setenv(key: int, value: int, _overwrite: int) -> int:
            self.environment[self._text(key)] = self._text(value)
            return 0

        def set_allocator(domain: int, _allocator: int) -> None:
            self.allocators.append(domain)

        known = {"setenv": setenv, "PyMem_SetAllocator": set_allocator}
        return known.get(name, lambda *_: None)

    def _text(self, at: int) -> str:
        return self._read(at, 100).partition(b"\0")[0].decode()

    def _read(self, at: int, length: int) -> bytes:
        return bytes(self.memory.read(self.store, at, at + length))

    def _write(self, at: int, data: bytes) -> None:
        self.memory.write(self.store, data, at)


def test_the_library_prepares_the_interpreter() -> None:
    ready = Interpreter(["posix", "times", "time", "tim"], environment_library(4711, 0xFEDCBA98))
    assert ready.environment == {"PYTHONHASHSEED": "4711", "PYTHONDONTWRITEBYTECODE": "1"}
    assert ready.guard == 0xFEDCBA98
    assert ready.allocators == [0, 1, 2]
    assert ready.functions == [700, 701, ready.table_base + 4, 703]


def test_an_interpreter_that_is_not_known_keeps_its_allocators() -> None:
    ready = Interpreter(["posix", "times"], environment_library(1, 0))
    assert (ready.allocators, ready.functions) == ([], [700, 701])


def test_the_library_is_the_same_every_time() -> None:
    one, two = (environment_library(7, 8) for _ in range(2))
    assert one == two
    assert environment_library(7, 9) != one
    first = next(identifier for identifier, *_ in sections(one, 0, len(one)))
    assert first == 0  # dylink.0
