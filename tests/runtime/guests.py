"""Where the guests of the runtime's tests are.

`echo-LANGUAGE` gives values back, `echo-host-LANGUAGE` calls its host, `hostile-LANGUAGE` misbehaves;
each in `rust`, `go` and `python`. `cell` is the smallest that has a state; `flooder` writes too much
and needs nothing but that; `hostile-rust` needs nothing at all. `traps` runs into every trap, and
`WHAT-at-start` does it while it is instantiated. See `wit/` for what they export.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import wasmtime
from support import CACHE, only_one

from wcompose.build.python import PythonNode, build_python, fingerprint
from wcompose.engine import Engine
from wcompose.files import atomic_output, write_atomically
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter

HERE = Path(__file__).parent
WIT = HERE / "wit"
COMPONENTS = HERE / "components"

LANGUAGES = ("rust", "go", "python")
PREBUILT = (
    "cell",
    "flooder",
    *(f"{kind}-{each}" for kind in ("echo", "echo-host", "hostile") for each in LANGUAGES[:2]),
)
BUILT = {
    "echo-python": ("echo", "giving", "echo"),
    "echo-host-python": ("echo-host", "calling", "echo-host"),
    "hostile-python": ("hostile", "failing", "hostile-writer"),
}
"""Directory of the source, module and world of each guest that is built from Python."""

WRITTEN = {
    "traps": "trapper",
    **{f"{what}-at-start": "starter" for what in ("spins", "traps", "large", "wide", "eats")},
}
"""World of each guest that is made from the text of a core module."""

NAMES = (*PREBUILT, *BUILT, *WRITTEN)


def guest(name: str) -> Path:
    """The file of a guest; what is not kept here is made once for each content of its source."""
    if name in BUILT:
        return _from_python(name)
    return _from_text(name) if name in WRITTEN else COMPONENTS / f"{name}.wasm"


def _from_python(name: str) -> Path:
    source, module, world = BUILT[name]
    node = PythonNode(name, COMPONENTS / "python" / source, module, None, world, WIT)
    built = CACHE / "python" / f"{fingerprint(node).removeprefix('sha256:')}.wasm"
    with only_one(name):
        if not built.exists():
            built.parent.mkdir(parents=True, exist_ok=True)
            build_python(node, built, SilentReporter())
    return built


def _from_text(name: str) -> Path:
    text = (COMPONENTS / "text" / f"{name}.wat").read_text("utf-8")
    sources = [text, *(path.read_text("utf-8") for path in sorted(WIT.iterdir()))]
    digest = hashlib.sha256("\0".join(sources).encode()).hexdigest()
    output = CACHE / "made" / f"{digest}.wasm"
    with only_one(name):
        if not output.exists():
            core = output.with_suffix(".core.wasm")
            write_atomically(core, bytes(wasmtime.wat2wasm(text)))
            with atomic_output(output) as temporary:
                engine = Engine(ImageCache(CACHE / "images"))
                engine.encode(core, temporary, wit=WIT, world=WRITTEN[name])
    return output
