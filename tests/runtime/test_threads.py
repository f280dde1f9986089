"""What a thread's stack is, and why it matters."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from wcompose.native.threads import stack_size

KIB = 1 << 10


def in_thread(size: int) -> int:
    """What a thread with so much stack says of itself."""
    found: list[int] = []
    before = threading.stack_size(size)
    try:
        thread = threading.Thread(target=lambda: found.append(stack_size()))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return found[0]


@pytest.mark.parametrize("size", [256 * KIB, 1024 * KIB, 16 * 1024 * KIB])
def test_a_thread_knows_the_stack_that_it_was_given(size: int) -> None:
    # Stacks of threads that ended are used again, also for threads that asked for less.
    assert size <= in_thread(size) <= 16 * 1024 * KIB + 64 * KIB


def test_each_thread_knows_its_own() -> None:
    assert in_thread(256 * KIB) < in_thread(4096 * KIB)
    assert stack_size() > 1024 * KIB


def test_the_main_thread_has_what_the_shell_allows() -> None:
    ask = "from wcompose.native.threads import stack_size; print(stack_size())"
    program = (
        "import os, resource, sys\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_STACK)\n"
        "resource.setrlimit(resource.RLIMIT_STACK, (2 << 20, hard))\n"
        "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    )
    command = [sys.executable, "-c", program, ask]
    told = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert 1900 * KIB < int(told.stdout) <= 2048 * KIB


RECURSE = """
import sys, threading
from wasmtime import Config, Engine, Store, Trap
from wasmtime.component import Component, Linker
config = Config()
config.max_wasm_stack = 1 << 20
engine = Engine(config)
component = Component(engine, '''(component
  (core module $m (func $f (export "f") (param i32) (result i32)
    (i32.add (call $f (i32.add (local.get 0) (i32.const 1))) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))''')
store = Store(engine)
function = Linker(engine).instantiate(store, component).get_func(store, "f")
def call():
    try:
        function(store, 0)
    except Trap as trap:
        print("trapped")
threading.stack_size(int(sys.argv[1]))
thread = threading.Thread(target=call)
thread.start()
thread.join()
print("alive")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(("size", "survives"), [(256 * KIB, False), (4096 * KIB, True)])
def test_the_runtime_itself_does_not_look_at_the_stack(size: int, survives: bool) -> None:
    """If this fails for the small thread, the runtime has learned it, and calls need not be moved."""
    command = [sys.executable, "-X", "faulthandler=0", "-c", RECURSE, str(size)]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert (ended.returncode == 0) is survives
    assert (b"alive" in ended.stdout) is survives
