"""Bad input: a clear message with a hint, exit code 1 or 2, and nothing of ours but that."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from golden import assert_golden
from support import BENCH

GOLDEN = Path(__file__).parent / "golden"
CALLER, CALLEE = BENCH / "go-caller.wasm", BENCH / "rust-callee.wasm"
TWO = (
    '[project]\nname = "x"\n\n[components.a]\npath = "a.wasm"\n\n[components.b]\npath = "b.wasm"\n'
)
ONE = '[project]\nname = "x"\n\n[components.a]\npath = "a.wasm"\nworld = "w"\n'
WIT = "package t:w@1.0.0;\n\ninterface target {\n  add: func(left: s64, right: s64) -> s64;\n}\n\n"


def project(root: Path, text: str, **files: bytes | Path | str) -> None:
    (root / "wcompose.toml").write_text(text)
    for name, content in files.items():
        path = root / ("wit/w.wit" if name == "wit" else name.replace("_", "."))
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


BUILDS: dict[str, Callable[[Path], None]] = {
    "no-project": lambda _: None,
    "malformed": lambda root: project(root, "[project\n"),
    "misspelt-key": lambda root: project(root, TWO.replace("path", "pth", 1)),
    "wit-syntax": lambda root: project(
        root,
        ONE,
        a_wasm=CALLEE,
        wit="package t:w;\ninterface i {\n  f: func(a: u32 -> u32;\n}\n",
    ),
    "wit-name": lambda root: project(
        root, ONE, a_wasm=CALLEE, wit="package t:w;\ninterface i {\n  f: func(a: strin);\n}\n"
    ),
    "unknown-world": lambda root: project(
        root,
        ONE.replace('"w"', '"plugn"'),
        a_wasm=CALLEE,
        wit=WIT + "world plugin { export target; }\n",
    ),
    "unknown-worlds": lambda root: project(
        root,
        TWO.replace('"a.wasm"', '"a.wasm"\nworld = "target"').replace(
            '"b.wasm"', '"b.wasm"\nworld = "t:w/plugn@1.0.0"'
        )
        + '\n[components.c]\npath = "c.wasm"\n',
        a_wasm=CALLEE,
        b_wasm=CALLEE,
        c_wasm=CALLEE.read_bytes()[:9],
        wit=WIT + "world plugin { export target; }\n",
    ),
    "unknown-choices": lambda root: project(
        root,
        TWO + '[graph]\nexports = ["b:wcompose:bench/targt"]\n'
        '[[graph.edges]]\nimport = "a:wcompose:bench/targt"\nfrom = "b"\n',
        a_wasm=CALLER,
        b_wasm=CALLEE,
    ),
    "lock-directory": lambda root: (
        project(root, TWO, a_wasm=CALLER, b_wasm=CALLEE),
        (root / "wcompose.lock").mkdir(),
    )[0],
    "lock-pipe": lambda root: (
        project(root, TWO, a_wasm=CALLER, b_wasm=CALLEE),
        os.mkfifo(root / "wcompose.lock"),
    )[0],
    "misfit-world": lambda root: project(
        root, ONE, a_wasm=CALLEE, wit=WIT + "world w { export target; }\n"
    ),
    "core-module": lambda root: project(root, TWO, a_wasm=core_module(), b_wasm=CALLEE),
    "not-wasm": lambda root: project(root, TWO, a_wasm=b"<html></html>", b_wasm=b""),
    "truncated": lambda root: project(
        root, TWO, a_wasm=CALLER.read_bytes()[:100_000], b_wasm=CALLEE.read_bytes()[:9]
    ),
    "unmet-import": lambda root: project(root, TWO, a_wasm=CALLER, b_wasm=CALLER),
    "ambiguous": lambda root: project(
        root, TWO + '[components.c]\npath = "b.wasm"\n', a_wasm=CALLER, b_wasm=CALLEE
    ),
}


def core_module() -> bytes:
    return bytes(wasmtime.wat2wasm('(module (func (export "f")))'))


def shown(result: subprocess.CompletedProcess[str], root: Path) -> str:
    text = result.stderr.replace(str(root), "ROOT")
    text = re.sub(r" \(\d+\.\d s\)", "", text)
    # Progress lines come in any order: only what is said about the problem counts.
    lines = [line for line in text.splitlines() if not re.match(r"[\w.-]+: (prebuilt|comp)", line)]
    return "\n".join(lines) + f"\n[exit {result.returncode}]\n"


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_says_what_is_wrong(name: str, tmp_path: Path, command: Any) -> None:
    BUILDS[name](tmp_path)
    result = command("build", cwd=tmp_path)
    assert_golden(GOLDEN / f"build-{name}.txt", shown(result, tmp_path))
    assert result.returncode in {1, 2}
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "build" / "x.wasm").exists()
    assert not list(tmp_path.rglob(".tmp-*"))


RUNS: dict[str, tuple[str, ...]] = {
    "unknown-export": ("callee.wasm", "-i", "ad"),
    "too-few": ("callee.wasm", "-i", "add", "1"),
    "wave-syntax": ("callee.wasm", "-i", "take", "[1, 2"),
    "out-of-range": ("callee.wasm", "-i", "take", "[1, 256]"),
    "json-type": ("callee.wasm", "--json", "-i", "add", '"1"', "2.5"),
    "json-syntax": ("callee.wasm", "--json", "-i", "add", "1", "{"),
    "no-file": ("callee.wasm", "-i", "take", "@nowhere.bin"),
    "no-program": ("callee.wasm",),
    "no-target": ("nowhere.wasm",),
    "no-project": (),
    "unmet-import": ("caller.wasm", "-i", "driver.add", "1"),
    "core-module": ("core.wasm",),
    "truncated": ("short.wasm",),
    "no-directory": ("callee.wasm", "--dir", "nowhere", "--env", "A=1", "-i", "add(1, 2)"),
    "no-variable": ("callee.wasm", "--env", "WCOMPOSE_NO_SUCH", "-i", "add(1, 2)"),
    "twice": ("callee.wasm", "-i", "add(1, 2)", "3"),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_says_what_is_wrong(name: str, tmp_path: Path, command: Any) -> None:
    shutil.copyfile(CALLEE, tmp_path / "callee.wasm")
    shutil.copyfile(CALLER, tmp_path / "caller.wasm")
    (tmp_path / "core.wasm").write_bytes(core_module())
    (tmp_path / "short.wasm").write_bytes(CALLEE.read_bytes()[:1000])
    result = command("run", *RUNS[name], cwd=tmp_path)
    assert_golden(GOLDEN / f"run-{name}.txt", shown(result, tmp_path))
    assert result.returncode in {1, 2}
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_every_golden_file_belongs_to_a_case() -> None:
    cases = {f"build-{name}" for name in BUILDS} | {f"run-{name}" for name in RUNS}
    assert {file.stem for file in GOLDEN.glob("*.txt")} == cases


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("-i", "add", "2", "3"), "5"),
        (("-i", "add", "-5", "3"), "-2"),
        (("-i", "add(2, 3)"), "5"),
        (("-i", "target.add", "2", "3"), "5"),
        (("-i", "wcompose:bench/target@0.1.0#add", "2", "3"), "5"),
        (("--json", "-i", "take", "[1, 2, 3]"), "7"),
        (("-i", "take", "@hello.txt"), str(5 + ord("h") + ord("o"))),
    ],
)
def test_a_function_is_called(
    arguments: tuple[str, ...], answer: str, tmp_path: Path, command: Any
) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    result = command("run", CALLEE, *arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, f"{answer}\n"), result.stderr


def test_exports_are_listed(command: Any) -> None:
    result = command("run", CALLEE, "--list")
    assert result.stdout.splitlines() == [
        "wcompose:bench/target@0.1.0",
        "  add: func(left: s64, right: s64) -> s64",
        "  take: func(data: list<u8>) -> u64",
    ]


def test_wrong_usage_is_exit_code_two(command: Any) -> None:
    for arguments in (["nonsense"], ["run", "--nonsense"], ["build", "a", "b"]):
        result = command(*arguments)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr


def test_no_colour_where_it_is_not_wanted(tmp_path: Path, command: Any) -> None:
    for env in ({}, {"NO_COLOR": "1"}):
        assert "\x1b" not in command("build", cwd=tmp_path, env=env).stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    shell = f"{sys.executable} -m wcompose --help | head -1"
    result = subprocess.run(["/bin/bash", "-c", shell], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr


def test_versions_are_told(command: Any) -> None:
    assert re.match(r"wcompose \d+\.\d+\.\d+ \(wasmtime \d+", command("--version").stdout)
