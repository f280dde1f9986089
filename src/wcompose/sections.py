"""The sections of a WebAssembly binary (core specification, "Modules"; Component Model, Binary.md)."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

HEADER = 8
"""Bytes before the first section: the magic number, version and layer."""
COMPONENT = b"\x0d\x00\x01\x00"
"""What follows the magic number of a component: its version and its layer."""
CUSTOM = 0
"""Identifier of a custom section."""


class CutShort(Exception):
    """A binary ends in the middle of something, or holds more than anybody could look at."""


def sections(data: bytes | mmap, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Identifier, beginning and end of the content of each section of a module or component.

    Args:
        data: bytes that hold it.
        start: where it begins, with its header.
        end: where it ends.

    Raises:
        CutShort: a section does not end within it.
    """
    at = start + HEADER
    while at < end:
        identifier = data[at]
        # Most sections of a component are shorter than 128 bytes, and there are thousands of them.
        size, content = data[at + 1] if at + 1 < end else 0x80, at + 2
        if size >= 0x80:
            size, content = unsigned(data, at + 1, end)
        at = content + size
        if at > end:
            raise CutShort
        yield identifier, content, at


def unsigned(data: bytes | mmap, at: int, end: int) -> tuple[int, int]:
    """An unsigned 32-bit LEB128 number (core specification, "Integers"), and where it ends.

    Raises:
        CutShort: it does not end before ``end``, or is longer than such a number.
    """
    value = 0
    for shift in range(0, 35, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise CutShort
