"""What a composition tells of its grants, in the custom section ``wcompose:grants``.

It is for people and tools: what holds are the gates, and nobody is granted anything because a section
says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.sections import COMPONENT, CUSTOM, HEADER, CutShort, sections, unsigned

if TYPE_CHECKING:
    from wcompose.grants.directories import Directories
    from wcompose.grants.wiring import Gated
    from wcompose.project.grants import GrantsDeclaration

SECTION = "wcompose:grants"
VERSION = 1
TEXT_LIMIT = 1 << 24
"""Bytes of a section that are read at most."""


@dataclass(frozen=True)
class GrantsSection:
    """The section, read.

    Attributes:
        nodes: what each node is granted, in the words of the project file.
        gates: for each node the names of its gates.
        directories: what the composition calls each directory that its host should open, with the
            directory as the project file names it, and whether it is written to.
    """

    nodes: Mapping[str, Mapping[str, Any]]
    gates: Mapping[str, tuple[str, ...]]
    directories: Mapping[str, tuple[str, bool]]


def section_text(
    gated: Gated, grants: Mapping[str, GrantsDeclaration], directories: Directories
) -> str:
    """The section's text: the same for the same grants."""
    nodes = {
        name: {
            "gates": list(gates),
            "grants": grants[name].to_json() if name in grants else {},
        }
        for name, gates in sorted(gated.gates.items())
    }
    opened = [
        {"outer": each.outer, "host": each.host.as_posix(), "write": each.write}
        for each in directories.host
    ]
    return json.dumps(
        {"version": VERSION, "nodes": nodes, "directories": opened},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_section(description: Mapping[str, Any]) -> GrantsSection | None:
    """The section of a composition, as `wcompose.engine.Engine.describe` gives it; see `section_of`."""
    text = description.get(SECTION)
    return _read(text) if isinstance(text, str) else None


def section_of(file: Path) -> GrantsSection | None:
    """The section of a composition in a file, of which no more is read than where sections end.

    Returns:
        None where there is none, or none that this release can read.

    Raises:
        OSError: the file cannot be read.
    """
    if not file.stat().st_size:
        return None
    found = b""
    with file.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
        if data[4:HEADER] != COMPONENT:
            return None
        try:
            for identifier, start, end in sections(data, 0, len(data)):
                if identifier == CUSTOM:
                    size, name = unsigned(data, start, end)
                    if data[name : min(name + size, end)] == SECTION.encode():
                        found = data[name + size : min(end, name + size + TEXT_LIMIT)]
        except CutShort:
            return None
    return _read(found.decode("utf-8", "replace"))


def _read(text: str) -> GrantsSection | None:
    """Whoever made the binary wrote it, so nothing is believed that is not in its place."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            return None
        return GrantsSection(
            nodes={str(name): dict(each["grants"]) for name, each in data["nodes"].items()},
            gates={
                str(name): tuple(str(gate) for gate in each["gates"])
                for name, each in data["nodes"].items()
            },
            directories={
                str(each["outer"]): (str(each["host"]), bool(each["write"]))
                for each in data["directories"]
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
