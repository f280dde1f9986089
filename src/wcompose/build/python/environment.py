"""A tiny library that sets environment variables for the interpreter while a component is made.

componentize-py starts CPython once while it makes a component and freezes the interpreter's memory
into it. It gives that interpreter no way to be told anything: in particular its hash seed comes
from the machine's random source, and so sets and dictionaries, and with them the order of
allocations, fall out differently in every build. It does link every WebAssembly library that lies
on the search path, however, and a library's constructor runs before CPython starts. So one library
of some two hundred bytes, made here, calls the C library's ``setenv`` in its constructor.

At run time nothing of it is left but the frozen seed: constructors have run by then, and
componentize-py replaces ``os.environ`` before the first call.

The binary follows the WebAssembly core specification (chapter 5, binary format) and the dynamic
linking convention of WebAssembly's tool conventions (custom section ``dylink.0``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LIBRARY_NAME = "wcompose_environment.abi3.so"
"""The suffix is one of those by which componentize-py knows a library."""

_I32 = b"\x7f"
_MEMORY_INFO, _NEEDED = b"\x01", b"\x02"
_LOCAL_GET_BASE = b"\x23\x00"  # global.get 0
_END = b"\x0b"


def environment_library(variables: Mapping[str, str]) -> bytes:
    """Make a WebAssembly library whose constructor sets environment variables.

    Args:
        variables: names and values; neither may hold a NUL character.

    Raises:
        ValueError: a name or a value holds a NUL character.
    """
    text = bytearray()
    body = bytearray(b"\x00")  # no locals
    for name, value in sorted(variables.items()):
        if "\0" in name + value:
            raise ValueError(f"a NUL character in the environment variable {name!r}")
        offsets = []
        for part in (name, value):
            offsets.append(len(text))
            text += part.encode() + b"\0"
        for offset in offsets:
            body += _LOCAL_GET_BASE + b"\x41" + _signed(offset) + b"\x6a"  # i32.const, i32.add
        body += b"\x41\x01" + b"\x10\x00" + b"\x1a"  # overwrite; call 0; drop
    body += _END
    return b"".join(
        (
            b"\0asm\x01\0\0\0",
            _section(
                0,
                _name("dylink.0")
                + _sized(_MEMORY_INFO, _unsigned(len(text)) + b"\x00\x00\x00")
                + _sized(_NEEDED, _vector([_name("libc.so")])),
            ),
            _section(1, _vector([b"\x60" + b"\x03" + _I32 * 3 + b"\x01" + _I32, b"\x60\x00\x00"])),
            _section(
                2,
                _vector(
                    [
                        _name("env") + _name("memory") + b"\x02\x00\x01",
                        _name("env") + _name("__memory_base") + b"\x03" + _I32 + b"\x00",
                        _name("env") + _name("setenv") + b"\x00\x00",
                    ]
                ),
            ),
            _section(3, _vector([b"\x01"])),
            _section(7, _vector([_name("__wasm_call_ctors") + b"\x00\x01"])),
            _section(10, _vector([_unsigned(len(body)) + bytes(body)])),
            _section(
                11,
                _vector([b"\x00" + _LOCAL_GET_BASE + _END + _unsigned(len(text)) + bytes(text)]),
            ),
        )
    )


def _section(identifier: int, content: bytes) -> bytes:
    return _sized(bytes([identifier]), content)


def _sized(identifier: bytes, content: bytes) -> bytes:
    return identifier + _unsigned(len(content)) + content


def _vector(items: Iterable[bytes]) -> bytes:
    items = list(items)
    return _unsigned(len(items)) + b"".join(items)


def _name(text: str) -> bytes:
    data = text.encode()
    return _unsigned(len(data)) + data


def _unsigned(number: int) -> bytes:
    """LEB128 of a number that is not negative."""
    encoded = bytearray()
    while True:
        low, number = number & 0x7F, number >> 7
        encoded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def _signed(number: int) -> bytes:
    """Signed LEB128 of a number that is not negative."""
    encoded = bytearray()
    while True:
        low, number = number & 0x7F, number >> 7
        is_last = number == 0 and not low & 0x40
        encoded.append(low | (0 if is_last else 0x80))
        if is_last:
            return bytes(encoded)
