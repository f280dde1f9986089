"""Signals that arrive while the main thread is inside a guest.

Python calls a signal's handler as soon as Python code runs on the main thread again: at the entry of a
function that the C API calls back, before its first statement. What a handler raises there cannot be
caught: it is lost, and the C API goes on with whatever stood in a register. So before the main thread
enters a guest, handlers of the usual signals are replaced by a guard, once: outside of guests it does
what they did, inside it notes the signal, and `run_noted` calls them where an exception can go on. The
guard is taken away again when no store is left.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import signal
import threading
from collections.abc import Callable
from time import monotonic
from types import FrameType, TracebackType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]

_NAMES = (
    "SIGINT", "SIGTERM", "SIGALRM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGPROF",
    "SIGCHLD", "SIGWINCH", "SIGBREAK",
)  # fmt: skip
_GUARDED = tuple(int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name))
_current = _signal.getsignal
_LOOK_SECONDS = 1e-4


class Signals:
    """The guard of this process; only the main thread calls its methods.

    Attributes:
        inside: whether signals are noted; else their handlers run as ever.
        noted: signals that wait for `run_noted`.
        due: when handlers are to be looked at again; a time of `time.monotonic`.
    """

    def __init__(self) -> None:
        self.inside = False
        self.noted: list[int] = []
        self._originals: dict[int, Handler] = {}
        self._guard = self._note  # one object: it is recognised by identity
        self._seen: tuple[Any, ...] = ()
        self.due = 0.0

    def enter(self, now: float) -> None:
        """Note signals from now on; nothing is raised by them on the main thread after this.

        Args:
            now: the time of `time.monotonic`. Calls that come in quick succession look at the handlers
                once in a tenth of a millisecond.
        """
        if now > self.due:
            self.look(now)
        self.inside = True

    def look(self, now: float) -> None:
        """Put the guard before handlers that are new."""
        if tuple(map(_current, _GUARDED)) != self._seen:
            self._install()
        self.due = now + _LOOK_SECONDS

    def _install(self) -> None:
        for number in _GUARDED:
            handler = signal.getsignal(number)
            # What is no function is the default action, or "ignore": nothing of Python's runs then.
            if callable(handler) and handler is not self._guard:
                self._originals[number] = handler
                _signal.signal(number, self._guard)
        self._seen = tuple(map(_current, _GUARDED))

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
        """Put handlers back where they were; for when no guest is left."""
        if self.inside or not self._originals:
            return
        for number, handler in list(self._originals.items()):
            if _current(number) is self._guard:
                _signal.signal(number, handler)
        self._seen, self.due = (), 0.0


SIGNALS = Signals()
MAIN_THREAD = threading.main_thread().ident


class Noting:
    """A block of the main thread in which signals are noted; nothing on other threads.

    Their handlers are called at its end.
    """

    __slots__ = ("_is_main", "_was_inside")

    def __enter__(self) -> None:
        self._is_main = threading.get_ident() == MAIN_THREAD
        self._was_inside = SIGNALS.inside
        if self._is_main:
            SIGNALS.enter(monotonic())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_main:
            SIGNALS.inside = self._was_inside
            if SIGNALS.noted and not self._was_inside:
                SIGNALS.run_noted()
