"""Nothing that our API takes ends the process: each killer in a process of its own, see `killing`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from killing import check_killer, killers_of, run_killer

MODULES = (
    "killers_doors",
    "killers_imports",
    "killers_process",
    "killers_resources",
    "killers_values",
)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no signal to send")
@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in MODULES for name in killers_of(module)]
)
def test_the_process_lives(module: str, name: str, tmp_path: Path) -> None:
    check_killer(module, name, tmp_path)


def test_a_death_would_be_seen(tmp_path: Path) -> None:
    """The bodies of killers are held, and so is that nobody kills the process or leaves noise."""
    (tmp_path / "killers_dead.py").write_text(
        "import ctypes, os, sys\n"
        "def segfault(scene): ctypes.string_at(8)\n"
        "def leaves(scene): os._exit(0)\n"
        "def fails(scene): raise AssertionError\n"
        "def ignored(scene):\n"
        "    class Noisy:\n"
        "        def __del__(self): raise ValueError\n"
        "    Noisy()\n"
        "def harmless(scene): pass\n"
    )
    variables = {"PYTHONPATH": str(tmp_path)}
    sys.path.insert(0, str(tmp_path))
    try:
        names = killers_of("killers_dead")
    finally:
        sys.path.remove(str(tmp_path))
    assert names == ["segfault", "leaves", "fails", "ignored", "harmless"]
    for name in names:
        done = run_killer("killers_dead", name, tmp_path, variables=variables)
        if name == "harmless":
            check_killer("killers_dead", name, tmp_path, variables=variables)
        else:
            with pytest.raises(AssertionError):
                check_killer("killers_dead", name, tmp_path, variables=variables)
        assert (done.returncode == 0) == (name in {"leaves", "ignored", "harmless"}), name
