"""What a thread has for calls: a place for results, and how much of its stack is spoken for."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from wcompose.native.calls import VALUE_SIZE
from wcompose.native.memory import Block
from wcompose.native.signals import MAIN_THREAD
from wcompose.native.threads import stack_size

T = TypeVar("T")

HOST_STACK = 256 << 10
"""Bytes of stack that the runtime and Python take for each call, beside the guest's own."""
BASE_STACK = 512 << 10
"""Bytes of stack that Python may have used before the first call."""
_UNKNOWN_STACK = 512 << 10
"""What a thread is taken to have where the system does not tell."""
_NESTED_LIMIT = 64
"""Calls that nest, each below a function of the host that another guest called."""


class Thread:
    """What is kept for one thread.

    Attributes:
        slot: takes the result of a call.
        slot_address: where it is.
        free: bytes of stack that no guest under way may use.
        on_main: whether it is the main thread.
        nested: calls under way, on this thread and those that wait for it.
    """

    __slots__ = ("free", "nested", "on_main", "slot", "slot_address")

    def __init__(self) -> None:
        self.slot = Block(VALUE_SIZE)
        self.slot_address = self.slot.address
        self.free = (stack_size() or _UNKNOWN_STACK) - BASE_STACK
        self.on_main = threading.get_ident() == MAIN_THREAD
        self.nested = 0


class _Entering(threading.local):
    def __init__(self) -> None:
        self.thread = Thread()


ENTERING = _Entering()
"""Its ``thread`` is the thread that asks."""
_STARTING = threading.Lock()


def is_too_deep() -> bool:
    """Whether so many calls nest that another may not."""
    return ENTERING.thread.nested >= _NESTED_LIMIT


def start_thread(work: Callable[[], Any], stack: int, name: str) -> threading.Thread:
    """Start a thread with so much stack that a guest can run on it.

    Args:
        work: what it does.
        stack: bytes that the guest may use.
        name: of the thread.

    Raises:
        RuntimeError: the system gives no more threads.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    size = (stack + HOST_STACK + BASE_STACK + 0xFFFF) & ~0xFFFF
    # The size is the process's, for threads that start from now on: one of ours starts at a time.
    with _STARTING:
        before = threading.stack_size()
        if before and before >= size:
            thread.start()
            return thread
        threading.stack_size(max(size, 8 << 20))
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    return thread


def call_elsewhere(work: Callable[[], T], stack: int, stop: Callable[[], object]) -> T:
    """Run something on a thread of its own with enough stack, and wait for it.

    Args:
        work: what runs; it sees the caller's context variables.
        stack: bytes that a guest may use in it.
        stop: asked for when the wait is interrupted; the wait goes on until the work has ended.

    Raises:
        BaseException: what ``work`` raised, or what interrupted the wait.
    """
    outcome: list[T] = []
    raised: list[BaseException] = []
    done = threading.Event()
    context = contextvars.copy_context()
    nested = ENTERING.thread.nested

    def run() -> None:
        try:
            ENTERING.thread.nested = nested
            outcome.append(context.run(work))
        except BaseException as error:  # noqa: BLE001 -- carried over to the caller
            raised.append(error)
        finally:
            done.set()

    start_thread(run, stack, "wcompose-call")
    try:
        done.wait()
    except BaseException:
        while not done.wait(0.02):
            stop()
        raise
    if raised:
        raise raised[0]
    return outcome[0]
