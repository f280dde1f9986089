"""Programs of WASI preview 1 become programs, and need no contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import CACHE

import wcompose
from wcompose.engine import Engine
from wcompose.errors import ArtifactError

RUN = "wasi:cli/run"
PROGRAM = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const {code}))))"""


@pytest.mark.parametrize(("code", "status"), [(0, 0), (3, 1)])
def test_a_program_is_encoded_without_a_contract_and_runs(
    engine: Engine, wat: Callable[[str, str], Path], tmp_path: Path, code: int, status: int
) -> None:
    output = tmp_path / "program.wasm"
    core = wat("core.wasm", PROGRAM.format(code=code))
    engine.encode(core, output, adapt_preview1=True)
    component = wcompose.Runtime(cache=CACHE).open(output)
    assert component.program is not None
    assert component.program.interface.startswith(RUN)
    with component.instantiate() as instance, pytest.raises(wcompose.GuestExited) as caught:
        instance.call(component.program)
    assert caught.value.code == status


def test_a_program_without_the_adapter_is_told_of_it(
    engine: Engine, wat: Callable[[str, str], Path], tmp_path: Path
) -> None:
    core = wat("core.wasm", PROGRAM.format(code=0))
    with pytest.raises(ArtifactError) as caught:
        engine.encode(core, tmp_path / "program.wasm")
    assert "--adapt-preview1" in caught.value.findings[0].hint
