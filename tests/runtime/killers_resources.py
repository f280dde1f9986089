"""Resources used after their end, twice, elsewhere, from other threads, or never given back."""

from __future__ import annotations

import gc
import threading
import weakref
from contextlib import suppress
from typing import Any

from killing import Scene, in_thread, raises

from wcompose import errors

REFUSED = (errors.ValueFault, errors.UsageError)


def used_after_its_end(scene: Scene) -> None:
    echo = scene.echo()
    counters = echo.exports.counters
    ends: dict[str, Any] = {
        "closed": lambda counter: counter.close(),
        "closed twice": lambda counter: (counter.close(), counter.close()),
        "left": lambda counter: counter.__exit__(None, None, None),
        "taken": counters.take,
    }
    for name, end in ends.items():
        counter = counters.Counter(5)
        end(counter)
        for use in (
            counter.value,
            lambda counter=counter: counters.take(counter),
            lambda counter=counter: counters.look(counter),
            lambda counter=counter: counters.total(counter, counter),
            lambda counter=counter: counters.merge([counter]),
            lambda counter=counter: counters.echo_labelled({"label": "x", "it": counter}),
        ):
            with raises(*REFUSED):
                use()
        counter.close()
        assert echo.is_usable, name
    assert counters.live() == 0


def given_away_twice_at_once(scene: Scene) -> None:
    """Of a call that is refused, nothing has happened."""
    echo = scene.echo()
    counters = echo.exports.counters
    counter, other = counters.Counter(5), counters.Counter(6)
    for give in (
        lambda: counters.merge([counter, counter]),
        lambda: counters.merge([other, counter, other]),
        lambda: counters.echo_holding({"two": (counter, counter)}),
        lambda: counters.merge([counter, None]),
        lambda: counters.echo_labelled({"label": "\ud800", "it": counter}),
    ):
        with raises(*REFUSED):
            give()
        assert echo.is_usable
        assert (counter.value(), other.value(), counters.live()) == (5, 6, 2)
    assert counters.total(counter, counter) == 10
    counter.close()
    other.close()
    assert counters.live() == 0


def of_another_instance(scene: Scene) -> None:
    first, second = scene.echo(), scene.echo()
    ours, theirs = first.exports.counters, second.exports.counters
    counter = ours.Counter(7)
    for use in (
        lambda: theirs.take(counter),
        lambda: theirs.look(counter),
        lambda: theirs.total(counter, theirs.Counter(1)),
        lambda: theirs.merge([theirs.Counter(1), counter]),
        lambda: theirs.keep(counter),
        lambda: theirs.Counter.value(counter),
        lambda: theirs.Counter.sum(counter, counter),
        lambda: second.call(first.function("counters#look"), counter),
        lambda: second.call("counters#look", counter),
        lambda: second.call(first.function("counters#look"), theirs.Counter(1)),
    ):
        with raises(*REFUSED, TypeError, AttributeError):
            use()
        assert first.is_usable
        assert second.is_usable
        assert counter.value() == 7


def of_another_type(scene: Scene) -> None:
    bombs, echo = scene.make("hostile-rust"), scene.echo()
    bomb = bombs.exports.bombs.Bomb("quiet")
    counters = echo.exports.counters
    for wrong in (bomb, None, 5, "x", object(), counters.Counter, counters, echo, [], {"it": 1}):
        for use in (counters.take, counters.look, lambda it: counters.merge([it]), counters.keep):
            with raises(*REFUSED):
                use(wrong)
    assert echo.is_usable
    assert bombs.is_usable


def of_an_instance_that_ended(scene: Scene) -> None:
    for end in ("close", "trap"):
        echo = scene.echo()
        counters = echo.exports.counters
        kept = [counters.Counter(each) for each in range(10)]
        if end == "close":
            echo.close()
        else:
            with raises(errors.Trapped):
                kept[0].give_up()
        for counter in kept:
            with raises(*REFUSED):
                counter.value()
            with raises(*REFUSED):
                counters.take(counter)
            counter.close()
            counter.close()
        assert not echo.is_usable
        del kept, counter
        gc.collect()
        echo.close()


def from_other_threads(scene: Scene) -> None:
    echo = scene.echo()
    counters = echo.exports.counters
    counter = counters.Counter(3)
    assert in_thread(counter.value) == 3
    in_thread(counter.close)
    assert counters.live() == 0
    made = in_thread(lambda: counters.Counter(4))
    assert made.value() == 4
    in_thread(lambda: made.__exit__(None, None, None))
    assert counters.live() == 0


def a_hundred_thousand_handles(scene: Scene) -> None:
    echo = scene.echo()
    counters = echo.exports.counters
    kept = [counters.Counter(each) for each in range(100_000)]
    assert counters.live() == 100_000
    assert kept[77_777].value() == 77_777
    del kept[::2]
    gc.collect()
    assert counters.live() == 50_000
    row = counters.row(10_000)
    assert counters.live() == 60_000
    assert row[-1].value() == 9_999
    row.clear()
    with raises(errors.MemoryExceeded):
        while True:
            row += counters.row(100_000)
    echo.close()
    row.clear()
    for counter in kept:
        counter.close()


