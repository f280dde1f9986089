"""Makes the library that is linked beside the interpreter while a component is made.

componentize-py starts CPython once while it makes a component and freezes the interpreter's memory
into it. It gives that interpreter no way to be told anything. It does link every WebAssembly library
that lies on the search path, however, and a library's constructor runs before CPython starts. So one
small library, ``interpreter.wat``, takes care there of all that would make two builds of one source
differ; what is left over, `settling` clears in the finished component.
"""

from __future__ import annotations

import re
from pathlib import Path

LIBRARY_NAME = "wcompose_interpreter.abi3.so"
"""The suffix is one of those by which componentize-py knows a library."""

STATE_OFFSET = 100
"""Where the library says how far it came, from the start of its memory."""
STATE_UNCHANGED, STATE_FINISHED = 0, 2

_TEXT_OFFSET = 104


def environment_library(seed: int, guard: int) -> bytes:
    """Make the library.

    Args:
        seed: of the hashes of text, from 1 to 2³²-1; 0 would switch them off.
        guard: what stands at the end of arrays on the stack, from 0 to 2³²-1.
    """
    import wasmtime

    return bytes(wasmtime.wat2wasm(_library_text(seed, guard, early_text())))


def library_source() -> str:
    """All that the library is made from, apart from its numbers."""
    return _library_text(1, 0, early_text())


def early_text() -> str:
    """What runs before the interpreter imports anything from a file."""
    return _read("early.py")


def _library_text(seed: int, guard: int, script: str) -> str:
    texts = {
        "seed name": "PYTHONHASHSEED",
        "seed": str(seed),
        "byte code name": "PYTHONDONTWRITEBYTECODE",
        "byte code": "1",
        "built-ins name": "__builtins__",
        "finish name": "finish",
        "script name": "wcompose_early",
        "script": script,
    }
    data = bytearray(_TEXT_OFFSET)
    names: dict[str, int | str] = {"guard": guard, "script size": len(script.encode())}
    for name, text in texts.items():
        names[name] = len(data)
        data += text.encode() + b"\0"
    names["size"] = len(data)
    names["data"] = "".join(f"\\{byte:02x}" for byte in data)
    return re.sub(r"@([a-z -]+)@", lambda found: str(names[found[1]]), _read("interpreter.wat"))


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
