"""The places of a pool: who has one, who stands in line for one, and who is turned away.

A place that is given back goes straight to the first in line, so nobody is overtaken: neither by those
who came later nor by the one who gave it back and comes again.

Ctrl-C may raise in the main thread behind any call, and must neither lose a place nor leave a caller
asleep. So what a caller has is written down in its `Turn` in the same breath as in the books here, with
no call in between, and whoever is woken is woken by a function written in C, which no signal interrupts.
Whoever catches a `KeyboardInterrupt` finds both in agreement, and ends the turn wherever it stands.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from wcompose.errors import Closed, Full

Wake = Callable[[], object]
"""Called from any thread, perhaps twice. Neither blocks nor raises; written in C, see above."""


class Turn:
    """One caller's way through a pool: in line, then in a place, then over."""

    __slots__ = ("__weakref__", "has_place", "is_known", "wake")

    wake: Wake
    """Ends its wait in line: it has got a place (`has_place`) or was refused. Set before it lines up."""

    def __init__(self) -> None:
        self.has_place = False
        """Whether it has one of the places now."""
        self.is_known = False
        """Whether a pool that closes has to wait for its end."""


class Places:
    """So many places and a line before them; safe from all threads.

    Args:
        size: number of places.
        waiting: how many may stand in line.
    """

    def __init__(self, size: int, waiting: int) -> None:
        self.size = size
        self.waiting = waiting
        self._lock = threading.Lock()
        self._taken = 0
        self._known = 0
        self._line: OrderedDict[Turn, None] = OrderedDict()
        self._is_closed = False
        self._when_empty: list[Wake] = []

    @property
    def taken(self) -> int:
        """Places that somebody has."""
        return self._taken

    @property
    def lined_up(self) -> int:
        """Callers in line."""
        return len(self._line)

    @property
    def is_closed(self) -> bool:
        """Whether nobody is let in any more."""
        return self._is_closed

    @property
    def is_busy(self) -> bool:
        """Whether somebody has a place or waits for one."""
        return bool(self._taken or self._line)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in: neither in line, nor in a place, nor about to finish."""
        return not self._known

    def enter(self, turn: Turn) -> bool:
        """Take a place if one is free; whether it was.

        Raises:
            Closed: nobody is let in any more.
        """
        with self._lock:
            if self._is_closed:
                raise _closed()
            if self._taken == self.size:
                return False
            # While there is a line there is no free place: `leave` hands it on.
            self._taken += 1
            self._known += 1
            turn.is_known = turn.has_place = True
            return True

    def line_up(self, turn: Turn) -> bool:
        """Stand in line, unless a place is free by now; whether it was, and is taken.

        Raises:
            Closed: nobody is let in any more.
            Full: the line has no room.
        """
        with self._lock:
            if self._is_closed:
                raise _closed()
            if self._taken < self.size:
                self._taken += 1
                self._known += 1
                turn.is_known = turn.has_place = True
                return True
            if len(self._line) >= self.waiting:
                raise Full.of(
                    "pool-full",
                    f"all {self.size} places of the pool are taken, and {len(self._line)} callers "
                    "wait for one",
                    hint="try again later, or give the pool a larger `size` or `waiting`",
                )
            self._known += 1
            turn.is_known = True
            self._line[turn] = None
            return False

    def leave(self, turn: Turn, *, is_over: bool = True) -> None:
        """Give up the place, or the wait for it. Nothing happens when it has neither.

        Args:
            turn: whose.
            is_over: whether a pool that closes need not wait for it any longer; else call `finish`.
        """
        following = None
        try:
            with self._lock:
                if not turn.has_place:
                    self._line.pop(turn, None)
                elif self._line:
                    following = next(iter(self._line))
                    following.has_place, turn.has_place = True, False
                    del self._line[following]
                else:
                    turn.has_place = False
                    self._taken -= 1
                if is_over:
                    self._forget(turn)
        finally:
            if following is not None and following.has_place:
                following.wake()

    def finish(self, turn: Turn) -> None:
        """Forget a caller that left."""
        with self._lock:
            self._forget(turn)

    def _forget(self, turn: Turn) -> None:
        if turn.is_known:
            turn.is_known = False
            self._known -= 1
        while self._is_closed and not self._known and self._when_empty:
            self._when_empty[-1]()
            del self._when_empty[-1]

    def withdraw(self, turn: Turn) -> bool:
        """Give up the wait; whether it stood in line. Its place, if it has got one, it keeps."""
        with self._lock:
            if turn not in self._line:
                return False
            del self._line[turn]
        self.finish(turn)
        return True

    def close(self, when_empty: Wake) -> None:
        """Let nobody in any more. Those in line still get their places.

        Args:
            when_empty: called when the last one has left; at once if nobody is in.
        """
        with self._lock:
            self._is_closed = True
            if self._known:
                self._when_empty.append(when_empty)
                return
        when_empty()

    def send_away(self) -> None:
        """Refuse everybody in line."""
        with self._lock:
            while self._line:
                turn = next(reversed(self._line))
                turn.wake()
                del self._line[turn]


def _closed() -> Closed:
    return Closed.of("pool-closed", "the pool is closed", hint="make another one")
