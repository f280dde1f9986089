"""How many instances live in one process, what each takes, and how fast they are made.

Every row is measured in a process of its own, so that its memory is its own. Resident memory is the
proportional set size: a page of a copy-on-write image that many instances map is one page. What the
kernel's page tables take stands beside it; no process is charged for that by the usual figures. Paces
are of the time that the process had on its one core, the kernel's work for it included, so that what
else runs on the machine counts little.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.guests import COMPONENTS, FLAGSHIP, LIMITS, ROOT, Bench
from benches.measure import QUICK, Effort, Figure, figure
from benches.sections import Section
from wcompose.errors import InstanceLimit
from wcompose.images import ImageCache
from wcompose.native.configuration import EngineSettings, Profile
from wcompose.runtime import Component, Grants, Instance

CELL = ROOT / "tests" / "runtime" / "components" / "cell.wasm"
NODE = COMPONENTS / "rust-callee.wasm"
_FUNCTIONS = {"cell": "cell.keep", "node": "target.add", "graph": "handler.handle"}
_SECONDS = 600.0
"""What a row may take at most."""
_SHARE = 0.6
"""Of the memory that is free when a row begins, so much is used at most."""

DENSE_CELLS, FAST_CELLS, GRAPHS = 100_000, 15_000, 2_000
"""Live instances that are promised."""


@dataclass(frozen=True)
class Row:
    """A row of live instances.

    Attributes:
        profile: of the engine.
        guest: ``cell``, ``node`` or ``graph``.
        most: instances that are made at most.
        bytes_each: what each is taken to need, so that the machine is not filled.
    """

    profile: Profile
    guest: str
    most: int
    bytes_each: int


LIVE = {
    "dense: Rust cell, 2 pages": Row(Profile.DENSE, "cell", DENSE_CELLS, 16 << 10),
    "dense: Rust node, 17 pages": Row(Profile.DENSE, "node", DENSE_CELLS, 20 << 10),
    "fast: Rust cell, to the limit": Row(Profile.FAST, "cell", 20_000, 32 << 10),
    "fast: Rust node, to the limit": Row(Profile.FAST, "node", 20_000, 32 << 10),
    "fast: three-language graph": Row(Profile.FAST, "graph", GRAPHS, 3 << 20),
}
UNITS = {
    "live": "",
    "mappings": "",
    "resident each": "B",
    "page tables each": "B",
    "made and called in": "s",
    "made and ended": "/s",
    "made, called, ended": "/s",
    "sum of 1 MiB": "s",
    "chase of 1 MiB": "s",
}


def density(bench: Bench, effort: Effort) -> Section:
    """Live instances in both profiles, the pace of making them, and what checking bounds costs."""
    section = Section("instances in one process", "s", units=UNITS)
    for name, row in LIVE.items():
        most = row.most // 20 if effort is QUICK else row.most
        told = _in_child(
            bench, "live", row.profile.value, row.guest, str(most), str(row.bytes_each)
        )
        section.rows[name] = {column: figure([value]) for column, value in told.items()}
    for profile in Profile:
        for guest in ("cell", "node"):
            told = _in_child(bench, "pace", profile.value, guest, str(effort.samples))
            section.rows[f"{profile.value}: Rust {guest}, on one core"] = _figures(told)
    for profile in Profile:
        told = _in_child(bench, "loops", profile.value, str(effort.samples))
        section.rows[f"{profile.value}: loops over memory"] = _figures(told)
    return section


def _figures(told: dict[str, list[float]]) -> dict[str, Figure]:
    return {column: figure(values) for column, values in told.items()}


def _in_child(bench: Bench, *arguments: str) -> Any:
    command = [sys.executable, "-m", "benches.density", str(bench.cache / "images"), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=_SECONDS * 1.5
    )
    return json.loads(done.stdout)


# What follows runs in the children.


@dataclass(frozen=True)
class Taken:
    """What this process takes, in bytes and mappings."""

    resident: int
    page_tables: int
    mappings: int

    @classmethod
    def now(cls) -> Taken:
        """As it is."""
        rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
        status = Path("/proc/self/status").read_text("ascii")
        with Path("/proc/self/maps").open("rb") as stream:
            mappings = sum(1 for _ in stream)
        return cls(_kib(rollup, "Pss") << 10, _kib(status, "VmPTE") << 10, mappings)


def _kib(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return 0 if found is None else int(found[1])


class Guests:
    """Makes instances of a component, in stores of their own, and calls them."""

    def __init__(self, images: ImageCache, guest: str) -> None:
        self._opened = Component({"cell": CELL, "node": NODE, "graph": FLAGSHIP}[guest], images)
        self._function = _FUNCTIONS[guest]
        self._guest = guest
        self.keeps = guest == "cell"

    def make(self) -> Instance:
        """An instance."""
        return self._opened.instantiate(Grants(), LIMITS)

    def call(self, instance: Instance, number: int) -> Any:
        """Its answer to a number: a cell keeps it, and gives the one before."""
        if self._guest == "graph":
            request = {"method": "get", "target": "/health", "headers": [], "body": b""}
            return instance.call(self._function, request)
        arguments = (number,) if self.keeps else (number, 1)
        return instance.call(self._function, *arguments)


def _live(images: ImageCache, guest: str, most: int, bytes_each: int) -> dict[str, float]:
    guests = Guests(images, guest)
    most = min(most, int(_free_memory() * _SHARE / bytes_each))
    first = guests.make()
    guests.call(first, 0)
    before, start = Taken.now(), time.perf_counter()
    instances: list[Any] = []
    while len(instances) < most and time.perf_counter() - start < _SECONDS:
        try:
            instance = guests.make()
        except InstanceLimit:
            break
        guests.call(instance, len(instances) + 1)
        instances.append(instance)
    seconds, after, live = time.perf_counter() - start, Taken.now(), len(instances)
    if guests.keeps:
        for number, instance in enumerate(instances, start=1):
            if guests.call(instance, 0) != number:
                raise AssertionError(f"instance {number} does not hold its own state")
    return {
        "live": live,
        "mappings": after.mappings,
        "resident each": (after.resident - before.resident) / live,
        "page tables each": (after.page_tables - before.page_tables) / live,
        "made and called in": seconds / live,
    }


def _free_memory() -> int:
    return _kib(Path("/proc/meminfo").read_text("ascii"), "MemAvailable") << 10


def _pace(images: ImageCache, guest: str, samples: int) -> dict[str, list[float]]:
    guests = Guests(images, guest)

    def made() -> None:
        guests.make().close()

    def called() -> None:
        instance = guests.make()
        guests.call(instance, 1)
        instance.close()

    return {
        "made and ended": [1 / each for each in _samples(made, samples)],
        "made, called, ended": [1 / each for each in _samples(called, samples)],
    }


def _samples(action: Callable[[], None], samples: int, rounds: int = 2_000) -> Iterator[float]:
    """Seconds of one, of this process's time on its core; the first sample warms up."""
    for sample in range(samples + 1):
        start = time.process_time()
        for _ in range(rounds):
            action()
        if sample:
            yield (time.process_time() - start) / rounds