def collected_in_another_thread_while_a_call_runs(scene: Scene) -> None:
    """What the collector finds is dropped when nothing runs, once."""
    echo, hostile = scene.echo(), scene.make("hostile-rust")
    counters, bombs = echo.exports.counters, hostile.exports.bombs
    stop = threading.Event()

    class Cycle:
        def __init__(self, held: Any) -> None:
            self.held, self.itself = held, self

    def collect() -> None:
        while not stop.is_set():
            gc.collect()

    collector = threading.Thread(target=collect)
    collector.start()
    for _ in range(300):
        Cycle(counters.Counter(1))
        Cycle(bombs.Bomb("quiet"))
        Cycle(counters.row(20))
        hostile.call("hostile#work", 20_000)
        counters.live()
    stop.set()
    collector.join()
    gc.collect()
    assert counters.live() == 0
    assert bombs.live() == 0
    assert counters.dropped() >= 300 * 21


def dropped_in_a_thread_while_the_guest_loops(scene: Scene) -> None:
    hostile = scene.make("hostile-rust")
    bombs = [hostile.exports.bombs.Bomb("quiet") for _ in range(100)]
    looping = threading.Thread(target=_expect, args=(hostile, errors.Cancelled))
    looping.start()
    while not hostile.is_busy:
        pass
    for bomb in bombs:
        with suppress(*REFUSED):
            bomb.close()
    del bombs, bomb
    gc.collect()
    hostile.cancel("enough")
    looping.join()
    assert not hostile.is_usable
    hostile.close()


def _expect(instance: Any, kind: type[BaseException]) -> None:
    with raises(kind):
        instance.call("hostile#spin")


def destructors_that_trap_or_loop(scene: Scene) -> None:
    import wcompose

    limits = wcompose.Limits(seconds=0.3)
    for fuse, kind in (("trap", errors.Trapped), ("spin", errors.DeadlineExceeded)):
        # Told of where somebody asks for it …
        hostile = scene.make("hostile-rust", limits=limits)
        bomb = hostile.exports.bombs.Bomb(fuse)
        with raises(kind):
            bomb.close()
        bomb.close()
        assert not hostile.is_usable
        # … and to nobody where nobody does.
        hostile = scene.make("hostile-rust", limits=limits)
        bomb = hostile.exports.bombs.Bomb(fuse)
        del bomb
        gc.collect()
        with raises(*REFUSED, kind):
            hostile.call("hostile#calls")
            hostile.call("hostile#calls")
        hostile = scene.make("hostile-rust", limits=limits)
        kept = hostile.exports.bombs.many(50, fuse)
        with raises(kind):
            hostile.close()
        hostile.close()
        assert len(kept) == 50
        for bomb in kept:
            bomb.close()
        # At the end of a guest's own call it is that call's fault.
        hostile = scene.make("hostile-rust", limits=limits)
        bomb = hostile.exports.bombs.Bomb("quiet")
        with raises(errors.Trapped):
            hostile.exports.bombs.trap_holding(bomb)
        bomb.close()
        hostile = scene.make("hostile-rust", limits=limits)
        bomb = hostile.exports.bombs.Bomb("quiet")
        with raises(errors.Trapped):
            hostile.exports.bombs.trap_owning(bomb)
        bomb.close()


def let_go_in_every_order(scene: Scene) -> None:
    names = (
        "component",
        "instance",
        "exports",
        "interface",
        "make",
        "counter",
        "method",
        "function",
    )
    for start in range(len(names)):
        for step in (1, 3):
            component = scene.runtime.open(scene.component("echo-rust").path)
            instance = component.instantiate()
            exports = instance.exports
            interface = exports.counters
            make = interface.Counter
            counter = make(1)
            method = counter.value
            function = instance.function("values#add")
            held = dict(
                zip(
                    names,
                    (component, instance, exports, interface, make, counter, method, function),
                    strict=True,
                )
            )
            watched = weakref.ref(instance)
            del component, instance, exports, interface, make, counter, method, function
            for index in range(len(names)):
                held.pop(names[(start + index * step) % len(names)])
                gc.collect()
                if "function" in held:
                    assert held["function"](1, 2) == 3
                if "method" in held:
                    assert held["method"]() == 1
                if "counter" in held:
                    assert held["counter"].value() == 1
            assert watched() is None


def forged(scene: Scene) -> None:
    """Nobody makes a handle but the runtime."""
    echo = scene.echo()
    counters = echo.exports.counters
    counter = counters.Counter(9)
    kind = type(counter)
    for make in (
        lambda: kind.__new__(kind),
        lambda: object.__new__(kind),
        lambda: __import__("copy").copy(counter),
        lambda: __import__("copy").deepcopy(counter),
        lambda: __import__("pickle").loads(__import__("pickle").dumps(counter)),
    ):
        try:
            forgery = make()
        except Exception:  # noqa: BLE001, S112
            continue
        if forgery is counter:
            continue
        for use in (counters.look, counters.take, kind.value):
            try:
                use(forgery)
            except (*REFUSED, AttributeError, TypeError):
                pass
            else:
                raise AssertionError("a forged handle was taken")
    assert counter.value() == 9
    assert echo.is_usable
