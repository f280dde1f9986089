"""The instances of a pool: made, lent, taken back, thrown away, replaced, and counted."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import weakref
from collections.abc import Container, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from wcompose.errors import WcomposeError
from wcompose.runtime.instances.store import Usage

if TYPE_CHECKING:
    from wcompose.runtime.instances.instance import Instance


WORTH_SECONDS = 0.0005
"""Instances that take less than this to make are not made ahead by another thread: that takes turns with
the callers at Python's lock, and costs each of them more than making an instance does."""


class Source(Protocol):
    """What instances are made from."""

    def make(self) -> Instance:
        """Make an instance."""

    @property
    def fitting(self) -> Container[Any]:
        """Functions that were found to do."""

    def check(self, function: Any, /) -> None:
        """Refuse a function that cannot be called in a pool."""


class Kept:
    """An instance in a stock.

    Attributes:
        instance: the instance.
        source: what it was made from.
        uses: how often it was lent.
    """

    __slots__ = ("instance", "source", "uses")

    def __init__(self, instance: Instance, source: Source) -> None:
        self.instance = instance
        self.source = source
        self.uses = 0


class Borrower(Protocol):
    """Whoever has an instance at a time.

    Attributes:
        kept: the instance. The stock writes it down, in the same breath as in its own books: see
            `wcompose.runtime.pooling.places` for why.
    """

    kept: Kept | None


