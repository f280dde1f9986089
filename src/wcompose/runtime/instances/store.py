"""The store of one instance: what runs in it runs within bounds."""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from wcompose.bounds import Limits
from wcompose.errors import GuestFault, StackExhausted, UsageError
from wcompose.native import calls
from wcompose.native.entering import ENTERING, HOST_STACK, call_elsewhere, is_too_deep
from wcompose.native.signals import MAIN_THREAD, SIGNALS
from wcompose.native.streams import forget, listen
from wcompose.native.ticker import TICKER
from wcompose.native.ticks import RUNNING, ask_at_ticks
from wcompose.runtime.ends.trap import guest_fault

if TYPE_CHECKING:
    from wasmtime import WasiConfig

    from wcompose.runtime.component import Component
    from wcompose.runtime.hosting.grants import Grants

_ALL_FUEL = (1 << 63) - 1
_SAID_LIMIT = 1 << 16
"""Bytes of a guest's standard error that are kept for its last words."""
_LIVE: list[None] = []
"""One entry for each store; lists are changed in one step."""


@dataclass(frozen=True)
class Usage:
    """What an instance, or several, used.

    Attributes:
        calls: calls that were made.
        seconds: time that passed in them.
        fuel: that they used; zero where the engine does not meter.
        output: bytes that they wrote to standard output and standard error.
    """

    calls: int = 0
    seconds: float = 0.0
    fuel: int = 0
    output: int = 0

    def __add__(self, other: Usage) -> Usage:
        """What both used."""
        return Usage(
            self.calls + other.calls,
            self.seconds + other.seconds,
            self.fuel + other.fuel,
            self.output + other.output,
        )


