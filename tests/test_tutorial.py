"""`docs/tutorial/first-graph.md` from its empty directory to its end, step by step, as a reader would.

A line with just a file's name in backticks and a colon says that the block behind it is that file; with
`Add to` before it, that the block goes to its end. `BLESS=1` writes what is shown anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import CACHE, REPOSITORY

PAGE = REPOSITORY / "docs" / "tutorial" / "first-graph.md"
RESULT = REPOSITORY / "examples" / "shop"
_STEP = re.compile(
    r"^(?P<add>Add to )?`(?P<file>[\w./-]+)`:\n\n```(?:wit|toml|python)\n(?P<content>.*?)^```$"
    r"|^```sh\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
_TIME = re.compile(r" \(\d+\.\d s\)")
"""What a step took; the page leaves it out."""

_CHANGING = (
    (_TIME, ""),
    (re.compile(r"^\S+\.wasm: compiled\n", re.MULTILINE), ""),
    (re.compile(r"(?<=: )(?:built|unchanged)(?=,)"), "made"),
    (re.compile(r"\d+(?:\.\d+)? [kM]B"), "… bytes"),
)
"""Times, what the cache had, and sizes: not the same from run to run and release to release."""

_NODES = re.compile(r"(?:^[\w-]+: (?:made|prebuilt), … bytes\n){2,}", re.MULTILINE)
"""Notes on nodes, which are made at the same time."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the steps are for a shell")


def test_every_step_ends_as_shown(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    tools = tmp_path / "bin"
    _tool(tools / "wcompose", "-m wcompose")
    _tool(tools / "python", "")
    text = PAGE.read_text("utf-8")
    blessed = text
    steps = list(_STEP.finditer(text))
    assert len(steps) == len(re.findall(r"^```(?:wit|toml|python|sh)$", text, re.MULTILINE)) > 15
    for step in steps:
        if step["file"]:
            _write(place / step["file"], step["content"], add=bool(step["add"]))
            continue
        printed = _run(step["commands"], place, tools)
        if _steady(printed) == _steady(step["shown"] or ""):
            continue
        assert os.environ.get("BLESS"), f"{step['commands']}\n{printed}"
        changed = f"```sh\n{step['commands']}```\n\n```text\n{_TIME.sub('', printed)}```"
        end = step.end() - len(text)
        blessed = blessed[: step.start() - len(text)] + changed + (blessed[end:] if end else "")
    if blessed != text:
        PAGE.write_text(blessed, "utf-8")
    for name in ("wcompose.toml", "wit/shop.wit", "till/app.py", "prices.wasm", "receipts.wasm"):
        assert (place / name).read_bytes() == (RESULT / name).read_bytes(), name


def _tool(file: Path, arguments: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
    file.chmod(0o755)


def _write(file: Path, content: str, *, add: bool) -> None:
    assert not add or file.is_file()
    file.parent.mkdir(exist_ok=True)
    with file.open("a" if add else "w", encoding="utf-8") as stream:
        stream.write(content)


def _run(commands: str, place: Path, tools: Path) -> str:
    """What the commands print, all streams together; that some fail is part of the story."""
    unset = {"COLUMNS", "FORCE_COLOR", "NO_COLOR"}
    variables = {key: value for key, value in os.environ.items() if key not in unset}
    return subprocess.run(
        ["/bin/sh", "-c", commands],
        cwd=place,
        env={
            **variables,
            "CLONE": str(REPOSITORY),
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUTF8": "1",
            "TERM": "dumb",
            "WCOMPOSE_CACHE": str(CACHE),
            "XDG_CACHE_HOME": str(CACHE / "user"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout


def _steady(printed: str) -> str:
    text = printed
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return _NODES.sub(lambda notes: "".join(sorted(notes[0].splitlines(keepends=True))), text)
