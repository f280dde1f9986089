"""Lists of numbers: whole buffers into and out of tagged values, without Python work for each element.

A list of `n` numbers is `n` tagged values of 32 bytes. Kinds are written once; payloads go in and come
out by strided slices, at about 1 ns (bytes) to 5 ns (wider numbers) an element. Allocating and touching
32 bytes an element is the greater cost, so each thread keeps one block for each kind.
"""

from __future__ import annotations

import binascii
import math
import threading
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from wcompose.native.calls import KINDS, VALUE_SIZE
from wcompose.native.memory import BYTES, MEMORY, Block
from wcompose.runtime.crossing.types import ValueType

CODES = {
    "s8": "b",
    "u8": "B",
    "s16": "h",
    "u16": "H",
    "s32": "i",
    "u32": "I",
    "s64": "q",
    "u64": "Q",
    "f32": "f",
    "f64": "d",
}
"""Codes of `array.array`, whose sizes are those of the types on every machine of the runtime's."""

_SAME = {"l": {4: "i", 8: "q"}, "L": {4: "I", 8: "Q"}, "n": {8: "q"}, "N": {8: "Q"}, "c": {1: "B"}}
MOST_ELEMENTS = 1 << 24
"""Elements of a list that goes to a guest: 512 MiB of tagged values. What comes from one the runtime
bounds, to 128 MiB for all that a call gives (``DEFAULT_HOSTCALL_FUEL``)."""
MOST_CARRIED = 1 << 29
"""Bytes of a list of numbers that is carried as text."""
MOST_HEXADECIMAL = 1 << 24
"""Bytes of a list of numbers whose text is hexadecimal. It is twice as long as they are, base64 a third
longer; Python reads it in a quarter of the time."""
_KEPT_ELEMENTS = 1 << 20
"""Elements of a block that a thread keeps: 32 MiB."""
_KEPT_FROM = 256


class _Kept(threading.local):
    def __init__(self) -> None:
        self.blocks: dict[str, Block] = {}


_KEPT = _Kept()


class Borrowed:
    """A thread's block while a call uses it."""

    __slots__ = ("_kind", "block")

    def __init__(self, kind: str, block: Block) -> None:
        self._kind, self.block = kind, block

    def __del__(self) -> None:
        _KEPT.blocks[self._kind] = self.block


