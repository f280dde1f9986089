"""The pages on composing say what happens: every snippet runs, and shown output is the output.

A block marked `sh` is run in a directory with the four small components, the blocks of a page one after
the other; a block marked `text` right behind it is what it prints. `BLESS=1` writes shown output anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import CACHE, REPOSITORY

if TYPE_CHECKING:
    from support import Command

DOCS = REPOSITORY / "docs"
PAGES = (
    "../README.md",
    "explanation/linking.md",
    "explanation/permissions.md",
    "how-to/compose-components.md",
    "how-to/from-wac-and-wasm-tools.md",
    "reference/compose.md",
    "reference/run.md",
)
COMPONENTS = REPOSITORY / "tests" / "composing" / "components"
_SNIPPET = re.compile(
    r"```sh\n(?P<commands>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL
)
_LINK = re.compile(r"\]\((?!https?:)(?P<file>[^)#]*)(?:#(?P<heading>[^)]*))?\)")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the snippets are for a shell")


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("how-to/")])
def test_snippets_do_what_the_page_shows(page: str, tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "wcompose"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wcompose "$@"\n')
    tool.chmod(0o755)
    place = tmp_path / "place"
    place.mkdir()
    for name in ("auditor", "relay", "runner", "vault"):
        shutil.copyfile(COMPONENTS / f"{name}.wasm", place / f"{name}.wasm")
    file = DOCS / page
    text = file.read_text("utf-8")
    blessed = text
    snippets = list(_SNIPPET.finditer(text))
    assert snippets
    for snippet in snippets:
        printed = _run(snippet["commands"], place, tool.parent)
        if snippet["shown"] is None:
            assert "error[" not in printed, printed
        elif os.environ.get("BLESS"):
            blessed = blessed.replace(snippet["shown"], _results(printed))
        else:
            assert _results(printed) == snippet["shown"]
    if blessed != text:
        file.write_text(blessed, "utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    file = DOCS / page
    for link in _LINK.finditer(file.read_text("utf-8")):
        target = (file.parent / link["file"]).resolve() if link["file"] else file
        assert target.is_file(), link.group()
        if link["heading"]:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            assert link["heading"] in {_anchor(heading) for heading in headings}, link.group()


def test_the_readme_composes_what_is_there(command: Command) -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    snippet = readme.partition("<!-- compose command -->\n```sh\n")[2].partition("```")[0]
    tool, *arguments = snippet.split()
    assert tool == "wcompose"
    result = command(*arguments, cwd=REPOSITORY)
    assert result.returncode == 0, result.stderr
    assert "rust-callee" in result.stdout


def test_every_option_is_described_and_exists() -> None:
    page = (DOCS / "reference" / "compose.md").read_text("utf-8")
    table = page.partition("## Options")[2].partition("\n## ")[0]
    described = set(re.findall(r"^\| `(--[a-z]+)", table, re.MULTILINE))
    described |= set(re.findall(r"`(--version) VERSION`", table))
    assert described == _options()


def _options() -> set[str]:
    import typer

    from wcompose.cli.app import app

    command = typer.main.get_command(app).commands["compose"]  # type: ignore[attr-defined]
    names = {name for each in command.params for name in each.opts if name.startswith("--")}
    return names - {"--help"}


def _run(commands: str, place: Path, tools: Path) -> str:
    variables = {
        key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR"}
    }
    result = subprocess.run(
        ["/bin/sh", "-e", "-c", commands],
        cwd=place,
        env={
            **variables,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUTF8": "1",
            "TERM": "dumb",
            "WCOMPOSE_CACHE": str(CACHE),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert (result.returncode == 0) == ("error[" not in result.stdout), result.stdout
    return result.stdout


def _results(printed: str) -> str:
    """What is printed without notes on what was written, whose sizes change from version to version."""
    note = re.compile(
        r"^\S+\.wasm: \d+ components? with \d+ edges?, [\d,]+ bytes.*\n", re.MULTILINE
    )
    return note.sub("", printed)


def _anchor(heading: str) -> str:
    """A heading as links name it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
