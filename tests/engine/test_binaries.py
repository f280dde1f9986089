"""Telling files apart, validating, describing, fitting worlds, and making components."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime
from engine_support import HERE, assert_golden, rendered

from wcompose.engine import Engine
from wcompose.errors import ArtifactError, ContractError, EngineFault, ToolFailure
from wcompose.files import atomic_output

WIT = HERE / "wit"
WORLD = """package demo:maths@0.1.0;

interface host { log: func(code: u32); }

interface operations {
  add: func(a: u32, b: u32) -> u32;
  negate: func(a: s32) -> s32;
}

world maths {
  import host;
  export operations;
  export version: func() -> u32;
}
"""
ADD = '(func (export "demo:maths/operations@0.1.0#add") (param i32 i32) (result i32) local.get 0)'
NEGATE = '(func (export "demo:maths/operations@0.1.0#negate") (param i32) (result i32) local.get 0)'
VERSION = '(func (export "version") (result i32) i32.const 7)'
LOG = '(import "demo:maths/host@0.1.0" "log" (func (param i32)))'


@pytest.fixture
def maths(tmp_path: Path) -> Path:
    path = tmp_path / "maths.wit"
    path.write_text(WORLD)
    return path


@pytest.mark.parametrize(
    ("name", "content", "kind", "detail"),
    [
        ("a.wasm", b"\0asm\x01\0\0\0", "core-module", "a core module"),
        ("b.wasm", b"\0asm\x0d\0\x01\0", "component", "a component"),
        ("c.wasm", b"", "empty", "an empty file"),
        ("d.wasm", b"\0as", "damaged", "cut short"),
        ("e.wasm", b"\0asm\x0d\0\x01\0\x01\x80\x80\x80\x04", "damaged", "(at byte "),
        ("f.wasm", b"\0asm\x09\0\0\0", "damaged", "a core module in version 9 of the format"),
        ("f.wasm", b"\0asm\x09\0\x07\0", "damaged", "binary of an unknown kind"),
        ("g.wasm", b"<html>", "other", "a web page"),
        ("g.wasm", b"{}", "other", "neither WIT nor WebAssembly"),
        ("h.wasm", b"\xff\xfe\0", "other", "unknown kind"),
        ("i.wat", b"  (component)", "wasm-text", "WebAssembly text"),
        ("j.wit", b"// hi\n\npackage a:b;", "wit-text", "WIT text"),
    ],
)
def test_identify(
    engine: Engine, tmp_path: Path, name: str, content: bytes, kind: str, detail: str
) -> None:
    (tmp_path / name).write_bytes(content)
    identity = engine.identify(tmp_path / name)
    assert (identity.kind, identity.size) == (kind, len(content))
    assert detail in identity.detail


def test_identify_a_package(engine: Engine) -> None:
    assert engine.identify(HERE / "binaries" / "units.wasm").kind == "wit-package"


def test_validate_names_where_it_stopped(engine: Engine, wat) -> None:
    sound = wat("sound.wasm", '(component (core module $inner (func (export "f") nop)))')
    engine.validate(sound)
    data = sound.read_bytes()
    # The body `nop` becomes `drop`, which has nothing to drop.
    sound.write_bytes(data.replace(b"\x01\x03\x00\x01\x0b", b"\x01\x03\x00\x1a\x0b"))
    with pytest.raises(ArtifactError, match="is not valid") as caught:
        engine.validate(sound)
    first, *around = caught.value.findings[0].causes
    assert first.startswith("type mismatch: expected a type but nothing on stack (at byte ")
    assert around == ["in core module `inner`"]


def test_encode(engine: Engine, wat, maths: Path, tmp_path: Path) -> None:
    core = wat("core.wasm", f"(module {LOG} {ADD} {NEGATE} {VERSION})")
    engine.encode(core, tmp_path / "out.wasm", wit=maths)
    engine.validate(tmp_path / "out.wasm")
    assert engine.fits_world(tmp_path / "out.wasm", maths, "maths") == ()
    store = wasmtime.Store()
    component = wasmtime.component.Component(store.engine, (tmp_path / "out.wasm").read_bytes())
    linker = wasmtime.component.Linker(store.engine)
    linker.define_unknown_imports_as_traps(component)
    instance = linker.instantiate(store, component)
    assert instance.get_func(store, "version")(store) == 7


def test_encode_twice_gives_the_same(engine: Engine, wat, maths: Path, tmp_path: Path) -> None:
    core = wat("core.wasm", f"(module {LOG} {ADD} {NEGATE} {VERSION})")
    for name in ("one.wasm", "two.wasm"):
        engine.encode(core, tmp_path / name, wit=maths)
    assert (tmp_path / "one.wasm").read_bytes() == (tmp_path / "two.wasm").read_bytes()


SPELT_WRONG = (
    '(func (export "demo:maths/operations@0.1.0#ad") (param i32 i32) (result i32) i32.const 0)'
)
TYPED_WRONG = (
    '(func (export "demo:maths/operations@0.1.0#add") (param f32) (result i32) i32.const 0)'
)
YIELD = '(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))'
MEMORY = '(memory (export "memory") 1)'
STRANGE = """(import "demo:maths/hots@0.1.0" "log" (func (param i32)))
    (import "demo:maths/host@0.1.0" "lgo" (func (param i32)))
    (import "js" "alert" (func))"""
LACKING = {
    "lacks-exports": f"(module {LOG} {ADD})",
    "near-export": f"(module {SPELT_WRONG} {NEGATE} {VERSION})",
    "no-adapter": f"(module {YIELD} {MEMORY} {ADD} {NEGATE} {VERSION})",
    "unknown-imports": f"(module {STRANGE} {ADD} {NEGATE} {VERSION})",
    "wrong-signature": f"(module {TYPED_WRONG} {NEGATE} {VERSION})",
}


@pytest.mark.parametrize("case", LACKING)
def test_what_an_encoding_lacks(
    engine: Engine, wat, maths: Path, tmp_path: Path, case: str
) -> None:
    core = wat("core.wasm", LACKING[case])
    with pytest.raises(ArtifactError) as caught:
        engine.encode(core, tmp_path / "out.wasm", wit=maths)
    assert_golden(f"encode/{case}", rendered(caught.value.findings, tmp_path))
    assert not (tmp_path / "out.wasm").exists()


def test_adapter(engine: Engine, wat, maths: Path, tmp_path: Path) -> None:
    core = wat("core.wasm", LACKING["no-adapter"])
    engine.encode(core, tmp_path / "out.wasm", wit=maths, adapt_preview1=True)
    engine.validate(tmp_path / "out.wasm")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0asm\x0d\0\x01\0", "is a component, not a core module"),
        (b"", "is an empty file, not a core module"),
        (b"\0asm\x01\0\0\0", "does not carry the contract that it implements"),
    ],
)
def test_what_cannot_be_encoded(engine: Engine, tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "core.wasm").write_bytes(content)
    with pytest.raises(ArtifactError, match=words) as caught:
        engine.encode(tmp_path / "core.wasm", tmp_path / "out.wasm")
    assert caught.value.findings[0].hint


def test_unknown_world(engine: Engine, wat, maths: Path, tmp_path: Path) -> None:
    core = wat("core.wasm", "(module)")
    with pytest.raises(ArtifactError) as caught:
        engine.encode(core, tmp_path / "out.wasm", wit=maths, world="mahts")
    assert caught.value.findings[0].hint == "did you mean `maths`?"


def test_fits_world(engine: Engine, wat, maths: Path) -> None:
    (finding,) = engine.fits_world(wat("empty.wasm", "(component)"), maths, "maths")
    assert finding.rule == "world-mismatch"
    assert "version" in " ".join(finding.causes) or "operations" in " ".join(finding.causes)
    with pytest.raises(ContractError):
        engine.fits_world(wat("empty.wasm", "(component)"), WIT / "bad" / "keyword", None)


def test_describe(engine: Engine, wat) -> None:
    path = wat(
        "nested.wasm",
        """(component $whole
          (import "ping" (func))
          (core module $inner
            (import "a" "b" (func))
            (memory 1)
            (data (i32.const 0) "12345678")
            (func (export "f") nop)
            (@producers (language "Rust" "1.90") (processed-by "tool" "2")))
          (component $child (core module $deep)))""",
    )
    whole = engine.describe(path)
    assert (whole["kind"], whole["name"], whole["imports"]) == ("component", "whole", 1)
    assert whole["size"] == path.stat().st_size
    inner, child = whole["children"]
    assert (inner["kind"], inner["name"]) == ("module", "inner")
    assert inner["producers"] == {"language": {"Rust": "1.90"}, "processed-by": {"tool": "2"}}
    assert (inner["imports"], inner["exports"]) == (1, 1)
    assert inner["data"] > 8
    assert inner["code"] > 0
    assert child["children"][0]["name"] == "deep"


def test_describe_garbage(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "x.wasm").write_bytes(b"hello")
    with pytest.raises(ArtifactError):
        engine.describe(tmp_path / "x.wasm")


def test_nothing_of_ours_breaks_on_damage(engine: Engine, wat, maths: Path, tmp_path: Path) -> None:
    """Every cut and many changed bytes end in an answer or an error of the user's."""
    core = wat("core.wasm", f"(module {LOG} {ADD} {NEGATE} {VERSION})")
    engine.encode(core, tmp_path / "whole.wasm", wit=maths)
    whole = (tmp_path / "whole.wasm").read_bytes()
    mutant = tmp_path / "mutant.wasm"
    for at in range(0, len(whole), 7):
        for changed in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]):
            mutant.write_bytes(changed)
            for operation in (engine.decode, engine.validate, engine.describe):
                try:
                    operation(mutant)
                except (EngineFault, ToolFailure) as fault:
                    raise AssertionError(f"byte {at}: {fault}") from fault
                except ArtifactError:
                    pass


