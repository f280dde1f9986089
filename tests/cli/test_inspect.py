"""`wcompose inspect`: every kind of file, narrow terminals, hostile names, JSON and WIT."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from golden import assert_golden
from rich.cells import cell_len
from rich.console import Console
from support import REPOSITORY

from wcompose.cli.inspection_page import print_inspection
from wcompose.engine import Engine
from wcompose.files import digest_bytes
from wcompose.picture.inspection import inspect_file
from wcompose.picture.parts import Part

GOLDEN = Path(__file__).parent / "golden"
CALLEE = "benches/components/rust-callee.wasm"
MODULE = b"\0asm\x01\0\0\0"
COMPOSITION = """(component
  (import "wasi:cli/stdout@0.2.3" (instance))
  (import "wasi:cli/stdin@0.2.9" (instance))
  (import "wasi:clocks/wall-clock@0.2.3" (instance))
  (component $gauge
    (core module $inner
      (@producers (language "Rust" "2024") (processed-by "rustc" "1.99.0"))
      (memory 1) (data (i32.const 0) "0123456789abcdef")
      (func (export "read") (result i32) (i32.const 7)))
    (core instance $i (instantiate $inner))
    (func (export "read") (result u32) (canon lift (core func $i "read"))))
  (component $meter
    (import "read" (func $read (result u32)))
    (core module (func (export "a")))
    (core module (@producers (language "Go" "go1.26")) (func (export "b")) (func (export "c")))
    (export "read" (func $read)))
  (instance $g (instantiate $gauge))
  (instance $m (instantiate $meter (with "read" (func $g "read"))))
  (export "read" (func $m "read")))"""
PROGRAM = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 0))))"""
ADAPTED = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (func (export "run")))"""


def custom(name: str, content: bytes) -> bytes:
    body = bytes([len(name)]) + name.encode() + content
    return b"\0" + number(len(body)) + body


def number(value: int) -> bytes:
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def text(value: str) -> bytes:
    encoded = value.encode()
    return number(len(encoded)) + encoded


_NAME = text("\x1b[2J\u202e" + "x" * 900)
HOSTILE = (
    MODULE
    + custom("name", b"\0" + number(len(_NAME)) + _NAME)
    + custom("version", b"1.2\n\x1b]0;title\x07")
    + custom("component-type:x", b"\0")
)

FILES = {
    "composition": bytes(wasmtime.wat2wasm(COMPOSITION)),
    "adapted": bytes(wasmtime.wat2wasm(ADAPTED)),
    "invalid": MODULE + b"\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x05\x01\x03\0\x6a\x0b",
    "cut-short": (REPOSITORY / CALLEE).read_bytes()[:5000],
    "empty": b"",
    "text": b"(component)\n",
    "page": b"<!DOCTYPE html>\n",
    "bytes": b"\xff\xfe\0\1",
    "wit": b"package demo:maths@1.0.0;\n\ninterface sums { add: func(a: u8) -> u8; }\n",
    "wit-error": b"package demo:maths;\n\ninterface sums { add: func(a: u7); }\n",
    "hostile": HOSTILE,
}
EXIT_CODES = {"invalid": 1, "cut-short": 1, "wit-error": 1, "wit-part": 1}
"""Zero for all others: they could be read, and told apart."""


def shown(result: subprocess.CompletedProcess[str], root: Path = REPOSITORY) -> str:
    whole = result.stdout + result.stderr
    return whole.replace(str(root), "ROOT") + f"[exit {result.returncode}]\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / f"{name}.wasm").write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file(command: Any, files: Path, name: str) -> None:
    result = command("inspect", f"{name}.wasm", cwd=files)
    assert result.returncode == EXIT_CODES.get(name, 0), result.stderr
    assert_golden(GOLDEN / f"inspect-{name}.txt", shown(result, files))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("rust", CALLEE),
        ("go", "benches/components/go-callee.wasm"),
        ("package", "tests/engine/binaries/units.wasm"),
        ("directory", "wit"),
        ("wit-part", "wit/analysis.wit"),
    ],
)
def test_files_of_the_repository(command: Any, name: str, file: str) -> None:
    result = command("inspect", file, cwd=REPOSITORY)
    assert result.returncode == EXIT_CODES.get(name, 0), result.stderr
    assert_golden(GOLDEN / f"inspect-{name}.txt", shown(result))


def test_a_composition_with_its_modules(command: Any, files: Path) -> None:
    result = command("inspect", "composition.wasm", "--modules", cwd=files)
    assert_golden(GOLDEN / "inspect-modules.txt", shown(result, files))


@pytest.mark.parametrize("columns", [40, 60])
def test_narrow_terminals(command: Any, columns: int) -> None:
    result = command(
        "inspect",
        "benches/components/go-callee.wasm",
        cwd=REPOSITORY,
        env={"COLUMNS": str(columns)},
    )
    assert max(map(cell_len, result.stdout.splitlines())) <= columns
    assert_golden(GOLDEN / f"inspect-narrow-{columns}.txt", shown(result))


@pytest.mark.parametrize("name", ["composition", "hostile", "adapted"])
def test_no_line_is_wider_than_the_terminal_or_ends_in_spaces(
    engine: Engine, files: Path, name: str
) -> None:
    inspection = inspect_file(engine, files / f"{name}.wasm")
    for width in (30, 41, 67, 68, 80, 120):
        stream = io.StringIO()
        print_inspection(Console(file=stream, width=width), inspection, with_modules=True)
        for line in stream.getvalue().splitlines():
            assert cell_len(line) <= width
            assert line == line.rstrip()


def test_terminals_without_unicode(command: Any, files: Path) -> None:
    (files / "quoted.wit").write_text("/// “Sums”\npackage demo:maths@1.0.0;\n", "utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii", "COLUMNS": "70"}
    page = command("inspect", "composition.wasm", cwd=files, env=ascii_only)
    assert (page.returncode, page.stderr) == (0, "")
    assert page.stdout.isascii()
    assert "wasi:cli@0.2.3-0.2.9" in page.stdout
    wit = command("inspect", "quoted.wit", "--wit", cwd=files, env=ascii_only)
    assert (wit.returncode, wit.stderr) == (0, "")
    assert "“Sums”" in wit.stdout


def test_colours_only_where_they_are_wanted(engine: Engine, files: Path) -> None:
    inspection = inspect_file(engine, files / "composition.wasm")
    pages = []
    for is_terminal in (True, False):
        stream = io.StringIO()
        console = Console(
            file=stream, width=80, force_terminal=is_terminal, _environ={"TERM": "xterm"}
        )
        print_inspection(console, inspection)
        pages.append(stream.getvalue())
    assert "\x1b[" in pages[0]
    assert "\x1b" not in pages[1]
    assert re.sub(r"\x1b\[[0-9;]*m", "", pages[0]) == pages[1]


def test_hostile_names_do_not_steer_the_terminal(command: Any, files: Path) -> None:
    result = command("inspect", "hostile.wasm", cwd=files)
    assert "\\x1b[2J\\u202e" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout)
    described = json.loads(command("inspect", "hostile.wasm", "--json", cwd=files).stdout)
    assert described["metadata"]["version"] == "1.2\n\x1b]0;title\x07"


# JSON and WIT ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"), [("rust", CALLEE), ("package", "tests/engine/binaries/units.wasm")]
)
def test_json(command: Any, name: str, file: str) -> None:
    result = command("inspect", file, "--json", cwd=REPOSITORY)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert_golden(GOLDEN / f"inspect-{name}.json", result.stdout)
    told = json.loads(result.stdout)
    assert told["size"] == (REPOSITORY / file).stat().st_size
    assert told["digest"] == digest_bytes((REPOSITORY / file).read_bytes())


def test_json_has_the_same_members_for_every_file(engine: Engine, files: Path) -> None:
    members = {
        tuple(inspect_file(engine, files / f"{name}.wasm").to_json()): name for name in FILES
    }
    assert len(members) == 1, members


def test_the_reference_names_every_member_of_the_json(engine: Engine, files: Path) -> None:
    reference = (REPOSITORY / "docs" / "reference" / "inspect.md").read_text("utf-8")
    told = inspect_file(engine, files / "composition.wasm").to_json()
    for member in (*told, *told["sizes"]):
        assert f"`{member}`" in reference, member


def test_json_of_a_damaged_file_says_what_is_wrong(command: Any, files: Path) -> None:
    result = command("inspect", "cut-short.wasm", "--json", cwd=files)
    assert result.returncode == 1
    told = json.loads(result.stdout)
    assert (told["kind"], told["valid"], told["size"]) == ("damaged", False, 5000)
    assert told["problems"][0]["rule"] == "damaged"
    assert "error[damaged]" in result.stderr


def test_the_wit_text_alone(command: Any) -> None:
    result = command("inspect", CALLEE, "--wit", cwd=REPOSITORY)
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / "inspect-rust.wit", result.stdout)


def test_the_wit_text_can_be_read_again(command: Any, engine: Engine, tmp_path: Path) -> None:
    again = tmp_path / "again.wit"
    for file in ("wit", "tests/engine/binaries/units.wasm"):
        again.write_text(command("inspect", file, "--wit", cwd=REPOSITORY).stdout)
        told = inspect_file(engine, again).to_json()
        expected = inspect_file(engine, REPOSITORY / file).to_json()
        assert told["package"] == expected["package"]
        assert told["worlds"] == expected["worlds"]
        assert sorted_members(told["interfaces"]) == sorted_members(expected["interfaces"])


def sorted_members(interfaces: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Printing moves what is used from elsewhere to the top."""
    return sorted(
        (each["name"], sorted(map(json.dumps, each["functions"] + each["types"])))
        for each in interfaces
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("adapted.wasm", "--wit"), 1, "is a core module, which holds no contract to print"),
        (("composition.wasm", "--wit", "--json"), 2, "do not go together"),
        (("missing.wasm",), 1, "cannot read `missing.wasm`"),
        (("missing.wasm", "--json"), 1, "cannot read `missing.wasm`"),
        (("missing.wasm", "--wit"), 1, "cannot read `missing.wasm`"),
        ((".",), 1, "is a directory without WIT files"),
    ],
)
def test_what_cannot_be_inspected(
    command: Any, files: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = command("inspect", *arguments, cwd=files)
    assert result.returncode == code
    assert result.stdout == ""
    assert message in result.stderr


# What is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "carries", "preview1"),
    [
        (FILES["adapted"], False, True),
        (FILES["adapted"] + custom("component-type:world", b"\0"), True, True),
        (HOSTILE, True, False),
        (MODULE + custom("producers", b"\0"), False, False),
    ],
)
def test_what_a_core_module_needs(
    engine: Engine, tmp_path: Path, module: bytes, carries: bool, preview1: bool
) -> None:
    file = tmp_path / "a core.wasm"
    file.write_bytes(module)
    inspection = inspect_file(engine, file)
    assert inspection.core is not None
    assert inspection.core.carries_contract is carries
    assert inspection.core.imports_preview1 is preview1
    assert ("--wit WIT" in inspection.next_step) is not carries
    assert ("--adapt-preview1" in inspection.next_step) is preview1
    assert f"encode '{file}'" in inspection.next_step


