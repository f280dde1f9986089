"""Pools over real guests: what runs at once, what is stopped, what is replaced, what belongs to whom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from guests import guest
from runtime.pool_fakes import PATIENCE, Caller, until
from support import CACHE

from wcompose.errors import (
    Cancelled,
    DeadlineExceeded,
    Full,
    GuestFault,
    ImportRaised,
    LinkError,
    Trapped,
    UsageError,
    ValueFault,
)
from wcompose.images import ImageCache
from wcompose.runtime import Component, Limits, Usage
from wcompose.runtime.pooling.async_pool import AsyncPool
from wcompose.runtime.pooling.pool import Pool

IMAGES = ImageCache(CACHE / "images")
SHORT = 0.05
"""Seconds that a guest may take which never ends by itself."""


def opened(name: str) -> Component:
    return Component(guest(name), IMAGES)


@pytest.fixture(scope="module")
def cell() -> Component:
    return opened("cell")


@pytest.fixture(scope="module")
def hostile() -> Component:
    return opened("hostile-rust")


@pytest.fixture(scope="module")
def echo() -> Component:
    return opened("echo-rust")


@pytest.fixture(scope="module")
def calling() -> Component:
    return opened("echo-host-rust")


class File:
    def __init__(self, name: str = "") -> None:
        self._name = name

    @staticmethod
    def open(name: str, how: Any) -> File:
        return File(name)

    def name(self) -> str:
        return self._name

    def write(self, data: bytes) -> int:
        return len(data)

    def read(self) -> bytes:
        return b""


class Host:
    """The host's side of `echo-host`; `add` does what the test wants."""

    File = File

    def __init__(self, add: Callable[[int, int], int]) -> None:
        self.add = add

    def log(self, text: str) -> None:
        pass

    def lookup(self, key: str) -> str | None:
        return None

    def transform(self, values: Any) -> Any:
        return values

    def scramble(self, data: bytes) -> bytes:
        return data

    def shapes(self, given: Any) -> Any:
        raise AssertionError

    def same(self, left: File, right: File) -> bool:
        return left is right

    def archive(self, it: File) -> str:
        return it.name()

    def latest(self) -> File | None:
        return None

    @property
    def imports(self) -> dict[str, Any]:
        return {"wcompose:echo/host": self, "shout": str.upper}


