"""Drop from a component what it does without: names and notes, but not the names that tell something.

A trap tells nothing but the names of the functions it went through. Gates refuse with functions whose
names are sentences (`refusal!` in `components/rust/gates/policy`); runtimes show them in a backtrace.
Names of other functions, of instances and aliases, and notes about tools are half of a small component.
"""

from __future__ import annotations

CUSTOM, EXPORT = 0, 7
CORE_MODULE, COMPONENT = 1, 4
FUNCTION_NAMES = 1
IS_COMPONENT = 0x0001_000D


def only_telling_names(binary: bytes) -> bytes:
    """A component, or a core module, with no custom sections but names with a space in them.

    What a core module exports under such a name, only to have it, is exported no more.

    Args:
        binary: as the encoder wrote it, not hostile.
    """
    is_component = int.from_bytes(binary[4:8], "little") == IS_COMPONENT
    kept = bytearray(binary[:8])
    at = 8
    while at < len(binary):
        start = at
        kind = binary[start]
        size, body = _number(binary, at + 1)
        at = body + size
        section = binary[body:at]
        if kind == CUSTOM:
            has_names = not is_component and section.startswith(_text(b"name"))
            if has_names and (names := _functions(section[5:])):
                kept += _section(CUSTOM, _text(b"name") + _section(FUNCTION_NAMES, names))
        elif is_component and kind in {CORE_MODULE, COMPONENT}:
            kept += _section(kind, only_telling_names(section))
        elif not is_component and kind == EXPORT:
            kept += _section(EXPORT, _exports(section))
        else:
            kept += binary[start:at]
    return bytes(kept)


def _exports(section: bytes) -> bytes:
    count, at = _number(section, 0)
    kept = []
    for _ in range(count):
        start = at
        name, at = _read(section, at)
        _, at = _number(section, at + 1)
        if b" " not in name:
            kept.append(section[start:at])
    return _encoded(len(kept)) + b"".join(kept)


def _functions(names: bytes) -> bytes:
    """The name map of functions with telling names; empty if there are none."""
    at = 0
    while at < len(names):
        kind = names[at]
        size, body = _number(names, at + 1)
        at = body + size
        if kind != FUNCTION_NAMES:
            continue
        count, place = _number(names, body)
        kept = []
        for _ in range(count):
            index, place = _number(names, place)
            name, place = _read(names, place)
            if b" " in name:
                kept.append(_encoded(index) + _text(name))
        return _encoded(len(kept)) + b"".join(kept) if kept else b""
    return b""


def _number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _read(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _number(data, at)
    return data[at : at + size], at + size


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _text(text: bytes) -> bytes:
    return _encoded(len(text)) + text


def _section(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _text(body)
