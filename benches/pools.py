"""Pools: requests a second, how long one takes, and what a second processor brings."""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import threading
import time
from collections.abc import Callable
from functools import partial

from benches.guests import LIMITS, Bench
from benches.measure import Effort, Figure, clock, figure
from benches.sections import Section
from wcompose.runtime import Component
from wcompose.runtime.pooling.async_pool import AsyncPool
from wcompose.runtime.pooling.pool import Pool

SIZE = 2
"""Places of each pool: the processors of the smallest machine that this is for."""
CALLERS = (1, 2, 8, 64)
"""Callers at once, each of which asks again as soon as it is answered."""
REUSED, FRESH = "reused", "fresh"
REQUESTS = "requests"
COLUMNS = (REQUESTS, "p50", "p99", "p99.9")
GUESTS, CONTROL = "two guests", "SHA-256 twice"
IN_TURN, AT_ONCE = "one after the other", "at once"
DIRECT = "no pool, one caller"
_QUICK = 500
_REQUESTS = 20_000

Times = tuple[float, list[float]]
"""Seconds of all requests together, and of each."""


def pools(bench: Bench, effort: Effort) -> Section:
    """Requests that add two integers in a Rust guest, so that all there is to see is the pool.

    Requests a second are those of all callers together; the others are what requests took, from asking
    to the answer, with the wait for a place.
    """
    component = Component(bench.part("rust", "callee"), bench.images)
    total = _REQUESTS if effort.samples >= 5 else _QUICK
    section = Section("pools: two integers to a Rust guest", "s", units={REQUESTS: "/s"})
    with component.instantiate() as instance:
        section.rows[DIRECT] = _row([_alone(lambda: instance.call("add", 1, 2), total)])
    ways: dict[str, Callable[[int], Times]] = {}
    for kept in (REUSED, FRESH):
        for way, ask in (("threads", _threads), ("asyncio", _tasks)):
            for callers in CALLERS:
                count = total if kept == REUSED else max(total // 4, _QUICK)
                name = f"{way}, {kept}, {callers} caller{'s' if callers > 1 else ''}"
                ways[name] = lambda _, a=ask, k=kept, c=callers, n=count: a(component, k, c, n)
    # In turns, so that what slows the machine slows all.
    samples: dict[str, list[Times]] = {name: [] for name in ways}
    for number in range(effort.samples):
        for name, way in ways.items():
            samples[name].append(way(number))
    section.rows |= {name: _row(each) for name, each in samples.items()}
    return section


def parallel(bench: Bench, effort: Effort) -> Section:
    """The same loop in a guest twice: one after the other, and at once on two threads.

    Beside it SHA-256, which lets go of Python's lock too: what the machine gives to a second thread.
    """
    component = Component(bench.composed("go", "rust"), bench.images)
    section = Section("pools: two threads that compute", "s")
    seconds = 0.02 if effort.samples < 5 else 0.2
    with Pool(component, size=2, warm=2, limits=LIMITS) as pool:
        jobs = {
            GUESTS: _lasting(seconds, lambda size: pool.call("driver.add", size)),
            CONTROL: _lasting(seconds, lambda size: hashlib.sha256(bytes(size)).digest()),
        }
        samples: dict[str, dict[str, list[float]]] = {
            name: {IN_TURN: [], AT_ONCE: []} for name in jobs
        }
        for _ in range(max(effort.samples, 5)):
            for name, job in jobs.items():
                samples[name][IN_TURN].append(clock(lambda job=job: (job(), job())))
                samples[name][AT_ONCE].append(clock(lambda job=job: _at_once(job)))
    section.rows |= {
        name: {column: figure(each) for column, each in row.items()}
        for name, row in samples.items()
    }
    return section


def speed_ups(section: Section) -> dict[str, float]:
    """How many times faster two threads are than one, by medians."""
    return {name: row[IN_TURN].median / row[AT_ONCE].median for name, row in section.rows.items()}


def _lasting(seconds: float, job: Callable[[int], object]) -> Callable[[], object]:
    """The job, at a size at which it takes so long."""
    size = 1 << 10
    while min(clock(partial(job, size)) for _ in range(3)) < seconds:
        size *= 2
    return partial(job, size)


def _at_once(action: Callable[[], object]) -> None:
    other = threading.Thread(target=action)
    other.start()
    action()
    other.join()


def _row(samples: list[Times]) -> dict[str, Figure]:
    columns: dict[str, list[float]] = {name: [] for name in COLUMNS}
    for seconds, each in samples:
        cuts = statistics.quantiles(each, n=1000, method="inclusive")
        values = (len(each) / seconds, cuts[499], cuts[989], cuts[998])
        for name, value in zip(COLUMNS, values, strict=True):
            columns[name].append(value)
    return {name: figure(values, len(samples[0][1])) for name, values in columns.items()}


def _alone(ask: Callable[[], object], count: int) -> Times:
    for _ in range(100):
        ask()
    return _asked(ask, count)


def _asked(ask: Callable[[], object], count: int) -> Times:
    times = []
    now = time.perf_counter
    start = now()
    for _ in range(count):
        begun = now()
        ask()
        times.append(now() - begun)
    return now() - start, times


def _threads(component: Component, kept: str, callers: int, count: int) -> Times:
    """Threads that ask a pool."""
    times: list[list[float]] = []
    ready, go = threading.Barrier(callers + 1), threading.Event()
    with Pool(
        component, size=SIZE, waiting=callers, reuse=kept == REUSED, warm=SIZE, limits=LIMITS
    ) as pool:

        def work() -> None:
            pool.call("add", 1, 2)
            ready.wait()
            go.wait()
            times.append(_asked(lambda: pool.call("add", 1, 2), count // callers)[1])

        threads = [threading.Thread(target=work) for _ in range(callers)]
        for thread in threads:
            thread.start()
        ready.wait()
        start = time.perf_counter()
        go.set()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
    return seconds, [each for some in times for each in some]


def _tasks(component: Component, kept: str, callers: int, count: int) -> Times:
    """Tasks of one event loop that ask a pool."""
    times: list[float] = []
    now = time.perf_counter

    async def ask(pool: AsyncPool) -> None:
        for _ in range(count // callers):
            begun = now()
            await pool.call("add", 1, 2)
            times.append(now() - begun)

    async def work() -> float:
        async with AsyncPool(
            component, size=SIZE, waiting=callers, reuse=kept == REUSED, warm=SIZE, limits=LIMITS
        ) as pool:
            await asyncio.gather(*(pool.call("add", 1, 2) for _ in range(callers)))
            start = now()
            await asyncio.gather(*(ask(pool) for _ in range(callers)))
            return now() - start

    return asyncio.run(work()), times
