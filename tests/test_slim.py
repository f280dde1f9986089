"""Components that the rebuild script makes smaller stay what they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import wasmtime
from support import BENCH, REPOSITORY
from wasmtime import Store, WasmtimeError
from wasmtime.component import Component, Linker

from wcompose.engine import Engine

TOKENS = REPOSITORY / "tests" / "composing" / "components"
MADE_BY_RUST = [
    BENCH / "rust-callee.wasm",
    *(TOKENS / f"{name}.wasm" for name in ("vault", "relay")),
]

REFUSING = """
(component
  (core module $module
    (func $plain_name unreachable)
    (func $refuse (@name "a node is not granted `x`") (export "a node is not granted `x`")
      call $plain_name)
    (func $do (export "a-long-name#of-a-function") call $refuse)
    (func (export "another#long-name") (result i32) i32.const 7)
    (@custom "producers" "\\00"))
  (core instance $instance (instantiate $module))
  (func (export "refuse") (canon lift (core func $instance "a-long-name#of-a-function")))
  (func (export "seven") (result u32) (canon lift (core func $instance "another#long-name"))))
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("slim", REPOSITORY / "scripts/slim.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def call(
    engine: wasmtime.Engine, binary: bytes, *path: str, arguments: tuple[int, ...] = ()
) -> Any:
    store = Store(engine)
    instance = Linker(engine).instantiate(store, Component(engine, binary))
    index = None
    for name in path:
        index = instance.get_export_index(store, name, index)
        assert index is not None
    function = instance.get_func(store, index)
    assert function is not None
    return function(store, *arguments)


@pytest.mark.parametrize("file", MADE_BY_RUST, ids=lambda file: file.stem)
def test_a_smaller_component_has_the_same_contract(
    script: ModuleType, engine: Engine, tmp_path: Path, file: Path
) -> None:
    runtime = wasmtime.Engine()
    before = file.read_bytes()
    after = script.slim(before)
    assert len(after) < len(before)
    assert script.slim(before) == after
    small = tmp_path / file.name
    small.write_bytes(after)
    engine.validate(small)

    def contract(binary: bytes) -> tuple[list[str], list[str]]:
        kind = Component(runtime, binary).type
        return list(kind.imports(runtime)), list(kind.exports(runtime))

    assert contract(before) == contract(after)


def test_a_smaller_component_answers_the_same(script: ModuleType) -> None:
    binary = (BENCH / "rust-callee.wasm").read_bytes()
    path = ("wcompose:bench/target@0.1.0", "add")
    runtime = wasmtime.Engine()
    assert call(runtime, script.slim(binary), *path, arguments=(40, 2)) == 42


def test_only_sentences_stay(script: ModuleType) -> None:
    binary = bytes(wasmtime.wat2wasm(REFUSING))
    small = script.slim(binary)
    assert b"plain_name" in binary
    for gone in (b"plain_name", b"producers", b"a-long-name#of-a-function", b"another#long-name"):
        assert gone not in small
    assert small.count(b"a node is not granted `x`") == 1
    runtime = wasmtime.Engine()
    assert call(runtime, small, "seven") == 7
    with pytest.raises(WasmtimeError, match="a node is not granted `x`"):
        call(runtime, small, "refuse")


def test_names_do_not_run_out(script: ModuleType) -> None:
    names = script.Names()
    short = [names(b"name %d" % number) for number in range(3000)]
    assert len(set(short)) == 3000
    assert [names(b"name %d" % number) for number in range(3000)] == short
    assert len(short[25]) == 2
    assert len(short[26]) == len(short[701]) == 3


def test_a_core_module_is_refused(script: ModuleType) -> None:
    with pytest.raises(ValueError, match="not a component"):
        script.slim(bytes(wasmtime.wat2wasm("(module)")))
