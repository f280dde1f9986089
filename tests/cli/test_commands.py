"""The commands: words that whole builds and runs do not say, bounds, signals and pipes."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from golden import assert_golden
from support import BENCH, CACHE, only_one

from wcompose.engine import Engine

GOLDEN = Path(__file__).parent / "golden"
CALLEE = BENCH / "rust-callee.wasm"
WIT = """\
package demo:parts;

interface left { add: func(a: s32) -> s32; }
interface right { add: func(a: s32) -> s32; }
world w {
  export left;
  export right;
  export fail: func(code: u8) -> result<_, u8>;
  export spin: func();
}
"""
SAME = "(func (export {name}) (param i32) (result i32) local.get 0)"
CORE = f"""(module
  (memory (export "memory") 1)
  {SAME.format(name='"demo:parts/left#add"')}
  {SAME.format(name='"demo:parts/right#add"')}
  (func (export "fail") (param i32) (result i32)
    (i32.store8 (i32.const 8) (i32.ne (local.get 0) (i32.const 0)))
    (i32.store8 (i32.const 9) (local.get 0))
    (i32.const 8))
  (func (export "spin") (loop $again (br $again))))"""
GREETING = (
    "package demo:greeting;\n\nworld greeter { export greet: func(name: string) -> string; }\n"
)
GREETER = """\
[project]
name = "slow"
wit = "wit"

