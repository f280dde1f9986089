"""Bounds on guest code: time, memory, and the caller's wish to stop.

Wasmtime checks its epoch at every loop and call of a guest (`wasmtime::Config::epoch_interruption`).
A ticker thread moves the epoch on while guests run; at each tick the runtime asks `Watch` whether to go
on. That question is asked in Python, on the thread that called the guest, so Ctrl-C is answered there
too: no other thread is needed for it. A signal's own handler must not raise inside that question, where
nothing could carry the exception over to the caller; it is put off until the call has ended.

An epoch interrupts neither a host call that blocks nor one very large memory copy.
"""

from __future__ import annotations

import ctypes
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wasmtime import Engine, Store

TICK_SECONDS = 0.02
"""Time between two ticks; how late a bound may be noticed."""


@dataclass(frozen=True)
class Limits:
    """What a guest may use.

    Attributes:
        memory: bytes of each linear memory.
        seconds: time of one call; none for no bound.
        table_elements: elements of each table.
        instances: core instances in a store.
        memories: linear memories in a store.
        tables: tables in a store.
    """

    memory: int = 2 << 30
    seconds: float | None = None
    table_elements: int = 1 << 20
    instances: int = 10_000
    memories: int = 10_000
    tables: int = 10_000

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
        self._seconds = limits.seconds
        self._deadline: float | None = None
        self._ticker = _ticker_of(engine)
        self.overran = False
        """Whether the last call was stopped because its time was over."""
        self._signal: int | None = None
        _watch(store, self)
        store.set_epoch_deadline(1)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Run one call under the watch.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed during the call.
        """
        self.overran, self._signal = False, None
        self._deadline = None if self._seconds is None else time.monotonic() + self._seconds
        with self._signals_put_off(), self._ticker.ticking():
            yield

    @contextmanager
    def _signals_put_off(self) -> Iterator[None]:
        """Note signals while a guest runs, and let their handlers act when it has ended."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {
            number: handler
            for number in (signal.SIGINT, signal.SIGTERM)
            if callable(handler := signal.getsignal(number))
        }
        for number in handlers:
            signal.signal(number, self._note_signal)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if self._signal is not None:
                handlers[signal.Signals(self._signal)](self._signal, None)

    def _note_signal(self, number: int, _frame: object) -> None:
        self._signal = number

    def goes_on(self) -> bool:
        """Asked by the runtime at every tick."""
        self.overran = self._deadline is not None and time.monotonic() > self._deadline
        return not self.overran and self._signal is None


class _Ticker:
    """Moves an engine's epoch on while at least one call is under way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = weakref.ref(engine)
        self._condition = threading.Condition()
        self._calls = 0
        self._thread: threading.Thread | None = None

    @contextmanager
    def ticking(self) -> Iterator[None]:
        with self._condition:
            self._calls += 1
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._tick, name="wcompose-ticker", daemon=True
                )
                self._thread.start()
            elif self._calls == 1:
                self._condition.notify()
        try:
            yield
        finally:
            with self._condition:
                self._calls -= 1

    def _tick(self) -> None:
        while True:
            with self._condition:
                while not self._calls:
                    self._condition.wait()
            time.sleep(TICK_SECONDS)
            engine = self._engine()
            if engine is None:
                return
            engine.increment_epoch()
            del engine


_TICKERS: weakref.WeakKeyDictionary[Engine, _Ticker] = weakref.WeakKeyDictionary()
_TICKERS_LOCK = threading.Lock()


def _ticker_of(engine: Engine) -> _Ticker:
    with _TICKERS_LOCK:
        ticker = _TICKERS.get(engine)
        if ticker is None:
            ticker = _TICKERS[engine] = _Ticker(engine)
        return ticker


# The C API's callback is not wrapped by wasmtime-py: this module and `wcompose.runtime` are the only
# ones that touch its raw bindings.
_CONTINUE = 0


def _watch(store: Store, watch: Watch) -> None:
    from wasmtime import WasmtimeError
    from wasmtime import _bindings as bindings

    reference = weakref.ref(watch)

    def at_tick(_context: Any, _data: Any, delta: Any, kind: Any) -> int:
        current = reference()
        if current is None or current.goes_on():
            delta[0] = 1
            kind[0] = _CONTINUE
            return 0
        error = WasmtimeError("the call was stopped")
        return ctypes.cast(error._consume(), ctypes.c_void_p).value or 0  # noqa: SLF001

    argument_types = bindings._wasmtime_store_epoch_deadline_callback.argtypes  # noqa: SLF001
    callback = argument_types[1](at_tick)
    finalizer = argument_types[3](0)
    # The callback must live as long as the store; the store owns it from here.
    store._wcompose_callback = (callback, finalizer)  # type: ignore[attr-defined]  # noqa: SLF001
    bindings.wasmtime_store_epoch_deadline_callback(store.ptr(), callback, None, finalizer)
