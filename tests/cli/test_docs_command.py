"""`wcompose docs` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import REPOSITORY

INFERENCE = REPOSITORY / "components/rust/inference/inference.wasm"


def test_the_project_becomes_a_page(command, tmp_path: Path) -> None:
    result = command("docs", "--output", tmp_path / "page.html", cwd=REPOSITORY / "docs")
    assert result.returncode == 0, result.stderr
    text = (tmp_path / "page.html").read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert "<title>digits:vision@0.1.0</title>" in text


def test_the_name_of_the_output_tells_the_format(command, tmp_path: Path) -> None:
    command("docs", REPOSITORY / "wit", "-o", tmp_path / "page.md")
    told = command("docs", REPOSITORY / "wit", "--format", "md")
    assert (tmp_path / "page.md").read_text("utf-8") == told.stdout
    assert told.stdout.startswith("# digits:vision@0.1.0\n")


@pytest.mark.parametrize(
    "subject", [INFERENCE, REPOSITORY / "wit", REPOSITORY / "wit" / "types.wit"]
)
def test_contracts_in_any_form(command, subject: Path) -> None:
    result = command("docs", subject, "-f", "md")
    assert result.returncode == 0, result.stderr
    assert '<a id="digits-vision-types-0.1.0"></a>' in result.stdout


def test_one_world(command) -> None:
    result = command("docs", REPOSITORY / "wit", "-f", "md", "--world", "logic")
    assert "World logic" in result.stdout
    assert "World gateway" not in result.stdout
    wrong = command("docs", REPOSITORY / "wit", "--world", "logik")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "logic" in wrong.stderr


def test_what_is_not_there_is_wrong_usage(command, tmp_path: Path) -> None:
    assert command("docs", "nowhere", cwd=tmp_path).returncode == 2
    result = command("docs", REPOSITORY / "wit", "-o", tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
