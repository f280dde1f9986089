"""Whether calls leave anything behind: memory of the process, of the C library, of Python, descriptors.

`python -m benches.leaks WORKLOAD ROUNDS` runs one workload in this process, so that nothing else is in
it, and prints what each of its jobs left. The resident size says what an operator sees; what the C
library and Python say that they have given out finds a few bytes a call.
"""

from __future__ import annotations

import array
import ctypes
import gc
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import wcompose
from benches.guests import Bench
from benches.hosting import imports_of_host
from benches.measure import Effort, figure
from benches.sections import Section

ROOT = Path(__file__).parent.parent
GUESTS = ROOT / "tests" / "runtime" / "components"
MEBIBYTE = 1 << 20
TIMEOUT = 1800

Job = Callable[[], object]


@dataclass(frozen=True)
class Left:
    """What was there more after the calls than before.

    Attributes:
        calls: how many calls there were.
        resident: bytes of the process.
        native: bytes that the C library has given out; none where it does not tell.
        blocks: pieces of memory that Python has given out.
        descriptors: open files; none where the system does not tell.
    """

    calls: int
    resident: int
    native: int | None
    blocks: int
    descriptors: int | None


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later; see mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd",
            "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def _native() -> int | None:
    try:
        tell = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):
        return None
    tell.restype = _Mallinfo
    found = tell()
    return int(found.uordblks + found.hblkhd)


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _descriptors() -> int | None:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return None


