"""The page on permissions says what is so: of the flagship, of sizes, and of the tests that it names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support import REPOSITORY, Command

from wcompose.engine import Engine
from wcompose.grants.interfaces import GATES
from wcompose.grants.section import SECTION

PAGE = (REPOSITORY / "docs" / "explanation" / "permissions.md").read_text("utf-8")


def block(mark: str) -> str:
    return PAGE.partition(f"<!-- {mark} -->\n```")[2].partition("\n")[2].partition("```")[0]


@pytest.mark.parametrize("node", ["analysis", "inference"])
def test_the_program_of_the_page_finds_what_it_shows(
    node: str, command: Command, flagship: Path, tmp_path: Path
) -> None:
    picture = command("graph", "--gates", "--format", "json", flagship)
    assert picture.returncode == 0, picture.stderr
    (tmp_path / "reach.py").write_text(block("reach.py"))
    found = subprocess.run(
        [sys.executable, tmp_path / "reach.py", node],
        input=picture.stdout,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    shown = block("reach analysis").partition("\n")[2]
    assert "by analysis-random" in shown
    assert found.stdout == (shown if node == "analysis" else "")


def test_the_tree_of_the_page_is_the_tree(command: Command, flagship: Path) -> None:
    tree = command("graph", flagship).stdout
    shown = PAGE.partition("$ wcompose graph build/digits.wasm\n")[2].partition("\n\n")[0]
    shown = re.sub(r"^ *…\n?|^    ", "", shown, flags=re.MULTILINE)
    assert "denied filesystem" in shown
    assert shown.rstrip("\n") in tree


def test_the_section_of_the_page_is_the_section(engine: Engine, flagship: Path) -> None:
    shown = json.loads(block("section of the repository's example"))
    assert shown == json.loads(engine.describe(flagship)[SECTION])


def test_gates_are_as_large_as_the_page_says() -> None:
    told = dict(re.findall(r"^\| `([a-z]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    assert set(told) == {gate.name for gate in GATES}
    for gate in GATES:
        assert gate.file.stat().st_size == pytest.approx(int(told[gate.name]) * 1000, rel=0.1)


def test_the_tests_of_the_page_are_there() -> None:
    names = re.findall(r"`((?:tests/[a-z]+/)?[a-z_]+\.py|tests/[a-z/]+)`", PAGE)
    files = {path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("tests/*/*")}
    assert len(names) > 5
    for name in names:
        assert name == "reach.py" or any(
            each == name or each.startswith(f"{name}/") or each.endswith(f"/{name}")
            for each in files
        ), name


def test_the_grants_of_the_readme_are_the_flagships() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    shown = readme.partition("\n## Permissions\n")[2].partition("```toml\n")[2].partition("```")[0]
    project = tomllib.loads((REPOSITORY / "wcompose.toml").read_text("utf-8"))
    granted = {name: each for name, each in project["components"].items() if "grants" in each}
    told = tomllib.loads(shown)["components"]
    assert told == {name: {"grants": each["grants"]} for name, each in granted.items()}
