"""Binaries without debug information and names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from engine_support import HERE
from support import BENCH
from wasmtime.component import Component, Linker

from wcompose.engine import Engine
from wcompose.errors import ArtifactError

Wat = Callable[[str, str], Path]

KEPT = {
    "producers",
    "version",
    "description",
    "authors",
    "licenses",
    "source",
    "homepage",
    "revision",
    "component-type:world",
    "wcompose:lock",
    "dylink.0",
    "package-docs",
}
DROPPED = {
    ".debug_info",
    ".debug_line",
    "external_debug_info",
    "sourceMappingURL",
    "linking",
    "reloc.CODE",
    "target_features",
    "anything",
}

PROGRAM = """(component $program
  (core module $code
    (memory (export "memory") 1)
    (data (i32.const 0) "data stays where it is")
    (func $inner (param $number i32) (result i32)
      (if (i32.eqz (local.get $number)) (then unreachable))
      (i32.mul (local.get $number) (i32.const 3)))
    (func $outer (export "triple") (param $number i32) (result i32)
      (call $inner (local.get $number)))
    (@producers (language "Rust" "1.96.0"))
    (@custom ".debug_info" "where everything comes from"))
  (core instance $made (instantiate $code))
  (func $triple (param "n" u32) (result u32) (canon lift (core func $made "triple")))
  (component $part
    (core module $within (func $named) (@custom "linking" "x"))
    (@custom "anything" "x"))
  (export "triple" (func $triple))
  (@producers (processed-by "tool" "1.0"))
  (@custom "version" "1.2.3"))"""


def sections(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Custom sections at every depth: their names and data."""
    is_component = content[4] != 1
    position = 8
    while position < len(content):
        number, (size, position) = content[position], leb(content, position + 1)
        body = content[position : position + size]
        position += size
        if number == 0:
            length, start = leb(body, 0)
            yield body[start : start + length].decode(), body[start + length :]
        elif is_component and number in (1, 4):
            yield from sections(body)


def leb(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position


def stripped(engine: Engine, path: Path) -> Path:
    output = path.with_name(f"{path.stem}-stripped.wasm")
    engine.strip(path, output)
    return output


def call(path: Path, name: str, argument: int) -> Any:
    store = wasmtime.Store()
    component = Component(store.engine, path.read_bytes())
    instance = Linker(store.engine).instantiate(store, component)
    function = instance.get_func(store, name)
    assert function is not None
    return function(store, argument)


def test_it_is_smaller_and_runs_the_same(engine: Engine, wat: Wat) -> None:
    path = wat("program.wasm", PROGRAM)
    lean = stripped(engine, path)
    engine.validate(lean)
    assert lean.stat().st_size < path.stat().st_size
    assert call(lean, "triple", 14) == call(path, "triple", 14) == 42
    assert engine.decode(lean) == engine.decode(path)


def test_it_is_done_once(engine: Engine, wat: Wat) -> None:
    lean = stripped(engine, wat("program.wasm", PROGRAM))
    assert stripped(engine, lean).read_bytes() == lean.read_bytes()


def test_what_nodes_are_called_stays(engine: Engine, wat: Wat) -> None:
    path = wat("program.wasm", PROGRAM)
    before, after = engine.describe(path), engine.describe(stripped(engine, path))
    assert after["name"] == "program"
    assert after["producers"] == before["producers"] == {"processed-by": {"tool": "1.0"}}
    assert after["version"] == "1.2.3"
    code, part = after["children"]
    assert (code["name"], part["name"]) == ("code", "part")
    assert code["producers"] == {"language": {"Rust": "1.96.0"}}
    assert part["children"][0]["name"] == "within"
    assert (after["code"], after["data"]) == (before["code"], before["data"])


def test_names_of_functions_go(engine: Engine, wat: Wat) -> None:
    path = wat("program.wasm", PROGRAM)
    with pytest.raises(wasmtime.WasmtimeError, match="code!inner"):
        call(path, "triple", 0)
    with pytest.raises(wasmtime.WasmtimeError, match="code!<wasm function 0>") as caught:
        call(stripped(engine, path), "triple", 0)
    assert "inner" not in str(caught.value)


@pytest.mark.parametrize("kind", ["component", "module", "component in a component"])
def test_which_sections_stay(engine: Engine, wat: Wat, kind: str) -> None:
    def custom(name: str) -> str:
        return f'(@custom "{name}" "\\00")'

    text = " ".join(custom(name) for name in sorted(KEPT | DROPPED))
    path = wat(
        "all.wasm",
        {
            "component": f"(component {text})",
            "module": f"(module {text})",
            "component in a component": f"(component (component {text}))",
        }[kind],
    )
    assert {name for name, _ in sections(path.read_bytes())} == KEPT | DROPPED
    found = dict(sections(stripped(engine, path).read_bytes()))
    assert set(found) == KEPT
    assert set(found.values()) == {b"\0"}


def test_nothing_else_changes(engine: Engine, wat: Wat) -> None:
    text = (
        '(module (func (export "f") (result i32) i32.const 7) (memory 1) (data (i32.const 0) "x"))'
    )
    path = wat("plain.wasm", text)
    assert stripped(engine, path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["rust-callee.wasm", "go-callee.wasm"])
def test_prebuilt_components(engine: Engine, tmp_path: Path, name: str) -> None:
    lean = tmp_path / name
    engine.strip(BENCH / name, lean)
    engine.validate(lean)
    assert engine.decode(lean) == engine.decode(BENCH / name)
    assert lean.stat().st_size <= (BENCH / name).stat().st_size


def test_a_wit_package_keeps_its_contract(engine: Engine, tmp_path: Path) -> None:
    package = HERE / "binaries" / "units.wasm"
    engine.strip(package, tmp_path / "lean.wasm")
    assert engine.resolve(tmp_path / "lean.wasm") == engine.resolve(package)


def test_the_flagship(engine: Engine, flagship: Path, tmp_path: Path) -> None:
    lean = tmp_path / "lean.wasm"
    engine.strip(flagship, lean)
    engine.validate(lean)
    assert lean.stat().st_size < flagship.stat().st_size
    before, after = (engine.structure(path)["components"] for path in (flagship, lean))
    for old, new in zip(before, after, strict=True):
        same = ("name", "producers", "languages", "imports", "exports", "contract", "code", "data")
        assert [new[member] for member in same] == [old[member] for member in same]
        assert new["custom"] <= old["custom"]
    left = {name for name, _ in sections(lean.read_bytes())}
    assert not {name for name in left if name.startswith((".debug", "reloc.")) or name in DROPPED}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "unexpected end"),
        (b"no binary at all", "magic header"),
        (b"\0asm\x0d\0\x01\0\x04\x7f", "the file is cut short"),
        (b"\0asm\x0d\0\x01\0\x01\x0a\0asm\x01\0\0\0\x0a\xff", "unexpected end"),
    ],
)
def test_damage(engine: Engine, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.wasm").write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be stripped") as caught:
        engine.strip(tmp_path / "bad.wasm", tmp_path / "out.wasm")
    assert message in " ".join(caught.value.findings[0].causes)
    assert not (tmp_path / "out.wasm").exists()
