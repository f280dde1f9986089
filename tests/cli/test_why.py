"""`--why`: how an import was filled, for files and for projects."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from golden import assert_golden
from support import REPOSITORY

if TYPE_CHECKING:
    from support import Command

GOLDEN = Path(__file__).parent / "golden"
COMPONENTS = REPOSITORY / "tests" / "composing" / "components"
FILES = ("runner.wasm", "relay.wasm", "vault.wasm")
DESK = "runner:wcompose:tokens/desk"
QUESTIONS = {
    "one": ("--edge", f"{DESK}=relay", "--why", f"{DESK}@0.1.0"),
    "node": ("--edge", f"{DESK}=relay", "--why", "runner", "--why", "vault"),
    "twice": ("--edge", f"{DESK}=relay", "--why", DESK, "--why", f"{DESK}@0.1.0"),
    "outside": (
        *("--outside", DESK, "--outside", "runner:wcompose:tokens/vault"),
        *("--why", "runner"),
    ),
    "open": ("--why", DESK),
    "misfit": ("--edge", f"{DESK}=vault:wcompose:tokens/ledger", "--why", DESK),
}
PROJECT = f"""\
[project]
name = "chain"

[components.runner]
path = "runner.wasm"

[components.first]
path = "relay.wasm"

[components.second]
from = "first"

[components.vault]
path = "vault.wasm"

[graph]
exports = ["runner:wcompose:tokens/trial as go"]

[[graph.edges]]
import = "{DESK}"
from = "first"

[[graph.edges]]
import = "first:wcompose:tokens/desk"
from = "second"

[[graph.edges]]
import = "second:wcompose:tokens/desk"
from = "vault"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copyfile(COMPONENTS / name, tmp_path / name)
    (tmp_path / "wcompose.toml").write_text(PROJECT)
    return tmp_path


@pytest.mark.parametrize("name", QUESTIONS)
def test_files(command: Command, place: Path, name: str) -> None:
    result = command("compose", *FILES, *QUESTIONS[name], "-o", "out.wasm", cwd=place)
    assert result.returncode == (1 if name in {"open", "misfit"} else 0)
    shown = _without_places(result.stdout)
    assert_golden(GOLDEN / f"why-{name}.txt", shown)
    assert not (place / "out.wasm").exists()


def test_a_terminal_that_shows_only_ascii(command: Command, place: Path) -> None:
    arguments = ["--edge", f"{DESK}=relay", "--why", DESK]
    result = command("compose", *FILES, *arguments, cwd=place, env={"PYTHONIOENCODING": "ascii"})
    assert (result.returncode, result.stderr) == (0, "")
    assert "  + taken       relay:" in result.stdout


def test_a_project(command: Command, place: Path) -> None:
    result = command("graph", "--why", "first", "--why", "second:wcompose:tokens/desk", cwd=place)
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / "why-project.txt", result.stdout)


def test_every_golden_file_belongs_to_a_case() -> None:
    shown = {file.stem.removeprefix("why-") for file in GOLDEN.glob("why-*.txt")}
    assert shown == {*QUESTIONS, "project"}


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("runer", "did you mean `runner`?"),
        ("zzz", "there are `vault`, `relay` and `runner`"),
        ("runner:wcompose:tokens/dusk", "it imports `wcompose:tokens/desk@0.1.0`"),
        ("vault:wcompose:tokens/desk", "it imports nothing"),
    ],
)
def test_questions_about_nothing(command: Command, place: Path, question: str, hint: str) -> None:
    result = command("compose", *FILES, "--edge", f"{DESK}=relay", "--why", question, cwd=place)
    assert (result.returncode, result.stdout) == (2, "")
    assert hint in result.stderr


def test_one_node_is_the_only_one(command: Command, place: Path) -> None:
    result = command("compose", "vault.wasm", "--why", "zzz", cwd=place)
    assert "hint: there is only `vault`" in result.stderr


def _without_places(text: str) -> str:
    """The text without where the contracts were written, which differs from machine to machine."""
    return "\n".join(line.partition("  (/")[0] for line in text.split("\n"))
