"""The page on embedding says what happens: its commands and its Python run, in order."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from support import CACHE, REPOSITORY, Command

DOCS = REPOSITORY / "docs"
PAGE = DOCS / "how-to" / "embed-in-python.md"
COMPONENTS = REPOSITORY / "tests" / "runtime" / "components"
_BLOCK = re.compile(r"```(?P<language>python|sh)\n(?P<text>.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)(?P<file>[^)#]+)")


def test_its_blocks_run(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("echo", "echo-host"):
        shutil.copyfile(COMPONENTS / f"{name}-rust.wasm", tmp_path / f"{name}.wasm")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WCOMPOSE_CACHE", str(CACHE))
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    found: dict[str, Any] = {"__name__": "page"}
    blocks = list(_BLOCK.finditer(PAGE.read_text("utf-8")))
    assert {block["language"] for block in blocks} == {"python", "sh"}
    for number, block in enumerate(blocks):
        if block["language"] == "python":
            exec(compile(block["text"], f"{PAGE.name}, block {number}", "exec"), found)  # noqa: S102
            continue
        for line in block["text"].splitlines():
            tool, *arguments = line.split()
            assert tool == "wcompose"
            result = command(*arguments, cwd=tmp_path)
            assert result.returncode == 0, result.stderr
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in {"echo_host", "echo_host_host"}:
            del sys.modules[name]


@pytest.mark.parametrize("page", ["how-to/embed-in-python.md", "reference/bindings.md"])
def test_links_lead_somewhere(page: str) -> None:
    file = DOCS / page
    links = [link["file"] for link in _LINK.finditer(file.read_text("utf-8"))]
    assert links
    for link in links:
        assert (file.parent / link).is_file(), link


def test_every_option_is_described() -> None:
    import typer

    from wcompose.cli.app import app

    group = typer.main.get_command(app).commands["bindings"]  # type: ignore[attr-defined]
    (made,) = group.commands.values()
    options = {name for each in made.params for name in each.opts if name.startswith("--")}
    page = (DOCS / "reference" / "bindings.md").read_text("utf-8")
    described = set(re.findall(r"^\| `(--[a-z]+)", page, re.MULTILINE))
    assert described == options - {"--help"}