class Store:
    """A store of the runtime's, and what bounds the calls in it.

    One call runs in it at a time: whoever calls `run` holds `_lock`, and on the main thread notes
    signals (`wcompose.native.signals`) from before it was taken until after it was released.

    Args:
        component: what runs in it.
        grants: what it may reach.
        limits: what it may use.

    Raises:
        UsageError: a grant names what is not there.
        InstanceLimit: no more instances fit into the process.
    """

    __slots__ = (
        "__weakref__", "_calls", "_cancelled", "_closed", "_component", "_fault", "_fuel", "_has_room",
        "_import", "_limits", "_listeners", "_lock", "_metering", "_output", "_output_before", "_reason",
        "_said", "_seconds", "_stack", "_store", "_turn", "context", "deadline", "on_main", "raised",
        "result_limit", "stopping",
    )  # fmt: skip

    def __init__(self, component: Component, grants: Grants, limits: Limits) -> None:
        self._closed = True
        self._has_room = False
        self._component = component
        self._limits = limits
        self._lock = threading.Lock()
        self._fault: GuestFault | None = None
        self._import: tuple[str, BaseException] | None = None
        self._said: bytearray | None = None
        self._calls = self._fuel = self._output = self._output_before = 0
        self._seconds = 0.0
        self._reason = ""
        self._turn, self._cancelled = 0, -1
        self._listeners: tuple[int, ...] = ()
        self._stack = component.stack + HOST_STACK
        self._metering = component.metering
        self.result_limit = limits.result
        self.deadline: float | None = None
        self.stopping = ""
        self.raised: BaseException | None = None
        self.on_main = False
        grants.check()
        if limits.fuel is not None:
            check_bounds(component, None, limits.fuel)
        wasi = grants.configuration() if component.needs_wasi else None
        component.enter_room()
        self._has_room = True
        self._store = calls.new_store(component.engine_pointer, None, None)
        self._closed = False
        _LIVE.append(None)
        self.context: int = calls.context_of(self._store)
        try:
            self._set_up(wasi, grants)
        except BaseException:
            self._free()
            raise

    def _set_up(self, wasi: WasiConfig | None, grants: Grants) -> None:
        limits = self._limits
        calls.limit_store(
            self._store,
            limits.memory,
            limits.table_elements,
            limits.instances,
            limits.tables,
            limits.memories,
        )
        calls.set_epoch_deadline(self.context, 1)
        ask_at_ticks(self._store, self.context)
        if wasi is not None:
            self._listen(wasi, grants)
            error = calls.set_wasi(self.context, calls.consume(wasi))
            if error:
                raise self._component.unlinkable(str(calls.read_error(error)))
            if self._component.needs_http:
                calls.set_wasi_http(self.context)

    @property
    def fault(self) -> GuestFault | None:
        """What ended it, if it has ended."""
        return self._fault

    @property
    def is_usable(self) -> bool:
        """Whether it takes calls: it was neither ended nor closed."""
        return self._fault is None and not self._closed

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way."""
        return self._lock.locked()

    @property
    def usage(self) -> Usage:
        """What its calls used until now."""
        return Usage(self._calls, self._seconds, self._fuel, self._output)

    def cancel(self, reason: str = "") -> None:
        """Stop the call that is under way, from any thread; without one, nothing happens.

        It is noticed within two ticks of 20 ms, but not while the guest waits for a function of the
        host.

        Args:
            reason: told by the exception that the call ends with.
        """
        turn = self._turn  # first: if the call ends meanwhile, the next one is not meant
        if self._lock.locked():
            self._reason, self._cancelled = reason, turn
            if RUNNING.get(self.context) is self and self._turn == turn and not self.stopping:
                self.stopping = "cancelled"

    def run(
        self, seconds: float | None, fuel: int | None, function: Callable[..., int], *arguments: Any
    ) -> int:
        """Run a function of the C API that may enter the guest.

        Args:
            seconds: time that it may take.
            fuel: fuel that it may use.
            function: the function.
            arguments: its arguments.

        Returns:
            Address of the runtime's error, or zero.

        Raises:
            StackExhausted: too many calls of guests nest; the guest was not entered.
        """
        thread, stack = ENTERING.thread, self._stack
        if thread.free < stack:
            return self._run_elsewhere(seconds, fuel, function, arguments)
        # What the guest calls back needs less of Python's stack than was just shown to be there.
        _headroom()
        context = self.context
        self.stopping = "cancelled" if self._cancelled == self._turn else ""
        self._output_before = self._output
        metering = self._metering
        if metering:
            fuel = _ALL_FUEL if fuel is None else fuel
            calls.set_fuel(context, fuel)
        begun = monotonic()
        self.deadline = None if seconds is None else begun + seconds
        self.on_main = thread.on_main
        RUNNING[context] = self
        thread.free -= stack
        thread.nested += 1
        try:
            if TICKER.asleep:
                TICKER.wake()
            return function(*arguments)
        finally:
            thread.nested -= 1
            thread.free += stack
            RUNNING.pop(context, None)
            self._seconds += monotonic() - begun
            if metering and fuel is not None:
                self._fuel += fuel - calls.fuel_of(context)

    def _run_elsewhere(
        self, seconds: float | None, fuel: int | None, function: Callable[..., int], arguments: Any
    ) -> int:
        if is_too_deep():
            raise StackExhausted.of(
                "stack",
                "calls nest too deeply: guests called the host, which called guests, and so on",
                hint="let functions of the host return before they call guests again",
            )
        return call_elsewhere(
            lambda: self.run(seconds, fuel, function, *arguments), self._stack, self.cancel
        )

    def _ended(self, told: object, function: str, seconds: float | None) -> BaseException:
        """Note what ended it, and give what is to be raised.

        Args:
            told: the runtime's error, if it has one.
            function: what was called.
            seconds: time that it had.
        """
        TICKER.park_at_exit()
        said = bytes(self._said[-_SAID_LIMIT:]).decode("utf-8", "replace") if self._said else ""
        raised, self.raised = self.raised, None
        imported, self._import = self._import, None
        stopping = self.stopping
        reason = self._reason if stopping == "cancelled" else None
        self._fault = guest_fault(
            told,
            said,
            function=function,
            raised=None if imported is None else imported[1],
            imported="" if imported is None else imported[0],
            output=self._limits.output if stopping == "output" else None,
            cancelled=reason if raised is None else "a signal arrived",
            seconds=seconds if stopping == "deadline" else None,
            exit_code=getattr(told, "code", None),
        )
        if raised is not None:
            return raised
        if imported is not None and not isinstance(imported[1], Exception):
            # Such as KeyboardInterrupt, which is not for those who handle faults.
            return imported[1]
        return self._fault

    def import_raised(self, name: str, error: BaseException) -> None:
        """A function of the host raised; the call that is under way ends with it."""
        self._import = (name, error)

    def _free(self) -> None:
        if not self._closed:
            self._closed = True
            calls.delete_store(self._store)
            for number in self._listeners:
                forget(number)
            _LIVE.pop()
            if not _LIVE and threading.get_ident() == MAIN_THREAD:
                SIGNALS.restore()
        if self._has_room:
            self._has_room = False
            self._component.leave_room()

    def __del__(self, is_ending: Callable[[], bool] = sys.is_finalizing) -> None:
        """Give its memory back; resources are not dropped one by one."""
        if is_ending():
            return  # modules are being taken apart, and the process gives all of it back
        if not getattr(self, "_closed", True) or getattr(self, "_has_room", False):
            self._free()

    def _forward(self, listener: Callable[[bytes], None], data: bytes) -> None:
        """Hand output to who wanted it.

        The runtime does so on a thread of its own, on which no other guest may be entered. What is
        raised ends the call, but for an `OSError`, which the guest is told of.
        """
        thread = ENTERING.thread
        free, thread.free = thread.free, 0
        try:
            listener(data)
        except OSError:
            raise
        except BaseException as error:  # noqa: BLE001 -- carried over to the caller of the guest
            self._import = ("standard output", error)
            self.stopping = self.stopping or "raised"
            raise OSError(errno.EIO, "its listener raised") from None
        finally:
            thread.free = free

    def _listen(self, wasi: WasiConfig, grants: Grants) -> None:
        """Count the guest's output, and keep the end of what it says."""
        said = self._said = bytearray()
        limit = self._limits.output

        def count(data: bytes) -> None:
            self._output += len(data)
            if self._output - self._output_before > limit:
                self.stopping = self.stopping or "output"
                raise OSError(errno.EFBIG, "it wrote more than it may")

        def hear(data: bytes) -> None:
            count(data)
            if grants.stdout is not None:
                self._forward(grants.stdout, data)

        def hear_words(data: bytes) -> None:
            count(data)
            said.extend(data)
            if len(said) > 2 * _SAID_LIMIT:
                del said[:-_SAID_LIMIT]
            if grants.stderr is not None:
                self._forward(grants.stderr, data)

        self._listeners = (listen(wasi, "stdout", hear), listen(wasi, "stderr", hear_words))


def check_bounds(component: Component, seconds: float | None, fuel: int | None) -> None:
    """Refuse bounds of a call that make no sense, and one on fuel where none is counted.

    Raises:
        UsageError: they do not, or the component's runtime does not meter.
    """
    Limits(seconds=seconds, fuel=fuel)
    if fuel is not None and not component.metering:
        raise UsageError.of(
            "fuel-unmetered",
            f"fuel cannot be bounded: the runtime of `{component.name}` does not meter it",
            hint="open the component with `wcompose.Runtime(metering=True)`",
        )


def _headroom() -> None:
    """Fail here, where it can be told, if Python's stack has no room for what the guest calls back."""
    _first()


def _first() -> None:
    _second()


def _second() -> None:
    _third()


def _third() -> None:
    pass
