"""A pool of instances for asyncio.

Calls run on threads of the pool's own, one for each place, and never on the default executor, which
other work may fill. The event loop is told of each end, and nothing else of a call happens in it. A pool
serves any number of loops at once.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from wcompose.bounds import Limits
from wcompose.errors import Closed
from wcompose.native.entering import start_thread
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
from wcompose.runtime.pooling.places import Places
from wcompose.runtime.pooling.stock import Kept, Stock

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.instances.instance import Instance

Answer = TypeVar("Answer")
_CANCELLED = "the task that awaited it was cancelled"


class AsyncPool(Lender):
    """Instances of a component, lent to one awaited call at a time; safe from all loops and threads.

    At most `size` calls run at once, and at most `waiting` more are accepted, served in the order in
    which they came; whoever comes then is refused with `Full`. To stop waiting, cancel: with
    `asyncio.timeout`, say. An instance that ended (a trap, a deadline, any `GuestFault`) is thrown away
    and replaced; the others go on. See `Lender` for the arguments.

    Use it as `async with component.async_pool() as pool`; that makes the first instances (`warm`), and
    closes it.

    Raises:
        ValueError: a number makes no sense.
    """

    def _prepare(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._mailboxes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Mailbox] = (
            weakref.WeakKeyDictionary()
        )
        # A pool that was forgotten rather than closed leaves no threads behind.
        weakref.finalize(self, _dismiss, self._jobs, self._workers)

    async def call(
        self,
        function: str | ExportedFunction,
        /,
        *arguments: Any,
        seconds: float | None = None,
        fuel: int | None = None,
    ) -> Any:
        """Call an exported function on any instance.

        When the task is cancelled, so is the guest, and the task ends once the guest has ended: its
        place is free by then. A guest that waits for a function of the host cannot be stopped before
        that function returns.

        Args:
            function: the function, or a name of it.
            arguments: what it is given; leave it alone until the call has ended.
            seconds: bound of the call itself, without the time in line; none for that of the limits.
            fuel: as `seconds`.

        Raises:
            Full: the line has no room; or this is a call inside a call of the pool, and would wait.
            Closed: the pool is closed.
            UsageError: the function takes or gives resources (use `run`), or there is none of this name.
            ResultError: the function answered with the error of its result.
            WcomposeError: whatever the call raises, or making the instance.
        """
        return await self._do(lambda kept: invoke(kept, function, arguments, seconds, fuel))

    async def run(self, work: Callable[[Instance], Answer]) -> Answer:
        """Do several calls on one instance, which the work has to itself.

        The work runs on a thread of the pool, with the caller's context variables. Resources that the
        instance gave out end with it. Cancelled between two calls, it ends at the next one.

        Raises:
            Full: see `call`, as for the others.
        """
        answer: Answer = await self._do(lambda kept: work(kept.instance))
        return answer

    async def replace(
        self,
        component: Component,
        *,
        grants: Grants | None = None,
        limits: Limits | None = None,
        imports: Mapping[str, Any] | None = None,
        bindings: Bindings | None = None,
    ) -> None:
        """Go over to another component without dropping a call; see `Pool.replace`.

        Cancelled, it may happen all the same: what was begun goes on beside the loop.

        Raises:
            WcomposeError: no instance can be made of it. The pool goes on with the old one.
            Closed: the pool is closed.
        """
        self._check_process()
        if self._places.is_closed:
            raise Closed.of("pool-closed", "the pool is closed", hint="make another one")
        changed = self._changed(component, grants, limits, imports, bindings)
        await _on_a_thread(lambda: self._replace(changed))

    async def close(self, *, drain: bool = True, seconds: float | None = None) -> bool:
        """Take nothing new, and end when the last accepted call has ended; see `Pool.close`.

        Raises:
            UsageError: this is done inside a call of the pool.
        """
        if os.getpid() != self._process:
            return True
        self._check_closing()
        loop = asyncio.get_running_loop()
        emptied = loop.create_future()
        self._places.close(partial(_tell, loop, _settle, emptied))
        if drain:
            await asyncio.wait({emptied}, timeout=seconds)
        is_whole = not self._places.is_busy  # those whose caller is being told have ended well
        while not self._places.is_empty:
            self._places.send_away()
            self._stock.stop(CLOSING)
            await asyncio.wait({emptied}, timeout=STOP_SECONDS)
        await _on_a_thread(self._free)
        return is_whole

    def _free(self) -> None:
        self._stock.close()
        with self._starting:
            workers = list(self._workers)
            _dismiss(self._jobs, self._workers)
        for worker in workers:
            worker.join()

    async def __aenter__(self) -> Self:
        self._check_process()
        await _on_a_thread(self._stock.warm_up)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A task that was cancelled does not want to wait for all that was accepted.
        await self.close(drain=error is None or isinstance(error, Exception))

    async def _do(self, work: Callable[[Kept], Any]) -> Any:
        self._check_process()
        loop = asyncio.get_running_loop()
        mailbox = self._mailboxes.get(loop)
        if mailbox is None:
            mailbox = self._mailboxes.setdefault(loop, _Mailbox())
        job = _Job(self, self._jobs, self._places, self._stock, work, loop, mailbox)
        if self._places.enter(job):
            self._dispatch(job)
        else:
            self._check_waiting()
            if self._places.line_up(job):
                self._dispatch(job)
        future = job.future
        try:
            return await future
        except BaseException as error:
            if not job.is_over and not self._places.withdraw(job):
                job.stop()
                if isinstance(error, asyncio.CancelledError):
                    await job.end()
            raise
        finally:
            # An exception keeps this frame, and must not keep itself by way of it.
            del job, future

    def _dispatch(self, job: _Job) -> None:
        """Give a job that has a place to a thread; there is one for each place that is taken."""
        try:
            with self._starting:
                if len(self._workers) < self._places.taken:
                    stack = self._recipe.component.stack
                    work = partial(_work, self._jobs)
                    self._workers.append(start_thread(work, stack, "wcompose-pool"))
        except RuntimeError:  # the system has no more threads; those that there are do it
            if not self._workers:
                self._places.leave(job)
                raise
        job.wake()


class _Mailbox:
    """What a loop is to be told, so that calls which end together wake it once."""

    __slots__ = ("_is_told", "_posted")

    def __init__(self) -> None:
        self._posted: deque[tuple[_Job, Any, BaseException | None]] = deque()
        self._is_told = False

    def post(
        self, loop: asyncio.AbstractEventLoop, job: _Job, answer: Any, error: BaseException | None
    ) -> None:
        """Tell of a call's end, from any thread."""
        self._posted.append((job, answer, error))
        # Whoever finds the loop told already has posted before the loop looks.
        if not self._is_told:
            self._is_told = True
            _tell(loop, self._open)

    def _open(self) -> None:
        self._is_told = False
        while self._posted:
            job, answer, error = self._posted.popleft()
            job.conclude(answer, error)


