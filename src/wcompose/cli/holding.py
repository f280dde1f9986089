"""A guest's last words, held back for the moment in which they may turn out to be told by the error.

A guest that ends in a panic or an exception writes about it first, and the error that we show repeats
that in order, with the user's own files. Nobody wants to read it twice. So what begins like last words
waits until the guest has ended, and no longer than two seconds: it may also be what a program logs.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable

from wcompose.report import Finding
from wcompose.runtime.ends.last_words import NAMED, is_of_runtime

HOLD_SECONDS = 2.0
"""How long something is held back at most."""
_HOLD_LIMIT = 1 << 16
"""Bytes that are held back at most."""
_SIGNS = (b"Traceback (most recent call last)", b"thread '", b"panic: ", b"fatal error: ")
_NAME = re.compile(rb"^\[[a-z0-9-]+\] ")
_PART_OF_NAME = re.compile(rb"\[[a-z0-9-]{0,64}(\] ?)?")
"""A node's name before a line, and the beginning of one."""


class HeldWords:
    """Passes standard error on, and holds back what begins like last words.

    Args:
        write: takes what is not held back.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._held = b""
        self._is_sure = False
        self._at_line_start = True
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __call__(self, data: bytes) -> None:
        """Take what the guest wrote."""
        with self._lock:
            if self._is_sure:
                self._held += data
            else:
                self._look(self._held + data)
            if len(self._held) > _HOLD_LIMIT:
                self._release()
            elif self._held and self._timer is None:
                self._timer = threading.Timer(HOLD_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def _look(self, data: bytes) -> None:
        start, self._is_sure = _beginning(data, at_line_start=self._at_line_start)
        self._held = data[start:]
        self._pass_on(data[:start])

    def _pass_on(self, data: bytes) -> None:
        if data:
            self._at_line_start = data.endswith(b"\n")
            self._write(data)

    def flush(self) -> None:
        """Pass on what was held back."""
        with self._lock:
            self._release()

    def settle(self, findings: Iterable[Finding]) -> None:
        """Drop what was held back, if findings tell it; else pass it on."""
        told = {
            line.strip()
            for each in findings
            for cause in each.causes
            for line in cause.splitlines()
        }
        with self._lock:
            text = self._held.decode("utf-8", "backslashreplace")
            lines = [NAMED.sub("", line) for line in text.splitlines()]
            if all(
                not line.strip() or is_of_runtime(line) or line.strip() in told for line in lines
            ):
                self._held = b""
            self._release()

    def _release(self) -> None:
        held, self._held, self._is_sure = self._held, b"", False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pass_on(held)


def _beginning(data: bytes, *, at_line_start: bool) -> tuple[int, bool]:
    """Where last words begin or may begin, and whether they surely do; the end where they do not.

    Empty lines before them belong to them: Rust leaves one.
    """
    gap: int | None = None
    place = 0
    for line in data.splitlines(keepends=True):
        start, place = place, place + len(line)
        if start == 0 and not at_line_start:
            continue
        first = start if gap is None else gap
        text = _NAME.sub(b"", line[:128])
        if text.startswith(_SIGNS):
            return first, True
        if _PART_OF_NAME.fullmatch(line) or any(sign.startswith(text) for sign in _SIGNS):
            return first, False  # also where only a name came yet
        gap = first if not text.strip() else None
    return (len(data), False) if gap is None else (gap, False)