[components.greeter]
language = "python"
source = "greeter"
module = "app"
world = "greeter"
"""


@pytest.fixture
def parts(engine: Engine, tmp_path: Path) -> Path:
    """A component whose functions share names, fail and never end."""
    (tmp_path / "parts.wit").write_text(WIT)
    (tmp_path / "parts.core.wasm").write_bytes(bytes(wasmtime.wat2wasm(CORE)))
    output = tmp_path / "parts.wasm"
    engine.encode(tmp_path / "parts.core.wasm", output, wit=tmp_path / "parts.wit", world="w")
    return output


def shown(result: subprocess.CompletedProcess[str], root: Path) -> str:
    lines = [
        line
        for line in (result.stdout + result.stderr).replace(str(root), "ROOT").splitlines()
        if not re.match(r"[\w.-]+: (prebuilt|compiled|unchanged|composed)", line)
    ]
    return "\n".join(lines) + f"\n[exit {result.returncode}]\n"


# Words ----------------------------------------------------------------------------------------

NOT_COMPONENTS = {
    "empty": b"",
    "page": b"<!DOCTYPE html>\n<html><body>404</body></html>\n",
    "contract": WIT.encode(),
    "text": b"(component)\n",
    "missing": None,
}


@pytest.mark.parametrize("name", [*NOT_COMPONENTS, "package"])
@pytest.mark.parametrize("use", ["run", "build"])
def test_what_is_no_component_is_told(use: str, name: str, tmp_path: Path, command: Any) -> None:
    content = NOT_COMPONENTS.get(name)
    if name == "package":
        text = """(component (type (component (type (component (type (instance
            (export "add" (func (param "a" s32) (result s32)))))
            (export "demo:parts/left" (instance (type 0)))))
            (export "demo:parts/left-world" (component (type 0)))))
            (export "wit" (type 0)) (@custom "wit-component-encoding" "\\04\\00"))"""
        content = bytes(wasmtime.wat2wasm(text))
    if content is not None:
        (tmp_path / "a.wasm").write_bytes(content)
    if use == "run":
        result = command("run", "a.wasm", cwd=tmp_path)
    else:
        (tmp_path / "wcompose.toml").write_text(
            '[project]\nname = "x"\n\n[components.a]\npath = "a.wasm"\n'
        )
        result = command("build", cwd=tmp_path)
    assert_golden(GOLDEN / f"{use}-{name}.txt", shown(result, tmp_path))
    assert result.returncode in {1, 2}
    assert "Traceback" not in result.stderr


CALLS: dict[str, tuple[str, ...]] = {
    "ambiguous": ("-i", "add", "1"),
    "told-apart": ("-i", "left.add", "7"),
    "too-many": ("-i", "left.add", "1", "2"),
    "negative": ("-i", "right.add", "-7"),
    "whole-call": ("-i", "right.add(-7)"),
    "call-cut-short": ("-i", "right.add(1"),
    "err": ("-i", "fail", "3"),
    "ok": ("-i", "fail", "0"),
    "err-json": ("--json", "-i", "fail", "3"),
    "json-range": ("--json", "-i", "fail", "256"),
    "json-kind": ("--json", "-i", "fail", "[3]"),
    "too-slow": ("--timeout", "0.2", "-i", "spin"),
    "bad-timeout": ("--timeout", "-1", "-i", "spin"),
    "bad-option": ("--invok", "spin"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_answers_or_says_why_not(
    name: str, parts: Path, tmp_path: Path, command: Any
) -> None:
    result = command("run", parts, *CALLS[name], cwd=tmp_path)
    assert_golden(GOLDEN / f"call-{name}.txt", shown(result, tmp_path))


def test_every_golden_file_belongs_to_a_case() -> None:
    cases = {f"{use}-{name}" for use in ("run", "build") for name in (*NOT_COMPONENTS, "package")}
    cases |= {f"call-{name}" for name in CALLS}
    files = {file.stem for file in GOLDEN.glob("*.txt")}
    # Those of the other commands belong to the tests that are named after them.
    assert {name for name in files if name.startswith(("run-", "build-", "call-"))} == cases


@pytest.mark.parametrize("name", ["", "build", "compose", "encode", "graph", "inspect", "run"])
def test_each_command_has_help(name: str, command: Any) -> None:
    for option in ("-h", "--help"):
        result = command(*name.split(), option)
        assert (result.returncode, result.stderr) == (0, "")
        assert f"Usage: wcompose {name}".rstrip() in result.stdout
        assert "\x1b" not in result.stdout


def test_colour_is_for_terminals(tmp_path: Path, command: Any) -> None:
    """`FORCE_COLOR` shows that there is colour to be left out."""
    xterm = {"TERM": "xterm-256color"}
    assert "\x1b[" in command("build", cwd=tmp_path, env=xterm | {"FORCE_COLOR": "1"}).stderr
    for env in (xterm, xterm | {"NO_COLOR": "1"}):
        assert "\x1b" not in command("build", cwd=tmp_path, env=env).stderr


def test_a_component_is_encoded_whole_or_not_at_all(tmp_path: Path, command: Any) -> None:
    (tmp_path / "parts.wit").write_text(WIT)
    (tmp_path / "good.wasm").write_bytes(bytes(wasmtime.wat2wasm(CORE)))
    (tmp_path / "bad.wasm").write_bytes(bytes(wasmtime.wat2wasm("(module)")))
    options = ("--wit", "parts.wit", "-w", "w", "-o", "out.wasm")
    assert command("encode", "good.wasm", *options, cwd=tmp_path).returncode == 0
    before = (tmp_path / "out.wasm").read_bytes()
    result = command("encode", "bad.wasm", *options, cwd=tmp_path)
    assert result.returncode == 1
    assert "`w` exports" in result.stderr or "demo:parts/left" in result.stderr
    assert (tmp_path / "out.wasm").read_bytes() == before
    assert not list(tmp_path.glob(".tmp-*"))
    assert command("run", "out.wasm", "-i", "left.add", "5", cwd=tmp_path).stdout == "5\n"


# Pipes and signals ----------------------------------------------------------------------------


@contextlib.contextmanager
def started(*arguments: str | Path, cwd: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A command that is under way, in a process group of its own as in a terminal."""
    child = subprocess.Popen(
        [sys.executable, "-m", "wcompose", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "WCOMPOSE_CACHE": str(CACHE), "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        **options,
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path, command: Any) -> None:
    # Compiled before: the line that tells of it is no error either.
    assert command("run", CALLEE, "--list").returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with started("run", CALLEE, "--list", cwd=tmp_path, stdout=writing, stderr=-1) as child:
            _, errors = child.communicate(timeout=120)
    finally:
        os.close(writing)
    assert (child.returncode, errors) == (0, "")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "term"]
)
def test_a_looping_guest_is_interrupted(
    number: signal.Signals, code: int, parts: Path, tmp_path: Path, command: Any
) -> None:
    # Compiled before, so that what takes the time is the guest.
    assert command("run", parts, "-i", "left.add", "1").returncode == 0
    with started("run", parts, "-i", "spin", cwd=tmp_path, stdout=-1, stderr=-1) as child:
        while cpu_seconds(child.pid) < 2:
            assert child.poll() is None
            select.select([], [], [], 0.05)
        child.send_signal(number)
        begun = time.monotonic()
        output, errors = child.communicate(timeout=60)
    assert time.monotonic() - begun < 30
    assert (child.returncode, output) == (code, "")
    assert "Traceback" not in errors


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in text for each in (task / "children").read_text().split()]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux's process descriptors")
def test_an_interrupted_python_build_leaves_nothing_behind(tmp_path: Path) -> None:
    for name, text in {
        "wit/greeting.wit": GREETING,
        "wcompose.toml": GREETER,
        "greeter/app.py": "while True:\n    pass\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with only_one("componentize"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        with started("build", cwd=tmp_path, stdout=-1, stderr=-1) as child:
            while not (found := children_of(child.pid)):
                assert child.poll() is None
                select.select([], [], [], 0.05)
            builder = os.pidfd_open(found[0])
            try:
                child.send_signal(signal.SIGINT)
                _, errors = child.communicate(timeout=60)
                # Its module never ends by itself; its end makes its descriptor readable.
                assert select.select([builder], [], [], 60)[0] == [builder]
            finally:
                os.close(builder)
    assert child.returncode == 130
    assert "Traceback" not in errors
    assert not list(temporary.glob("wcompose-python-*"))
    assert not (tmp_path / "build" / "slow.wasm").exists()
    assert not (tmp_path / "wcompose.lock").exists()
    assert not list(tmp_path.rglob(".tmp-*"))
