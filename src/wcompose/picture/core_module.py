"""What stands at the top of a core module: only section headers are read, never bodies of code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEADER = 8
_CUSTOM, _IMPORTS, _EXPORTS = 0, 2, 7
_SECTION_LIMIT = 100_000
_PEEK_LIMIT = 1 << 20
_CONTRACT_PREFIX = b"component-type"
"""Custom sections in which a contract travels (``wit_component::metadata``)."""
_PREVIEW1 = b"\x16wasi_snapshot_preview1"
"""The module name that WASI preview 1 is imported from, with its length before it."""
_START = b"\x06_start\x00"
"""The function by which a module is a program: its name with the length before it, then its kind."""


@dataclass(frozen=True)
class CoreModule:
    """What a core module needs to become a component.

    Attributes:
        imports: how many imports it has.
        exports: how many exports it has.
        carries_contract: whether a contract is embedded in it.
        imports_preview1: whether it imports WASI preview 1, which an adapter must stand under.
        exports_start: whether it is a program, for which there is an adapter of its own.
    """

    imports: int
    exports: int
    carries_contract: bool
    imports_preview1: bool
    exports_start: bool

    @property
    def needs_contract(self) -> bool:
        """Whether a contract has to be given for it."""
        return not (self.carries_contract or (self.exports_start and self.imports_preview1))


def read_core_module(path: Path, *, imports: int, exports: int) -> CoreModule:
    """Look through the sections of a core module; a part that is cut short counts as absent.

    Args:
        path: a core module, as `wcompose.engine.Engine.identify` said.
        imports: how many imports it has.
        exports: how many exports it has.

    Raises:
        OSError: it cannot be read.
    """
    carries_contract = imports_preview1 = exports_start = False
    with path.open("rb") as stream:
        stream.seek(_HEADER)
        for _ in range(_SECTION_LIMIT):
            identifier = stream.read(1)
            size = _read_number(stream)
            if not identifier or size is None:
                break
            end = stream.tell() + size
            if identifier[0] == _CUSTOM:
                length = _read_number(stream) or 0
                name = stream.read(min(length, len(_CONTRACT_PREFIX)))
                carries_contract |= name == _CONTRACT_PREFIX
            elif identifier[0] == _IMPORTS:
                imports_preview1 |= _PREVIEW1 in stream.read(min(size, _PEEK_LIMIT))
            elif identifier[0] == _EXPORTS:
                exports_start |= _START in stream.read(min(size, _PEEK_LIMIT))
            stream.seek(end)
    return CoreModule(imports, exports, carries_contract, imports_preview1, exports_start)


def _read_number(stream: BinaryIO) -> int | None:
    """An unsigned 32-bit LEB128 number (core specification, "Integers"); none where there is none."""
    value = 0
    for shift in range(0, 35, 7):
        byte = stream.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    return None
