"""`wcompose encode`: where the component goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import wasmtime
from support import CACHE, Command

MODULE = bytes(
    wasmtime.wat2wasm(
        '(module (func (export "add") (param i32 i32) (result i32)'
        " (i32.add (local.get 0) (local.get 1))))"
    )
)
WIT = "package acme:math;\n\nworld adder {\n  export add: func(left: s32, right: s32) -> s32;\n}\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "add.wasm").write_bytes(MODULE)
    (tmp_path / "adder.wit").write_text(WIT)
    return tmp_path


@pytest.mark.parametrize("output", ["add.wasm", "./add.wasm", "link.wasm"])
def test_the_module_is_never_the_output(place: Path, command: Command, output: str) -> None:
    (place / "link.wasm").symlink_to("add.wasm")
    result = command("encode", "add.wasm", "--wit", "adder.wit", "-o", output, cwd=place)
    assert result.returncode == 2
    assert "error[output-is-input]" in result.stderr
    assert (place / "add.wasm").read_bytes() == MODULE


def test_standard_output_is_an_output(place: Path, command: Command) -> None:
    assert (
        command("encode", "add.wasm", "--wit", "adder.wit", "-o", "out.wasm", cwd=place).returncode
        == 0
    )
    done = subprocess.run(
        [sys.executable, "-m", "wcompose", "encode", "add.wasm", "--wit", "adder.wit", "-o", "-"],
        cwd=place,
        env={**os.environ, "WCOMPOSE_CACHE": str(CACHE), "TERM": "dumb"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == (place / "out.wasm").read_bytes()
    assert done.stderr.decode() == f"standard output: a component of {len(done.stdout):,} bytes\n"
    assert not (place / "-").exists()


def test_a_device_stays_a_device(place: Path, command: Command) -> None:
    result = command("encode", "add.wasm", "--wit", "adder.wit", "-o", "/dev/null", cwd=place)
    assert result.returncode == 0
    assert Path("/dev/null").is_char_device()


def test_a_directory_is_no_output(place: Path, command: Command) -> None:
    result = command("encode", "add.wasm", "--wit", "adder.wit", "-o", ".", cwd=place)
    assert result.returncode == 2
    assert "error[output-unwritable]" in result.stderr
