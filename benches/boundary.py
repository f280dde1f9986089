"""The crossing between Python and a guest: our calls beside wasmtime-py's own, in one process, in turn.

Both sides run the same machine code of the same Rust guest, on engines of the same configuration, and
give the guest equal values. Left out on both sides: looking the function up, and making the arguments.
Included: lowering, the call, what little the guest does, and lifting the result to Python's values.
"""

from __future__ import annotations

import array
import functools
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import wcompose
from benches.guests import ROOT, Bench
from benches.hosting import HOST, Host, imports_of_host
from benches.measure import Effort, Timed, in_turn
from benches.sections import Section
from wcompose.build.gating import compose_gated
from wcompose.graph.compose import About
from wcompose.project import CarryDeclaration

GUESTS = ROOT / "tests" / "runtime" / "components"
OURS, THEIRS = "wcompose", "wasmtime-py"
MEBIBYTE = 1 << 20
PEOPLE = 1000
_FOREVER = 1 << 60

PLAIN = "no bound"
DEADLINE = "a deadline"
METERED = "fuel"
BOTH = "both"


class Theirs:
    """An instance made with wasmtime-py alone; every function as its own `Func`."""

    def __init__(self, bench: Bench, path: Path, functions: dict[str, Callable[..., Any]]) -> None:
        from wasmtime import Store
        from wasmtime.component import Linker

        component = bench.images.open(path)
        linker = Linker(bench.images.engine)
        if functions:
            with linker.root() as root, root.add_instance(HOST) as host:
                for name, function in functions.items():
                    host.add_func(name, function)
        linker.allow_shadowing = True
        linker.define_unknown_imports_as_traps(component)
        self._store = Store(bench.images.engine)
        self._store.set_epoch_deadline(_FOREVER)
        self._instance = linker.instantiate(self._store, component)

    def function(self, interface: str, name: str) -> Callable[..., Any]:
        """A function; the store is passed along."""
        index = self._instance.get_export_index(self._store, f"wcompose:echo/{interface}@0.1.0")
        index = self._instance.get_export_index(self._store, name, index)
        found = None if index is None else self._instance.get_func(self._store, index)
        if found is None:
            raise LookupError(name)
        return functools.partial(found, self._store)


def repeated(call: Callable[..., Any], *arguments: Any) -> Timed:
    """The same call again and again, in the calling thread's own processor time.

    Nothing here waits for anything, so that is what a call takes where no other program wants the
    processor, whether one does or not.
    """

    def timed(calls: int) -> float:
        start = time.thread_time()
        for _ in itertools.repeat(None, calls):
            call(*arguments)
        return max(time.thread_time() - start, 1e-9)

    return timed


@dataclass(frozen=True)
class Way:
    """One row: the same call both ways, or one way if the other cannot."""

    name: str
    ours: Timed
    theirs: Timed | None = None


@contextmanager
def ways(bench: Bench) -> Iterator[list[Way]]:
    """All rows."""
    runtime = wcompose.Runtime(cache=bench.cache / "images")
    echo, host = GUESTS / "echo-rust.wasm", GUESTS / "echo-host-rust.wasm"
    theirs = Theirs(bench, echo, {})
    with (
        runtime.open(echo).instantiate() as ours,
        runtime.open(host).instantiate(imports=imports_of_host()) as calling,
    ):
        yield [
            *_values(ours, theirs),
            *_bulk(ours, theirs),
            *_imports(calling, Theirs(bench, host, THEIR_HOST)),
        ]


