"""Keep the names of functions that say why they end a program; drop all other names of a core module.

A trap tells nothing but the names of the functions it went through. Gates refuse with functions whose
names are sentences (`refusal!` in `components/rust/gates/policy`); runtimes show them in a backtrace.
"""

from __future__ import annotations

CUSTOM, EXPORT = 0, 7
FUNCTION_NAMES = 1


def only_telling_names(module: bytes) -> bytes:
    """A core module whose name section has the names with a space in them, and nothing else.

    What was exported under such a name, only to have it, is exported no more.

    Args:
        module: core module as the linker writes it, not hostile.
    """
    kept = bytearray(module[:8])
    at = 8
    while at < len(module):
        start = at
        size, body = _number(module, at + 1)
        at = body + size
        section = module[body:at]
        if module[start] == EXPORT:
            kept += _section(EXPORT, _exports(section))
        elif module[start] == CUSTOM and section.startswith(_text(b"name")):
            if names := _functions(section[5:]):
                kept += _section(CUSTOM, _text(b"name") + _section(FUNCTION_NAMES, names))
        else:
            kept += module[start:at]
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
