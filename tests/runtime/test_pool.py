"""Pools for threads, over components that do what the test wants."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import weakref
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from runtime.pool_fakes import (
    PATIENCE,
    Caller,
    FakeComponent,
    no_instance,
    until,
)

from wcompose.errors import (
    Cancelled,
    Closed,
    Full,
    GuestFault,
    LinkError,
    Trapped,
    UsageError,
    WaitExceeded,
)
from wcompose.runtime import Usage
from wcompose.runtime.pooling import stock
from wcompose.runtime.pooling.pool import Pool

INTERRUPTS = 1000


@pytest.fixture
def component() -> FakeComponent:
    return FakeComponent()


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instances take so long to make that it is done ahead."""
    monkeypatch.setattr(stock, "WORTH_SECONDS", 0.0)


def block(pool: Pool, component: FakeComponent, key: int) -> Caller:
    """A call that has begun, and ends when its gate is opened."""
    caller = Caller(lambda: pool.call("block", key))
    component.gates[key].wait_entered()
    return caller


def line_up(pool: Pool, key: int) -> Caller:
    """A call that stands in line."""
    before = pool.state.waiting
    caller = Caller(lambda: pool.call("block", key))
    until(lambda: pool.state.waiting > before)
    return caller


def test_a_call_gives_its_answer_and_its_place_back(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        assert [pool.call("echo", number) for number in range(5)] == list(range(5))
        assert pool.state.running == 0
        assert pool.usage == Usage(5)


def test_first_instances_are_made_at_once(component: FakeComponent) -> None:
    with Pool(component, size=4, warm=2) as pool:
        assert pool.state.idle == pool.state.made == 2
    assert component.live == 0


def test_no_more_are_warm_than_there_are_places(component: FakeComponent) -> None:
    with Pool(component, size=2, warm=9) as pool:
        assert pool.state.idle == 2


def test_an_instance_is_called_again(component: FakeComponent) -> None:
    with Pool(component, size=4, warm=0) as pool:
        assert {pool.call("number") for _ in range(5)} == {0}
        assert pool.state.made == 1


def test_every_call_has_a_fresh_instance_if_wanted(component: FakeComponent) -> None:
    with Pool(component, size=4, reuse=False, warm=0) as pool:
        assert [pool.call("number") for _ in range(5)] == list(range(5))
        assert component.live == 0
        assert pool.state.lost == 0
        assert pool.usage == Usage(5)


@pytest.mark.usefixtures("ahead")
def test_fresh_ones_are_made_ahead_of_the_next_call(component: FakeComponent) -> None:
    with Pool(component, size=1, reuse=False, warm=1) as pool:
        for number in range(5):
            until(lambda: pool.state.idle == 1)
            made = pool.state.made
            assert pool.call("number") == number
            assert made == number + 1


def test_an_instance_is_replaced_after_its_uses(component: FakeComponent) -> None:
    with Pool(component, max_uses=2, warm=0) as pool:
        assert [pool.call("number") for _ in range(5)] == [0, 0, 1, 1, 2]


def test_calls_run_at_once_as_far_as_there_are_places(component: FakeComponent) -> None:
    with Pool(component, size=3) as pool:
        callers = [block(pool, component, key) for key in range(3)]
        assert pool.state.running == 3
        for key in range(3):
            component.gates[key].open()
        assert [each.answer() for each in callers] == [0, 1, 2]
        assert pool.state.made == 3


def test_whoever_came_first_is_served_first(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        callers = [block(pool, component, 0), *(line_up(pool, key) for key in range(1, 6))]
        for key in range(6):
            component.gates[key].open()
        assert [each.answer() for each in callers] == list(range(6))
        assert component.began == list(range(6))


def test_the_line_has_an_end(component: FakeComponent) -> None:
    with Pool(component, size=1, waiting=1) as pool:
        callers = [block(pool, component, 0), line_up(pool, 1)]
        with pytest.raises(Full, match="all 1 places"):
            pool.call("echo", 1)
        for key in range(2):
            component.gates[key].open()
        assert [each.answer() for each in callers] == [0, 1]


def test_a_caller_waits_no_longer_than_it_wants(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        caller = block(pool, component, 0)
        for wait in (0, -1, 0.001):
            with pytest.raises(WaitExceeded) as caught:
                pool.call("echo", 1, wait=wait)
            assert isinstance(caught.value, Full)
            assert isinstance(caught.value, TimeoutError)
        assert pool.state.waiting == 0
        component.gates[0].open()
        assert caller.answer() == 0
        assert pool.call("echo", 7, wait=0) == 7
        assert pool.call("echo", 7, wait=1e12) == 7


def test_a_wait_without_measure_is_one(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        caller = block(pool, component, 0)
        patient = Caller(lambda: pool.call("echo", 5, wait=1e12))
        until(lambda: pool.state.waiting == 1)
        component.gates[0].open()
        assert (caller.answer(), patient.answer()) == (0, 5)


def test_one_that_gave_up_is_passed_over(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        first = block(pool, component, 0)
        with pytest.raises(WaitExceeded):
            pool.call("block", 1, wait=0)
        last = line_up(pool, 2)
        for key in range(3):
            component.gates[key].open()
        assert (first.answer(), last.answer()) == (0, 2)
        assert component.began == [0, 2]


def test_bounds_go_to_the_call(component: FakeComponent) -> None:
    with Pool(component) as pool:
        assert pool.call("echo", 1, seconds=2.5, fuel=10) == 1
        assert component.instances[0].bounds == (2.5, 10)


def test_an_instance_that_ended_is_replaced(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        with pytest.raises(Trapped):
            pool.call("trap")
        assert component.instances[0].is_closed
        assert pool.call("number") == 1
        assert pool.state.lost == 1
        assert pool.usage == Usage(2)


def test_others_go_on_when_one_ends(component: FakeComponent) -> None:
    with Pool(component, size=2) as pool:
        caller = block(pool, component, 0)
        for _ in range(3):
            with pytest.raises(Trapped):
                pool.call("trap")
        component.gates[0].open()
        assert caller.answer() == 0
        assert not component.instances[0].is_closed


@pytest.mark.usefixtures("ahead")
def test_another_stands_ready_in_place_of_one_that_ended(component: FakeComponent) -> None:
    with Pool(component, size=1, warm=1) as pool:
        with pytest.raises(Trapped):
            pool.call("trap")
        until(lambda: pool.state.idle == 1)
        assert pool.state.made == 2


def test_a_pool_whose_first_instance_fails_is_not_made(component: FakeComponent) -> None:
    component.failures = [None, no_instance()]
    with pytest.raises(LinkError):
        Pool(component, size=3, warm=3)
    assert len(component.given) == 2
    assert component.live == 0


def test_an_instance_that_cannot_be_made_is_that_callers_affair(component: FakeComponent) -> None:
    component.failures = [no_instance(), no_instance()]
    with Pool(component, size=1, warm=0) as pool:
        for _ in range(2):
            with pytest.raises(LinkError):
                pool.call("echo", 1)
        assert pool.state.running == 0
        assert pool.call("echo", 1) == 1
        assert len(component.given) == 3


def test_what_is_quickly_made_is_made_when_it_is_needed(
    component: FakeComponent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "WORTH_SECONDS", PATIENCE)
    with Pool(component, size=1, warm=1, reuse=False) as pool:
        assert [pool.call("number") for _ in range(3)] == [0, 1, 2]
        assert pool.state.made == 3
        assert pool._stock._keeper is None


@pytest.mark.usefixtures("ahead")
def test_what_cannot_be_made_ahead_is_tried_once(component: FakeComponent) -> None:
    with Pool(component, size=1, warm=1) as pool:
        component.failures = [no_instance(), no_instance()]
        with pytest.raises(Trapped):
            pool.call("trap")
        until(lambda: len(component.failures) == 1)
        with pytest.raises(LinkError):
            pool.call("echo", 1)
        assert len(component.given) == 3
        assert pool.call("echo", 1) == 1


def test_waiting_callers_each_try_where_no_instance_can_be_made(component: FakeComponent) -> None:
    with Pool(component, size=1, warm=0) as pool:
        first = block(pool, component, 0)
        others = [line_up(pool, key) for key in (1, 2)]
        component.failures = [no_instance(), no_instance()]
        component.gates[0].open(Trapped.of("trap", "it trapped"))
        for each in (first, *others):
            with pytest.raises((Trapped, LinkError)):
                each.answer()
        assert pool.state.running == pool.state.waiting == 0


@pytest.mark.parametrize("name", ["hand", "take", "stream"])
def test_handles_do_not_go_through_a_single_call(component: FakeComponent, name: str) -> None:
    with Pool(component) as pool, pytest.raises(UsageError, match="one instance") as caught:
        pool.call(name)
    assert caught.value.findings[0].rule == "pooled-resource"


def test_handles_of_the_hosts_own_objects_do(component: FakeComponent) -> None:
    with Pool(component) as pool:
        assert pool.call("file", object()) is None


def test_an_unknown_function_costs_nothing(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        with pytest.raises(UsageError, match="ecco"):
            pool.call("ecco", 1)
        assert pool.call("number") == 0


def test_several_calls_have_one_instance(component: FakeComponent) -> None:
    with Pool(component, size=2) as pool:
        with pool.instance() as instance:
            assert {instance.call("number") for _ in range(3)} == {0}
            assert pool.call("number") == 1
        assert pool.run(lambda instance: instance.call("echo", 3)) == 3
        assert pool.state.running == 0


@pytest.mark.parametrize("traps", [False, True])
def test_resources_end_with_the_block(component: FakeComponent, traps: bool) -> None:
    component.traps_in_destructors = traps
    with Pool(component, size=1, warm=0) as pool:
        with pool.instance() as instance:
            instance.call("hand")
        assert not instance.has_resources
        assert pool.run(lambda instance: instance.number) == int(traps)
        assert pool.state.lost == int(traps)


def test_a_bug_of_an_instance_costs_no_place(component: FakeComponent) -> None:
    with Pool(component, size=1, warm=0) as pool:
        component.breaks = True
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                pool.call("echo", 1)
        component.breaks = False
        assert pool.call("number", wait=0) == 3
        assert pool.state.running == 0


def test_an_error_of_the_caller_gives_the_instance_back(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        with pytest.raises(ZeroDivisionError), pool.instance():
            raise ZeroDivisionError
        assert pool.call("number") == 0


def test_a_forgotten_block_gives_its_place_back(component: FakeComponent) -> None:
    with Pool(component, size=1) as pool:
        lent = pool.instance()
        lent.__enter__()
        del lent
        gc.collect()
        assert pool.call("echo", 1, wait=0) == 1


def test_a_call_inside_a_call_takes_a_free_place(component: FakeComponent) -> None:
    answers: list[Any] = []

    def inner(_: Any, function: str, *arguments: Any) -> None:
        if function == "echo" and arguments[0] < 3:
            answers.append(pool.call("echo", arguments[0] + 1))

    with Pool(component, size=4) as pool:
        component.on_call = inner
        assert pool.call("echo", 0) == 0
    assert answers == [3, 2, 1]


def test_a_call_inside_a_call_does_not_wait_for_itself(component: FakeComponent) -> None:
    errors: list[Full] = []

    def inner(_: Any, function: str, *arguments: Any) -> None:
        try:
            pool.call("echo", arguments[0] + 1)
        except Full as error:
            errors.append(error)

    with Pool(component, size=2) as pool:
        component.on_call = inner
        assert pool.call("echo", 0) == 0
        assert [each.findings[0].rule for each in errors] == ["nested-pool-call"]
        component.on_call = None
        assert pool.call("echo", 9) == 9


def test_a_pool_is_not_closed_inside_its_own_call(component: FakeComponent) -> None:
    with Pool(component) as pool:
        with pool.instance(), pytest.raises(UsageError, match="inside a call"):
            pool.close()
        assert pool.call("echo", 1) == 1


def test_a_closed_pool_takes_nothing(component: FakeComponent) -> None:
    pool = Pool(component, size=2, warm=2)
    assert pool.close()
    assert component.live == 0
    for _ in range(2):
        with pytest.raises(Closed):
            pool.call("echo", 1)
    with pytest.raises(Closed):
        pool.replace(FakeComponent())
    assert pool.close()
    assert pool.state.is_closed


def test_closing_loses_no_accepted_call(component: FakeComponent) -> None:
    pool = Pool(component, size=1)
    callers = [block(pool, component, 0), *(line_up(pool, key) for key in (1, 2))]
    closing = Caller(pool.close)
    until(lambda: pool.state.is_closed)
    with pytest.raises(Closed):
        pool.call("echo", 1)
    for key in range(3):
        component.gates[key].open()
    assert [each.answer() for each in callers] == [0, 1, 2]
    assert closing.answer() is True
    assert component.live == 0
    assert pool.usage == Usage(3)


def test_closing_at_once_stops_and_refuses(component: FakeComponent) -> None:
    pool = Pool(component, size=1)
    running, waiting = block(pool, component, 0), line_up(pool, 1)
    assert pool.close(drain=False) is False
    with pytest.raises(Cancelled):
        running.answer()
    with pytest.raises(Closed):
        waiting.answer()
    assert component.live == 0
    assert component.began == [0]


def test_closing_waits_only_so_long(component: FakeComponent) -> None:
    pool = Pool(component, size=1)
    running = block(pool, component, 0)
    assert pool.close(seconds=0.001) is False
    with pytest.raises(Cancelled):
        running.answer()


def test_the_more_impatient_one_decides(component: FakeComponent) -> None:
    pool = Pool(component, size=1)
    running = block(pool, component, 0)
    patient = Caller(pool.close)
    until(lambda: pool.state.is_closed)
    assert pool.close(drain=False) is False
    patient.answer()
    with pytest.raises(Cancelled):
        running.answer()


def test_an_error_in_the_block_drains_and_ctrl_c_does_not(component: FakeComponent) -> None:
    callers = []

    def leave_with(key: int, error: type[BaseException]) -> None:
        with Pool(component, size=1) as pool:
            callers.append(block(pool, component, key))
            raise error

    leaving = Caller(lambda: leave_with(0, ZeroDivisionError))
    component.gates[0].wait_entered()
    component.gates[0].open()
    with pytest.raises(ZeroDivisionError):
        leaving.answer()
    assert callers[0].answer() == 0
    with pytest.raises(KeyboardInterrupt):
        leave_with(1, KeyboardInterrupt)
    with pytest.raises(Cancelled):
        callers[1].answer()


def test_a_new_version_takes_over_without_dropping_a_call(component: FakeComponent) -> None:
    newer = FakeComponent("newer")
    with Pool(component, size=2, warm=1) as pool:
        running = [block(pool, component, key) for key in (0, 1)]
        waiting = line_up(pool, 2)
        pool.replace(newer)
        component.gates[0].open()
        newer.gates[2].wait_entered()
        assert component.instances[0].is_closed
        component.gates[1].open()
        newer.gates[2].open()
        assert [each.answer() for each in (*running, waiting)] == [0, 1, 2]
        assert component.live == 0
        pool.call("number")
        assert pool.usage == Usage(4)


def test_a_new_version_is_warm_before_it_takes_over(component: FakeComponent) -> None:
    newer = FakeComponent("newer")
    with Pool(component, size=2, warm=2) as pool:
        pool.replace(newer)
        assert len(newer.instances) == 2
        assert component.live == 0
        assert pool.state.idle == 2


def test_a_new_version_that_does_not_start_changes_nothing(component: FakeComponent) -> None:
    newer = FakeComponent("newer", failures=[None, no_instance()])
    with Pool(component, size=2, warm=2) as pool:
        with pytest.raises(LinkError):
            pool.replace(newer)
        assert newer.live == 0
        assert component.live == 2
        assert pool.call("echo", 1) == 1
        assert len(component.instances) == 2


def test_a_new_version_has_what_the_old_one_had(component: FakeComponent) -> None:
    newer = FakeComponent("newer")
    imports = {"log": print}
    with Pool(component, imports=imports, bindings={"a": 1}) as pool:
        pool.replace(newer)
        assert newer.given == [(component.given[0][0], None, imports, None)]
        pool.replace(component, imports={})
        assert component.given[-1][2] == {}


@pytest.mark.parametrize(
    "wrong", [{"size": 0}, {"waiting": -1}, {"warm": -1}, {"max_uses": 0}], ids=str
)
def test_numbers_that_make_no_sense(component: FakeComponent, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Pool(component, **wrong)


def test_many_threads(component: FakeComponent) -> None:
    with Pool(component, size=3, waiting=100, warm=0) as pool:

        def work(start: int) -> list[int]:
            answers = []
            for number in range(start, start + 50):
                if number % 10 == 0:
                    with pytest.raises(Trapped):
                        pool.call("trap")
                answers.append(pool.call("echo", number))
            return answers

        callers = [Caller(lambda start=start: work(start)) for start in range(0, 800, 100)]
        found = [caller.answer() for caller in callers]
        assert found == [list(range(start, start + 50)) for start in range(0, 800, 100)]
        assert pool.state.running == pool.state.waiting == 0
        assert component.live <= 3
        assert pool.state.lost == 40
        assert pool.usage == Usage(440)
    assert component.live == 0


@pytest.mark.usefixtures("ahead")
def test_a_pool_that_is_forgotten_leaves_nothing_behind(component: FakeComponent) -> None:
    pool = Pool(component, size=1, warm=1)
    with pytest.raises(Trapped):
        pool.call("trap")
    kept = weakref.ref(pool._stock)
    until(lambda: kept().idle == 1)
    gone = weakref.ref(pool)
    component.instances.clear()  # their faults remember the calls
    del pool
    gc.collect()
    assert gone() is None
    until(lambda: kept() is None)


class PlainInstance:
    """One that signals cannot upset, as a real one puts them off."""

    is_usable = True
    has_resources = is_busy = False
    usage = Usage()

    def call(self, _: str, value: int) -> int:
        return value

    def close(self) -> None:
        pass


class PlainComponent(FakeComponent):
    def instantiate(self, *_: Any) -> Any:
        return PlainInstance()


def _interrupted(report: Any) -> None:
    """Calls interrupted by a signal at any moment whatever, while a rival takes the place in turns."""
    pool = Pool(PlainComponent(), size=1, waiting=2)
    is_over = threading.Event()
    armed: SimpleQueue[int] = SimpleQueue()

    def interrupt() -> None:
        for _ in range(INTERRUPTS):
            for _ in range(armed.get()):
                pass
            os.kill(os.getpid(), signal.SIGINT)

    def rival() -> None:
        while not is_over.is_set():
            pool.call("echo", 1)

    threads = [threading.Thread(target=each, daemon=True) for each in (interrupt, rival)]
    for thread in threads:
        thread.start()
    for number in range(INTERRUPTS):
        try:
            armed.put(number % 97)
            while True:
                pool.call("echo", 1)
        except KeyboardInterrupt:
            pass
    is_over.set()
    for thread in threads:
        thread.join(PATIENCE)
    still = [thread.name for thread in threads if thread.is_alive()]
    answer = None if still else pool.call("echo", 5, wait=5)
    state = pool.state
    books = state.running, state.waiting, len(pool._stock._out), pool._places.is_empty
    report.send((still, answer, books))


def test_ctrl_c_at_any_moment_loses_no_place() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_interrupted, args=(theirs,))
    child.start()
    assert ours.poll(60)
    assert ours.recv() == ([], 5, (0, 0, 0, True))
    child.join(PATIENCE)
    assert child.exitcode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_pool_is_of_no_use_after_a_fork() -> None:
    component = FakeComponent()
    pool = Pool(component, size=1)
    with pool.instance():
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            answer = b"nothing was raised"
            try:
                assert pool.close()
                pool.call("echo", 1)
            except UsageError as error:
                answer = error.findings[0].rule.encode()
            except BaseException as error:  # noqa: BLE001
                answer = repr(error).encode()
            finally:
                os.write(theirs, answer)
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(ours, 100) == b"forked-pool"
    assert pool.call("echo", 1) == 1
    assert pool.close()


class PoolModel(RuleBasedStateMachine):
    """A pool beside a list: who runs, who waits, in every order of events."""

    SIZE, WAITING = 2, 3

    def __init__(self) -> None:
        super().__init__()
        self.components = [FakeComponent()]
        self.pool = Pool(self.components[0], size=self.SIZE, waiting=self.WAITING)
        self.running: dict[int, tuple[Caller, FakeComponent]] = {}
        self.line: list[tuple[int, Caller]] = []
        self.next = 0
        self.calls = 0
        self.closing: Caller | None = None

    def _begun(self, key: int, caller: Caller) -> None:
        component = self.components[-1]
        component.gates[key].wait_entered()
        self.running[key] = (caller, component)
        self.calls += 1

    @rule()
    def call(self) -> None:
        key = self.next = self.next + 1
        if self.closing is not None:
            with pytest.raises(Closed):
                self.pool.call("block", key)
        elif len(self.running) < self.SIZE:
            self._begun(key, Caller(lambda: self.pool.call("block", key)))
        elif len(self.line) < self.WAITING:
            self.line.append((key, line_up(self.pool, key)))
        else:
            with pytest.raises(Full):
                self.pool.call("block", key)

    @rule()
    def call_without_patience(self) -> None:
        expected = (
            Closed
            if self.closing
            else None
            if len(self.running) < self.SIZE
            else WaitExceeded
            if len(self.line) < self.WAITING
            else Full
        )
        if expected is None:
            assert self.pool.call("echo", 7, wait=0) == 7
            self.calls += 1
        else:
            with pytest.raises(expected) as caught:
                self.pool.call("echo", 7, wait=0)
            assert type(caught.value) is expected

    @precondition(lambda self: self.running)
    @rule(data=st.data(), traps=st.booleans())
    def end(self, data: st.DataObject, traps: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        caller, component = self.running.pop(key)
        component.gates[key].open(Trapped.of("trap", "it trapped") if traps else None)
        if traps:
            with pytest.raises(GuestFault):
                caller.answer()
        else:
            assert caller.answer() == key
        if self.line:
            self._begun(*self.line.pop(0))

    @precondition(lambda self: self.closing is None)
    @rule(fails=st.booleans())
    def replace(self, fails: bool) -> None:
        newer = FakeComponent(failures=[no_instance()] if fails else [])
        if fails:
            with pytest.raises(LinkError):
                self.pool.replace(newer)
        else:
            self.pool.replace(newer)
            self.components.append(newer)

    @precondition(lambda self: self.closing is None)
    @rule()
    def close(self) -> None:
        self.closing = Caller(self.pool.close)
        until(lambda: self.pool.state.is_closed)

    @invariant()
    def books_agree(self) -> None:
        state = self.pool.state
        assert state.waiting == len(self.line)
        # A caller that is served leaves its place a moment after its answer is there.
        assert state.running == len(self.running)
        assert self.pool.usage == Usage(self.calls)
        for component in self.components:
            busy = sum(each is component for _, each in self.running.values())
            assert busy <= component.live <= self.SIZE

    def teardown(self) -> None:
        while self.running:
            key = next(iter(self.running))
            caller, component = self.running.pop(key)
            component.gates[key].open()
            assert caller.answer() == key
            if self.line:
                self._begun(*self.line.pop(0))
        assert self.pool.close()
        if self.closing is not None:
            assert self.closing.answer() is True
        assert not any(component.live for component in self.components)


PoolModel.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestPoolModel = PoolModel.TestCase
