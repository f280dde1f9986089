"""The linker that leaves out what crates register at start (`scripts/lean_link.py`)."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support import REPOSITORY

MODULE = b"\0asm\1\0\0\0"


@pytest.fixture
def lean_link(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    return importlib.import_module("lean_link")


def section(kind: int, content: bytes, width: int = 1) -> bytes:
    """A section; like compilers, with its size in as many bytes as are wanted."""
    size = len(content)
    digits = [size >> 7 * place & 0x7F for place in range(width)]
    return bytes([kind, *(digit | 0x80 for digit in digits[:-1]), digits[-1]]) + content


def linking(*subsections: bytes) -> bytes:
    return b"\7linking\2" + b"".join(subsections)


SYMBOLS = section(8, b"\1\0\0\0\4init" + bytes(200), width=5)
START = section(6, b"\1\xff\xff\3\0")


def test_what_runs_at_start_goes_and_nothing_else(lean_link: ModuleType) -> None:
    types, names = section(1, b"\0"), section(0, b"\4name\0", width=5)
    before = MODULE + types + section(0, linking(SYMBOLS, START), width=5) + names
    after = lean_link.without_start(before)
    assert after == MODULE + types + section(0, linking(SYMBOLS), width=2) + section(0, b"\4name\0")
    assert lean_link.without_start(after) == after


def test_only_the_crates_named_are_touched(
    lean_link: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real linker is a program that tells what it was given."""
    module = MODULE + section(0, linking(START))
    archive = b"!<arch>\n"
    for name, data in [("/", b"odd"), ("a.o/", module), ("lib.rmeta/", b"meta")]:
        archive += f"{name:<16}{0:<12}{0:<6}{0:<6}{'644':<8}{len(data):<10}`\n".encode()
        archive += data + b"\n" * (len(data) % 2)
    for name in ("libone-1.rlib", "libone_more-1.rlib"):
        (tmp_path / name).write_bytes(archive)
    told = tmp_path / "told"
    real = tmp_path / "real"
    real.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "told = [a + ' ' + pathlib.Path(a).read_bytes().hex() if a.endswith('.o') else a"
        " for a in sys.argv[1:]]\n"
        f"pathlib.Path({str(told)!r}).write_text('\\n'.join(told))\nsys.exit(7)\n"
    )
    real.chmod(0o755)
    monkeypatch.setenv("LEAN_LINKER", str(real))
    monkeypatch.setenv("LEAN_CRATES", "one")
    other = str(tmp_path / "libone_more-1.rlib")
    monkeypatch.setattr(sys, "argv", ["", "-o", "x", str(tmp_path / "libone-1.rlib"), other])
    assert lean_link.main() == 7
    lines = told.read_text().split("\n")
    assert [line.partition(" ")[0][-4:] for line in lines] == [
        "-o",
        "x",
        "-lib",
        "/1.o",
        "-lib",
        "rlib",
    ]
    assert lines[3].endswith(" " + (MODULE + section(0, linking())).hex())
    assert lines[-1] == other


def test_the_network_comes_without_what_it_does_not_use() -> None:
    component = (REPOSITORY / "components/rust/inference/inference.wasm").read_bytes()
    assert len(component) < 5_000_000
    for unused in (b"rustfft", b"nnef"):
        assert unused not in component
