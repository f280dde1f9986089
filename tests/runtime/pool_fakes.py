"""Components that do what a test wants, so that pools can be tested without time passing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wcompose.errors import Cancelled, GuestFault, LinkError, Trapped
from wcompose.runtime import ExportedFunction, Usage, ValueType
from wcompose.runtime.crossing.exports import Surface

PATIENCE = 20.0
"""Seconds after which something that should have happened has not."""

_U32 = ValueType("u32")
_FUNCTIONS: dict[str, tuple[tuple[ValueType, ...], ValueType | None]] = {
    "echo": ((_U32,), _U32),
    "number": ((), _U32),
    "trap": ((), None),
    "block": ((_U32,), _U32),
    "hand": ((), ValueType("own")),
    "file": ((ValueType("borrow", resource=7),), None),
    "stream": ((ValueType("own", resource=8),), None),
    "take": ((ValueType("list", (("", ValueType("borrow")),)),), None),
}


class Gate:
    """A call that was entered, and ends when the test says so."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.outcome: BaseException | None = None

    def wait_entered(self) -> None:
        assert self.entered.wait(PATIENCE), "the call never began"

    def open(self, outcome: BaseException | None = None) -> None:
        self.outcome = outcome
        self.opened.set()


class Gates(dict[int, Gate]):
    """A gate for each key, one only, whichever thread asks first."""

    def __missing__(self, key: int) -> Gate:
        return self.setdefault(key, Gate())


@dataclass
class FakeComponent:
    """What a pool asks of a component.

    Attributes:
        name: tells versions apart.
        failures: what the next instantiations raise, none for those that succeed.
        on_call: called inside each call, as a function of the host would be.
        traps_in_destructors: whether dropping resources ends instances.
        breaks: whether instances have a bug that shows when they are given back.
    """

    name: str = "one"
    failures: list[Exception | None] = field(default_factory=list)
    on_call: Any = None
    traps_in_destructors: bool = False
    breaks: bool = False
    instances: list[FakeInstance] = field(default_factory=list)
    gates: dict[int, Gate] = field(default_factory=Gates)
    given: list[tuple[Any, ...]] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    made: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    stack = 1 << 20
    own_imports = ("test:pool/host",)
    imported = Surface(
        (), {}, {"test:pool/host": {"file": 7}, "wasi:io/streams@0.2.9": {"input": 8}}, ()
    )

    @property
    def functions(self) -> tuple[ExportedFunction, ...]:
        return tuple(
            ExportedFunction(
                "test:pool/fake",
                name,
                tuple((f"p{number}", each) for number, each in enumerate(parameters)),
                result,
            )
            for name, (parameters, result) in _FUNCTIONS.items()
        )

    def instantiate(
        self, grants: Any, limits: Any, imports: Mapping[str, Any] | None, bindings: Any
    ) -> FakeInstance:
        self.given.append((grants, limits, imports, bindings))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        instance = FakeInstance(self, len(self.instances))
        self.instances.append(instance)
        self.made.release()
        return instance

    @property
    def live(self) -> int:
        return sum(not each.is_closed for each in self.instances)


class FakeInstance:
    def __init__(self, component: FakeComponent, number: int) -> None:
        self.component = component
        self.number = number
        self.fault: GuestFault | None = None
        self.is_closed = False
        self.cancelled = threading.Event()
        self.bounds: tuple[Any, ...] = ()
        self.gate: Gate | None = None
        self._count = 0
        self.handles = 0
        self._running = threading.Lock()

    @property
    def is_usable(self) -> bool:
        return self.fault is None and not self.is_closed

    @property
    def is_busy(self) -> bool:
        return self._running.locked()

    @property
    def has_resources(self) -> bool:
        if self.component.breaks:
            raise ZeroDivisionError
        return self.handles > 0

    def drop_resources(self) -> None:
        self.handles = 0
        if self.component.traps_in_destructors:
            self.fault = Trapped.of("trap", "it trapped")
            raise self.fault

    @property
    def usage(self) -> Usage:
        return Usage(self._count)

    def function(self, name: str) -> FakeFunction:
        return FakeFunction(self, name)

    def call(self, function: str, *arguments: Any) -> Any:
        assert not self.is_closed, "called after it was closed"
        assert self.fault is None, "called after it ended"
        assert self._running.acquire(blocking=False), "called twice at once"
        try:
            self._count += 1
            if self.component.on_call is not None:
                self.component.on_call(self, function, *arguments)
            return getattr(self, f"_{function}")(*arguments)
        except GuestFault as fault:
            self.fault = fault
            raise
        finally:
            self._running.release()

    def cancel(self, reason: str = "") -> None:
        self.cancelled.set()
        if self.gate is not None:
            self.gate.opened.set()

    def close(self) -> None:
        assert self._running.acquire(blocking=False), "closed while it runs"
        self._running.release()
        assert not self.is_closed, "closed twice"
        self.is_closed = True

    def _echo(self, value: int) -> int:
        return value

    def _number(self) -> int:
        return self.number

    def _file(self, _: Any) -> None:
        pass

    def _hand(self) -> str:
        self.handles += 1
        return "handle"

    def _trap(self) -> None:
        raise Trapped.of("trap", "it trapped")

    def _block(self, key: int) -> int:
        gate = self.gate = self.component.gates[key]
        self.component.began.append(key)
        gate.entered.set()
        assert gate.opened.wait(PATIENCE), "the call never ended"
        if gate.outcome is not None:
            raise gate.outcome
        if self.cancelled.is_set():
            raise Cancelled.of("cancelled", "it was cancelled")
        return key


class FakeFunction:
    def __init__(self, instance: FakeInstance, name: str) -> None:
        self.instance = instance
        self.name = name

    def within(self, *, seconds: float | None, fuel: int | None) -> FakeFunction:
        self.instance.bounds = (seconds, fuel)
        return self

    def __call__(self, *arguments: Any) -> Any:
        return self.instance.call(self.name, *arguments)


def no_instance() -> LinkError:
    return LinkError.of("unmet-import", "nothing fills its import")


class Caller:
    """Something done on a thread of its own."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._action = action
        self._answer: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._act, daemon=True)
        self._thread.start()

    def _act(self) -> None:
        try:
            self._answer = self._action()
        except BaseException as error:  # noqa: BLE001
            self._error = error

    def answer(self) -> Any:
        """What came of it."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "it never ended"
        if self._error is not None:
            raise self._error
        return self._answer


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do, without leaning on how long that takes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.0005)
