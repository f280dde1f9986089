"""How the command line words the end of a run: with the user's own files, and how to hear more."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime
from support import Command

from wcompose.cli.performing import _in_source, _of_silent
from wcompose.report import Finding, Place

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/0/pkg/app.py", line 2, in fail\n'
    '  File "/1/other.py", line 1, in f\nValueError: no'
)
ENDING = """(component
  (import "wasi:cli/exit@0.2.0" (instance $exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $m (import "" "exit" (func $exit (param i32)))
    (func (export "end") (param i32) (call $exit (local.get 0)))
    (func (export "give") (param i32) (result i32) (call $exit (local.get 0)) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "exit" (func $exit))))))
  (func (export "end") (param "status" u32) (canon lift (core func $i "end")))
  (func (export "give") (param "status" u32) (result u32) (canon lift (core func $i "give"))))"""


def test_a_traceback_has_the_users_files_and_their_lines(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "app.py").write_text("def fail():\n    raise ValueError('no')\n", "utf-8")
    finding = Finding("trap", "it trapped", Place(item="back"), causes=(TRACEBACK,))
    (told,) = _in_source(finding, {"back": tmp_path}).causes
    assert told.splitlines() == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/pkg/app.py", line 2, in fail',
        "    raise ValueError('no')",
        '  File "/1/other.py", line 1, in f',
        "ValueError: no",
    ]
    assert _in_source(finding, {"front": tmp_path}) is finding


def test_a_guest_cannot_have_other_files_quoted(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "secret.txt").write_text("secret\n", "utf-8")
    text = 'Traceback (most recent call last):\n  File "/0/../secret.txt", line 1, in f'
    finding = Finding("trap", "it trapped", Place(item="back"), causes=(text,))
    assert "\n    secret" not in _in_source(finding, {"back": source}).causes[0]


def test_a_node_that_nobody_hears_is_told_how_to_be_heard() -> None:
    frames = (
        "at `back+front/libc.so`, `abort`",
        "at `back+front/componentize_py_runtime.wasm`, `std::process::abort`",
        "at `back/main`, `work`",
    )
    finding = Finding("trap", "`back` trapped", Place(item="back"), causes=frames, hint="names")
    told = _of_silent(finding, frozenset({"back"}))
    assert told.causes[1:] == ("at `back/main`, `work`",)
    assert "nobody hears" in told.causes[0]
    assert "--allow-stdio back" in told.hint
    assert _of_silent(finding, frozenset({"front"})) is finding


@pytest.mark.parametrize(
    ("function", "status", "code", "words"),
    [
        ("end", "0", 0, ""),
        ("end", "1", 1, "ended itself in `end` with status 1"),
        ("give", "0", 1, "ended itself in `give` with status 0"),
    ],
)
def test_a_call_whose_guest_ended_everything_says_so(
    function: str, status: str, code: int, words: str, command: Command, tmp_path: Path
) -> None:
    component = tmp_path / "ending.wasm"
    component.write_bytes(bytes(wasmtime.wat2wasm(ENDING)))
    result = command("run", component, "-i", function, status)
    assert (result.returncode, result.stdout) == (code, ""), result.stderr
    assert words in result.stderr
    assert ("error[exit]" in result.stderr) == bool(words)


def test_closed_and_full_streams_are_no_bugs(command: Command, tmp_path: Path) -> None:
    import subprocess
    import sys

    from support import CACHE

    component = tmp_path / "seven.wasm"
    text = """(component (core module $m (func (export "f") (result i32) (i32.const 7)))
      (core instance $i (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))"""
    component.write_bytes(bytes(wasmtime.wat2wasm(text)))
    assert command("run", component, "-i", "f").stdout == "7\n"
    run = [sys.executable, "-m", "wcompose", "run", str(component), "-i", "f"]
    close = "import os, sys; [os.close(n) for n in (0, 1)]; os.execv(sys.argv[1], sys.argv[1:])"
    env = {"WCOMPOSE_CACHE": str(CACHE), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    closed = subprocess.run(
        [sys.executable, "-c", close, *run], env=env, stderr=subprocess.PIPE, text=True, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, "")
    full = Path("/dev/full")
    if full.exists():
        with full.open("w") as stream:
            result = subprocess.run(
                run, env=env, stdout=stream, stderr=subprocess.PIPE, text=True, check=False
            )
        assert result.returncode == 1
        assert "error[output-unwritable]" in result.stderr


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("vison.wasm", "did you mean `vision.wasm`?"),
        ("vision", "did you mean `vision.wasm`?"),
        ("5", "name a component: `wcompose run FILE.wasm`"),
        ("gone", "is a link to what does not exist"),
    ],
)
def test_a_target_that_is_missing_is_helped(
    target: str, words: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "vision.wasm").write_bytes(b"")
    (tmp_path / "gone").symlink_to("elsewhere.wasm")
    result = command("run", target, cwd=tmp_path)
    assert result.returncode == 2
    assert "error[target-missing]" in result.stderr
    assert words in result.stderr