def measured(job: Job, calls: int) -> Left:
    """What so many calls leave, when the first ones have left what they leave once.

    Tables of Python's grow in steps, long after the first call. So what left something is tried again,
    three times at most: what leaks does so each time.
    """
    for _ in range(max(3, calls // 5)):
        job()
    for _ in range(3):
        left = _once(job, calls)
        few = 20 + calls // 100
        if left.blocks <= few and (left.native or 0) <= 32 * few:
            break
    return left


def _once(job: Job, calls: int) -> Left:
    gc.collect()
    before = (_resident(), _native(), _descriptors(), sys.getallocatedblocks())
    for _ in itertools.repeat(None, calls):
        job()
    gc.collect()
    blocks = sys.getallocatedblocks() - before[3]
    return Left(
        calls=calls,
        resident=_resident() - before[0],
        native=_more(_native(), before[1]),
        blocks=blocks,
        descriptors=_more(_descriptors(), before[2]),
    )


def _more(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


@contextmanager
def values(runtime: wcompose.Runtime) -> Iterator[dict[str, Job]]:
    """Every type of value, there and back; values that fit and values that do not."""
    person = {"name": "Grace", "email": "g@example.com", "age": 85, "admin": True, "score": 9.5}
    point = {"x": 1.5, "y": -2.5}
    failure = {"code": 7, "message": "no", "path": ["a", "b"]}
    household = {
        "head": person,
        "home": point,
        "others": [person] * 3,
        "corners": [point, point],
        "pet": "cat",
    }
    primitives = {
        "a-bool": True, "an-s8": -8, "a-u8": 8, "an-s16": -16, "a-u16": 16, "an-s32": -32, "a-u32": 32,
        "an-s64": -64, "a-u64": 64, "an-f32": 0.5, "an-f64": 0.25, "a-char": "ß", "a-string": "text",
    }  # fmt: skip
    wide = {
        "f0": 0, "f1": 1, "f2": 2, "f3": 3.0, "f4": 4, "f5": 5.0, "f6": True, "f7": "7", "f8": "eight",
        "f9": 9, "f10": 10, "f11": 11, "f12": 12, "f13": "red", "f14": ["read"], "f15": 15,
        "f16": [1, 2], "f17": 17,
    }  # fmt: skip
    columns = {
        "bytes": b"x" * 500, "counts": [1, 2, 3], "reals": [1.5] * 300, "names": ["a", "b"],
        "marks": [True, False],
    }  # fmt: skip
    given: dict[str, Any] = {
        "bool": True, "s8": -1, "u8": 1, "s16": -1, "u16": 1, "s32": -1, "u32": 1, "s64": -1, "u64": 1,
        "f32": 1.5, "f64": 1.5, "char": "ß", "string": "text " * 100, "meters": 1.0,
        "list-bool": [True] * 9, "list-s8": [-1] * 9, "list-u8": b"x" * 5000, "list-s16": [-1] * 9,
        "list-u16": [1] * 9, "list-s32": [-1] * 9, "list-u32": [1] * 900, "list-s64": [-1] * 9,
        "list-u64": [1] * 9, "list-f32": [1.5] * 9, "list-f64": array.array("d", [1.5] * 900),
        "list-char": list("abc"), "list-string": ["one", "two"], "list-list-u8": [b"one", b"two"],
        "list-list-string": [["one"], [], ["two", "three"]], "list-point": [point] * 4,
        "list-person": [person] * 4, "list-mixed": ["nothing", {"who": person}, {"text": "x"}],
        "list-color": ["red", "blue"], "list-abilities": [["read"], []],
        "list-option-string": ["there", None], "list-result": [{"ok": 1}, {"err": "no"}],
        "list-pair": [["one", 1], ["two", 2]], "single": [1], "pair": [1, "one"],
        "nested-tuple": [[1, 2], ["three", [4.0, True]]], "point": point, "household": household,
        "primitives": primitives, "wide": wide, "columns": columns, "color": "green", "many": "n299",
        "abilities": ["read", "write"], "eight": ["b0", "b7"], "twelve": ["b0", "b11"],
        "thirty-two": ["b0", "b31"], "weather": "sunny", "mixed": {"perhaps": 7},
        "joined": {"small": 1.5},
        "option-u32": 7, "option-string": "there", "option-option-u32": {"some": None},
        "option-person": person, "option-list-u8": b"there", "result": {"ok": 7},
        "result-ok-only": {"ok": "fine"}, "result-error-only": {"err": failure},
        "result-empty": {"err": None},
        "result-nested": {"err": {"ok": 1}}, "option-result": {"ok": point},
    }  # fmt: skip
    component = runtime.open(GUESTS / "echo-rust.wasm")
    every = {each.name for each in component.functions if each.name.startswith("echo-")}
    every -= {"echo-labelled", "echo-holding"}
    if every != {f"echo-{name}" for name in given}:
        raise AssertionError(f"not every type is tried: {every}")
    with component.instantiate() as instance:
        echo = instance.exports["wcompose:echo/values"]
        jobs: dict[str, Job] = {}
        for name, value in given.items():
            call = getattr(echo, f"echo_{name.replace('-', '_')}")
            # As somebody would write it down, and in the classes that calls give.
            jobs[name] = _calling(call, value)
            found = _of(call, value)
            jobs[f"{name}, as it came"] = _calling(call, found)
            jobs[f"{name}, unfit"] = _refused(call, object())
            jobs[f"{name}, unfit inside"] = _refused(call, [value, object()])
        jobs["several"] = _calling(echo.several, 1, "two", [3], 4.0, "red", {"who": person})
        jobs["seventeen"] = _calling(
            echo.seventeen, 1, 2, 3, 4, 5, 6, 7, 8, 9.0, 10.0, True, "l", 13, 14, 15, 16, "q"
        )
        jobs["divide"] = _calling(echo.divide, 1, 0)
        jobs["nothing"] = _calling(echo.nothing)
        yield jobs


def _of(call: Any, value: Any) -> Any:
    is_result = call.type.result.kind == "result"
    try:
        found = call(value)
    except wcompose.ResultError as error:
        return wcompose.Err(error.value)
    return wcompose.Ok(found) if is_result else found


def _calling(call: Callable[..., Any], *arguments: Any) -> Job:
    def job() -> None:
        with suppress(wcompose.ResultError):
            call(*arguments)

    return job


def _refused(call: Callable[..., Any], *arguments: Any) -> Job:
    def job() -> None:
        try:
            call(*arguments)
        except wcompose.ValueFault:
            return
        raise AssertionError("the value fits")

    return job


@contextmanager
def resources(runtime: wcompose.Runtime) -> Iterator[dict[str, Job]]:
    """Resources of the guest, in every way that they are passed."""
    with runtime.open(GUESTS / "echo-rust.wasm").instantiate() as instance:
        counters = instance.exports["wcompose:echo/counters"]
        kept = counters.Counter(1)

        def with_block() -> None:
            with counters.Counter(1) as counter:
                counter.add(2)

        def forgotten() -> None:
            counters.Counter(1).copy()

        def taken() -> None:
            counters.take(counters.pass_(counters.Counter(1)))

        def many() -> None:
            for each in counters.row(3):
                each.close()
            counters.merge(counters.row(3))

        def inside() -> None:
            counters.echo_labelled(counters.label("label", counters.Counter(1)))
            counters.echo_holding({"two": [counters.Counter(1), counters.Counter(2)]})
            counters.twins(1)

        yield {
            "with": with_block,
            "forgotten": forgotten,
            "taken and given": taken,
            "lent": lambda: counters.total(kept, kept),
            "lent in a list": lambda: counters.total_of([kept, kept]),
            "lists": many,
            "in records": inside,
            "perhaps": lambda: counters.maybe(None),
            "method": lambda: kept.add(1),
            "static": _calling(counters.Counter.parse, "no number"),
        }
        gc.collect()
        if counters.live() != 1:
            raise AssertionError(f"{counters.live() - 1} counters were never dropped")


@contextmanager
def imports(runtime: wcompose.Runtime) -> Iterator[dict[str, Job]]:
    """Calls into the host, with its resources."""
    with runtime.open(GUESTS / "echo-host-rust.wasm").instantiate(
        imports=imports_of_host()
    ) as instance:
        through = instance.exports["wcompose:echo/through"]
        yield {
            "integers": lambda: through.add_often(10),
            "option": lambda: through.lookup("key"),
            "nothing": lambda: through.lookup(""),
            "floats": _calling(through.transform, [1.5] * 100),
            "bytes": _calling(through.scramble, b"x" * 1000),
            "shapes": _calling(through.shapes, ["dot", {"polygon": [[1.0, 2.0]] * 3}]),
            "no shapes": _calling(through.shapes, []),
            "files": _calling(through.write_and_read, "name", b"one", b"two"),
            "file": _calling(through.open, "name", ["read"]),
            "no file": _calling(through.open, "name", []),
            "latest": _calling(through.latest),
        }


@contextmanager
def instances(runtime: wcompose.Runtime) -> Iterator[dict[str, Job]]:
    """Instances that end in every way: closed, forgotten, trapped, thrown at by their host."""
    echo = runtime.open(GUESTS / "echo-rust.wasm")
    cell = runtime.open(GUESTS / "cell.wasm")
    hosted = runtime.open(GUESTS / "echo-host-rust.wasm")
    wasi = runtime.open(GUESTS / "echo-host-go.wasm")
    imports = imports_of_host()

    def closed() -> None:
        with cell.instantiate() as instance:
            instance.exports["wcompose:echo/cell"].keep(1)

    def forgotten() -> None:
        instance = echo.instantiate()
        counter = instance.exports["wcompose:echo/counters"].Counter(1)
        counter.add(1)

    def trapped() -> None:
        instance = echo.instantiate()
        counter = instance.exports["wcompose:echo/counters"].Counter(1)
        _raises(wcompose.Trapped, counter.give_up)
        instance.close()

    def raised() -> None:
        instance = hosted.instantiate(imports=imports)
        through = instance.exports["wcompose:echo/through"]
        _raises(wcompose.ImportRaised, through.log, "raise")
        instance.close()

    def with_wasi() -> None:
        with wasi.instantiate(imports=imports) as instance:
            instance.exports["wcompose:echo/through"].add(1, 2)

    def with_imports_of_its_own() -> None:
        with hosted.instantiate(imports=imports_of_host()) as instance:
            instance.exports["wcompose:echo/through"].add(1, 2)

    def refused() -> None:
        _raises(wcompose.LinkError, hosted.instantiate)

    yield {
        "closed": closed,
        "forgotten": forgotten,
        "trapped": trapped,
        "a host's function raised": raised,
        "of Go, with WASI": with_wasi,
        "with imports of its own": with_imports_of_its_own,
        "refused": refused,
    }


def _raises(kind: type[Exception], call: Callable[..., Any], *arguments: Any) -> None:
    try:
        call(*arguments)
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was not raised")


WORKLOADS = {"values": values, "resources": resources, "imports": imports, "instances": instances}
"""What each workload is run by."""
CALLS = {"values": 1_000_000, "resources": 100_000, "imports": 100_000, "instances": 20_000}
"""Calls of each workload in a whole run, by all of its jobs in turn."""


def run(workload: str, calls: int, cache: Path) -> dict[str, Left]:
    """Run a workload in a process of its own.

    Args:
        workload: one of `WORKLOADS`.
        calls: of all jobs in turn; before that, each makes a tenth of its share alone.
        cache: of machine code.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benches.leaks", workload, str(calls), str(cache)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=TIMEOUT,
        text=True,
    )
    return {name: Left(**found) for name, found in json.loads(done.stdout).items()}


def leaks(bench: Bench, effort: Effort) -> Section:
    """A million calls and more with every type of value, and instances made and dropped."""
    section = Section("left after calls, in a process of its own", "B")
    share = 1 if effort.samples > 3 else 100
    for workload, calls in CALLS.items():
        left = run(workload, calls // share, bench.cache / "images")["all"]
        if left.descriptors:
            raise AssertionError(f"{workload}: {left.descriptors} files were never closed")
        columns = {"resident": left.resident, "given out by the C library": left.native}
        section.rows[f"{workload}: {left.calls:,} calls"] = {
            name: figure([float(value)]) for name, value in columns.items() if value is not None
        }
    return section


def main(workload: str, calls: int, cache: Path) -> None:
    """Print what the jobs of a workload left, one by one, and all of them in turn."""
    runtime = wcompose.Runtime(cache=cache)
    with WORKLOADS[workload](runtime) as jobs:
        # What is there by now need not be looked through again before each measurement.
        gc.collect()
        gc.freeze()
        found = {
            name: measured(job, max(200, calls // len(jobs) // 10)) for name, job in jobs.items()
        }

        def all_jobs() -> None:
            for job in jobs.values():
                job()

        whole = measured(all_jobs, max(20, calls // len(jobs)))
        found["all"] = Left(**{**asdict(whole), "calls": whole.calls * len(jobs)})
    print(json.dumps({name: asdict(left) for name, left in found.items()}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
