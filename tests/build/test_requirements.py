"""Requirements of Python nodes: which lines are taken, which are refused, and what pip's words mean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wcompose.build.python import installer
from wcompose.build.python.pip_words import refusal
from wcompose.build.python.requirements import index_options, loose, read_requirements
from wcompose.errors import BuildError
from wcompose.report import Finding


def write(directory: Path, *lines: str, name: str = "requirements.txt") -> Path:
    file = directory / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def refused(file: Path) -> list[Finding]:
    with pytest.raises(BuildError) as caught:
        read_requirements(file, "shop")
    return list(caught.value.findings)


@pytest.mark.parametrize(
    "line",
    [
        "attrs",
        "attrs==25.3.0",
        "attrs == 25.3.0",
        "a>=1,<2",
        "a (>=1, <2)",
        "a[b,c]==1.*; python_version >= '3.12'",
        "a @ https://example.invalid/a-1.0-py3-none-any.whl",
        "https://example.invalid/a-1.0-py3-none-any.whl#sha256=00",
        "a==1!2.0+local --hash=sha256:00 --hash sha256:11",
        "--index-url=https://example.invalid/simple --pre",
        "--find-links ./wheels",
        "-i https://${TOKEN}@example.invalid/simple",
    ],
)
def test_what_pip_can_install_from_wheels_is_taken(line: str, tmp_path: Path) -> None:
    (read,) = read_requirements(write(tmp_path, line), "shop")
    assert read.text == line


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("foo bar baz", "bad-requirement"),
        ("attrs===", "bad-requirement"),
        ("attrs=1", "bad-requirement"),
        ("attrs==1 --hash='", "bad-requirement"),
        ("vendor/", "local-requirement"),
        ("vendor/thing", "local-requirement"),
        ("thing-1.0-py3-none-any.whl", "local-requirement"),
        ("thing.tar.gz", "local-requirement"),
        ("git+https://example.invalid/x.git", "source-requirement"),
        ("x @ git+ssh://git@example.invalid/x.git@main", "source-requirement"),
        ("-e git+https://example.invalid/x.git#egg=x", "source-requirement"),
        ("https://example.invalid/x-1.0.tar.gz", "source-requirement"),
        ("x @ https://example.invalid/x.zip", "source-requirement"),
        ("--no-binary :all:", "requirement-option"),
        ("--no-b :all:", "requirement-option"),  # pip takes abbreviations
        ("--pre --only-binary=:none:", "requirement-option"),
        ("--target /somewhere", "requirement-option"),
        ("a==1 --config-settings=x=y", "requirement-option"),
    ],
)
def test_what_no_component_can_have_is_refused_at_its_line(
    line: str, rule: str, tmp_path: Path
) -> None:
    (found,) = refused(write(tmp_path, "", f"{line}  # why"))
    assert (found.rule, found.place.line) == (rule, 2)
    assert found.hint


def test_lines_go_on_after_a_backslash_and_a_mark_of_order_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_bytes(b"\xef\xbb\xbfattrs==1 \\\r\n    --hash=sha256:00\r\n# x \\\r\nsix==2 \\")
    first, second = read_requirements(file, "shop")
    assert (first.text, first.place.line) == ("attrs==1 --hash=sha256:00", 1)
    assert (second.text, second.place.line) == ("six==2", 4)


def test_includes_are_followed_and_pointed_at(tmp_path: Path) -> None:
    write(tmp_path, "attrs==1", name="more.txt")
    file = write(tmp_path, "-r more.txt", "-cmore.txt", "six")
    assert [line.text for line in read_requirements(file, "shop")] == [
        "-r more.txt",
        "attrs==1",
        "-cmore.txt",
        "attrs==1",
        "six",
    ]
    missing, loop = refused(write(tmp_path, "-r nope.txt", "-r requirements.txt"))
    assert (missing.rule, missing.place.line) == ("requirements-unreadable", 1)
    assert "wcompose.toml" not in missing.hint
    assert (loop.rule, loop.place.line) == ("requirements-loop", 2)


def test_a_constraint_pins_what_is_loose(tmp_path: Path) -> None:
    write(tmp_path, "attrs==1", name="pins.txt")
    file = write(tmp_path, "-c pins.txt", "Attrs", "six>=1", "a @ https://example.invalid/a.whl")
    assert loose(read_requirements(file, "shop")) == ("six>=1",)


def test_questions_go_where_packages_come_from(tmp_path: Path) -> None:
    file = write(tmp_path, "--index-url https://example.invalid --pre", "-r more.txt", "--pre")
    write(tmp_path, "-f wheels", name="more.txt")
    lines = read_requirements(file, "shop")
    assert index_options(lines) == [
        "--index-url",
        "https://example.invalid",
        "--pre",
        "-f",
        "wheels",
    ]


_HASHES = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have …
    attrs==1 from https://example.invalid/attrs-1.whl#sha256=11 (from -r requirements.txt (line 1)):
        Expected sha256 00
             Got        11
"""
_NO_VERSION = (
    "ERROR: Could not find a version that satisfies the requirement {} (from versions: {})"
)
_NO_HASHES = """\
ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements. …
    six==2 --hash=sha256:22
"""


@pytest.mark.parametrize(
    ("output", "is_known", "rule", "line", "said"),
    [
        (_HASHES, True, "requirement-hash", 1, "sha256:11"),
        (_NO_HASHES, True, "requirement-hash", 0, "six==2 --hash=sha256:22"),
        (
            _NO_VERSION.format("six==9", "1, 2"),
            True,
            "requirement-not-found",
            2,
            "`1` and `2`",
        ),
        (
            _NO_VERSION.format("six==9", "none"),
            True,
            "requirement-not-found",
            2,
            "native code",
        ),
        (
            _NO_VERSION.format("six==9", "none"),
            False,
            "requirement-not-found",
            2,
            "no package `six`",
        ),
        (
            _NO_VERSION.format("M>=2 (from attrs)", "none"),
            True,
            "requirement-not-found",
            1,
            "`attrs` needs it",
        ),
        ("ERROR: Cannot do it\nbecause of this", True, "requirements-failed", 0, "because of this"),
    ],
)
def test_pips_words_lead_to_a_line(
    output: str, is_known: bool, rule: str, line: int, said: str, tmp_path: Path
) -> None:
    file = write(tmp_path, "attrs==1 --hash=sha256:00", "six==2")
    found = refusal(output, file, "shop", read_requirements(file, "shop"), lambda _: is_known)
    assert (found.rule, found.place.line) == (rule, line)
    assert said in "\n".join((found.message, *found.causes, found.hint))


def test_the_callers_settings_do_not_say_what_is_installed(tmp_path: Path) -> None:
    arguments = [sys.executable, installer.__file__, str(os.getpid()), "config", "list"]
    environment = {**os.environ, "PIP_NO_BINARY": ":all:", "PIP_RETRIES": "7", "PIP_TARGET": "x"}
    done = subprocess.run(
        arguments, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "retries='7'" in done.stdout
    assert "binary" not in done.stdout
    assert "target" not in done.stdout