class Stock:
    """Instances for at most `size` borrowers at once; safe from all threads.

    Args:
        source: what instances are made from.
        size: how many are out at most; who borrows sees to that.
        warm: how many are kept ready. What is thrown away is replaced by a thread of the stock or,
            where that is quickly done, by the borrower who needs one.
        uses: how often each is lent; none for any number of times.

    Raises:
        WcomposeError: the first instances cannot be made.
    """

    def __init__(self, source: Source, *, size: int, warm: int, uses: int | None) -> None:
        self.source = source
        self._size, self._warm, self._uses = size, min(warm, size), uses
        self._lock = threading.Lock()
        self._idle: list[Kept] = []
        self._out: dict[Kept, None] = {}
        self._leaving: dict[Kept, None] = {}
        self._used = Usage()
        self._is_closed = False
        self._seconds = math.inf
        self._keeper: SimpleQueue[bool] | None = None
        self.made = 0
        """Instances made so far."""
        self.lost = 0
        """Instances thrown away because a call of theirs failed or was stopped."""

    @property
    def idle(self) -> int:
        """Instances that are ready."""
        return len(self._idle)

    @property
    def usage(self) -> Usage:
        """What all instances have used, those that are gone too."""
        with self._lock:
            total = self._used
            live = [*self._idle, *self._out, *self._leaving]
        for kept in live:
            total += kept.instance.usage
        return total

    def warm_up(self, source: Source | None = None) -> None:
        """Make the first instances, or those of another source, which replaces the one that was.

        Raises:
            WcomposeError: one cannot be made; the stock is as it was.
        """
        replaced = source is not None and source is not self.source
        source = source or self.source
        if replaced:
            self._seconds = math.inf
        wanted = self._warm if replaced else self._warm - len(self._idle)
        fresh: list[Kept] = []
        try:
            while len(fresh) < wanted:
                fresh.append(self._make(source))
        except BaseException:
            self._throw_away(fresh)
            raise
        thrown: list[Kept] = []
        with self._lock:
            if replaced:
                thrown, self._idle = self._idle, []
                self.source = source
            if self._is_closed:
                thrown = [*thrown, *fresh]
            else:
                self._idle.extend(fresh)
            self._leaving.update(dict.fromkeys(thrown))
        self._throw_away(thrown)

    def take(self, borrower: Borrower) -> Kept:
        """Borrow an instance: the one that came back last, or a new one. It is then the borrower's.

        Raises:
            WcomposeError: it has to be made, and cannot.
        """
        with self._lock:
            if self._idle:
                kept = borrower.kept = self._idle[-1]
                del self._idle[-1]
                self._out[kept] = None
                return kept
        made = self._make(self.source)
        with self._lock:
            borrower.kept = made
            self._out[made] = None
        return made

    def give(self, borrower: Borrower, *, is_good: bool = True) -> None:
        """Take back what somebody has borrowed, if anything. Resources that it gave out are dropped.

        Args:
            borrower: whoever has it.
            is_good: whether it may be lent again, as far as the borrower knows.
        """
        kept = borrower.kept
        if kept is None:
            return
        kept.uses += 1
        instance = kept.instance
        if instance.is_busy:  # the borrower left a call behind, on another thread
            instance.cancel("its lease is over")
            is_good = False
        elif instance.has_resources:
            # A destructor that fails ends the instance, which is then thrown away.
            with contextlib.suppress(WcomposeError):
                instance.drop_resources()
        is_good = is_good and instance.is_usable
        with self._lock:
            stays = (
                is_good
                and kept.source is self.source
                and not self._is_closed
                and (self._uses is None or kept.uses < self._uses)
            )
            borrower.kept = None
            del self._out[kept]
            if stays:
                self._idle.append(kept)
                return
            self._leaving[kept] = None
            self.lost += not is_good
            wants_more = self._seconds >= WORTH_SECONDS and len(self._idle) < self._warm
        self._throw_away([kept])
        if wants_more:
            self._wake_keeper()

    def forget(self, borrower: Borrower) -> None:
        """What is still borrowed was taken back in part only, because of Ctrl-C: nobody gets it."""
        with self._lock:
            if borrower.kept is not None:
                del self._out[borrower.kept]
                borrower.kept = None

    def stop(self, reason: str) -> None:
        """Stop what runs in any instance that is out, and destructors of those that are thrown away."""
        with self._lock:  # meanwhile none is taken back
            for kept in (*self._out, *self._leaving):
                kept.instance.cancel(reason)

    def close(self) -> None:
        """Free all instances; those that are out as they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            self._leaving.update(dict.fromkeys(idle))
            keeper, self._keeper = self._keeper, None
        self._throw_away(idle)
        if keeper is not None:
            keeper.put(False)

    def _make(self, source: Source) -> Kept:
        begun = time.monotonic()
        kept = Kept(source.make(), source)
        seconds = time.monotonic() - begun
        with self._lock:
            self.made += 1
            # The least counts: any of them may have had to wait for a processor.
            self._seconds = min(self._seconds, seconds)
        return kept

    def _throw_away(self, thrown: list[Kept]) -> None:
        for kept in thrown:
            try:
                # What its destructors do when they fail is nobody's error any more. One that is still
                # busy frees itself at the end of that call, when nobody has it any more.
                with contextlib.suppress(WcomposeError):
                    kept.instance.close()
            finally:
                usage = kept.instance.usage
                with self._lock:
                    self._leaving.pop(kept, None)
                    self._used += usage

    def _wake_keeper(self) -> None:
        with self._lock:
            if self._is_closed:
                return
            if self._keeper is None:
                self._keeper = SimpleQueue()
                weakref.finalize(self, self._keeper.put, False)
                arguments = (weakref.ref(self), self._keeper)
                name = "wcompose-pool-keeper"
                threading.Thread(target=_keep, args=arguments, name=name, daemon=True).start()
            self._keeper.put(True)

    def _refill(self) -> None:
        """Make what is missing of the ready ones. Where that fails, the next borrower is told."""
        for source in self._lacking():
            try:
                kept = self._make(source)
            except Exception:  # noqa: BLE001  (whoever needs an instance next makes it, and hears why not)
                return
            with self._lock:
                is_wanted = not self._is_closed and source is self.source and self._has_room()
                if is_wanted:
                    self._idle.append(kept)
            if not is_wanted:
                self._throw_away([kept])
                return

    def _lacking(self) -> Iterator[Source]:
        while True:
            with self._lock:
                if self._is_closed or not self._has_room():
                    return
                source = self.source
            yield source

    def _has_room(self) -> bool:
        return len(self._idle) < self._warm and len(self._idle) + len(self._out) < self._size


def _keep(stock: weakref.ref[Stock], wishes: SimpleQueue[bool]) -> None:
    while wishes.get():
        found = stock()
        if found is None:
            return
        found._refill()  # noqa: SLF001
        del found
