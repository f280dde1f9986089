"""A call ends when its caller wants it to: from other threads, from a host import, by Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import CACHE

import wcompose
from wcompose import errors

LATE = 5.0
"""Seconds by which an end may be late on a machine that others use, too; it is some 20 ms elsewhere."""


@pytest.fixture(scope="module")
def runtime() -> wcompose.Runtime:
    return wcompose.Runtime(cache=CACHE)


@pytest.fixture(scope="module")
def hostile(runtime: wcompose.Runtime, guest_file: Callable[[str], Path]) -> Any:
    return runtime.open(guest_file("hostile-rust"))


class Running:
    """A call in a thread of its own."""

    def __init__(self, instance: Any, function: str = "hostile#spin", *arguments: Any) -> None:
        self.instance = instance
        self.error: BaseException | None = None
        self.value: Any = None
        self._call = (function, *arguments)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        while not instance.is_busy and self._thread.is_alive():
            pass

    def _run(self) -> None:
        try:
            self.value = self.instance.call(*self._call)
        except BaseException as error:  # noqa: BLE001 - it is looked at in the end
            self.error = error

    def end(self) -> BaseException | None:
        started = time.monotonic()
        self._thread.join(60)
        assert not self._thread.is_alive()
        assert time.monotonic() - started < LATE
        return self.error


def test_another_thread_stops_a_call(hostile: Any) -> None:
    instance = hostile.instantiate()
    running = Running(instance)
    instance.cancel("the user left")
    error = running.end()
    assert isinstance(error, errors.Cancelled)
    assert error.findings[0].causes == ("the user left",)
    assert instance.fault is error
    assert not instance.is_usable
    with pytest.raises(errors.InstanceEnded):
        instance.call("hostile#calls")


def test_a_call_that_is_stopped_many_times_ends_once(hostile: Any) -> None:
    instance = hostile.instantiate()
    running = Running(instance)
    threads = [threading.Thread(target=instance.cancel, args=(f"{each}",)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert isinstance(running.end(), errors.Cancelled)
    instance.cancel("again")
    instance.close()
    instance.cancel("and again")


def test_others_go_on(hostile: Any) -> None:
    instances = [hostile.instantiate() for _ in range(3)]
    running = [Running(each) for each in instances]
    bystander = hostile.instantiate()
    instances[1].cancel()
    assert isinstance(running[1].end(), errors.Cancelled)
    assert [each.is_busy for each in instances] == [True, False, True]
    assert bystander.call("hostile#calls") == 1
    for instance in (instances[0], instances[2]):
        instance.cancel()
    for each in (running[0], running[2]):
        assert isinstance(each.end(), errors.Cancelled)


def test_a_call_that_ended_is_stopped_no_more(hostile: Any) -> None:
    """Whoever stops a call late stops none that comes after it."""
    instance = hostile.instantiate()
    for _ in range(200):
        instance.call("hostile#calls")
        instance.cancel("too late")
        assert instance.is_usable
    assert instance.call("hostile#work", 30_000_000) >= 0
    assert instance.fault is None


def test_a_race_between_the_end_and_the_wish_has_one_winner(hostile: Any) -> None:
    for rounds in range(0, 200_000, 5_000):
        instance = hostile.instantiate()
        running = Running(instance, "hostile#work", rounds)
        instance.cancel()
        error = running.end()
        assert error is None or isinstance(error, errors.Cancelled)
        assert instance.is_usable == (error is None)
        assert (running.value is None) == (error is not None)


def test_a_deadline_and_a_wish_give_one_exception(hostile: Any) -> None:
    instance = hostile.instantiate(limits=wcompose.Limits(seconds=0.1))
    running = Running(instance)
    while instance.is_busy:
        instance.cancel()
    assert isinstance(running.end(), (errors.Cancelled, errors.DeadlineExceeded))


def test_what_never_ran_is_not_stopped(hostile: Any) -> None:
    instance = hostile.instantiate()
    instance.cancel("nothing runs")
    assert instance.call("hostile#calls") == 1


def test_a_reason_need_not_be_given(hostile: Any) -> None:
    instance = hostile.instantiate()
    running = Running(instance)
    instance.cancel()
    error = running.end()
    assert isinstance(error, errors.Cancelled)
    assert error.findings[0].causes == ()


@pytest.mark.parametrize("language", ["go", "python"])
def test_guests_of_every_language_are_stopped(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path], language: str
) -> None:
    instance = runtime.open(guest_file(f"hostile-{language}")).instantiate()
    running = Running(instance)
    instance.cancel("enough")
    assert isinstance(running.end(), errors.Cancelled)


def test_the_time_of_one_call_is_not_that_of_the_next(hostile: Any) -> None:
    instance = hostile.instantiate()
    with pytest.raises(errors.DeadlineExceeded):
        hostile.instantiate().function("hostile#spin").within(seconds=0.1)()
    running = Running(instance)
    time_left = threading.Event()
    assert not time_left.wait(0.3)
    assert instance.is_busy
    instance.cancel()
    assert isinstance(running.end(), errors.Cancelled)


PROGRAM = """
import os, signal, sys, threading
import wcompose
component = wcompose.Runtime(cache=None).open(sys.argv[1])
instance = component.instantiate()

def press():
    while not instance.is_busy:
        pass
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=press).start()
try:
    instance.call("hostile#spin")
except KeyboardInterrupt:
    print("interrupted", type(instance.fault).__name__, instance.is_usable)
with component.instantiate() as fresh:
    print(fresh.call("hostile#calls"))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no signals to send")
def test_ctrl_c_ends_a_looping_guest(guest_file: Callable[[str], Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(guest_file("hostile-rust"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "interrupted Cancelled False\n1\n"
