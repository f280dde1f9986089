"""A guest that waits in the host is ended by Ctrl-C, by a request to end, and by the end of its time."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import wasmtime
from support import CACHE, Command

WAITING = """(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $q))
    (export "pollable" (type $p (eq $q)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "" "block" (func $block (param i32)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (func (export "wait") (param i64) (call $block (call $subscribe (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "block" (func $block)) (export "subscribe" (func $subscribe))))))
  (func (export "wait") (param "nanoseconds" u64) (canon lift (core func $i "wait"))))"""
LONG = str(10**15)


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    component = tmp_path / "waiting.wasm"
    component.write_bytes(bytes(wasmtime.wat2wasm(WAITING)))
    return component


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_waiting_guest_is_interrupted(
    number: signal.Signals, code: int, waiting: Path, command: Command
) -> None:
    # Compiled before; and what does not wait long is not disturbed.
    assert command("run", waiting, "-i", "wait", "1").returncode == 0
    child = subprocess.Popen(
        [sys.executable, "-m", "wcompose", "run", str(waiting), "-i", "wait", LONG],
        env={**os.environ, "WCOMPOSE_CACHE": str(CACHE), "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        threads = Path(f"/proc/{child.pid}/task")
        # The thread that listens for signals is there once the guest is about to be entered.
        while not any("wcompose-watch" in name for name in thread_names(threads)):
            assert child.poll() is None
            select.select([], [], [], 0.02)
        child.send_signal(number)
        begun = time.monotonic()
        output, errors = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
    assert time.monotonic() - begun < 30
    assert (child.returncode, output, errors) == (code, "", "")


def thread_names(threads: Path) -> list[str]:
    # Python gives its threads no names of the kernel's before 3.14: count them there.
    count = len(list(threads.iterdir()))
    return ["wcompose-watch"] if count >= 3 else []


def test_the_time_of_a_waiting_guest_ends(waiting: Path, command: Command) -> None:
    result = command("run", waiting, "--timeout", "0.2", "-i", "wait", LONG, timeout=120)
    assert result.returncode == 1
    assert (
        "error[deadline]: the component was stopped: `wait` took longer than 0.2 s" in result.stderr
    )
    assert "it was waiting" in result.stderr
    assert "Traceback" not in result.stderr
