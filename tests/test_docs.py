"""The pages say what happens: every snippet runs, shown output is the output, links lead somewhere.

A block marked `sh` is run in a directory with four small components and a core module, the blocks of a
page one after the other; a block marked `text` right behind it is what it prints. `BLESS=1` writes shown
output anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
import wasmtime
from support import CACHE, REPOSITORY

if TYPE_CHECKING:
    from support import Command

DOCS = REPOSITORY / "docs"
EXECUTED = (
    "how-to/compose-components.md",
    "how-to/from-wac-and-wasm-tools.md",
    "reference/build.md",
    "reference/encode.md",
)
PAGES = sorted(
    page.relative_to(REPOSITORY).as_posix()
    for page in (
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "data").glob("*.md"),
        *(REPOSITORY / "components").glob("*/*.md"),
        *(REPOSITORY / "examples").glob("*/*.md"),
        *DOCS.rglob("*.md"),
    )
)
ADD = """(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))"""
COMPONENTS = REPOSITORY / "tests" / "composing" / "components"
_SNIPPET = re.compile(
    r"```sh\n(?P<commands>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL
)
_CHANGING = re.compile(r"(?<=sha256:)[0-9a-f]{64}|(?<=size = )\d+|(?<=\d of )[\d,]+(?= bytes)")
"""Digests and sizes: another build of a prebuilt part has others, and the page says the same."""

_LINK = re.compile(r"\]\((?!https?:)(?P<file>[^)#]*)(?:#(?P<heading>[^)]*))?\)")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the snippets are for a shell")


@pytest.mark.parametrize("page", EXECUTED)
def test_snippets_do_what_the_page_shows(page: str, tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "wcompose"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wcompose "$@"\n')
    tool.chmod(0o755)
    place = tmp_path / "place"
    place.mkdir()
    for name in ("auditor", "relay", "runner", "vault"):
        shutil.copyfile(COMPONENTS / f"{name}.wasm", place / f"{name}.wasm")
    (place / "add.wasm").write_bytes(wasmtime.wat2wasm(ADD))
    file = DOCS / page
    text = file.read_text("utf-8")
    blessed = text
    snippets = list(_SNIPPET.finditer(text))
    assert snippets
    for snippet in snippets:
        printed = _run(snippet["commands"], place, tool.parent)
        if snippet["shown"] is None:
            assert "error[" not in printed, printed
        elif _steady(_results(printed)) == _steady(snippet["shown"]):
            continue
        elif os.environ.get("BLESS"):
            shown = f"```sh\n{snippet['commands']}```\n\n```text\n{_results(printed)}```\n"
            blessed = blessed.replace(snippet[0], shown)
        else:
            assert _results(printed) == snippet["shown"]
    if blessed != text:
        file.write_text(blessed, "utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    file = REPOSITORY / page
    for link in _LINK.finditer(file.read_text("utf-8")):
        target = (file.parent / link["file"]).resolve() if link["file"] else file
        assert target.exists(), link.group()
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


def test_the_readme_shows_the_project_of_this_repository() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    shown = tomli.loads(
        readme.partition("## Your own graph")[2].partition("```toml\n")[2].partition("```")[0]
    )
    project = tomli.loads((REPOSITORY / "wcompose.toml").read_text("utf-8"))

    def within(part: Any, whole: Any) -> bool:
        if isinstance(part, dict):
            return all(key in whole and within(part[key], whole[key]) for key in part)
        return bool(part == whole)

    assert within(shown, project)
    assert shown["components"].keys() == project["components"].keys()


def test_the_program_of_the_readme_runs(flagship: Path) -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    program = readme.partition("```python\n")[2].partition("```")[0]
    assert flagship.is_file()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={**os.environ, "XDG_CACHE_HOME": str(CACHE / "user")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "README.md"
    linked = {
        (index.parent / link["file"]).resolve() for link in _LINK.finditer(index.read_text("utf-8"))
    }
    assert {page for page in DOCS.rglob("*.md") if page != index} <= linked
    assert "](docs/README.md)" in (REPOSITORY / "README.md").read_text("utf-8")


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


def _steady(text: str) -> str:
    return _CHANGING.sub("…", text)


def _anchor(heading: str) -> str:
    """A heading as links name it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
