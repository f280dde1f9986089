"""Findings as lines of text for people: one place makes every location that a user ever sees."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from wcompose.report import Finding, Level, Place
from wcompose.texts import printable

_STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.NOTE: "bold cyan"}
_WORDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
_NARROWEST = 20
"""Columns of a source line that are shown even in a terminal that is narrower."""
_WIDEST = 500
"""Columns of a source line that are shown where there is no terminal: a file may be one line."""


def finding_lines(finding: Finding, width: int | None = None) -> Iterator[Text]:
    """The lines of one finding; source lines are cropped to ``width`` columns around the mark."""
    style = _STYLES[finding.level]
    head = Text()
    head.append(f"{_WORDS[finding.level]}[{finding.rule}]", style)
    head.append(": ")
    head.append_text(_quoted(printable(finding.message), "bold"))
    yield head
    yield from _place_lines(finding.place, style, width)
    for cause in finding.causes:
        for index, line in enumerate(cause.splitlines() or [""]):
            yield Text("  = " if index == 0 else "    ", "blue").append_text(
                _quoted(printable(line))
            )
    for label, place in finding.related:
        yield Text("  = ", "blue").append_text(_quoted(printable(label)))
        yield from _place_lines(place, "cyan", width)
    if finding.hint:
        for index, line in enumerate(finding.hint.splitlines()):
            prefix = Text("  hint: " if index == 0 else "        ", "bold green")
            yield prefix.append_text(_quoted(printable(line)))


def _place_lines(place: Place, style: str, width: int | None) -> Iterator[Text]:
    where = str(place)
    if not where:
        return
    arrow = Text("  --> ", "blue")
    arrow.append(printable(where))
    if place.file and place.item:
        arrow.append(f" ({printable(place.item)})", "dim")
    yield arrow
    if not place.line or not place.source:
        return
    number = str(place.line)
    gutter = " " * len(number) + " | "
    source, column = _cropped(place, None if width is None else width - len(gutter) - 1)
    length = max(1, min(place.end_column - place.column, len(place.source) + 1 - place.column))
    shown = source.expandtabs(4)
    before = source[: column - 1].expandtabs(4)
    marked = source[: column - 1 + length].expandtabs(4)[len(before) :]
    yield Text(" " + gutter.rstrip(), "blue")
    yield Text(f" {number} | ", "blue").append(shown, "none")
    if place.column:
        mark = Text(" " + gutter, "blue")
        mark.append(" " * cell_len(before))
        mark.append("^" * max(1, cell_len(marked)), style)
        yield mark


def _cropped(place: Place, width: int | None) -> tuple[str, int]:
    """The part of the line that is shown, and the 1-based column of the mark in it."""
    source = printable(place.source.rstrip("\r\n"), keep_tabs=True)
    column = max(place.column, 1)
    widest = _WIDEST if width is None else max(width, _NARROWEST)
    if len(source) <= widest:
        return source, column
    room = widest - 2
    start = max(0, min(column - 1 - room // 3, len(source) - room))
    end = start + room
    part = ("…" if start else "") + source[start:end] + ("…" if end < len(source) else "")
    return part, column - start + (1 if start else 0)


def _quoted(text: str, style: str = "") -> Text:
    """Text with the names between backticks set apart in colour."""
    parts = text.split("`")
    result = Text(style=style)
    for index, part in enumerate(parts):
        is_name = index % 2 == 1 and index < len(parts) - 1
        if index and not is_name and index % 2 == 1:
            result.append("`")
        result.append(f"`{part}`" if is_name else part, "cyan" if is_name else None)
    return result
