"""Signals, forks, threads, and the end of the interpreter, in the middle of everything."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from killers_imports import make
from killing import Scene, in_thread, raises

import wcompose
from wcompose import errors


class Rang(Exception):
    """What a signal's handler raises."""


def _ring(*_: Any) -> None:
    raise Rang


def _cell(scene: Scene) -> Any:
    return scene.make("cell")


def signals_that_raise_while_a_guest_loops(scene: Scene) -> None:
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP):
        before = signal.signal(number, _ring)
        hostile = scene.make("hostile-rust", limits=wcompose.Limits(seconds=30))
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        with raises(Rang):
            hostile.call("hostile#spin")
        signal.signal(number, before)
        assert not hostile.is_usable
        with raises(errors.UsageError):
            hostile.call("hostile#calls")
        with scene.make("hostile-rust") as fresh:
            assert fresh.call("hostile#calls") == 1


def signals_that_do_not_raise_stop_nothing(scene: Scene) -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    with scene.make("hostile-rust") as hostile:
        signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
        try:
            while len(rung) < 5:
                hostile.call("hostile#work", 10_000_000)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert hostile.is_usable


class Alarm:
    """Rings again and again, but only while somebody listens.

    Attributes:
        rung: how often it raised.
        listening: whether it raises; set by who can catch it, without a call in between.
    """

    def __init__(self) -> None:
        self.rung = 0
        self.listening = False

    def __enter__(self) -> Alarm:
        self._before = signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        return self

    def __exit__(self, *_: object) -> None:
        self.listening = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _ring(self, *_: object) -> None:
        if self.listening:
            self.rung += 1
            raise Rang


def _rings(error: BaseException) -> int:
    """How many rings an exception tells of: one may interrupt the way that another takes out."""
    found: set[int] = set()
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            waiting += [each.__context__, each.__cause__]
            if isinstance(each, Rang):
                found.add(id(each))
    return len(found)


def signals_that_raise_in_a_loop_of_short_calls(scene: Scene) -> None:
    """Each comes out of some call or between two, and none is lost; the next call works."""
    heard = calls = 0
    cell = _cell(scene)
    fresh = 0
    with Alarm() as alarm:
        while alarm.rung < 300:
            if not cell.is_usable:
                cell = _cell(scene)
                fresh += 1
            try:
                alarm.listening = True
                for _ in range(50):
                    cell.call("add", 1, 2)
                    calls += 1
                alarm.listening = False
            except Rang as error:
                alarm.listening = False
                heard += _rings(error)
    assert heard == alarm.rung, (heard, alarm.rung)
    assert calls > 100


def signals_that_raise_in_a_host_import(scene: Scene) -> None:
    before = signal.signal(signal.SIGALRM, _ring)

    def log(text: str) -> None:
        os.kill(os.getpid(), signal.SIGALRM)
        for _ in range(1000):
            pass

    for _ in range(100):
        instance = make(scene, log=log)
        with raises(Rang, errors.ImportRaised) as caught:
            instance.call("through#log", "x")
        if isinstance(caught[0], errors.ImportRaised):
            assert isinstance(caught[0].__cause__, Rang)
        instance.close()
    signal.signal(signal.SIGALRM, before)
    heard = 0
    instance = make(scene)
    with Alarm() as alarm:
        while alarm.rung < 200:
            if not instance.is_usable:
                instance.close()
                instance = make(scene)
            try:
                alarm.listening = True
                for _ in range(10):
                    instance.call("through#add-often", 50)
                alarm.listening = False
            except Rang as error:
                alarm.listening = False
                heard += _rings(error)
            except errors.ImportRaised as error:
                alarm.listening = False
                assert isinstance(error.__cause__, Rang)  # noqa: PT017 - no pytest here
                heard += _rings(error)
    assert heard == alarm.rung, (heard, alarm.rung)


