"""Ends the process in the place of a guest that waits in the host, where nothing else reaches it.

A guest that computes is stopped at the next tick of its epoch. One that sleeps, or waits for standard
input, stands in a call of the host's; the main thread is inside it and runs no signal's handler. A
thread of ours hears of signals all the same, and of the time that is over, and after a moment in which
the guest may still end well it ends the process. Only a command may do that: the library cannot.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

GRACE_SECONDS = 0.5
"""How long a guest may take to end after a signal, or after its time."""
_ENDING = {int(signal.SIGINT), int(signal.SIGTERM)}
_WAKE = b"\0"


class Watch:
    """Watches what the main thread does; made by `watching`."""

    def __init__(self, *leaving: Callable[[], object]) -> None:
        self._leaving = leaving
        self._ours, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._over: Callable[[], object] | None = None
        self._deadline: float | None = None
        self._before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, name="wcompose-watch", daemon=True)
        self._thread.start()

    @contextmanager
    def within(self, seconds: float | None, over: Callable[[], object]) -> Iterator[None]:
        """A block that takes no longer than so many seconds, and a moment.

        Args:
            seconds: its time; none for any.
            over: tells that the time is over, before the process ends with exit code 1.
        """
        if seconds is None:
            yield
            return
        self._over, self._deadline = over, monotonic() + seconds + GRACE_SECONDS
        self._theirs.send(_WAKE)
        try:
            yield
        finally:
            self._over = self._deadline = None

    def close(self) -> None:
        """Watch no longer."""
        signal.set_wakeup_fd(self._before)
        self._theirs.close()
        self._thread.join()
        self._ours.close()

    def _listen(self) -> None:
        """Hear of signals until the other end of the line is closed."""
        asked = 0
        while True:
            told = self._hear(monotonic() + GRACE_SECONDS if asked else self._deadline)
            if told == b"":
                return
            if told is None:
                self._time_is_over(asked)
            elif number := next((each for each in told if each in _ENDING), 0):
                if asked:
                    self._end(128 + number)  # asked twice: no more grace
                asked = number

    def _hear(self, until: float | None) -> bytes | None:
        """Numbers of signals; nothing when the line is closed, none when the time came first."""
        self._ours.settimeout(None if until is None else max(0.0, until - monotonic()) or 0.001)
        try:
            return self._ours.recv(64)
        except TimeoutError:
            return None

    def _time_is_over(self, asked: int) -> None:
        if asked:
            self._end(128 + asked)
        over, deadline = self._over, self._deadline
        if over is not None and deadline is not None and monotonic() >= deadline:
            over()
            self._end(1)

    def _end(self, code: int) -> None:
        try:
            for each in (*self._leaving, sys.stdout.flush, sys.stderr.flush):
                with suppress(Exception):
                    each()
        finally:
            os._exit(code)


@contextmanager
def watching(*leaving: Callable[[], object] | None) -> Iterator[Watch | None]:
    """Watch over a block of the main thread; nothing on other threads, which get no signals.

    Args:
        leaving: put things in order before the process ends.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    watch = Watch(*(each for each in leaving if each is not None))
    try:
        yield watch
    finally:
        watch.close()
