"""What happens in one instance stays in it: state, memory, faults, handles."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from support import CACHE

import wcompose
from wcompose import errors

PROFILES = tuple(wcompose.Profile)
PEEKING = """(component
  (core module $m (memory (export "m") 4)
    (global $g (mut i32) (i32.const 0)) (table $t 100 externref)
    (func (export "fill") (param i32)
      (global.set $g (local.get 0))
      (memory.fill (i32.const 0) (local.get 0) (i32.const 262144))
      (drop (memory.grow (i32.const 16)))
      (memory.fill (i32.const 262144) (local.get 0) (i32.const 1048576)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "sum") (result i64) (local i32 i64)
      (loop $again
        (local.set 1 (i64.add (local.get 1) (i64.load (local.get 0))))
        (local.set 0 (i32.add (local.get 0) (i32.const 8)))
        (br_if $again (i32.lt_u (local.get 0) (i32.mul (memory.size) (i32.const 65536)))))
      (i64.add (local.get 1) (i64.extend_i32_u (global.get $g)))))
  (core instance $i (instantiate $m))
  (func (export "fill") (param "with" u8) (canon lift (core func $i "fill")))
  (func (export "grow") (param "by" u32) (result s32) (canon lift (core func $i "grow")))
  (func (export "sum") (result u64) (canon lift (core func $i "sum"))))"""


@pytest.fixture(scope="module", params=PROFILES, ids=[each.value for each in PROFILES])
def runtime(request: pytest.FixtureRequest) -> wcompose.Runtime:
    return wcompose.Runtime(profile=request.param, cache=CACHE)


def test_what_one_left_in_memory_no_other_finds(runtime: wcompose.Runtime) -> None:
    """Places in memory are used again: they are zeros then, to their very end."""
    component = runtime.open(bytes(wasmtime.wat2wasm(PEEKING)), name="peeking")
    for number in range(50):
        instance = component.instantiate()
        assert instance.call("sum") == 0
        assert instance.call("grow", 20) == 4
        assert instance.call("sum") == 0
        instance.close()
        with component.instantiate() as instance:
            assert instance.call("sum") == 0
            instance.call("fill", 1 + number % 255)
            assert instance.call("sum") != 0


def test_memory_of_one_that_was_stopped_in_the_middle_is_zero_for_the_next(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    component = runtime.open(bytes(wasmtime.wat2wasm(PEEKING)), name="peeking")
    hostile = runtime.open(guest_file("hostile-rust"))
    for _ in range(10):
        stopped = hostile.instantiate()
        stopped.call("hostile#eat", 1 << 20)
        with pytest.raises(errors.DeadlineExceeded):
            stopped.function("hostile#spin").within(seconds=0.01)()
        stopped.close()
        with component.instantiate() as instance:
            instance.call("grow", 100)
            assert instance.call("sum") == 0


def test_each_has_its_own_state(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    cells = [runtime.open(guest_file("cell")).instantiate() for _ in range(200)]
    for number, cell in enumerate(cells):
        cell.call("keep", number)
    for number, cell in enumerate(cells):
        assert cell.call("keep", 0) == number
    for cell in cells:
        cell.close()


@pytest.mark.parametrize(
    ("function", "arguments", "limits"),
    [
        ("hostile#spin", (), wcompose.Limits(seconds=0.1)),
        ("hostile#panic", ("x",), wcompose.Limits()),
        ("hostile#recurse", (1 << 40,), wcompose.Limits()),
        ("hostile#huge-list", (5 << 20,), wcompose.Limits()),
        ("hostile#huge-string", (1 << 30,), wcompose.Limits(memory=16 << 20)),
    ],
)
def test_the_end_of_one_is_not_that_of_others(
    runtime: wcompose.Runtime,
    guest_file: Callable[[str], Path],
    function: str,
    arguments: tuple[Any, ...],
    limits: wcompose.Limits,
) -> None:
    component = runtime.open(guest_file("hostile-rust"))
    before, doomed = component.instantiate(), component.instantiate(limits=limits)
    cell = runtime.open(guest_file("cell")).instantiate()
    cell.call("keep", 7)
    before.call("hostile#calls")
    with pytest.raises(errors.GuestFault):
        doomed.call(function, *arguments)
    after = component.instantiate()
    assert before.call("hostile#calls") == 2
    assert after.call("hostile#calls") == 1
    assert cell.call("keep", 8) == 7
    doomed.close()
    assert before.call("hostile#calls") == 3


def test_others_answer_while_one_loops(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    component = runtime.open(guest_file("hostile-rust"))
    looping = component.instantiate()
    thread = threading.Thread(target=_loop, args=(looping,))
    thread.start()
    while not looping.is_busy:
        pass
    other = component.instantiate()
    for expected in range(1, 200):
        assert other.call("hostile#calls") == expected
    assert looping.is_busy
    looping.cancel()
    thread.join()


def _loop(instance: Any) -> None:
    with pytest.raises(errors.Cancelled):
        instance.call("hostile#spin")


def test_a_trap_in_the_middle_of_a_resource_s_life_leaves_others_theirs(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    component = runtime.open(guest_file("echo-rust"))
    doomed, other = component.instantiate(), component.instantiate()
    kept = [doomed.exports.counters.Counter(each) for each in range(10)]
    theirs = [other.exports.counters.Counter(each) for each in range(10)]
    with pytest.raises(errors.Trapped):
        kept[3].give_up()
    for counter in kept:
        with pytest.raises(errors.UsageError):
            counter.value()
        counter.close()
    assert [each.value() for each in theirs] == list(range(10))
    doomed.close()
    del kept, counter
    gc.collect()
    assert other.exports.counters.live() == 10


def test_output_of_one_is_not_heard_as_another_s(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    component = runtime.open(guest_file("flooder"))
    heard: list[bytearray] = [bytearray(), bytearray()]
    both = [component.instantiate(grants=wcompose.Grants(stdout=each.extend)) for each in heard]
    for number, instance in enumerate(both):
        instance.call("say", f"I am {number}", "standard-output")
    assert [bytes(each) for each in heard] == [b"I am 0", b"I am 1"]
    with component.instantiate() as silent:
        silent.call("say", "nobody hears", "standard-output")
    assert [bytes(each) for each in heard] == [b"I am 0", b"I am 1"]
