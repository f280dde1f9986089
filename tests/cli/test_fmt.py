"""`wcompose fmt` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

CROOKED = "package a:b;\r\ninterface i{f:func( a:u8 );}"
STRAIGHT = "package a:b;\n\ninterface i {\n  f: func(a: u8);\n}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "wit" / "deps" / "c").mkdir(parents=True)
    for name, text in {
        "wit/one.wit": CROOKED,
        "wit/two.wit": "interface j {}\n",
        "wit/deps/c/c.wit": "package c:d;interface k{}",
    }.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def test_it_writes_the_files_of_here_and_leaves_dependencies(command, project: Path) -> None:
    (project / "wit/one.wit").chmod(0o640)
    result = command("fmt", cwd=project)
    assert result.returncode == 0, result.stderr
    assert (project / "wit/one.wit").read_text() == STRAIGHT
    assert (project / "wit/one.wit").stat().st_mode & 0o777 == 0o640
    assert (project / "wit/deps/c/c.wit").read_text() == "package c:d;interface k{}"
    assert "1 file formatted, 1 left as they are" in result.stderr
    assert sorted(each.name for each in (project / "wit").iterdir()) == [
        "deps",
        "one.wit",
        "two.wit",
    ]


def test_dependencies_are_formatted_when_named(command, project: Path) -> None:
    assert command("fmt", "wit/deps/c", cwd=project).returncode == 0
    assert "interface k {}" in (project / "wit/deps/c/c.wit").read_text()
    assert (project / "wit/one.wit").read_bytes().decode() == CROOKED


def test_check_lists_files_and_writes_nothing(command, project: Path) -> None:
    result = command("fmt", "--check", cwd=project)
    assert result.returncode == 100
    assert result.stdout.splitlines() == [str(Path("wit/one.wit"))]
    assert (project / "wit/one.wit").read_bytes().decode() == CROOKED
    command("fmt", cwd=project)
    result = command("fmt", "--check", cwd=project)
    assert (result.returncode, result.stdout) == (0, "")


def test_diff_shows_and_writes_nothing(command, project: Path) -> None:
    result = command("fmt", "--diff", "wit", cwd=project)
    assert result.returncode == 0
    assert "+  f: func(a: u8);" in result.stdout.splitlines()
    assert (project / "wit/one.wit").read_bytes().decode() == CROOKED
    assert command("fmt", "--diff", "--check", cwd=project).returncode == 100


def test_malformed_files_are_told_and_left_and_the_others_formatted(command, project: Path) -> None:
    (project / "wit/bad.wit").write_text("interface j {\n  f: func( -> u8;\n}\n")
    result = command("fmt", cwd=project)
    assert result.returncode == 1
    assert f"{Path('wit/bad.wit')}:2:" in result.stderr
    assert (project / "wit/bad.wit").read_text() == "interface j {\n  f: func( -> u8;\n}\n"
    assert (project / "wit/one.wit").read_text() == STRAIGHT


def test_standard_input(command, tmp_path: Path) -> None:
    result = command("fmt", "-", stdin=CROOKED, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, STRAIGHT)
    assert command("fmt", "-", "--check", stdin=CROOKED, cwd=tmp_path).returncode == 100
    assert command("fmt", "-", "--check", stdin=STRAIGHT, cwd=tmp_path).returncode == 0
    bad = command("fmt", "-", stdin="interface {", cwd=tmp_path)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "<stdin>:1:" in bad.stderr
    assert command("fmt", "-", "a.wit", cwd=tmp_path).returncode == 2


def test_paths_without_wit_are_refused(command, tmp_path: Path) -> None:
    for arguments in ((), ("nowhere",), (".",)):
        assert command("fmt", *arguments, cwd=tmp_path).returncode == 2
