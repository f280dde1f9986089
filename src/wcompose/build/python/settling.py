"""Clears what is left in a finished component of the moment at which it was built.

`interpreter.wat` and `early.py` see to it that the memory which componentize-py freezes is the same in
every build, but for three kinds of bytes that cannot be reached from the inside. They are cleared here,
and each can be shown to be read by nobody:

- the stack. When a component is frozen no function of it is running; its stack pointer says so, and
  what lies beyond the pointer is undefined by the C convention.
- the random state of mimalloc, an allocator that CPython contains and this build of it never uses, and
  the time at which mimalloc was started.
- the time from which the C library counts the time of the process. It belonged to the clock of the
  machine that built; from zero on it is the time since the start of the instance.

The latter two are known by their places in the libraries of componentize-py. A library is known by the
digest of its code, and nothing is touched in a component whose libraries are not the known ones.

The format is that of WebAssembly components: the core specification's chapter 5, and the component
model's binary format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wcompose.build.python.environment import (
    LIBRARY_NAME,
    STATE_FINISHED,
    STATE_OFFSET,
    STATE_UNCHANGED,
)
from wcompose.errors import ToolFailure
from wcompose.report import Place
from wcompose.sections import HEADER, CutShort, sections, unsigned

_CORE_MODULE = 1
_MEMORY, _GLOBALS, _EXPORTS, _CODE, _DATA, _DATA_COUNT = 5, 6, 7, 10, 11, 12
_GLOBAL = 3
_ACTIVE, _I32_CONST, _END = 0, 0x41, 0x0B


@dataclass(frozen=True)
class Moment:
    """Bytes that depend on the moment of the build.

    Attributes:
        library: name of the library in whose memory they lie.
        code: SHA-256 of the code section for which the place is right.
        offset: from the start of the library's memory.
        length: in bytes.
        after: what must lie right before them.
    """

    library: str
    code: str
    offset: int
    length: int
    after: bytes = b""


_PYTHON = "libpython3.14.so"
_CLOCKS = "libwasi-emulated-process-clocks.so"
_PYTHON_CODE = "647b670b9a4c5a65170bfae4fa8719fc1e3f899884c81e0967cb913ed56cff8a"
_CLOCKS_CODE = "47ddb97ce3e8fb73bc3210eb467248dfa9cfff0fcf5f73728f407e6d973df945"
_CIPHER = b"expand 32-byte k"

MOMENTS = (
    # mi_heap_t of the main heap: the cookie and two keys; then the input of its ChaCha generator after
    # the constant of that cipher, and its output.
    Moment(_PYTHON, _PYTHON_CODE, 0x2762DC, 12),
    Moment(_PYTHON, _PYTHON_CODE, 0x2762F8, 112, _CIPHER),
    Moment(_PYTHON, _PYTHON_CODE, 0x2F98F8, 8),  # mi_process_start
    Moment(_CLOCKS, _CLOCKS_CODE, 8, 16),  # the struct timespec `start`
)
"""For componentize-py 0.25.1."""


@dataclass(frozen=True)
class _Segment:
    """A part of memory and where its bytes stand in the component."""

    address: int
    start: int
    end: int


@dataclass(frozen=True)
class _Module:
    """A core module: where it stands, and where the content of each of its sections does."""

    start: int
    end: int
    sections: dict[int, tuple[int, int]]


def settle(component: bytes, node: str) -> bytes | None:
    """Clear what is left of the moment at which a component was built.

    Args:
        component: as componentize-py wrote it.
        node: its name, for errors.

    Returns:
        The component, or nothing when it was made by libraries that are not known.

    Raises:
        ToolFailure: the interpreter was not left as it was found.
    """
    try:
        return _settle(component, node)
    except CutShort:
        return None


def _settle(component: bytes, node: str) -> bytes | None:
    modules = list(_modules(component))
    main = next((each for each in modules if {_MEMORY, _DATA} <= each.sections.keys()), None)
    if main is None:
        return None
    exported = _exported_globals(component, main)
    segments = list(_segments(component, main))
    memory = f"/{LIBRARY_NAME}:memory_base"
    base = next((value for name, value in exported.items() if name.endswith(memory)), None)
    if base is None:
        return None
    state = int.from_bytes(_read(component, segments, base + STATE_OFFSET, 4), "little")
    if state == STATE_UNCHANGED:
        return None
    if state != STATE_FINISHED:
        raise ToolFailure.of(
            "builder-unfinished",
            f"the interpreter of `{node}` was not put back in order",
            place=Place(item=node),
            causes=["componentize-py ended the build before its last step"],
            hint="this is a fault of wcompose, or of a version of componentize-py that it does not know",
        )
    cleared = _cleared(component, modules, exported, segments)
    if cleared is None:
        return None
    return _rewritten(component, main, _without(component, segments, cleared))


def _cleared(
    component: bytes, modules: list[_Module], exported: dict[str, int], segments: list[_Segment]
) -> list[tuple[int, int]] | None:
    """The addresses to clear, from and to; nothing when a library is not known."""
    view = memoryview(component)
    codes = {
        hashlib.sha256(view[slice(*module.sections[_CODE])]).hexdigest()
        for module in modules
        if _CODE in module.sections
    }
    top = exported.get("__stack_pointer", 0)
    if not top or top != exported.get("__stack_high") or exported.get("__stack_low") != 0:
        return None
    cleared = [(0, top)]
    for moment in MOMENTS:
        base = exported.get(f"{moment.library}:memory_base")
        if base is None or moment.code not in codes:
            return None
        start, before = base + moment.offset, len(moment.after)
        if _read(component, segments, start - before, before) != moment.after:
            return None
        cleared.append((start, start + moment.length))
    return cleared


def _without(
    component: bytes, segments: list[_Segment], cleared: list[tuple[int, int]]
) -> list[_Segment]:
    """The parts of segments that lie outside of the cleared addresses."""
    for start, end in cleared:
        segments = [part for segment in segments for part in _outside(segment, start, end)]
    return [part for part in segments if any(component[part.start : part.end])]


def _outside(segment: _Segment, start: int, end: int) -> Iterator[_Segment]:
    last = segment.address + segment.end - segment.start
    if segment.address >= end or last <= start:
        yield segment
        return
    if segment.address < start:
        yield replace(segment, end=segment.start + start - segment.address)
    if last > end:
        yield replace(segment, address=end, start=segment.start + end - segment.address)


def _rewritten(component: bytes, main: _Module, segments: list[_Segment]) -> bytes:
    """The component with other data in its main module."""
    view = memoryview(component)
    data: list[bytes | memoryview] = [_unsigned(len(segments))]
    for segment in segments:
        data += [
            bytes([_ACTIVE, _I32_CONST]) + _signed(segment.address),
            bytes([_END]) + _unsigned(segment.end - segment.start),
            view[segment.start : segment.end],
        ]
    module: list[bytes | memoryview] = [view[main.start : main.start + HEADER]]
    for identifier, start, end in sections(component, main.start, main.end):
        if identifier == _DATA:
            module += _framed(identifier, data)
        elif identifier == _DATA_COUNT:
            module += _framed(identifier, [_unsigned(len(segments))])
        else:
            module += _framed(identifier, [view[start:end]])
    parts: list[bytes | memoryview] = [view[:HEADER]]
    for identifier, start, end in sections(component, 0, len(component)):
        is_main = (start, end) == (main.start, main.end)
        parts += _framed(identifier, module if is_main else [view[start:end]])
    return b"".join(parts)


def _framed(identifier: int, parts: Sequence[bytes | memoryview]) -> list[bytes | memoryview]:
    return [bytes([identifier]) + _unsigned(sum(map(len, parts))), *parts]


def _modules(component: bytes) -> Iterator[_Module]:
    for identifier, start, end in sections(component, 0, len(component)):
        if identifier == _CORE_MODULE:
            inner = {each: (first, last) for each, first, last in sections(component, start, end)}
            yield _Module(start, end, inner)


def _exported_globals(data: bytes, module: _Module) -> dict[str, int]:
    """The constants that a module exports, by name."""
    at, end = module.sections.get(_GLOBALS, (0, 0))
    constants = []
    count, at = unsigned(data, at, end)
    for _ in range(count):  # a type, whether it changes, and i32.const with its number
        value, at = _read_signed(data, at + 3, end)
        constants.append(value)
        at += 1
    at, end = module.sections.get(_EXPORTS, (0, 0))
    found = {}
    count, at = unsigned(data, at, end)
    for _ in range(count):
        length, at = unsigned(data, at, end)
        name, kind = data[at : at + length].decode(), data[at + length]
        index, at = unsigned(data, at + length + 1, end)
        if kind == _GLOBAL:
            found[name] = constants[index]
    return found


def _segments(data: bytes, module: _Module) -> Iterator[_Segment]:
    """The segments of a module with one memory, all of which are active."""
    at, end = module.sections[_DATA]
    count, at = unsigned(data, at, end)
    for _ in range(count):
        address, at = _read_signed(data, at + 2, end)
        length, at = unsigned(data, at + 1, end)
        yield _Segment(address, at, at + length)
        at += length


def _read(data: bytes, segments: list[_Segment], address: int, length: int) -> bytes:
    """Memory as the segments make it; zero where there are none."""
    memory = bytearray(length)
    for segment in segments:
        first = max(address, segment.address)
        last = min(address + length, segment.address + segment.end - segment.start)
        if first < last:
            source = segment.start - segment.address
            memory[first - address : last - address] = data[source + first : source + last]
    return bytes(memory)


def _read_signed(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A signed 32-bit LEB128 number as the address that it means, and where it ends."""
    start = at
    value, at = unsigned(data, at, end)
    bits = 7 * (at - start)
    return (value - (1 << bits) if value >> (bits - 1) else value) & 0xFFFFFFFF, at


def _unsigned(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _signed(address: int) -> bytes:
    number = address - (1 << 32) if address >> 31 else address
    encoded = bytearray()
    while not -0x40 <= number < 0x40:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number & 0x7F])