def test_an_output_on_a_full_disk_is_told_by_its_own_name(
    engine: Engine, tmp_path: Path, wat
) -> None:
    """No disk is full here; where nothing can be written, the engine says so in the same way."""
    core, wit = wat("core.wasm", "(module)"), tmp_path / "w.wit"
    wit.write_text("package demo:x;\nworld plugin {}\n")
    with atomic_output(tmp_path / "out.wasm") as temporary:
        temporary.mkdir()
        with pytest.raises(ArtifactError) as caught:
            engine.encode(core, temporary, wit=wit)
        temporary.rmdir()
        temporary.touch()
    (found,) = caught.value.findings
    assert (found.rule, found.message) == (
        "file-not-written", f"cannot write `{tmp_path / 'out.wasm'}`"
    )  # fmt: skip
    assert len(found.causes) == 1
    assert "POSIX" not in found.causes[0]
    assert found.hint


def test_a_world_that_is_not_there_is_no_fault_of_the_module(
    engine: Engine, tmp_path: Path, wat
) -> None:
    (tmp_path / "w.wit").write_text("package demo:x;\nworld plugin {}\n")
    with pytest.raises(ArtifactError) as caught:
        engine.encode(
            wat("core.wasm", "(module)"), tmp_path / "o", wit=tmp_path / "w.wit", world="plugn"
        )
    (found,) = caught.value.findings
    assert (found.rule, found.hint) == ("world-not-found", "did you mean `plugin`?")
    assert found.place.file != str(tmp_path / "core.wasm")
