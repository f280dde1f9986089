"""Listeners for what guests write.

The runtime hands output over on a thread of its own, perhaps after the call has ended, and lets go of
a stream there some time after its store is gone. At that time Python may be ending, and a function of
Python's that is called then ends the process. So nothing of Python's is called at a stream's end:
streams know their listener by a number, and whoever made them forgets the number.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import time
from collections.abc import Callable
from time import monotonic
from typing import Any

from wasmtime import _ffi as ffi

from wcompose.native.calls import pointer_of
from wcompose.native.memory import MEMORY

Listener = Callable[[bytes], object]
"""Hears what is written; an `OSError` that it raises is what the guest is told."""


class Heard:
    """When something was heard of any stream.

    Attributes:
        last: time of `time.monotonic`; minus infinity for never.
    """

    last = float("-inf")


HEARD = Heard()
_NUMBERS = itertools.count(1)
_LISTENERS: dict[int, Listener] = {}
_QUIET_SECONDS = 0.03
_PATIENCE = 2.0
_WRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_size_t)


def _written(number: int, address: int, size: int) -> int:
    try:
        HEARD.last = monotonic()
        listener = _LISTENERS.get(number)
        if listener is not None:
            listener(MEMORY[address : address + size])
        return size
    except OSError as error:
        return -(error.errno or errno.EIO)
    except BaseException:  # noqa: BLE001 -- the C API cannot carry it; listeners keep what they raise
        return -errno.EIO


_WRITTEN = _WRITE(_written)


def _setter(name: str) -> Any:
    function = ffi.dll[name]
    function.restype = None
    function.argtypes = [ctypes.c_void_p, _WRITE, ctypes.c_size_t, ctypes.c_void_p]
    return function


_SETTERS = {
    "stdout": _setter("wasi_config_set_stdout_custom"),
    "stderr": _setter("wasi_config_set_stderr_custom"),
}


def listen(configuration: Any, stream: str, listener: Listener) -> int:
    """Have a listener hear a stream of a `WasiConfig`.

    Args:
        configuration: before it is given to a store.
        stream: ``stdout`` or ``stderr``.
        listener: hears it until `forget`.

    Returns:
        The listener's number.
    """
    number = next(_NUMBERS)
    _LISTENERS[number] = listener
    _SETTERS[stream](pointer_of(configuration), _WRITTEN, number, None)
    return number


def forget(number: int, pop: Callable[[int, None], object] = _LISTENERS.pop) -> None:
    """Have a listener hear no more; what is written then goes nowhere."""
    pop(number, None)


def wait_until_quiet() -> None:
    """Wait until nothing has been written for a moment; for the end of the process."""
    begun = monotonic()
    while monotonic() - HEARD.last < _QUIET_SECONDS and monotonic() - begun < _PATIENCE:
        time.sleep(_QUIET_SECONDS)
