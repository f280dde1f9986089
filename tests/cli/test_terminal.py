"""Guests write text and colours to a terminal, and have no other power over it."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CACHE, REPOSITORY, Command

from wcompose.cli.terminal import TerminalText

COMPONENTS = REPOSITORY / "tests" / "runtime" / "components"


def shown(*writes: bytes) -> bytes:
    parts: list[bytes] = []
    text = TerminalText(parts.append)
    for each in writes:
        text(each)
    text.close()
    return b"".join(parts)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plain text\n\tand more\r\n", "plain text\n\tand more\r\n"),
        ("æøå 漢字 🎉", "æøå 漢字 🎉"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m\x1b[0m"),
        ("\x1b[38:2::1:2:3mx", "\x1b[38:2::1:2:3mx\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b]52;c;aGk=\x1b\\", r"\x1b]52;c;aGk=\x1b" + "\\"),
        ("\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
        ("\x1b[6n", r"\x1b[6n"),
        ("\x9b31m\x90x\x9c", r"\x9b31m\x90x\x9c"),
        ("node: fine\rroot: ok", r"node: fine\rroot: ok"),
        ("a\bb\x7f\0", r"a\x08b\x7f\x00"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\x1b[" + "1;" * 40 + "m", r"\x1b[" + "1;" * 40 + "m"),
        ("end\x1b", r"end\x1b"),
        ("end\r", r"end\r"),
    ],
)
def test_what_steers_a_terminal_is_shown_and_not_obeyed(written: str, expected: str) -> None:
    assert shown(written.encode()) == expected.encode()


def test_bytes_that_are_no_text_are_shown() -> None:
    assert shown(b"\xff\x9b31m\xc3") == rb"\xff\x9b31m\xc3"


@given(st.binary(max_size=60) | st.text(st.sampled_from("\x1b[]0;m\r\nxé\x9b"), max_size=40))
def test_it_does_not_matter_how_output_is_cut(written: bytes | str) -> None:
    data = written.encode() if isinstance(written, str) else written
    whole = shown(data)
    assert shown(*(data[index : index + 1] for index in range(len(data)))) == whole
    left = whole.replace(b"\r\n", b"\n").decode()
    assert "\r" not in left
    assert all(part.lstrip("0123456789;:").startswith("m") for part in left.split("\x1b[")[1:])
    assert left.count("\x1b") == left.count("\x1b[")


def in_terminal(*arguments: str | Path) -> tuple[int, str]:
    """Run the command line in a terminal of its own; gives its exit code and what that showed."""
    child, terminal = pty.fork()
    if not child:
        os.environ.update(WCOMPOSE_CACHE=str(CACHE), TERM="dumb", PYTHONUNBUFFERED="1")
        os.execv(  # noqa: S606 - there is no shell to start it with
            sys.executable, [sys.executable, "-m", "wcompose", "--quiet", *map(str, arguments)]
        )
    told = b""
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # on Linux, the end of a terminal
            break
        if not part:
            break
        told += part
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), told.decode()


@pytest.mark.parametrize("stream", ["standard-output", "standard-error"])
def test_a_guest_has_no_power_over_the_terminal_it_writes_to(stream: str) -> None:
    text = r'"\u{1b}[31mred\u{1b}]0;owned\u{7}\u{9b}2J\n"'
    code, told = in_terminal("run", COMPONENTS / "flooder.wasm", "-i", "say", text, stream)
    assert code == 0
    assert told.replace("\r\n", "\n") == "\x1b[31mred\\x1b]0;owned\\x07\\x9b2J\n\x1b[0mok\n"


def test_what_is_no_terminal_gets_the_bytes_as_they_are(command: Command) -> None:
    text = r'"\u{1b}]0;owned\u{7}\n"'
    result = command("run", COMPONENTS / "flooder.wasm", "-i", "say", text, "standard-output")
    assert result.stdout == "\x1b]0;owned\x07\nok\n"


@pytest.mark.parametrize("is_json", [False, True])
def test_results_have_no_power_over_a_terminal(command: Command, is_json: bool) -> None:
    name = "\x1b]0;x\x07\x9b2J\u202e\x7fÆ漢"
    arguments = ["--json"] if is_json else []
    result = (
        command("run", COMPONENTS / "echo-rust.wasm", "-i", "greet", *arguments, json.dumps(name))
        if is_json
        else command("run", COMPONENTS / "echo-rust.wasm", "-i", "greet", '"' + wave(name) + '"')
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.removesuffix("\n").isprintable()
    assert "Æ漢" in result.stdout
    if is_json:
        assert json.loads(result.stdout) == f"hello, {name}"


def wave(text: str) -> str:
    return "".join(f"\\u{{{ord(each):x}}}" if not each.isprintable() else each for each in text)