class Gates:
    """An `add` of the host's in which calls stay until they may go on."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def add(self, left: int, right: int) -> int:
        self.entered.release()
        assert self.opened.wait(PATIENCE)
        return left + right


def test_an_instance_keeps_its_state_if_it_is_reused(cell: Component) -> None:
    with Pool(cell, size=1) as pool:
        assert [pool.call("keep", number) for number in range(1, 5)] == [0, 1, 2, 3]


def test_a_fresh_instance_has_no_state(cell: Component) -> None:
    with Pool(cell, size=2, reuse=False) as pool:
        assert [pool.call("keep", number) for number in range(1, 5)] == [0, 0, 0, 0]


def test_many_threads_share_few_instances(cell: Component) -> None:
    with Pool(cell, size=3, waiting=100) as pool:

        def work(start: int) -> list[int]:
            return [pool.call("add", start, number) for number in range(300)]

        callers = [Caller(lambda start=start: work(start)) for start in range(8)]
        for start, caller in enumerate(callers):
            assert caller.answer() == [start + number for number in range(300)]
        assert pool.state.made <= 3
        usage = pool.usage
        assert isinstance(usage, Usage)
        assert usage.calls == 2400
    assert pool.usage.calls == 2400


def test_usage_counts_those_that_are_gone(hostile: Component) -> None:
    with Pool(hostile, size=2) as pool:
        for _ in range(3):
            with pytest.raises(Trapped):
                pool.call("panic", "no")
            assert pool.call("hostile.calls") >= 0
        assert pool.usage.calls == 6
        assert pool.state.lost == 3


def test_a_deadline_costs_one_instance(hostile: Component) -> None:
    with Pool(hostile, size=2, limits=Limits(seconds=PATIENCE)) as pool:
        assert pool.call("hostile.calls") == 1
        with pytest.raises(DeadlineExceeded):
            pool.call("hostile.spin", seconds=SHORT)
        assert pool.call("hostile.calls") == 1
        assert pool.state.lost == 1


def test_others_go_on_while_one_spins(hostile: Component) -> None:
    with Pool(hostile, size=2) as pool:
        spinning = Caller(lambda: pool.call("hostile.spin"))
        until(lambda: pool.state.running == 1)
        for number in range(1, 4):
            assert pool.call("recurse", number) == number
        assert pool.close(drain=False) is False
        with pytest.raises(Cancelled) as caught:
            spinning.answer()
        assert "its pool was closed" in caught.value.findings[0].causes


@pytest.mark.parametrize("holds", [True, False])
def test_a_destructor_without_end_does_not_keep_a_pool_open(
    hostile: Component, holds: bool
) -> None:
    """Whether the resource is still held at the end of the lease, or was let go of before."""
    pool = Pool(hostile, size=1)
    lent: list[Any] = []
    kept: list[Any] = []
    is_over = threading.Event()

    def drop_it() -> None:
        with pool.instance() as instance:
            bomb = instance.call("[constructor]bomb", "spin")
            if holds:
                kept.append(bomb)
            del bomb
            lent.append(instance)
            is_over.set()

    dropping = Caller(drop_it)
    assert is_over.wait(PATIENCE)
    until(lambda: lent[0].is_busy)
    assert pool.close(drain=False) is False
    dropping.answer()
    assert isinstance(lent[0].fault, Cancelled)


def test_a_call_that_is_left_behind_harms_nobody(calling: Component) -> None:
    gates = Gates()
    with Pool(calling, size=1, imports=Host(gates.add).imports) as pool:
        with pool.instance() as instance:
            left = Caller(lambda: instance.call("through.add", 1, 2))
            assert gates.entered.acquire(timeout=PATIENCE)
        gates.opened.set()
        assert pool.call("through.add", 3, 4) == 7
        assert pool.state.lost == 1
        with suppress(Cancelled):  # unless it had ended before the next tick
            assert left.answer() == 3


def test_a_task_that_is_cancelled_stops_its_guest(hostile: Component) -> None:
    async def work() -> None:
        async with AsyncPool(hostile, size=1) as pool:
            for _ in range(3):
                task = asyncio.create_task(pool.call("hostile.spin"))
                while not pool.state.running:
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert pool.state.running == 0
                assert await pool.call("recurse", 3) == 3
            assert pool.state.lost <= 3

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_a_timeout_of_asyncio_stops_its_guest(hostile: Component) -> None:
    async def work() -> None:
        async with AsyncPool(hostile, size=1) as pool:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SHORT):
                    await pool.call("hostile.spin")
            assert await pool.call("recurse", 3) == 3

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_a_thousand_tasks(cell: Component) -> None:
    async def work() -> None:
        async with AsyncPool(cell, size=2, waiting=1000) as pool:
            sums = await asyncio.gather(*(pool.call("add", 1, number) for number in range(1000)))
            assert sums == list(range(1, 1001))
            assert pool.usage.calls == 1000

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_a_burst_beyond_the_line_is_refused_and_nothing_else(cell: Component) -> None:
    async def work() -> None:
        async with AsyncPool(cell, size=1, waiting=10) as pool:
            asked = (pool.call("add", 1, number) for number in range(50))
            answers = await asyncio.gather(*asked, return_exceptions=True)
            full = [each for each in answers if isinstance(each, Full)]
            assert len(full) + pool.usage.calls == 50
            assert all(each == 1 + number or each in full for number, each in enumerate(answers))

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_guests_run_at_once_while_the_host_makes_them_wait(calling: Component) -> None:
    gates = Gates()
    with Pool(calling, size=3, imports=Host(gates.add).imports) as pool:
        callers = [Caller(lambda n=number: pool.call("through.add", n, 10)) for number in range(3)]
        for _ in callers:
            assert gates.entered.acquire(timeout=PATIENCE)
        assert pool.state.running == 3
        gates.opened.set()
        assert [caller.answer() for caller in callers] == [10, 11, 12]


def test_a_guest_that_waits_for_its_host_ends_before_its_task(calling: Component) -> None:
    gates = Gates()

    async def work() -> None:
        async with AsyncPool(calling, size=1, imports=Host(gates.add).imports) as pool:
            task = asyncio.create_task(pool.call("through.add", 1, 2))
            while not gates.entered.acquire(blocking=False):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
            assert pool.state.running == 1
            gates.opened.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert pool.state.running == 0
            assert await pool.call("through.add", 1, 2) == 3

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


@pytest.mark.parametrize("stack", [0, 256 << 10])
def test_a_host_that_calls_its_own_pool_is_told(calling: Component, stack: int) -> None:
    """Also where the guest runs on another thread than its caller, whose stack is too small."""

    def add(left: int, right: int) -> int:
        return int(pool.call("through.add", left, right - 1)) if right else left

    pool = Pool(calling, size=3, imports=Host(add).imports)
    before = threading.stack_size(stack) if stack else 0
    try:
        shallow = Caller(lambda: pool.call("through.add", 7, 2))
        deep = None
        assert shallow.answer() == 7
        deep = Caller(lambda: pool.call("through.add", 7, 3))
        with pytest.raises(ImportRaised) as caught:
            deep.answer()
    finally:
        if stack:
            threading.stack_size(before)
    error: BaseException | None = caught.value
    while isinstance(error, ImportRaised):
        error = error.__cause__
    assert isinstance(error, Full)
    assert error.findings[0].rule == "nested-pool-call"
    assert pool.call("through.add", 7, 0) == 7
    assert pool.state.running == 0
    assert pool.close()


def test_resources_end_with_the_block(echo: Component) -> None:
    with Pool(echo, size=1) as pool:
        with pool.instance() as instance:
            counter = instance.call("[constructor]counter", 5)
            assert counter.add(2) == 7
        assert counter.is_closed
        with pytest.raises(ValueFault):
            counter.add(1)
        assert pool.call("live") == 0
        assert pool.call("dropped") == 1
        assert pool.state.made == 1


@pytest.mark.parametrize("name", ["[constructor]counter", "counter.add", "row", "label", "look"])
def test_resources_do_not_go_through_a_single_call(echo: Component, name: str) -> None:
    with Pool(echo, size=1) as pool, pytest.raises(UsageError, match="one instance"):
        pool.call(name)


def test_objects_of_the_host_do(calling: Component) -> None:
    with Pool(calling, imports=Host(int.__add__).imports) as pool:
        file = File("a")
        assert pool.call("name-of", file) == "a"
        assert pool.call("through.same", file, file) is True
        assert pool.call("through.open", "b", ["read"]).name() == "b"


def test_a_guest_that_traps_at_its_start_traps_for_each_caller() -> None:
    component = opened("traps-at-start")
    with pytest.raises(GuestFault):
        Pool(component)
    with Pool(component, size=1, warm=0) as pool:
        for _ in range(3):
            with pytest.raises(GuestFault):
                pool.run(lambda _: None)
        assert pool.state.running == 0
        assert pool.state.made == 0


def test_a_guest_that_spins_at_its_start_has_a_deadline() -> None:
    with pytest.raises(DeadlineExceeded):
        Pool(opened("spins-at-start"), limits=Limits(seconds=SHORT))


def test_imports_that_are_missing_are_told_at_once(calling: Component) -> None:
    with pytest.raises(LinkError):
        Pool(calling)


def test_versions_are_swapped_under_load(cell: Component, hostile: Component) -> None:
    """Each answer comes from one of the two, and none is lost."""
    newer = opened("cell")
    with Pool(cell, size=2, waiting=100) as pool:
        is_over = threading.Event()

        def work() -> int:
            count = 0
            while not is_over.is_set() or count < 100:
                assert pool.call("add", count, 1) == count + 1
                count += 1
            return count

        callers = [Caller(work) for _ in range(4)]
        for _ in range(20):
            pool.replace(newer)
            pool.replace(cell)
        is_over.set()
        assert sum(caller.answer() for caller in callers) == pool.usage.calls
        pool.replace(hostile)
        with pytest.raises(UsageError, match="add"):
            pool.call("add", 1, 2)
