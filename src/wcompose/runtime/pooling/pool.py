"""A pool of instances for threads.

A caller runs its call in its own thread, so a call through a pool costs little more than one without;
the runtime lets go of Python's lock while a guest runs, so calls of several threads run at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from wcompose.bounds import Limits
from wcompose.errors import Closed, WaitExceeded
from wcompose.runtime.bindings import Bindings
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.hosting.grants import Grants
from wcompose.runtime.pooling.lending import (
    CLOSING,
    HELD,
    STOP_SECONDS,
    Lease,
    Lender,
    invoke,
)
from wcompose.runtime.pooling.stock import Kept

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.instances.instance import Instance

Answer = TypeVar("Answer")


class Pool(Lender):
    """Instances of a component, lent to one call at a time; safe from all threads.

    At most `size` calls run at once, and at most `waiting` callers wait, served in the order in which
    they came. An instance that ended (a trap, a deadline, any `GuestFault`) is thrown away and replaced;
    the others go on. See `Lender` for the arguments.

    Raises:
        WcomposeError: the first instances (`warm`) cannot be made; see `Component.instantiate`.
        ValueError: a number makes no sense.
    """

    def _prepare(self) -> None:
        self._stock.warm_up()

    def call(
        self,
        function: str | ExportedFunction,
        /,
        *arguments: Any,
        seconds: float | None = None,
        fuel: int | None = None,
        wait: float | None = None,
    ) -> Any:
        """Call an exported function on any instance.

        Args:
            function: the function, or a name of it.
            arguments: what it is given.
            seconds: bound of the call itself, without the time in line; none for that of the limits.
            fuel: as `seconds`.
            wait: seconds to stand in line at most; zero to be refused where one would have to wait.

        Raises:
            Full: the line has no room; or this is a call inside a call of the pool, and would wait.
            WaitExceeded: no place in time.
            Closed: the pool is closed.
            UsageError: the function takes or gives resources (use `run`), or there is none of this name.
            ResultError: the function answered with the error of its result.
            WcomposeError: whatever the call raises, or making the instance.
        """
        lease = Lease(self)
        try:
            return invoke(self._begin(lease, wait), function, arguments, seconds, fuel)
        finally:
            try:
                self._end(lease)
            except BaseException:
                self._end(lease)  # Ctrl-C was faster than its first line
                raise

    @contextmanager
    def instance(self, *, wait: float | None = None) -> Iterator[Instance]:
        """Have one instance to oneself for several calls, as `with pool.instance() as instance`.

        Resources that it gave out end with the block.

        Raises:
            Full: see `call`, as for the others.
        """
        lease = Lease(self)
        try:
            yield self._begin(lease, wait).instance
        finally:
            try:
                self._end(lease)
            except BaseException:
                self._end(lease)  # Ctrl-C was faster than its first line
                raise

    def run(self, work: Callable[[Instance], Answer], *, wait: float | None = None) -> Answer:
        """Do several calls on one instance; see `instance`."""
        with self.instance(wait=wait) as instance:
            return work(instance)

    def replace(
        self,
        component: Component,
        *,
        grants: Grants | None = None,
        limits: Limits | None = None,
        imports: Mapping[str, Any] | None = None,
        bindings: Bindings | None = None,
    ) -> None:
        """Go over to another component, such as a new version, without dropping a call.

        Its first instances are made before anything changes. Calls that run end on the old component;
        those that begin after this returns, waiting ones too, have the new one. What is left out stays
        as it was, but for `bindings`, which belong to the component.

        Raises:
            WcomposeError: no instance can be made of it. The pool goes on with the old one.
            Closed: the pool is closed.
        """
        self._check_process()
        if self._places.is_closed:
            raise Closed.of("pool-closed", "the pool is closed", hint="make another one")
        self._replace(self._changed(component, grants, limits, imports, bindings))

    def close(self, *, drain: bool = True, seconds: float | None = None) -> bool:
        """Take nothing new, and end when the last accepted call has ended, waiting ones too.

        Closing twice does no harm: each waits for the end, and the more impatient one decides.

        Args:
            drain: whether accepted calls run to their end; else those that wait raise `Closed`, and
                those that run are cancelled.
            seconds: time that draining may take; after it as without. A function of the host that
                blocks cannot be cancelled, and is waited for.

        Returns:
            Whether all accepted calls came to their own end.

        Raises:
            UsageError: this is done inside a call of the pool.
        """
        if os.getpid() != self._process:
            return True  # after a fork nothing in it is this process's
        self._check_closing()
        gate: SimpleQueue[None] = SimpleQueue()
        self._places.close(partial(gate.put, None))
        is_whole = is_empty = _is_told(gate, seconds if drain else 0)
        while not is_empty:
            self._places.send_away()
            self._stock.stop(CLOSING)
            is_empty = _is_told(gate, STOP_SECONDS)
        self._stock.close()
        return is_whole

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Whoever presses Ctrl-C does not want to wait for all that was accepted.
        self.close(drain=error is None or isinstance(error, Exception))

    def _begin(self, lease: Lease, wait: float | None) -> Kept:
        self._check_process()
        if not self._places.enter(lease):
            self._line_up(lease, wait)
        kept = self._stock.take(lease)
        lease.token = HELD.set((*HELD.get(), lease))
        return kept

    def _line_up(self, lease: Lease, wait: float | None) -> None:
        self._check_waiting()
        gate: SimpleQueue[None] = SimpleQueue()
        lease.wake = partial(gate.put, None)
        if self._places.line_up(lease):
            return
        if not _is_told(gate, wait) and self._places.withdraw(lease):
            raise WaitExceeded.of(
                "pool-wait",
                f"no place in the pool was free within {wait:g} s",
                hint="wait longer, or give the pool a larger `size`",
            )
        if not lease.has_place:
            raise Closed.of("pool-closed", "the pool was closed while the caller waited")


def _is_told(gate: SimpleQueue[None], seconds: float | None) -> bool:
    """Wait to be woken; whether that came in time."""
    try:
        gate.get(timeout=None if seconds is None else min(max(seconds, 0), threading.TIMEOUT_MAX))
    except Empty:
        return False
    return True