def test_a_program_of_preview_1_needs_no_contract(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "program.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(PROGRAM)))
    step = inspect_file(engine, file).next_step
    assert "--wit" not in step
    assert "--adapt-preview1" in step


def test_sizes_add_up(engine: Engine, files: Path) -> None:
    whole = inspect_file(engine, files / "composition.wasm").whole
    assert whole is not None
    assert whole.size == len(FILES["composition"])
    gauge, meter = whole.components
    assert [gauge.name, meter.name] == ["gauge", "meter"]
    assert [gauge.language, meter.language] == ["Rust", "Go"]
    assert whole.code == gauge.code + meter.code > 0
    assert whole.data == gauge.data > 16
    assert whole.custom > gauge.custom + meter.custom
    for part in whole.walk():
        assert sum(each.size for each in part.parts) <= part.size
        assert part.code + part.data + part.custom <= part.size


def test_the_adapter_does_not_decide_the_language(engine: Engine) -> None:
    description = engine.describe(REPOSITORY / "benches" / "components" / "go-callee.wasm")
    part = Part.from_json(description)
    assert [each.language for each in part.modules] == ["Go", "Rust", "", ""]
    assert part.language == "Go"


def test_the_flagship(engine: Engine, flagship: Path) -> None:
    inspection = inspect_file(engine, flagship)
    assert inspection.is_valid
    assert inspection.is_composition
    assert inspection.languages == ("Go", "Python", "Rust")
    assert inspection.whole is not None
    nodes = {"inference": "Rust", "analysis": "Python", "gateway": "Go"}
    leaves = {part.name: part for part in inspection.whole.leaves}
    assert {name: leaves[name].language for name in nodes} == nodes
    gates = {name: part for name, part in leaves.items() if name not in nodes}
    assert set(gates) == {
        "analysis-gate",
        "analysis-random",
        "gateway-environment",
        "gateway-gate",
    }
    assert all(1_000 < gate.size < 60_000 for gate in gates.values())
    assert "wcompose run" in inspection.next_step