@contextmanager
def carried_ways(bench: Bench) -> Iterator[list[Way]]:
    """Lists of numbers through a carrier, which changes nothing for the caller.

    Theirs is the plain function, as somebody who has only wasmtime-py calls it. It refuses 64 MiB.
    """
    runtime = wcompose.Runtime(cache=bench.cache / "images")
    theirs = Theirs(bench, GUESTS / "echo-rust.wasm", {})
    with runtime.open(carried(bench)).instantiate() as ours:
        large = bytes(range(256)) * (64 * MEBIBYTE // 256)
        numbers = array.array("d", range(64 * MEBIBYTE // 8))
        bulk, values = ours.exports["wcompose:echo/bulk"], ours.exports["wcompose:echo/values"]
        yield [
            *(replace(way, name=f"carried: {way.name}") for way in _bulk(ours, theirs)[2:]),
            Way("carried: 64 MiB of list<u8>: parameter", repeated(bulk.take_u8, large)),
            Way("carried: 64 MiB of list<u8>: result", repeated(bulk.give_u8, len(large))),
            Way(
                "carried: 64 MiB of list<u8>: there and back", repeated(values.echo_list_u8, large)
            ),
            Way(
                "carried: 64 MiB of list<f64>: there and back",
                repeated(values.echo_list_f64, numbers),
            ),
        ]


def carried(bench: Bench) -> Path:
    """The Rust guest in a composition of its own, with carriers before all its interfaces."""
    output = bench.cache / "echo-carried.wasm"
    graph = bench.graph({"echo": GUESTS / "echo-rust.wasm"})
    with tempfile.TemporaryDirectory(dir=bench.cache) as directory:
        compose_gated(
            graph,
            {},
            bench.engine,
            output,
            about=About("bench"),
            directory=Path(directory),
            carry=CarryDeclaration(is_all=True),
        )
    return output


def boundary(bench: Bench, effort: Effort) -> Section:
    """Every kind of value, both ways."""
    section = Section("one call from Python into a guest, and back", "s")
    with ways(bench) as plain, carried_ways(bench) as carrying:
        for way in [*plain, *carrying]:
            sides = {OURS: way.ours} | ({} if way.theirs is None else {THEIRS: way.theirs})
            section.rows[way.name] = in_turn(sides, effort)
    return section


def ratios(section: Section) -> dict[str, float]:
    """How many times faster ours is, by row."""
    return {
        name: row[THEIRS].median / row[OURS].median
        for name, row in section.rows.items()
        if THEIRS in row
    }


def _values(ours: Any, theirs: Theirs) -> list[Way]:
    from wasmtime.component import Record, Variant

    values = ours.exports["wcompose:echo/values"]
    counters = ours.exports["wcompose:echo/counters"]

    def way(name: str, function: str, our_arguments: Any, their_arguments: Any) -> Way:
        called = getattr(values, function.replace("-", "_"))
        found = theirs.function("values", function)
        return Way(name, repeated(called, *our_arguments), repeated(found, *their_arguments))

    person = values.describe(_PERSON)
    record = Record()
    for field, value in _PERSON.items():
        setattr(record, field, value)
    who = values.echo_mixed({"who": _PERSON})
    counter = counters.Counter(7)
    handle = theirs.function("counters", "[constructor]counter")(7)
    return [
        way("two integers", "add", (20, 22), (20, 22)),
        way("nothing", "nothing", (), ()),
        way("string of 16 B", "echo-string", ("sixteen letters.",), ("sixteen letters.",)),
        way("string of 64 KiB", "echo-string", ("x" * (1 << 16),), ("x" * (1 << 16),)),
        way("string of 1 MiB", "echo-string", ("x" * MEBIBYTE,), ("x" * MEBIBYTE,)),
        way("record with strings", "describe", (person,), (record,)),
        way("record with strings, from a dict", "describe", (_PERSON,), (record,)),
        way(
            f"list of {PEOPLE:,} records",
            "echo-list-person",
            ([person] * PEOPLE,),
            ([record] * PEOPLE,),
        ),
        way("enum", "echo-color", (values.echo_color("green"),), ("green",)),
        way(
            "flags",
            "echo-abilities",
            (values.echo_abilities(["read", "execute"]),),
            ({"read", "execute"},),
        ),
        way("variant of a record", "echo-mixed", (who,), (Variant("who", record),)),
        way("option", "echo-option-string", ("there",), ("there",)),
        way("result", "echo-result", ({"ok": 7},), (7,)),
        Way(
            "method of a resource",
            repeated(counter.add, 1),
            repeated(theirs.function("counters", "[method]counter.add"), handle, 1),
        ),
    ]


def _bulk(ours: Any, theirs: Theirs) -> list[Way]:
    from wasmtime.component import Record

    values, bulk = ours.exports["wcompose:echo/values"], ours.exports["wcompose:echo/bulk"]
    data = bytes(range(256)) * (MEBIBYTE // 256)
    numbers = array.array("d", range(MEBIBYTE // 8))
    person = values.describe(_PERSON)
    record = Record()
    for field, value in _PERSON.items():
        setattr(record, field, value)

    def taken(name: str, ours: Callable[..., Any], function: str, *arguments: Any) -> Way:
        our_argument, their_argument = arguments
        found = theirs.function("bulk", function)
        return Way(name, repeated(ours, our_argument), repeated(found, their_argument))

    people = f"list of {PEOPLE:,} records"
    return [
        taken(
            f"{people}: parameter",
            bulk.take_people,
            "take-people",
            [person] * PEOPLE,
            [record] * PEOPLE,
        ),
        taken(f"{people}: result", bulk.give_people, "give-people", PEOPLE, PEOPLE),
        taken("1 MiB of list<u8>: parameter", bulk.take_u8, "take-u8", data, data),
        taken("1 MiB of list<u8>: result", bulk.give_u8, "give-u8", MEBIBYTE, MEBIBYTE),
        taken("1 MiB of list<f64>: parameter", bulk.take_f64, "take-f64", numbers, list(numbers)),
        taken("1 MiB of list<f64>: result", bulk.give_f64, "give-f64", len(numbers), len(numbers)),
        Way(
            "1 MiB of list<u8>: there and back",
            repeated(values.echo_list_u8, data),
            repeated(theirs.function("values", "echo-list-u8"), data),
        ),
        Way(
            "1 MiB of list<f64>: there and back",
            repeated(values.echo_list_f64, numbers),
            repeated(theirs.function("values", "echo-list-f64"), list(numbers)),
        ),
    ]


def _imports(ours: Any, theirs: Theirs) -> list[Way]:
    through = ours.exports["wcompose:echo/through"]

    def often(call: Callable[[int], Any]) -> Timed:
        """Calls in a loop inside the guest, less what entering the guest costs."""

        def timed(calls: int) -> float:
            once = repeated(call, calls)(1)
            return max(once - repeated(call, 0)(1), 1e-9)

        return timed

    data = bytes(range(256)) * 256
    numbers = array.array("d", range(1 << 13))
    return [
        Way(
            "host import: two integers",
            often(through.add_often),
            often(theirs.function("through", "add-often")),
        ),
        Way(
            "host import: string to option of string",
            repeated(through.lookup, "key"),
            repeated(theirs.function("through", "lookup"), "key"),
        ),
        Way(
            "host import: 64 KiB of list<u8>, in all four times",
            repeated(through.scramble, data),
            repeated(theirs.function("through", "scramble"), data),
        ),
        Way(
            "host import: 64 KiB of list<f64>, in all four times",
            repeated(through.transform, numbers),
            repeated(theirs.function("through", "transform"), list(numbers)),
        ),
    ]


def bounds(bench: Bench, effort: Effort) -> Section:
    """What a deadline and fuel cost: of a call that does nothing, and of one that works."""
    section = Section("what bounds on calls cost", "s")
    limits = {
        PLAIN: wcompose.Limits(seconds=None),
        DEADLINE: wcompose.Limits(seconds=60.0),
        METERED: wcompose.Limits(seconds=None, fuel=_FOREVER),
        BOTH: wcompose.Limits(seconds=60.0, fuel=_FOREVER),
    }
    instances = {}
    for name, each in limits.items():
        runtime = wcompose.Runtime(cache=bench.cache / "images", metering=each.fuel is not None)
        component = runtime.open(GUESTS / "hostile-rust.wasm")
        instances[name] = component.instantiate(limits=each)
    for row, function, arguments in (
        ("a call of nothing", "hostile#calls", ()),
        ("a call that loops 1,000,000 times", "hostile#work", (1_000_000,)),
    ):
        section.rows[row] = in_turn(
            {
                name: repeated(instance.function(function), *arguments)
                for name, instance in instances.items()
            },
            effort,
        )
    for instance in instances.values():
        instance.close()
    return section


_PERSON: dict[str, Any] = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "age": 85,
    "admin": True,
    "score": 99.5,
}


_HOST = Host()
THEIR_HOST: dict[str, Callable[..., Any]] = {
    "log": lambda _, text: _HOST.log(text),
    "add": lambda _, a, b: _HOST.add(a, b),
    "lookup": lambda _, key: _HOST.lookup(key),
    "transform": lambda _, values: _HOST.transform(values),
    "scramble": lambda _, data: _HOST.scramble(data),
}
