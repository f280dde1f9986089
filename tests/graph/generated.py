"""Components by the hundred, made from text: each adds one to the sum of those that it imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import wasmtime


def interface(number: int) -> str:
    """Name of the interface that component ``number`` exports."""
    return f"demo:sums/i{number}"


def component_text(number: int, used: Sequence[int], own: int = 1) -> str:
    """The component that exports ``interface(number)``, with ``sum: func() -> u64``.

    Args:
        number: its number.
        used: numbers of those whose sums it adds up.
        own: what it adds itself.
    """
    places = range(len(used))
    imports = "".join(
        f'(import "{interface(each)}" (instance $i{place} (export "sum" (func (result u64)))))\n'
        f'(core func $c{place} (canon lower (func $i{place} "sum")))\n'
        for place, each in enumerate(used)
    )
    core_imports = "".join(
        f'(import "" "{place}" (func $f{place} (result i64)))\n' for place in places
    )
    body = f"(i64.const {own})" + "".join(f" (i64.add (call $f{place}))" for place in places)
    given = "".join(f'(export "{place}" (func $c{place}))' for place in places)
    return f"""(component
{imports}
(core module $m
{core_imports}
(func (export "sum") (result i64) {body}))
(core instance $k (instantiate $m (with "" (instance {given}))))
(func $sum (result u64) (canon lift (core func $k "sum")))
(instance $out (export "sum" (func $sum)))
(export "{interface(number)}" (instance $out)))
"""


def write_component(directory: Path, number: int, used: Sequence[int], own: int = 1) -> Path:
    """Write the component's binary; its file is called ``nNUMBER.wasm``."""
    file = directory / f"n{number}.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(component_text(number, used, own))))
    return file
