"""The question that a store asks when its engine's epoch has moved on: may the call go on?

One C function serves all stores; it finds the call by the number that its store was given. It is called
on the thread that runs the guest, and must neither raise (see `wcompose.native.signals`) nor need a deep
stack of Python: it is one frame that calls builtins.
"""

from __future__ import annotations

import ctypes
from time import monotonic
from typing import Any, Protocol

from wasmtime import _ffi as ffi

from wcompose.native.calls import make_error
from wcompose.native.signals import SIGNALS


class RunningCall(Protocol):
    """What is asked about a call that is under way.

    Attributes:
        deadline: time of `time.monotonic` at which it is stopped; none for never.
        stopping: why it is to stop, empty to go on; set here to ``deadline`` or ``signal``.
        raised: what a signal's handler raised, for the caller.
        on_main: whether it runs on the main thread, where signals are handled.
    """

    deadline: float | None
    stopping: str
    raised: BaseException | None
    on_main: bool


RUNNING: dict[int, Any] = {}
"""Calls that are under way, by the numbers of their stores."""

_TICK = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ctypes.c_uint8),
)


def _answer(_context: Any, number: int, delta: Any, _kind: Any) -> int:
    try:
        delta[0] = 1
        call: RunningCall | None = RUNNING.get(number)
        if call is None:
            return 0
        if call.on_main and SIGNALS.noted:
            SIGNALS.run_noted()
        if not call.stopping:
            if call.deadline is None or monotonic() <= call.deadline:
                return 0
            call.stopping = "deadline"
        return make_error("the call was stopped")
    except BaseException as error:  # noqa: BLE001
        call = RUNNING.get(number)
        if call is not None:
            call.stopping, call.raised = "signal", error
        return make_error("the call was stopped")


_ANSWER = _TICK(_answer)
_register = ffi.dll["wasmtime_store_epoch_deadline_callback"]
_register.restype = None
_register.argtypes = [ctypes.c_void_p, _TICK, ctypes.c_size_t, ctypes.c_void_p]


def ask_at_ticks(store: int, number: int) -> None:
    """Make a store ask at each tick.

    Args:
        store: its address.
        number: what its calls stand under in `RUNNING`.
    """
    _register(store, _ANSWER, number, None)
