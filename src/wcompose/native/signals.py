"""Signals that arrive while the main thread is inside a guest.

Python calls a signal's handler as soon as Python code runs on the main thread again: at the entry of a
function that the C API calls back, before its first statement. What a handler raises there cannot be
caught: it is lost, and the C API goes on with whatever stood in a register. So before the main thread
enters a guest, handlers of the usual signals are replaced by a guard, once: outside of guests it does
what they did, inside it notes the signal, and `run_noted` calls them where an exception can go on.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]

_NAMES = ("SIGINT", "SIGTERM", "SIGALRM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGBREAK")
_GUARDED = tuple(int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name))
_current = _signal.getsignal


class Signals:
    """The guard of this process; only the main thread calls its methods."""

    def __init__(self) -> None:
        self.inside = False
        """Whether the main thread runs a guest now, and no code of the host below it."""
        self.noted: list[int] = []
        self._originals: dict[int, Handler] = {}
        self._guard = self._note  # one object: it is recognised by identity
        self._seen: tuple[Any, ...] = ()

    def enter(self) -> None:
        """The main thread goes into a guest."""
        if tuple(map(_current, _GUARDED)) != self._seen:
            self._install()
        self.inside = True

    def _install(self) -> None:
        for number in _GUARDED:
            handler = signal.getsignal(number)
            # What is no function is the default action, or "ignore": nothing of Python's runs then.
            if callable(handler) and handler is not self._guard:
                self._originals[number] = handler
                _signal.signal(number, self._guard)
        self._seen = tuple(map(_current, _GUARDED))

    def leave(self) -> None:
        """It came out again.

        Raises:
            BaseException: what the handler of a noted signal raised.
        """
        self.inside = False
        if self.noted:
            self.run_noted()

    def run_noted(self) -> None:
        """Call the handlers of the signals that were noted.

        Raises:
            BaseException: what a handler raised; signals that are left stay noted.
        """
        was_inside, self.inside = self.inside, False
        try:
            while self.noted:
                number = self.noted.pop(0)
                self._originals[number](number, None)
        finally:
            self.inside = was_inside

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.inside:
            if number not in self.noted:
                self.noted.append(number)
        else:
            self._originals[number](number, frame)

    def restore(self) -> None:
        """Put handlers back that still are ours; done when nothing of ours may run any more."""
        for number, handler in self._originals.items():
            if _current(number) is self._guard:
                _signal.signal(number, handler)
        self._originals.clear()


SIGNALS = Signals()
MAIN_THREAD = threading.main_thread().ident
