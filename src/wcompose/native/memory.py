"""Addresses of Python's bytes, and a window on memory at addresses that the runtime gave."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from functools import cache
from typing import Any

_HEADER = bytes.__basicsize__ - 1
"""Bytes of an object before its content: CPython keeps ``bytes`` in one piece, a zero at its end."""
_ADDRESSES = 1 << 47
"""Addresses of a process on the 64-bit machines that the runtime is made for."""

MEMORY: Any = (ctypes.c_char * _ADDRESSES).from_address(0)
"""All memory: slices of it are bytes that were copied, `struct.unpack_from` reads it in place.

Only addresses that the runtime gave may be read, while what they belong to is alive."""

BYTES: Any = memoryview(MEMORY).cast("B")
"""The same as numbers, for strided reading."""

ADDRESS_OFFSET = _HEADER
"""What is added to the `id` of a ``bytes`` object to have the address of its content."""


def address_of(data: bytes) -> int:
    """Address of the content of ``data``, for as long as it is alive."""
    return id(data) + _HEADER


class Block:
    """Zeroed memory that can be written to and that has an address.

    Args:
        size: in bytes.
        template: content to begin with, repeated to the size.
    """

    __slots__ = ("_pin", "address", "data")

    def __init__(self, size: int, template: bytes = b"") -> None:
        self.data = bytearray(template * (size // len(template))) if template else bytearray(size)
        self._pin = (ctypes.c_char * size).from_buffer(self.data) if size else None
        self.address = ctypes.addressof(self._pin) if self._pin is not None else 0


def check_layout() -> None:
    """Make sure that this Python keeps bytes where they are looked for.

    Raises:
        RuntimeError: it does not; only CPython on 64-bit machines with little-endian numbers does.
    """
    probe = b"wcompose"
    if (
        sys.byteorder != "little"
        or sys.implementation.name != "cpython"
        or ctypes.sizeof(ctypes.c_void_p) != 8
        or ctypes.string_at(address_of(probe), len(probe)) != probe
    ):
        raise RuntimeError("components run under CPython on 64-bit little-endian machines only")


_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Parameters of `mallopt` (``malloc.h`` of glibc)."""


@cache
def keep_freed_memory() -> None:
    """Have the C library keep up to 128 MiB of freed memory for what is allocated next; once a process.

    Long lists cross in blocks of tens of MiB. glibc maps such a block anew each time, and half of the
    time of a call then goes into touching it first. It raises its own limits to 32 and 64 MiB as soon as
    a block of that size was freed; a list of a million elements needs twice that.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        tune = ctypes.CDLL(None).mallopt
        tune(_MMAP_THRESHOLD, 64 << 20)
        tune(_TRIM_THRESHOLD, 128 << 20)
