"""Instances: calls, bounds, traps in words, and nothing reachable that was not granted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support import BENCH

from wcompose.errors import (
    ArtifactError,
    GuestFault,
    InstanceEnded,
    LinkError,
    UsageError,
    ValueFault,
)
from wcompose.images import ImageCache
from wcompose.runtime import Component, DirectoryGrant, Grants, Limits, find_function

MISBEHAVING = """
(module
  (memory (export "memory") 1)
  (global $state (mut i32) (i32.const 0))
  (func (export "give-up") unreachable)
  (func (export "spin") (loop $again (br $again)))
  (func $deeper (export "recurse") (param i32) (result i32)
    (i32.add (i32.const 1) (call $deeper (local.get 0))))
  (func (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "outside") (result i32) (i32.load (i32.const 0x7fffffff)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "count") (result i32)
    (global.set $state (i32.add (global.get $state) (i32.const 1)))
    (global.get $state)))
"""
WIT = """
package test:misbehaving;
world w {
  export give-up: func();
  export spin: func();
  export recurse: func(n: s32) -> s32;
  export divide: func(a: s32, b: s32) -> s32;
  export outside: func() -> s32;
  export grow: func(pages: u32) -> s32;
  export count: func() -> u32;
}
"""


@pytest.fixture(scope="session")
def misbehaving(core_component: Callable[[str, str], Path], images: ImageCache) -> Component:
    return Component(core_component(MISBEHAVING, WIT), images)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("give-up", [], "it gave up"),
        ("recurse", [1], "its calls nested too deeply"),
        ("divide", [1, 0], "it divided by zero"),
        ("divide", [-(1 << 31), -1], "an integer overflowed"),
        ("outside", [], "it read or wrote outside its memory"),
    ],
)
def test_a_trap_is_told_in_words_and_ends_the_instance(
    misbehaving: Component, name: str, arguments: list[int], words: str
) -> None:
    instance = misbehaving.instantiate(Grants())
    with pytest.raises(GuestFault, match=words):
        instance.call_plain(find_function(misbehaving.functions, name), arguments)
    with pytest.raises(InstanceEnded) as ended:
        instance.call_plain(find_function(misbehaving.functions, "count"), [])
    assert words in str(ended.value.__cause__)
    fresh = misbehaving.instantiate(Grants())
    assert fresh.call_plain(find_function(misbehaving.functions, "count"), []) == 1


def test_a_loop_is_stopped_at_its_deadline(misbehaving: Component) -> None:
    instance = misbehaving.instantiate(Grants(), Limits(seconds=0.2))
    with pytest.raises(GuestFault, match=r"longer than 0\.2 s"):
        instance.call_plain(find_function(misbehaving.functions, "spin"), [])


def test_memory_is_bounded(misbehaving: Component) -> None:
    instance = misbehaving.instantiate(Grants(), Limits(memory=1 << 20))
    grow = find_function(misbehaving.functions, "grow")
    assert instance.call_plain(grow, [1]) == 1
    assert instance.call_plain(grow, [1000]) == -1


def test_instances_share_nothing(misbehaving: Component) -> None:
    count = find_function(misbehaving.functions, "count")
    first, second = misbehaving.instantiate(Grants()), misbehaving.instantiate(Grants())
    assert [
        first.call_plain(count, []),
        first.call_plain(count, []),
        second.call_plain(count, []),
    ] == [1, 2, 1]


def test_instances_run_in_threads_of_their_own(misbehaving: Component) -> None:
    count = find_function(misbehaving.functions, "count")
    results: list[int] = []

    def work() -> None:
        instance = misbehaving.instantiate(Grants())
        results.extend(instance.call_plain(count, []) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([*range(1, 51)] * 4)


def test_recursion_on_a_thread_with_a_small_stack_is_a_trap(misbehaving: Component) -> None:
    """It kills the process where the stack is smaller than what guests may use."""
    caught: list[BaseException] = []

    def work() -> None:
        instance = misbehaving.instantiate(Grants())
        try:
            instance.call_plain(find_function(misbehaving.functions, "recurse"), [1])
        except GuestFault as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_ctrl_c_ends_a_looping_guest(misbehaving: Component) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from wcompose.images import ImageCache\n"
        "from wcompose.runtime import *\n"
        "opened = Component(Path(sys.argv[1]), ImageCache(None))\n"
        "instance = opened.instantiate(Grants())\n"
        "try:\n"
        "    print('calling', flush=True)\n"
        "    instance.call_plain(find_function(opened.functions, 'spin'), [])\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(misbehaving.path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "calling\n"
    child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=30)
    assert (output, child.returncode) == ("interrupted\n", 0)


def test_arguments_are_checked_before_anything_runs(misbehaving: Component) -> None:
    instance = misbehaving.instantiate(Grants())
    divide = find_function(misbehaving.functions, "divide")
    with pytest.raises(ValueFault) as caught:
        instance.call_plain(divide, ["1", 1 << 40])
    assert len(caught.value.findings) == 2
    with pytest.raises(ValueFault, match="takes 2 arguments, got 1"):
        instance.call_plain(divide, [1])
    assert instance.call_plain(divide, [7, 2]) == 3


def test_unmet_imports_are_all_told(images: ImageCache) -> None:
    opened = Component(BENCH / "go-caller.wasm", images)
    with pytest.raises(LinkError, match="wcompose:bench/target"):
        opened.instantiate(Grants())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"<html>", "is not WebAssembly"),
        (b"\0asm\x01\0\0\0", "is a core module"),
        (b"\0asm\x0d\0\x01\0\x01", "is cut short|is not a component"),
        (bytes(range(256)) * 8, "is not WebAssembly"),
    ],
)
def test_what_is_no_component_is_refused(
    tmp_path: Path, images: ImageCache, data: bytes, words: str
) -> None:
    file = tmp_path / "x.wasm"
    file.write_bytes(data)
    with pytest.raises(ArtifactError, match=words):
        Component(file, images)


def test_a_cut_component_is_refused_at_every_length(tmp_path: Path) -> None:
    whole = (BENCH / "rust-callee.wasm").read_bytes()
    file = tmp_path / "x.wasm"
    for length in range(1, len(whole), 997):
        file.write_bytes(whole[:length])
        with pytest.raises(ArtifactError):
            Component(file, ImageCache(None))


def test_grants_name_what_is_there(misbehaving: Component, tmp_path: Path) -> None:
    grants = Grants(
        directories=(DirectoryGrant(tmp_path / "no", "/no"), DirectoryGrant(tmp_path, "/yes")),
        stdin=tmp_path / "nothing",
    )
    with pytest.raises(UsageError) as caught:
        misbehaving.instantiate(grants)
    assert [finding.rule for finding in caught.value.findings] == [
        "directory-missing",
        "stdin-missing",
    ]


def test_a_thousand_instances_come_and_go(misbehaving: Component) -> None:
    count = find_function(misbehaving.functions, "count")

    def resident() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    for _ in range(200):
        misbehaving.instantiate(Grants()).call_plain(count, [])
    before = resident()
    for _ in range(1000):
        misbehaving.instantiate(Grants()).call_plain(count, [])
    assert resident() - before < 32 << 20