def signals_while_a_host_import_blocks(scene: Scene) -> None:
    instance = make(scene, log=lambda text: time.sleep(30))
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with raises(KeyboardInterrupt, errors.ImportRaised):
        instance.call("through#log", "x")
    assert time.monotonic() - started < 20


def signals_while_another_thread_runs_a_guest(scene: Scene) -> None:
    hostile = scene.make("hostile-rust")
    caught: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            hostile.call("hostile#spin")
        except BaseException as error:  # noqa: BLE001
            caught.append(error)
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    before = signal.signal(signal.SIGALRM, _ring)
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGALRM)).start()
    with raises(Rang):
        done.wait(30)
    signal.signal(signal.SIGALRM, before)
    assert not caught
    hostile.cancel("enough")
    assert done.wait(30)
    assert type(caught[0]) is errors.Cancelled


def handlers_still_do_what_they_did(scene: Scene) -> None:
    """Between calls signals go where they went before, and handlers can be changed."""
    rung: list[str] = []
    signal.signal(signal.SIGALRM, lambda *_: rung.append("first"))
    with _cell(scene) as cell:
        cell.call("add", 1, 2)
        os.kill(os.getpid(), signal.SIGALRM)
        assert rung == ["first"]
        signal.signal(signal.SIGALRM, lambda *_: rung.append("second"))
        os.kill(os.getpid(), signal.SIGALRM)
        cell.call("add", 1, 2)
        os.kill(os.getpid(), signal.SIGALRM)
        assert rung == ["first", "second", "second"]
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        cell.call("add", 1, 2)
        os.kill(os.getpid(), signal.SIGALRM)
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN

        async def interrupted() -> None:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(30)

        with raises(KeyboardInterrupt):
            asyncio.run(interrupted())
        cell.call("add", 1, 2)
        with raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(30)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def many_threads_in_one_instance(scene: Scene) -> None:
    """One call at a time; the others are told so, and nothing else happens."""
    echo = scene.echo()
    counters = echo.exports.counters
    done: list[int] = []
    busy: list[int] = []
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        for each in range(300):
            try:
                with counters.Counter(number) as counter:
                    counter.add(each)
                assert len(echo.call("echo-list-u8", bytes(1000))) == 1000
                done.append(each)
            except errors.UsageError as error:
                assert type(error).__name__ == "InstanceBusy", error  # noqa: PT017 - no pytest here
                busy.append(each)
            except BaseException as error:  # noqa: BLE001
                wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=work, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    assert not wrong, wrong[0]
    assert done
    gc.collect()
    assert counters.live() == 0
    assert echo.is_usable


def many_threads_open_and_end_everything(scene: Scene) -> None:
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(30):
                with scene.echo() as echo, scene.make("hostile-rust") as hostile:
                    counter = echo.exports.counters.Counter(1)
                    with raises(errors.Trapped):
                        hostile.call("hostile#panic", "x")
                    assert counter.value() == 1
                    with raises(errors.ImportRaised):
                        make(scene, add=lambda a, b: a / 0).call("through#add", 1, 2)
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[0]


