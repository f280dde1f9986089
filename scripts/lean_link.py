#!/usr/bin/env python3
"""A linker that leaves out what some crates register when a program starts.

The crate `inventory` lets every crate register things before `main`. tract registers its transformations
of models so, all of NNEF with them, and through these every operator that it knows hangs on the module:
6 of 10 MB, of which a network of two layers uses nothing. No feature of tract leaves them out. This goes
between rustc and the real linker: it takes the functions that run at start out of the objects of the
crates named, and the real linker then drops what nothing else uses, as it does with any unused code.

    LEAN_LINKER=/usr/bin/wasm-ld-22 LEAN_CRATES=tract_core,tract_nnef  lean_link.py ARGUMENTS…

`scripts/rebuild.py` names it as the linker of a part; tests hold the part to the same results.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ARCHIVE = b"!<arch>\n"
HEADER = 60
"""Bytes in front of each member of an archive: its name in 16, its length in 10 from the 48th on."""
MODULE = b"\0asm\1\0\0\0"
CUSTOM = 0
INIT_FUNCTIONS = 6
"""Subsection of the section `linking`: the functions that run at start."""


def main() -> int:
    """Call the real linker with other objects."""
    linker, crates = os.environ["LEAN_LINKER"], os.environ["LEAN_CRATES"].split(",")
    with tempfile.TemporaryDirectory() as name:
        arguments: list[str] = []
        for argument in sys.argv[1:]:
            library = Path(argument).name
            if library.endswith(".rlib") and library.startswith(tuple(f"lib{c}-" for c in crates)):
                arguments += lean(Path(argument), Path(name) / library)
            else:
                arguments.append(argument)
        return subprocess.run([linker, *arguments], check=False).returncode


def lean(library: Path, directory: Path) -> list[str]:
    """Unpack a library; the arguments that stand for it."""
    directory.mkdir()
    arguments = ["--start-lib"]
    for number, data in enumerate(members(library.read_bytes())):
        if data.startswith(MODULE):
            path = directory / f"{number}.o"
            path.write_bytes(without_start(data))
            arguments.append(str(path))
    return [*arguments, "--end-lib"]


def members(archive: bytes) -> Iterator[bytes]:
    """The files in an archive, its tables of names and symbols among them."""
    if not archive.startswith(ARCHIVE):
        raise ValueError("not an archive")
    at = len(ARCHIVE)
    while at < len(archive):
        size = int(archive[at + 48 : at + 58])
        at += HEADER
        yield archive[at : at + size]
        at += size + size % 2


def without_start(module: bytes) -> bytes:
    """An object without functions that run at start; they stay, and may be called."""
    result, at = MODULE, len(MODULE)
    while at < len(module):
        kind = module[at]
        size, start = number_at(module, at + 1)
        section, at = module[start : start + size], start + size
        if kind == CUSTOM:
            section = _lean_section(section)
        result += bytes([kind]) + number(len(section)) + section
    return result


def _lean_section(section: bytes) -> bytes:
    length, start = number_at(section, 0)
    if section[start : start + length] != b"linking":
        return section
    _version, at = number_at(section, start + length)
    result = section[:at]
    while at < len(section):
        kind = section[at]
        size, start = number_at(section, at + 1)
        if kind != INIT_FUNCTIONS:
            result += section[at : start + size]
        at = start + size
    return result


def number_at(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def number(value: int) -> bytes:
    """A number as unsigned LEB128."""
    result = b""
    while value >= 0x80:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


if __name__ == "__main__":
    sys.exit(main())
