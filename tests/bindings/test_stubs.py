"""Stubs under a strict type checker: they pass, right uses pass, and each wrong use is an error."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bindings_support import Written
from support import CACHE, only_one

import wcompose

SOURCE = Path(wcompose.__file__).parent.parent
USERS = Path(__file__).parent / "users"
_MARK = re.compile(r"# E: (?P<codes>[a-z, -]+)$")
_ERROR = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$")

NOT_IN_MODULES = (
    # Functions and resources of protocols, and methods of the guest's own resources.
    r".*\.(Exports_?|Imports|\w*Class|\w+Imports)\.\w+",
    r".*\.((Host)?Basket|Shelf|Thing|HostThing|Window|Blob|Exports|Counter|File|Evaluation)\.\w+",
    r".*\.(Classifier|Bomb)\.\w+",
    # A module without a stub, which type checkers pass over.
    r".*\._bindings\.BINDINGS",
    # What the world's class looks up once, when it is made.
    r".*_host\.(Clashes|Shop|Echo|EchoHost|HostileOwner|Data|Gateway|Logic)\.\w+",
)
"""Patterns of what stubs alone have."""


def check(written: Written, *arguments: str | Path) -> str:
    """What mypy says."""
    search = os.pathsep.join([str(written.root), str(SOURCE)])
    with only_one("mypy-of-bindings"):
        result = subprocess.run(
            [
                *(sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11"),
                *("--config-file=", "--cache-dir", CACHE / "mypy-of-bindings"),
                *arguments,
            ],
            env={**os.environ, "MYPYPATH": search},
            cwd=written.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
    return result.stdout


def test_stubs_are_right(written: Written) -> None:
    packages = [part for each in written.packages.values() for part in ("-p", each.name)]
    assert check(written, *packages).startswith("Success")


@pytest.mark.parametrize("user", ["echoing.py", "hosting.py"])
def test_right_uses_are_right(written: Written, user: str) -> None:
    assert check(written, USERS / user).startswith("Success")


def test_each_wrong_use_is_an_error_on_its_line(written: Written) -> None:
    file = USERS / "wrong.py"
    lines = enumerate(file.read_text("utf-8").splitlines(), start=1)
    wanted = {
        (number, code)
        for number, line in lines
        if (mark := _MARK.search(line))
        for code in mark["codes"].split(", ")
    }
    assert len(wanted) > 40
    said = check(written, file)
    found = {
        (int(match["line"]), match["code"])
        for match in map(_ERROR.match, said.splitlines())
        if match and Path(match["file"]).name == file.name
    }
    assert found == wanted, said
    assert "errors in 1 file" in said


def test_stubs_say_what_modules_have(written: Written) -> None:
    """``stubtest`` compares each stub with its module; protocols are there for type checkers only."""
    allowed = written.root / "allowed.txt"
    allowed.write_text("\n".join(NOT_IN_MODULES))
    packages = [each.name for each in written.packages.values()]
    result = subprocess.run(
        [
            *(sys.executable, "-m", "mypy.stubtest", *packages),
            *("--allowlist", allowed, "--ignore-unused-allowlist"),
        ],
        env={
            **os.environ,
            "MYPYPATH": os.pathsep.join([str(written.root), str(SOURCE)]),
            "PYTHONPATH": os.pathsep.join([str(written.root), str(SOURCE)]),
        },
        cwd=written.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout
