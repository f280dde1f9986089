"""The table of grants as text, as wide as it may be; nothing is told by colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from wcompose.grants.interfaces import base_name
from wcompose.grants.needed import Entry, EntryKind, Needed, NeededImport
from wcompose.grants.needs import Need
from wcompose.grants.table import GrantsTable, NodeGrants, Status
from wcompose.grants.words import grant_words
from wcompose.texts import printable

_GAP = "  "
_NARROWEST = 24
"""Columns that a text is given even where that is too wide."""
_LONGEST_NAME = 60
"""Characters that are shown of a function's name."""

_INTERPRETED = "what {} runs stands in no code that can be followed, so all that it can use counts"


def table_text(table: GrantsTable, width: int) -> str:
    """The table as text.

    Args:
        table: what is told.
        width: columns.
    """
    lines: list[str] = []
    if len(table.nodes) > 1:
        overview = _overview(table)
        if all(len(line) <= width for line in overview):
            lines += [*overview, ""]
    for node in table.nodes:
        lines += [*_node(node, width), ""]
    lines += _legend(table, width)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _overview(table: GrantsTable) -> list[str]:
    if not table.capabilities:
        return []
    names = [_shown(node.name) for node in table.nodes]
    rows = [
        [capability, *(node.status(capability).value for node in table.nodes)]
        for capability in table.capabilities
    ]
    return _columns([["", *names], *rows])


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


def _node(node: NodeGrants, width: int) -> Iterator[str]:
    yield _shown(node.name)
    told = node.capabilities
    if not told:
        known = "needs nothing and is granted nothing"
        yield f"{_GAP}{known if node.needs is not None else 'is granted nothing'}"
        return
    indent = max(map(len, told)) + 2 * len(_GAP)
    for capability in told:
        head = _GAP + capability.ljust(indent - len(_GAP))
        for line in _entries(node, capability):
            yield from _wrapped(head, line, indent, width)
            head = " " * indent
    if node.needs is not None and node.needs.analysis is not None:
        for line in _remarks(node.needs.analysis):
            yield from _wrapped(_GAP, line, len(_GAP), width)


def _entries(node: NodeGrants, capability: str) -> Iterator[str]:
    status = node.status(capability)
    granted = grant_words(node.grants, capability)
    if status in {Status.DENIED, Status.NEEDED, Status.IDLE}:
        yield status.value
    for line in granted:
        yield f"{line} (unused)" if status is Status.UNUSED else line
    need = None if node.needs is None else node.needs.of(capability)
    if need is not None and node.needs is not None and node.needs.analysis is not None:
        yield from _reached(need, node.needs.analysis)


def _reached(need: Need, analysis: Needed) -> Iterator[str]:
    reached = [use for use in need.uses if use.may_happen and use.reach is not None]
    for use in need.uses:
        if use not in reached:
            yield f"cannot call {_name(use.interface, use.function)}"
    if not reached:
        return
    # The one of which most is known: the fewest calls that are only known by type.
    first = min(reached, key=lambda use: use.reach.guesses if use.reach else 0)
    if first.reach is None:
        return
    count = f"{len(reached)} of {len(need.uses)}" if len(need.uses) > 1 else "1"
    noun = "functions" if len(need.uses) > 1 else "function"
    yield f"may call {count} {noun}, from {_origins(first.reach.entries, analysis)}"
    yield f"{_name(first.interface, first.function)}: {way_text(first.reach)}"


def _origins(entries: Sequence[Entry], analysis: Needed) -> str:
    exports = [each for each in entries if each.kind is EntryKind.EXPORT]
    every = [each for each in analysis.entries if each.kind is EntryKind.EXPORT]
    if exports and len(exports) == len(every) > 1:
        return "every export"
    if exports:
        shown = ", ".join(each.name for each in exports[:3])
        return shown + (f" and {len(exports) - 3} more" if len(exports) > 3 else "")
    if any(each.kind is EntryKind.DESTRUCTOR for each in entries):
        return "the destructor of " + ", ".join(
            each.name for each in entries if each.kind is EntryKind.DESTRUCTOR
        )
    return "its start only"


def way_text(reach: NeededImport) -> str:
    """The way to an import: names of functions, ``?`` before one of which only the type is known."""
    steps = [
        ("? " if each.by in {"table", "reference"} else "") + short_name(each.function)
        for each in reach.why
    ]
    if reach.left_out:
        middle = (len(steps) + 1) // 2
        steps[middle:middle] = [f"({reach.left_out} more)"]
    return " > ".join(steps) if steps else "as it is"


def short_name(name: str) -> str:
    """A function's name without the paths and the generic arguments that Rust and C++ put into it."""
    parts: list[str] = []
    depth = 0
    for character in name.replace("::<", "<"):
        if character == "<":
            depth += 1
        elif character == ">" and depth:
            depth -= 1
        elif not depth:
            parts.append(character)
    plain = "::".join(part for part in "".join(parts).split("::")[-2:] if part)
    shown = plain or name
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def _name(interface: str, function: str) -> str:
    return f"{base_name(interface)}#{function}" if interface else function


def _remarks(analysis: Needed) -> Iterator[str]:
    if analysis.interpreter:
        yield _INTERPRETED.format(analysis.interpreter)
    if analysis.unknown:
        yield f"cannot be followed, so everything counts: {', '.join(analysis.unknown)}"


def _wrapped(head: str, text: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(
        _shown(text),
        max(width, indent + _NARROWEST),
        initial_indent=head,
        subsequent_indent=" " * (indent + len(_GAP)),
        break_on_hyphens=False,
    ) or [head]


def _legend(table: GrantsTable, width: int) -> Iterator[str]:
    statuses = {node.status(each) for node in table.nodes for each in node.capabilities}
    used = "its code can reach it" if table.is_analysed else "it imports it"
    told = {
        Status.DENIED: f"denied: {used}, and nothing of it is granted",
        Status.NEEDED: f"needed: {used}, and no gate stands before it: who runs it decides",
        Status.IDLE: "idle: it imports it, and its code cannot reach it",
        Status.UNUSED: "unused: granted, and "
        + ("its code cannot reach it" if table.is_analysed else "it does not import it"),
    }
    parts = [words for status, words in told.items() if status in statuses]
    if any(
        each.by in {"table", "reference"}
        for node in table.nodes
        if table.is_analysed and node.needs is not None
        for need in node.needs.by_capability.values()
        for use in need.uses
        if use.reach is not None
        for each in use.reach.why
    ):
        parts.append("?: called through a table, where only the type of what is called is known")
    for part in parts:
        yield from textwrap.wrap(part, max(width, _NARROWEST), subsequent_indent=_GAP)


def _shown(text: str) -> str:
    return printable(" ".join(text.splitlines()))