def to_buffer(kind: str, value: Any, most: int = MOST_ELEMENTS) -> Any:
    """A value as a flat buffer of one type of numbers.

    Args:
        kind: of the elements.
        value: a buffer of such elements in the machine's order, or a sequence of numbers.
        most: elements that it may have.

    Raises:
        TypeError, ValueError, OverflowError: it is neither, or a number does not fit.
    """
    code = CODES[kind]
    kept = type(value)
    if kept is bytes or kept is bytearray:
        if code != "B":
            raise TypeError("bytes are numbers of type u8")
        check_length(len(value), most)
        return bytes(value)
    if kept is not list and kept is not tuple:
        try:
            view = memoryview(value)
        except TypeError:
            pass
        else:
            check_length(view.nbytes // view.itemsize, most)
            return _checked(view, code)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TypeError("not a sequence of numbers")
    numbers = elements(value, most)
    made = array(code, numbers)
    if code == "f" and not all(map(same_finiteness, made, numbers)):
        raise OverflowError("too large for 32 bits")
    return made


def check_length(count: int, most: int) -> None:
    """Refuse a list that is too long before anything of it is read.

    Raises:
        TooLong: it is.
    """
    if count > most:
        raise TooLong(
            f"it has {count:,} elements, more than can cross at once ({most:,}); carry it as text "
            "(`[graph] carry`), or pass it in parts"
        )


class TooLong(ValueError):
    """A list has more elements than can cross."""


def elements(values: Any, most: int = MOST_ELEMENTS) -> list[Any]:
    """The elements of a sequence, read once; as many as it says that it has, and no more.

    Raises:
        ValueError: it has more or fewer.
    """
    count = len(values)
    check_length(count, most)
    read = list(islice(values, count + 1))
    if len(read) != count:
        raise ValueError(f"it says that it has {count:,} elements, and has others")
    return read


def same_finiteness(made: float, given: Any) -> bool:
    """Whether a number of 32 bits is infinite only if the given one is; `array` does not say so."""
    return not math.isinf(made) or math.isinf(given)


def _checked(view: memoryview, code: str) -> Any:
    given = view.format.lstrip("@=<") if view.format[:1] != ">" or view.itemsize == 1 else ""
    given = _SAME.get(given, {}).get(view.itemsize, given)
    if given != code or view.ndim != 1:
        raise TypeError(f"a buffer of `{view.format}` in {view.ndim} dimensions")
    # A copy: what the caller shares with others may change while it is read.
    made = array(code)
    made.frombytes(view.tobytes())
    return made


def lower_numbers(kind: str) -> Callable[[Any, Callable[[Any], object], Any], tuple[int, int]]:
    """What writes a list of numbers; it gives the count and the address of its values."""
    tag, code = KINDS[kind], CODES[kind]
    size = array(code).itemsize
    template = bytes([tag]) + bytes(VALUE_SIZE - 1)
    first, step = 8 // size, VALUE_SIZE // size

    def lower(value: Any, keep: Callable[[Any], object], _owner: Any) -> tuple[int, int]:
        data = to_buffer(kind, value)
        count = len(data)
        if not count:
            return 0, 0
        if count < _KEPT_FROM:
            block = Block(VALUE_SIZE * count, template)
            keep(block)
        else:
            found = _KEPT.blocks.pop(kind, None)
            if found is None or len(found.data) < VALUE_SIZE * count:
                found = Block(VALUE_SIZE * count, template)
            block = found
            keep(Borrowed(kind, block) if count <= _KEPT_ELEMENTS else block)
        end = VALUE_SIZE * count
        if size == 1:
            # The fastest there is for single bytes; `memoryview` copies them by a general way.
            block.data[8:end:VALUE_SIZE] = memoryview(data).cast("B") if code != "B" else data
        else:
            whole: Any = memoryview(block.data)
            with whole, whole.cast(code) as view:
                view[first : end // size : step] = data
        return count, block.address

    return lower


def lift_numbers(kind: str) -> Callable[[int, int], Any]:
    """What reads a list of numbers: ``(count, address)`` gives bytes for `u8`, else an array."""
    code = CODES[kind]
    if kind == "u8":

        def lift_bytes(count: int, address: int) -> bytes:
            if not count:
                return b""
            data: bytes = MEMORY[address + 8 : address + VALUE_SIZE * count : VALUE_SIZE]
            return data

        return lift_bytes
    size = array(code).itemsize
    first, step = 8 // size, VALUE_SIZE // size

    def lift(count: int, address: int) -> array[Any]:
        made = array(code)
        if count:
            with BYTES[address : address + VALUE_SIZE * count] as part, part.cast(code) as view:
                made.frombytes(view[first::step].tobytes())
        return made

    return lift


def carried_type(wanted: ValueType) -> ValueType:
    """A type as a carrier has it: each list of numbers in it is a string."""
    if wanted.kind == "list" and wanted.only.kind in CODES:
        return ValueType("string")
    members = tuple(
        (name, None if member is None else carried_type(member)) for name, member in wanted.members
    )
    return replace(wanted, members=members)


def to_text(kind: str, value: Any) -> bytes:
    """A list of numbers as a text that a carrier takes: its little-endian elements, as one of two.

    Hexadecimal, or for what is longer than `MOST_HEXADECIMAL` bytes `=` and base64. Nothing stands
    before hexadecimal: to put it there is to copy the text, which takes longer than to make it.
    """
    size = array(CODES[kind]).itemsize
    data = to_buffer(kind, value, MOST_CARRIED // size)
    if size * len(data) <= MOST_HEXADECIMAL:
        return binascii.hexlify(data)
    return b"=" + binascii.b2a_base64(data, newline=False)


def from_text(kind: str) -> Callable[[bytes], Any]:
    """What reads a text that a carrier gave, which is one of those that `to_text` makes."""
    if kind == "u8":
        return _bytes_of
    code = CODES[kind]

    def lift(text: bytes) -> array[Any]:
        made = array(code)
        made.frombytes(_bytes_of(text))
        return made

    return lift


def _bytes_of(text: bytes) -> bytes:
    if text[:1] == b"=":
        return binascii.a2b_base64(memoryview(text)[1:])
    return binascii.unhexlify(text)