def many_threads_call_for_the_first_time(scene: Scene) -> None:
    """What is prepared once for all instances of a component is prepared under their feet."""
    from guests import guest

    wrong: list[BaseException] = []

    def work(component: Any, barrier: threading.Barrier) -> None:
        try:
            with component.instantiate() as echo:
                barrier.wait()
                for _ in range(3):
                    values = echo.exports.values
                    person = {"name": "Ann", "email": "a@b", "age": 5, "admin": True, "score": 1.5}
                    assert values.describe(person).email == "a@b"
                    assert values.echo_color("green").value == "green"
                    assert [each.value for each in values.echo_list_color(["red", "blue"])] == [
                        "red",
                        "blue",
                    ]
                    assert values.echo_abilities(["read", "execute"]).value == 5
                    assert values.echo_mixed({"hue": "blue"}).value.value == "blue"
                    assert values.echo_list_string(["x" * 100, "é"]) == ["x" * 100, "é"]
                    with echo.exports.counters.Counter(3) as counter:
                        assert counter.value() == 3
                gc.collect()
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for _ in range(30):
        component = scene.runtime.open(guest("echo-rust"))
        barrier = threading.Barrier(6)
        threads = [threading.Thread(target=work, args=(component, barrier)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong, wrong[0]
    sys.setswitchinterval(interval)


def the_same_in_the_dense_profile(scene: Scene) -> None:
    """Bounds and faults where memory is checked by code, not by guards."""
    from guests import guest

    runtime = wcompose.Runtime(profile=wcompose.Profile.DENSE, cache=scene.cache)
    hostile = runtime.open(guest("hostile-rust"))
    traps = runtime.open(guest("traps"))
    for _ in range(20):
        for function, arguments in (("hostile#panic", ("x",)), ("hostile#recurse", (1 << 40,))):
            with hostile.instantiate() as instance, raises(errors.GuestFault):
                instance.call(function, *arguments)
        for what in ("memory-out-of-bounds", "memory-copy-out-of-bounds", "stack-overflow"):
            with traps.instantiate() as instance, raises(errors.GuestFault):
                instance.call("run-into", what)
        with hostile.instantiate() as instance, raises(errors.DeadlineExceeded):
            instance.function("hostile#spin").within(seconds=0.01)()
    for stack in (64 << 10, 1 << 20):

        def work() -> None:
            with hostile.instantiate() as instance, raises(errors.StackExhausted):
                instance.call("hostile#recurse", 1 << 40)

        in_thread(work, stack=stack)


def forked_while_it_is_used(scene: Scene) -> None:
    """In the child everything works on: the instances that were, new ones, and bounds."""
    echo, hostile = scene.echo(), scene.make("hostile-rust", limits=wcompose.Limits(seconds=0.3))
    counter = echo.exports.counters.Counter(1)
    echo.call("values#add", 1, 2)
    looping = scene.make("hostile-rust")
    stopped = threading.Event()

    def loop() -> None:
        with raises(errors.Cancelled):
            looping.call("hostile#spin")
        stopped.set()

    thread = threading.Thread(target=loop)
    thread.start()
    while not looping.is_busy:
        pass
    for _ in range(5):
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0
            continue
        code = 1
        try:
            assert echo.call("values#add", 1, 2) == 3
            assert counter.value() == 1
            with scene.echo() as fresh:
                assert fresh.call("values#add", 3, 4) == 7
            with raises(errors.DeadlineExceeded):
                hostile.call("hostile#spin")
            code = 0
        except BaseException:  # noqa: BLE001
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    looping.cancel("enough")
    thread.join(30)
    assert stopped.is_set()
    with raises(errors.DeadlineExceeded):
        hostile.call("hostile#spin")


_BEGIN = """
import sys, threading
sys.path[:0] = {paths!r}
from pathlib import Path
from killing import Scene
from killers_imports import make
import wcompose
scene = Scene(Path("."))
"""
_ENDS = {
    "live": "echo = scene.echo(); counter = echo.exports.counters.Counter(1)",
    "held by a module": "sys.echo = scene.echo(); sys.counter = sys.echo.exports.counters.Counter(1)",
    "cycle": "held = [scene.echo().exports.counters.Counter(1)]; held.append(held)",
    "import": "host = make(scene); host.call('through#open', 'x', ['read'])",
    "daemon": (
        "hostile = scene.make('hostile-rust')\n"
        "threading.Thread(target=lambda: hostile.call('hostile#spin'), daemon=True).start()\n"
        "while not hostile.is_busy: pass"
    ),
    "daemon in import": (
        "import time; inside = threading.Event()\n"
        "host = make(scene, log=lambda text: (inside.set(), time.sleep(100)))\n"
        "threading.Thread(target=lambda: host.call('through#log', 'x'), daemon=True).start()\n"
        "inside.wait()"
    ),
    "many daemons": (
        "instances = [scene.make('hostile-rust') for _ in range(8)]\n"
        "for each in instances:\n"
        " threading.Thread(target=each.call, args=('hostile#spin',), daemon=True).start()\n"
        "while not all(each.is_busy for each in instances): pass"
    ),
    "bomb": "b = scene.make('hostile-rust').exports.bombs.Bomb('trap')",
    "spinning bomb": (
        "b = scene.make('hostile-rust', limits=wcompose.Limits(seconds=0.2)).exports.bombs.Bomb('spin')"
    ),
    "atexit": (
        "import atexit; echo = scene.echo()\natexit.register(lambda: echo.call('values#add', 1, 2))"
    ),
    "exit in import": (
        "import os\nhost = make(scene, log=lambda text: sys.exit(0))\nhost.call('through#log', 'x')"
    ),
    "pool": (
        "pool = scene.component('echo-rust').pool(size=4, warm=2)\n"
        "assert pool.call('values#add', 1, 2) == 3"
    ),
    "flood": (
        "flooder = scene.make('flooder', grants=wcompose.Grants(stdout=lambda data: None))\n"
        "flood = lambda: flooder.call('flood', 1 << 40, 'standard-output')\n"
        "threading.Thread(target=flood, daemon=True).start()\n"
        "while not flooder.usage.output: pass"
    ),
    "fault": (
        "hostile = scene.make('hostile-rust')\ntry: hostile.call('hostile#panic', 'x')\n"
        "except wcompose.GuestFault as error: kept = error"
    ),
}


def interpreters_that_end(scene: Scene) -> None:
    for name, text in _ENDS.items():
        program = _BEGIN.format(paths=sys.path) + text + "\nprint('ending', flush=True)\n"
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        told = (name, done.returncode, done.stdout, done.stderr)
        if name != "exit in import":
            assert done.stdout == "ending\n", told
        assert done.returncode == 0, told
        assert done.stderr == "", told


def small_stacks(scene: Scene) -> None:
    """Recursion without end, on every size of stack, from every door."""
    for stack in (0, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 8 << 20):

        def work() -> None:
            for guest in ("hostile-rust", "hostile-go"):
                with scene.make(guest) as hostile:
                    assert hostile.call("hostile#recurse", 5) == 5
                    with raises(errors.StackExhausted, errors.Trapped):
                        hostile.call("hostile#recurse", 1 << 40)
                    assert not hostile.is_usable
            with scene.echo() as echo:
                nested = [[bytes(100)] * 100] * 10
                assert len(echo.call("echo-list-list-u8", nested[0])) == 100

        work() if not stack else in_thread(work, stack=stack)


def recursion_at_the_start_and_at_the_end(scene: Scene) -> None:
    start = scene.text("""(component (core module $m (start $go) (func $go (call $go)))
      (core instance (instantiate $m)))""")
    destructor = scene.text("""(component
      (core module $d (func $go (export "d") (param i32) (call $go (local.get 0))))
      (core instance $di (instantiate $d))
      (type $own (resource (rep i32) (dtor (core func $di "d")))) (export $r "r" (type $own))
      (core func $new (canon resource.new $r))
      (core module $m (import "" "new" (func $new (param i32) (result i32)))
        (func (export "f") (result i32) (call $new (i32.const 1))))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func (export "f") (result (own $r)) (canon lift (core func $i "f"))))""")

    def work() -> None:
        with raises(errors.StackExhausted):
            start.instantiate()
        instance = destructor.instantiate()
        made = instance.call("f")
        with raises(errors.StackExhausted):
            made.close()
        instance = destructor.instantiate()
        made = instance.call("f")
        del made
        gc.collect()
        with raises(errors.StackExhausted):
            instance.close()
        instance.close()

    work()
    for stack in (64 << 10, 256 << 10, 1 << 20):
        in_thread(work, stack=stack)
