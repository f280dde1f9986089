"""What people see while a command works: in a terminal of any width, and in a log."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from wcompose.cli.progress import LiveReporter, PlainReporter
from wcompose.progress import WAITING

NAMES = ("a", "a-node-with-a-name-that-is-longer-than-the-terminal-is-wide", "名前")


def drawn(width: int) -> list[str]:
    """The live lines, as they are on a terminal when everything has begun."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)
    reporter = LiveReporter(console)
    try:
        for name in NAMES:
            reporter.started(name, WAITING)
        for name in NAMES[1:]:
            reporter.started(name, "building with componentize-py")
        paper = Console(file=io.StringIO(), width=width)
        paper.print(reporter._lines())
    finally:
        reporter.close()
    return paper.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_every_node_has_a_line_and_only_one(width: int) -> None:
    lines = drawn(width)
    assert len(lines) == len(NAMES)
    assert all(cell_len(line.rstrip()) <= width - 3 for line in lines)
    assert [line[2:3] for line in lines] == [name[:1] for name in NAMES]
    assert "wait" in lines[0]
    assert all(re.search(r"0\.\d s", line) for line in lines[1:])


def test_what_is_finished_stays_and_nothing_else_does() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=40, highlight=False)
    reporter = LiveReporter(console)
    reporter.started("one", WAITING)
    reporter.started("two", "building")
    reporter.finished("two", "built, 18 MB")
    reporter.close()
    assert lasting(stream.getvalue()) == ["✓ two  built, 18 MB"]


def lasting(text: str) -> list[str]:
    """What stands on a terminal after all: cursor up and erase line are all that is needed of one."""
    lines = [""]
    row = 0
    for part in re.findall(r"\x1b\[[0-9;?]*[a-zA-Z]|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part.startswith("\x1b["):
            row -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not part.startswith(("\x1b", "\r")):
            lines[row] += part
    return [line.rstrip() for line in lines if line.strip()]


def test_a_log_has_a_line_for_each_outcome_and_no_control_characters() -> None:
    stream = io.StringIO()
    reporter = PlainReporter(Console(file=stream, width=40, highlight=False))
    reporter.started("one", WAITING)
    reporter.started("one", "building")
    reporter.finished("one", "built, 18 MB, and more words than fit into forty columns")
    reporter.note("one", "by the way\x1b[31m")
    assert stream.getvalue().splitlines() == [
        "one: built, 18 MB, and more words than fit into forty columns",
        "one: by the way\\x1b[31m",
    ]
