"""How much stack a thread has: a guest that recurses past its end would end the process.

The runtime counts a guest's stack from where it was entered, up to ``max_wasm_stack``, and trusts
that the thread has as much left (`wasmtime::Config::max_wasm_stack`). Linux gives its main thread 8 MiB
and those of `threading` as much, or what `threading.stack_size` and ``ulimit -s`` say; macOS gives
threads 512 KiB.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable

_ATTRIBUTES = 64
"""Bytes of a ``pthread_attr_t`` at most: 56 with glibc and musl on 64 bits."""
_KNOWN = threading.local()


def stack_size() -> int:
    """Bytes of stack of the thread that asks; zero where the system does not tell.

    Asked once a thread: on the main thread of Linux that reads a list of all mappings.
    """
    size = getattr(_KNOWN, "size", None)
    if not isinstance(size, int):
        size = _KNOWN.size = _ask()
    return size


def _ask() -> int:
    ask = _WAYS.get(sys.platform)
    try:
        return 0 if ask is None else ask()
    except (AttributeError, OSError):
        return 0  # another C library


def _linux() -> int:
    library = ctypes.CDLL(None)
    itself = library["pthread_self"]
    itself.restype = ctypes.c_void_p
    attributes = (ctypes.c_uint64 * (_ATTRIBUTES // 8))()
    size, base = ctypes.c_size_t(), ctypes.c_void_p()
    if library.pthread_getattr_np(ctypes.c_void_p(itself()), attributes):
        return 0
    failed = library.pthread_attr_getstack(attributes, ctypes.byref(base), ctypes.byref(size))
    library.pthread_attr_destroy(attributes)
    return 0 if failed else size.value


def _macos() -> int:
    library = ctypes.CDLL(None)
    itself, size = library["pthread_self"], library["pthread_get_stacksize_np"]
    itself.restype, size.restype = ctypes.c_void_p, ctypes.c_size_t
    return int(size(ctypes.c_void_p(itself())))


def _windows() -> int:
    low, high = ctypes.c_size_t(), ctypes.c_size_t()
    library = ctypes.CDLL("kernel32")
    library.GetCurrentThreadStackLimits(ctypes.byref(low), ctypes.byref(high))
    return high.value - low.value


_WAYS: dict[str, Callable[[], int]] = {"linux": _linux, "darwin": _macos, "win32": _windows}
