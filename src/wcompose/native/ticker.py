"""The thread that moves epochs on while guests run."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

from wcompose.native.ticks import RUNNING

if TYPE_CHECKING:
    from wasmtime import Engine

TICK_SECONDS = 0.02
"""Time between two ticks; how late a bound may be noticed."""
_IDLE_TICKS = 50
"""Ticks without a call after which the thread sleeps until it is woken."""


class Ticker:
    """Moves the epochs of all engines on, while at least one call is under way and a second longer.

    A call has nothing to lock: it enters itself in `RUNNING` and looks whether the ticker sleeps. The
    ticker says that it sleeps and then looks whether there is a call. One of the two sees the other.
    """

    def __init__(self) -> None:
        self.asleep = True
        self._engines: weakref.WeakSet[Engine] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, engine: Engine) -> None:
        """Move this engine's epoch on, too."""
        with self._lock:
            self._engines.add(engine)

    def wake(self) -> None:
        """A call has begun, and the ticker sleeps."""
        with self._lock:
            self.asleep = False
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._tick, name="wcompose-ticker", daemon=True
                )
                self._thread.start()
            self._woken.set()

    def _tick(self) -> None:
        idle = 0
        while True:
            time.sleep(TICK_SECONDS)
            if RUNNING:
                idle = 0
                with self._lock:
                    engines = list(self._engines)
                for engine in engines:
                    engine.increment_epoch()
                del engines
                continue
            idle += 1
            if idle < _IDLE_TICKS:
                continue
            idle = 0
            self._woken.clear()
            self.asleep = True
            if RUNNING:
                self.asleep = False
            else:
                self._woken.wait()

    def after_fork(self) -> None:
        """In a child process there is no such thread, and no call of another thread goes on."""
        self.asleep = True
        self._thread = None
        self._lock = threading.Lock()
        self._woken = threading.Event()
        RUNNING.clear()


TICKER = Ticker()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=TICKER.after_fork)