@dataclass
class _Mine:
    """An instance that is about to be given back."""

    kept: Kept | None


class _Job(Lease):
    """One awaited call: in the loop, in line, on a thread, and in the loop again."""

    __slots__ = (
        "_context", "_ended", "_lock", "_loop", "_mailbox", "_places", "_stock", "_work", "future",
        "is_over", "is_stopped",
    )  # fmt: skip

    def __init__(
        self,
        pool: AsyncPool,
        jobs: SimpleQueue[_Job | None],
        places: Places,
        stock: Stock,
        work: Callable[[Kept], Any],
        loop: asyncio.AbstractEventLoop,
        mailbox: _Mailbox,
    ) -> None:
        super().__init__(pool)
        self.wake = partial(jobs.put, self)
        self._places, self._stock = places, stock
        self._work: Callable[[Kept], Any] | None = work
        self._loop, self._mailbox = loop, mailbox
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._ended: asyncio.Future[None] | None = None
        self.future: asyncio.Future[Any] = loop.create_future()
        self.is_over = False
        """Whether the loop knows of its end."""
        self.is_stopped = False

    def stop(self) -> None:
        """Stop the guest, if it runs; if it does not yet, it never will."""
        with self._lock:
            self.is_stopped = True
            if self.kept is not None:
                self.kept.instance.cancel(_CANCELLED)

    async def end(self) -> None:
        """Wait until the guest has ended, whatever else happens to the task."""
        while not self.is_over:
            ended = self._ended = self._loop.create_future()
            again = self._loop.call_later(STOP_SECONDS, _settle, ended, None, None)
            try:
                await ended
            except asyncio.CancelledError:
                pass  # it is raised in the end anyway
            finally:
                again.cancel()
            self.stop()

    def perform(self) -> None:
        """Do the work, on a thread of the pool."""
        work, self._work = self._work, None
        if work is None:
            return  # woken twice
        answer, error = self._context.run(self._outcome, work)
        # The place is free before the caller goes on; a pool that closes waits until the caller knows.
        try:
            # Whoever stops the guest holds the lock: not when the instance may be another's already.
            with self._lock:
                mine = _Mine(self.kept)
                self.kept = None
            self._stock.give(mine, is_good=not self.is_stopped)
        except BaseException as failure:  # noqa: BLE001  (as above; the thread goes on)
            answer, error = None, error or failure
        finally:
            self._places.leave(self, is_over=False)
            self._mailbox.post(self._loop, self, answer, error)
            del answer, error  # the error's frames come back here
            self._places.finish(self)

    def _outcome(self, work: Callable[[Kept], Any]) -> tuple[Any, BaseException | None]:
        if not self.has_place:
            return None, Closed.of("pool-closed", "the pool was closed while the caller waited")
        if self.is_stopped or self._loop.is_closed():
            return None, None  # nobody waits any more
        HELD.set((*HELD.get(), self))
        try:
            kept = self._stock.take(self)
            with self._lock:
                if self.is_stopped:
                    return None, None
            return work(kept), None
        except BaseException as error:  # noqa: BLE001  (it is raised where the call is awaited)
            return None, error

    def conclude(self, answer: Any, error: BaseException | None) -> None:
        """The end, in the loop."""
        self.is_over = True
        # An error keeps the frames that know this job, and must not keep itself by way of it.
        future = self.future
        del self.future
        _settle(future, answer, error)
        if self._ended is not None:
            _settle(self._ended)


def _settle(
    future: asyncio.Future[Any], answer: Any = None, error: BaseException | None = None
) -> None:
    if future.done():
        return
    if isinstance(error, StopIteration):  # which a future cannot carry
        wrapped = RuntimeError("the work raised StopIteration")
        wrapped.__cause__ = error
        error = wrapped
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, *call: Any) -> None:
    """Call something in a loop, unless the loop is closed and nobody waits any more."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(*call)


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        job.perform()
        del job


def _dismiss(jobs: SimpleQueue[_Job | None], workers: list[threading.Thread]) -> None:
    for _ in workers:
        jobs.put(None)
    workers.clear()


async def _on_a_thread(action: Callable[[], Any]) -> None:
    """Do something that takes a while beside the loop, and not on the default executor."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def act() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001  (it is raised where this is awaited)
            _tell(loop, _settle, done, None, error)
        else:
            _tell(loop, _settle, done)

    thread = threading.Thread(target=act, name="wcompose-pool-care", daemon=True)
    thread.start()
    await done
    thread.join()  # which has nothing left to do
