"""The record of the prebuilt parts, and what the rebuild script says of a rebuilt part."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import tomli

REPOSITORY = Path(__file__).parents[1]
RECORD = tomli.loads((REPOSITORY / "components/prebuilt.toml").read_text())
RUST = "rustc of the test"
PART = "bench-rust-callee"


@pytest.fixture
def rebuild(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module of its own, so that what a test changes stays with it."""
    specification = importlib.util.spec_from_file_location(
        "rebuild_under_test", REPOSITORY / "scripts/rebuild.py"
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "rebuild_under_test", module)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def rust() -> Any:
    return SimpleNamespace(version=RUST)


@pytest.fixture
def copy(rebuild: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one part, recorded as made by the compiler of the test."""
    output: Path = tmp_path / rebuild.PARTS[PART].output
    output.parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / rebuild.PARTS[PART].output, output)
    monkeypatch.setattr(rebuild, "ROOT", tmp_path)
    monkeypatch.setattr(rebuild, "RECORD", tmp_path / "prebuilt.toml")
    return output


def test_records_every_part_and_no_other(rebuild: ModuleType) -> None:
    assert list(RECORD) == list(rebuild.PARTS)
    for name, part in rebuild.PARTS.items():
        assert RECORD[name]["file"] == part.output


@pytest.mark.parametrize("name", RECORD)
def test_records_the_committed_bytes(rebuild: ModuleType, name: str) -> None:
    path = REPOSITORY / RECORD[name]["file"]
    assert RECORD[name]["size"] == path.stat().st_size
    assert RECORD[name]["digest"] == rebuild.digest(path)


def test_finds_the_same_bytes(
    rebuild: ModuleType, rust: Any, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rebuild._record({PART: copy}, rust)
    assert rebuild._compare({PART: copy}, rust) == 0
    assert capsys.readouterr().out == f"{PART}: the same bytes\n"


def test_finds_one_changed_byte_in_what_was_rebuilt(
    rebuild: ModuleType,
    rust: Any,
    copy: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rebuild._record({PART: copy}, rust)
    rebuilt = tmp_path / "rebuilt.wasm"
    rebuilt.write_bytes(copy.read_bytes()[:-1] + bytes([copy.read_bytes()[-1] ^ 1]))
    assert rebuild._compare({PART: rebuilt}, rust) == 1
    assert f"{PART}: DIFFERS" in capsys.readouterr().out


def test_finds_a_committed_file_that_is_not_what_was_recorded(
    rebuild: ModuleType, rust: Any, copy: Path, tmp_path: Path
) -> None:
    rebuild._record({PART: copy}, rust)
    rebuilt = tmp_path / "rebuilt.wasm"
    shutil.copy(copy, rebuilt)
    copy.write_bytes(copy.read_bytes() + b"\0")
    assert rebuild._compare({PART: rebuilt}, rust) == 1


def test_compares_nothing_across_compilers(
    rebuild: ModuleType, rust: Any, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rebuild._record({PART: copy}, rust)
    other = SimpleNamespace(version="another rustc")
    assert rebuild._compare({PART: copy}, other) == 0
    assert capsys.readouterr().out == f"{PART}: not comparable: recorded with {RUST}\n"


def test_says_what_to_install_without_a_rust_for_the_target(
    rebuild: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_rustup_has_target", lambda: False)
    monkeypatch.setattr(rebuild.Path, "exists", lambda path: False)
    with pytest.raises(rebuild.RebuildError) as raised:
        rebuild.RustToolchain(tmp_path)
    assert "rustup target add wasm32-unknown-unknown" in str(raised.value)
    assert "apt-get install rustc-web cargo-web rust-web-src lld-22" in str(raised.value)


def test_refuses_a_part_that_does_not_exist(
    rebuild: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["rebuild.py", "engin"])
    with pytest.raises(SystemExit) as raised:
        rebuild.main()
    assert raised.value.code == 2
    assert "no such part: engin; there are engine, inference" in capsys.readouterr().err
