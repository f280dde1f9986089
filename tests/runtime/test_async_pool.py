"""Pools for asyncio, over components that do what the test wants."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runtime.pool_fakes import PATIENCE, Caller, FakeComponent, no_instance, until

from wcompose.errors import Cancelled, Closed, Full, LinkError, Trapped, UsageError
from wcompose.runtime import Usage
from wcompose.runtime.pooling.async_pool import AsyncPool


@pytest.fixture
def component() -> FakeComponent:
    return FakeComponent()


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a test's own coroutine, with an end."""
    return asyncio.run(asyncio.wait_for(work(), PATIENCE))


async def soon(condition: Callable[[], bool]) -> None:
    """`until`, with the loop going on."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        await asyncio.sleep(0)


async def block(pool: AsyncPool, component: FakeComponent, key: int) -> asyncio.Task[Any]:
    """A call that has begun, and ends when its gate is opened."""
    task = asyncio.create_task(pool.call("block", key))
    await soon(component.gates[key].entered.is_set)
    return task


async def line_up(pool: AsyncPool, key: int) -> asyncio.Task[Any]:
    """A call that stands in line."""
    before = pool.state.waiting
    task = asyncio.create_task(pool.call("block", key))
    await soon(lambda: pool.state.waiting > before)
    return task


def pool_threads() -> set[str]:
    return {each.name for each in threading.enumerate() if each.name.startswith("wcompose-pool")}


def test_a_call_gives_its_answer_and_its_place_back(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:
            for number in range(5):
                assert await pool.call("echo", number) == number
                assert pool.state.running == 0
            assert pool.usage == Usage(5)
        assert component.live == 0

    run(work)


def test_first_instances_are_made_when_it_is_entered(component: FakeComponent) -> None:
    async def work() -> None:
        pool = AsyncPool(component, size=4, warm=2)
        assert pool.state.made == 0
        async with pool:
            assert pool.state.idle == pool.state.made == 2

    run(work)


def test_a_pool_whose_first_instance_fails(component: FakeComponent) -> None:
    component.failures = [no_instance()]

    async def work() -> None:
        with pytest.raises(LinkError):
            await AsyncPool(component).__aenter__()

    run(work)


def test_calls_run_on_threads_of_the_pool(component: FakeComponent) -> None:
    names: list[str] = []
    component.on_call = lambda *_: names.append(threading.current_thread().name)

    async def work() -> None:
        async with AsyncPool(component, size=3) as pool:
            tasks = [await block(pool, component, key) for key in range(3)]
            assert set(names) == {"wcompose-pool"}
            for key in range(3):
                component.gates[key].open()
            assert await asyncio.gather(*tasks) == [0, 1, 2]
            assert len(pool._workers) == 3

    run(work)
    assert not pool_threads()


def test_whoever_came_first_is_served_first(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:
            tasks = [
                await block(pool, component, 0),
                *[await line_up(pool, key) for key in range(1, 6)],
            ]
            for key in range(6):
                component.gates[key].open()
            assert await asyncio.gather(*tasks) == list(range(6))
            assert component.began == list(range(6))

    run(work)


def test_the_line_has_an_end(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1, waiting=1) as pool:
            tasks = [await block(pool, component, 0), await line_up(pool, 1)]
            with pytest.raises(Full):
                await pool.call("echo", 1)
            for key in range(2):
                component.gates[key].open()
            assert await asyncio.gather(*tasks) == [0, 1]

    run(work)


def test_errors_reach_whoever_awaits(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1, warm=0) as pool:
            with pytest.raises(Trapped):
                await pool.call("trap")
            component.failures = [no_instance()]
            with pytest.raises(LinkError):
                await pool.call("echo", 1)
            with pytest.raises(UsageError, match="one instance"):
                await pool.call("hand")
            with pytest.raises(ZeroDivisionError):
                await pool.run(lambda _: 1 // 0)
            with pytest.raises(RuntimeError, match="StopIteration"):
                await pool.run(lambda _: next(iter(())))
            assert await pool.call("echo", 1, seconds=1.5, fuel=3) == 1
            assert component.instances[-1].bounds == (1.5, 3)
            assert pool.state.running == 0

    run(work)


def test_a_bug_of_an_instance_costs_neither_place_nor_thread(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1, warm=0) as pool:
            component.breaks = True
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    await pool.call("echo", 1)
            component.breaks = False
            assert await pool.call("number") == 3
            assert len(pool._workers) == 1

    run(work)


def test_a_task_that_is_cancelled_in_line_leaves_it(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:
            first, second, third = (
                await block(pool, component, 0),
                await line_up(pool, 1),
                await line_up(pool, 2),
            )
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            assert pool.state.waiting == 1
            for key in range(3):
                component.gates[key].open()
            assert await asyncio.gather(first, third) == [0, 2]
            assert component.began == [0, 2]
            assert pool.state.lost == 0

    run(work)


def test_a_task_that_is_cancelled_ends_with_its_guest(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:
            task = await block(pool, component, 0)
            instance = component.instances[0]
            instance.gate = None  # it does not hear of it
            task.cancel()
            await soon(instance.cancelled.is_set)
            assert not task.done()
            assert pool.state.running == 1
            task.cancel()  # a second time changes nothing
            await asyncio.sleep(0)
            assert not task.done()
            component.gates[0].open()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert pool.state.running == 0
            assert instance.is_closed
            assert await pool.call("number") == 1

    run(work)


def test_a_deadline_of_asyncio_stops_the_guest(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await pool.call("block", 0)
            assert pool.state.running == 0
            assert pool.state.lost == component.gates[0].entered.is_set()
            assert await pool.call("echo", 3) == 3

    run(work)


def test_one_that_was_stopped_is_not_lent_again_though_it_ended_well(
    component: FakeComponent,
) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:
            task = await block(pool, component, 0)
            instance = component.instances[0]
            instance.gate = None
            task.cancel()
            await soon(instance.cancelled.is_set)
            instance.cancelled.clear()  # what was stopped has ended before it was heard
            component.gates[0].open()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await pool.call("number") == 1

    run(work)


def test_work_on_one_instance(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component, size=1) as pool:

            def several(instance: Any) -> list[Any]:
                instance.call("hand")
                return [instance.call("echo", number) for number in range(3)]

            assert await pool.run(several) == [0, 1, 2]
            assert not component.instances[0].has_resources

    run(work)


def test_work_sees_the_callers_context(component: FakeComponent) -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request")

    async def one(pool: AsyncPool, name: str) -> None:
        request.set(name)
        assert await pool.run(lambda _: request.get()) == name

    async def work() -> None:
        async with AsyncPool(component, size=2) as pool:
            await asyncio.gather(*(one(pool, name) for name in "abcdef"))

    run(work)


def test_a_call_inside_a_call_does_not_wait_for_itself(component: FakeComponent) -> None:
    errors: list[Full] = []

    async def work() -> None:
        loop = asyncio.get_running_loop()

        def inner(*_: Any) -> None:
            asked = asyncio.run_coroutine_threadsafe(pool.call("echo", 1), loop)
            try:
                asked.result(PATIENCE)
            except Full as error:
                errors.append(error)

        async with AsyncPool(component, size=2) as pool:
            component.on_call = inner
            assert await pool.call("echo", 0) == 0
            component.on_call = None
            assert await pool.call("echo", 7) == 7

    run(work)
    assert [each.findings[0].rule for each in errors] == ["nested-pool-call"]


def test_a_pool_is_not_closed_inside_its_own_call(component: FakeComponent) -> None:
    async def work() -> None:
        async with AsyncPool(component) as pool:
            with pytest.raises(UsageError, match="inside a call"):
                await pool.run(lambda _: asyncio.run(pool.close()))
            assert await pool.call("echo", 1) == 1

    run(work)


def test_closing_loses_no_accepted_call(component: FakeComponent) -> None:
    async def work() -> None:
        pool = AsyncPool(component, size=1)
        tasks = [
            await block(pool, component, 0),
            await line_up(pool, 1),
            await line_up(pool, 2),
        ]
        closing = asyncio.create_task(pool.close())
        await soon(lambda: pool.state.is_closed)
        with pytest.raises(Closed):
            await pool.call("echo", 1)
        with pytest.raises(Closed):
            await pool.replace(FakeComponent())
        for key in range(3):
            component.gates[key].open()
        assert await closing is True
        assert all(each.done() for each in tasks)
        assert await asyncio.gather(*tasks) == [0, 1, 2]
        assert component.live == 0
        assert await pool.close() is True

    run(work)
    assert not pool_threads()


def test_the_last_call_is_told_of_before_the_loop_ends(component: FakeComponent) -> None:
    ended: list[Any] = []

    async def work() -> None:
        pool = AsyncPool(component, size=1)

        async def one() -> None:
            ended.append(await pool.call("block", 0))

        task = asyncio.create_task(one())
        await soon(component.gates[0].entered.is_set)
        component.gates[0].open()
        await pool.close()
        assert ended == [0]
        await task

    for _ in range(20):
        ended.clear()
        component.gates.clear()
        run(work)


def test_closing_at_once_stops_and_refuses(component: FakeComponent) -> None:
    async def work() -> None:
        pool = AsyncPool(component, size=1)
        running, waiting = await block(pool, component, 0), await line_up(pool, 1)
        assert await pool.close(drain=False) is False
        with pytest.raises(Cancelled):
            await running
        with pytest.raises(Closed):
            await waiting
        assert component.began == [0]
        assert component.live == 0

    run(work)


def test_closing_waits_only_so_long(component: FakeComponent) -> None:
    async def work() -> None:
        pool = AsyncPool(component, size=1)
        running = await block(pool, component, 0)
        assert await pool.close(seconds=0.001) is False
        with pytest.raises(Cancelled):
            await running

    run(work)


def test_a_pool_that_is_left_by_cancelling_does_not_drain(component: FakeComponent) -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def serve() -> None:
        async with AsyncPool(component, size=1) as pool:
            tasks.append(await block(pool, component, 0))
            await asyncio.Event().wait()

    async def work() -> None:
        serving = asyncio.create_task(serve())
        await soon(lambda: bool(tasks))
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(Cancelled):
            await tasks[0]

    run(work)


def test_a_new_version_takes_over_without_dropping_a_call(component: FakeComponent) -> None:
    newer = FakeComponent("newer")

    async def work() -> None:
        async with AsyncPool(component, size=2, warm=1) as pool:
            running = [await block(pool, component, key) for key in (0, 1)]
            waiting = await line_up(pool, 2)
            await pool.replace(newer)
            component.gates[0].open()
            await soon(newer.gates[2].entered.is_set)
            component.gates[1].open()
            newer.gates[2].open()
            assert await asyncio.gather(*running, waiting) == [0, 1, 2]
            assert component.live == 0
            broken = FakeComponent(failures=[no_instance()])
            with pytest.raises(LinkError):
                await pool.replace(broken)
            assert await pool.call("echo", 4) == 4
            assert pool.usage == Usage(4)

    run(work)


def test_a_loop_that_ends_while_calls_run(component: FakeComponent) -> None:
    pool = AsyncPool(component, size=1)

    async def leave() -> None:
        tasks.append(await block(pool, component, 0))
        tasks.append(await line_up(pool, 1))

    tasks: list[Any] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    loop.close()
    component.gates[0].open()
    until(lambda: pool.state.running == 0)
    assert component.began == [0], "nobody waits for the second"
    tasks.clear()
    gc.collect()

    async def work() -> None:
        assert await pool.call("echo", 5) == 5
        assert await pool.close()

    run(work)


def test_a_call_that_is_forgotten_is_stopped(component: FakeComponent) -> None:
    pool = AsyncPool(component, size=1)

    async def leave() -> None:
        call = pool.call("block", 0)
        waiting = call.send(None)
        await soon(component.gates[0].entered.is_set)
        call.close()
        waiting.cancel()
        await soon(lambda: pool.state.running == 0)
        assert component.instances[0].is_closed
        await pool.close()

    run(leave)


def test_many_loops_share_a_pool(component: FakeComponent) -> None:
    pool = AsyncPool(component, size=2, waiting=1000)

    async def many(start: int) -> list[int]:
        return await asyncio.gather(*(pool.call("echo", start + each) for each in range(50)))

    callers = [Caller(lambda start=start: run(lambda: many(start))) for start in (0, 100, 200)]
    for start, caller in zip((0, 100, 200), callers, strict=True):
        assert caller.answer() == list(range(start, start + 50))
    assert pool.state.running == pool.state.waiting == 0
    assert asyncio.run(pool.close())


def test_a_pool_that_is_forgotten_leaves_no_threads(component: FakeComponent) -> None:
    async def work() -> weakref.ref[AsyncPool]:
        pool = AsyncPool(component, size=1)
        assert await pool.call("echo", 1) == 1
        return weakref.ref(pool)

    gone = run(work)
    until(lambda: gc.collect() >= 0 and gone() is None)
    until(lambda: not pool_threads())


def test_an_error_does_not_keep_itself(component: FakeComponent) -> None:
    class MarkedError(Exception):
        pass

    def fail(_: object) -> None:
        raise MarkedError

    async def work() -> weakref.ref[MarkedError]:
        async with AsyncPool(component, size=1) as pool:
            try:
                await pool.run(fail)
            except MarkedError as error:
                return weakref.ref(error)
        raise AssertionError

    gc.collect()
    gc.disable()
    try:
        assert run(work)() is None
    finally:
        gc.enable()


STEPS = st.lists(
    st.one_of(
        st.just(("call", 0)),
        st.tuples(st.sampled_from(["end", "trap", "cancel", "replace"]), st.integers(0, 9)),
    ),
    max_size=30,
)


class Model:
    """A pool beside a list: who runs, who waits, who gets what."""

    SIZE, WAITING = 2, 3

    def __init__(self, reuse: bool) -> None:
        self.components = [FakeComponent()]
        self.pool = AsyncPool(self.components[0], size=self.SIZE, waiting=self.WAITING, reuse=reuse)
        self.running: dict[int, tuple[asyncio.Task[Any], FakeComponent]] = {}
        self.line: list[tuple[int, asyncio.Task[Any]]] = []

    async def call(self, key: int) -> None:
        if len(self.running) < self.SIZE:
            await self._begun(key, asyncio.create_task(self.pool.call("block", key)))
        elif len(self.line) < self.WAITING:
            self.line.append((key, await line_up(self.pool, key)))
        else:
            with pytest.raises(Full):
                await self.pool.call("block", key)

    async def replace(self) -> None:
        newer = FakeComponent()
        await self.pool.replace(newer)
        self.components.append(newer)

    async def withdraw(self, pick: int) -> None:
        _, task = self.line.pop(pick % len(self.line))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def end(self, how: str, pick: int) -> None:
        key = sorted(self.running)[pick % len(self.running)]
        task, component = self.running.pop(key)
        if how == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        elif how == "trap":
            component.gates[key].open(Trapped.of("trap", "it trapped"))
            with pytest.raises(Trapped):
                await task
        else:
            component.gates[key].open()
            assert await task == key
        if self.line:
            await self._begun(*self.line.pop(0))

    async def stop(self) -> None:
        is_idle = not self.running
        assert await self.pool.close(drain=False) is is_idle
        for task, _ in self.running.values():
            with pytest.raises(Cancelled):
                await task
        for _, task in self.line:
            with pytest.raises(Closed):
                await task

    async def drain(self) -> None:
        closing = asyncio.create_task(self.pool.close())
        while self.running:
            await self.end("well", 0)
        assert await closing is True

    def check(self) -> None:
        assert self.pool.state.running == len(self.running)
        assert self.pool.state.waiting == len(self.line)

    async def _begun(self, key: int, task: asyncio.Task[Any]) -> None:
        await soon(self.components[-1].gates[key].entered.is_set)
        self.running[key] = task, self.components[-1]


@given(steps=STEPS, reuse=st.booleans(), drains=st.booleans())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_of_events(steps: list[tuple[str, int]], reuse: bool, drains: bool) -> None:
    async def work() -> None:
        model = Model(reuse)
        for key, (step, pick) in enumerate(steps):
            if step == "call":
                await model.call(key)
            elif step == "replace":
                await model.replace()
            elif step == "cancel" and model.line and pick % 2:
                await model.withdraw(pick)
            elif model.running:
                await model.end(step, pick)
            model.check()
        await (model.drain() if drains else model.stop())
        assert not any(component.live for component in model.components)

    run(work)
