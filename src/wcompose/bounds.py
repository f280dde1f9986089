"""Bounds on guest code: time, fuel, memory, output, and the caller's wish to stop.

Wasmtime checks its epoch at every loop and call of a guest (`wasmtime::Config::epoch_interruption`).
A ticker thread moves the epoch on while guests run; at each tick the runtime asks whether to go on, on
the thread that called the guest. Signals are answered then, too, so Ctrl-C needs no other thread.

An epoch interrupts neither a host call that blocks nor one very large memory copy.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wcompose.errors import UsageError
from wcompose.report import Finding

if TYPE_CHECKING:
    from wasmtime import Engine, Store

_COUNTS = ("memory", "output", "result", "table_elements", "instances", "memories", "tables")
_WHOLE = "give a whole number from 0 to 2^63 - 1"
_TIME = "give a number of seconds, 0 or more"


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def is_time(value: object) -> bool:
    """Whether a value bounds a time: a finite number that is not negative, or none for no bound."""
    if value is None:
        return True
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value >= 0  # type: ignore[arg-type,operator]


@dataclass(frozen=True)
class Limits:
    """What a guest may use.

    Attributes:
        memory: bytes of each linear memory.
        seconds: time of one call; none for no bound.
        fuel: fuel of one call, where the engine meters it (`wcompose.Runtime`); about one for an
            instruction. None for no bound.
        output: bytes that one call may write to standard output and standard error together.
        result: bytes of a string, or elements of a list, that a call gives back.
        table_elements: elements of each table.
        instances: core instances in a store.
        memories: linear memories in a store.
        tables: tables in a store.

    Raises:
        UsageError: a bound makes no sense; all that do not.
    """

    memory: int = 2 << 30
    seconds: float | None = None
    fuel: int | None = None
    output: int = 1 << 30
    result: int = 1 << 28
    table_elements: int = 1 << 20
    instances: int = 10_000
    memories: int = 10_000
    tables: int = 10_000

    def __post_init__(self) -> None:
        """Refuse what cannot be a bound."""
        findings = [
            Finding("limit-invalid", f"`{name}` cannot be {value!r}", hint=hint)
            for name, value, hint in (
                *((name, getattr(self, name), _WHOLE) for name in _COUNTS),
                ("fuel", self.fuel, f"{_WHOLE}, or none"),
            )
            if not (name == "fuel" and value is None) and not _is_count(value)
        ]
        if not is_time(self.seconds):
            message = f"`seconds` cannot be {self.seconds!r}"
            findings.append(Finding("limit-invalid", message, hint=f"{_TIME}, or none"))
        if findings:
            raise UsageError(findings)

    def apply(self, store: Store) -> None:
        """Give a store these limits."""
        store.set_limits(
            memory_size=self.memory,
            table_elements=self.table_elements,
            instances=self.instances,
            tables=self.tables,
            memories=self.memories,
        )


class Watch:
    """Decides at each tick whether the calls of one store go on.

    Make it once for a store, before anything runs in it, and run each call in `calling`.
    """

    def __init__(self, store: Store, engine: Engine, limits: Limits) -> None:
        from wcompose.native.calls import pointer_of
        from wcompose.native.ticker import TICKER
        from wcompose.native.ticks import ask_at_ticks

        self._seconds = limits.seconds
        self._number = pointer_of(store)
        self.deadline: float | None = None
        self.stopping = ""
        self.raised: BaseException | None = None
        self.on_main = False
        TICKER.add(engine)
        ask_at_ticks(self._number, self._number)
        store.set_epoch_deadline(1)

    @property
    def overran(self) -> bool:
        """Whether the last call was stopped because its time was over."""
        return self.stopping == "deadline"

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Run one call under the watch.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed during the call.
        """
        from wcompose.native.signals import Noting
        from wcompose.native.ticker import TICKER
        from wcompose.native.ticks import RUNNING

        self.stopping, self.raised = "", None
        self.deadline = None if self._seconds is None else time.monotonic() + self._seconds
        self.on_main = threading.current_thread() is threading.main_thread()
        try:
            with Noting():
                RUNNING[self._number] = self
                if TICKER.asleep:
                    TICKER.wake()
                yield
        finally:
            RUNNING.pop(self._number, None)
            raised, self.raised = self.raised, None
            if raised is not None:
                raise raised