LOOPS = """(component
  (core module $m
    (memory 17)
    (func (export "sum") (param $turns i32) (result i32)
      (local $at i32) (local $sum i32)
      (loop $turn
        (local.set $at (i32.const 0))
        (loop $word
          (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
          (br_if $word (i32.lt_u
            (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 1048576))))
        (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
      (local.get $sum))
    (func (export "chase") (param $turns i32) (result i32)
      (local $at i32) (local $left i32)
      (loop $turn
        (local.set $left (i32.const 262144))
        (loop $word
          (i32.store (i32.const 1048576) (local.get $at))
          (local.set $at (i32.and (i32.const 1048572) (i32.add (i32.const 7340)
            (i32.add (local.get $at) (i32.load (local.get $at))))))
          (br_if $word (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
      (local.get $at)))
  (core instance $i (instantiate $m))
  (func (export "sum") (param "turns" u32) (result u32) (canon lift (core func $i "sum")))
  (func (export "chase") (param "turns" u32) (result u32) (canon lift (core func $i "chase"))))"""
"""A sum that reads 1 MiB in order, and a walk whose next address is in what it read."""
_TURNS = 100


def _loops(images: ImageCache, samples: int) -> dict[str, list[float]]:
    from wasmtime import Store, wat2wasm
    from wasmtime.component import Linker

    store = Store(images.engine)
    store.set_epoch_deadline(1 << 40)
    component = images.open_bytes(bytes(wat2wasm(LOOPS)), "loops")
    instance = Linker(images.engine).instantiate(store, component)
    found = {}
    for name in ("sum", "chase"):
        function = instance.get_func(store, name)
        if function is None:
            raise LookupError(name)
        values = []
        for _ in range(samples + 1):
            start = time.process_time()
            function(store, _TURNS)
            values.append((time.process_time() - start) / _TURNS)
        found[f"{name} of 1 MiB"] = values[1:]
    return found


def _child(arguments: list[str]) -> dict[str, Any]:
    directory, what, profile, *rest = arguments
    images = ImageCache(Path(directory), EngineSettings(Profile(profile)))
    if what == "live":
        guest, most, bytes_each = rest
        return _live(images, guest, int(most), int(bytes_each))
    if what == "pace":
        guest, samples = rest
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        return _pace(images, guest, int(samples))
    (samples,) = rest
    return _loops(images, int(samples))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_child(sys.argv[1:])))
    sys.stdout.flush()
    # The kernel is faster at taking everything back than an interpreter that ends instances one by one.
    os._exit(0)
