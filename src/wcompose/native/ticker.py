"""The thread that moves epochs on while guests run."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

from wcompose.errors import Closed
from wcompose.native.signals import MAIN_THREAD
from wcompose.native.streams import wait_until_quiet
from wcompose.native.ticks import RUNNING

if TYPE_CHECKING:
    from wasmtime import Engine

TICK_SECONDS = 0.02
"""Time between two ticks; how late a bound may be noticed."""
_IDLE_TICKS = 50
"""Ticks without a call after which the thread sleeps until it is woken."""
_ENDING_SECONDS = 5.0
"""How long the process waits at its end for calls that do not stop: a function of the host may block."""


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
        self._is_ending = False

    def add(self, engine: Engine) -> None:
        """Move this engine's epoch on, too."""
        with self._lock:
            self._engines.add(engine)

    def wake(self) -> None:
        """A call has begun, and the ticker sleeps.

        Raises:
            Closed: the process ends.
        """
        if self._is_ending:
            raise Closed.of(
                "process-ending",
                "the interpreter ends, so no guest is called any more",
                hint="end the threads that call guests first",
            )
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
            if RUNNING or self._is_ending:
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

    def at_exit(self) -> None:
        """Stop what still runs on other threads: a guest must not write while Python ends."""
        self._is_ending = True
        self.asleep = True
        begun = time.monotonic()
        while RUNNING and time.monotonic() - begun < _ENDING_SECONDS:
            for call in list(RUNNING.values()):
                call.stopping = call.stopping or "cancelled"
            time.sleep(TICK_SECONDS)
        wait_until_quiet()

    def park_at_exit(self) -> None:
        """Keep a thread whose call was stopped by the end of the process from saying so."""
        while self._is_ending and threading.get_ident() != MAIN_THREAD:
            time.sleep(3600)

    def after_fork(self) -> None:
        """In a child process there is no such thread, and no call of another thread goes on."""
        self.asleep = True
        self._thread = None
        self._lock = threading.Lock()
        self._woken = threading.Event()
        RUNNING.clear()


TICKER = Ticker()
atexit.register(TICKER.at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=TICKER.after_fork)
