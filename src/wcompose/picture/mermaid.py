"""A picture as a Mermaid flowchart, as Markdown renderers draw it.

The syntax is Mermaid's documentation, "Flowcharts" and "Entity codes to escape characters".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from wcompose.picture.arrows import HOST, OFFERED, OUTSIDE, arrows, members, node_lines
from wcompose.picture.card import one_line, short_name
from wcompose.picture.model import NodeKind, Picture

_UNSAFE = re.compile(r"[^\w .,:/@+=…()-]")

_CLASSES = {
    NodeKind.TYPES: "types",
    NodeKind.MISSING: "missing",
    NodeKind.GATE: "gate",
    NodeKind.CARRIER: "carrier",
}


def to_mermaid(picture: Picture) -> str:
    """The text of a flowchart; arrows go from what imports to what exports."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "---"
    yield f"title: {json.dumps(one_line(picture.title), ensure_ascii=False)}"
    yield "---"
    yield "flowchart LR"
    drawn = list(arrows(picture))
    if any(arrow.start is None for arrow in drawn):
        yield f"  offered([{_quoted(OFFERED)}])"
    yield from _nodes(picture, "", "  ")
    if any(arrow.end is None and arrow.to_host for arrow in drawn):
        yield f"  host([{_quoted(HOST)}])"
    if any(arrow.end is None and not arrow.to_host for arrow in drawn):
        yield f"  outside([{_quoted(OUTSIDE)}])"
    for arrow in drawn:
        start = "offered" if arrow.start is None else f"n{arrow.start}"
        end = f"n{arrow.end}" if arrow.end is not None else "host" if arrow.to_host else "outside"
        line = "-.->" if arrow.end is None else "-->"
        yield f"  {start} {line}|{_quoted(arrow.label)}| {end}"
    yield from _problems(picture)
    yield from _classes(picture)


def _nodes(picture: Picture, group: str, indent: str) -> Iterator[str]:
    for number, node in members(picture, group):
        text = _quoted(*node_lines(node))
        if node.kind is not NodeKind.GROUP:
            yield f"{indent}n{number}[{text}]"
        elif any(members(picture, node.name)):
            yield f"{indent}subgraph n{number} [{text}]"
            yield from _nodes(picture, node.name, indent + "  ")
            yield f"{indent}end"
        else:
            yield f"{indent}n{number}[[{text}]]"


def _problems(picture: Picture) -> Iterator[str]:
    index = {node.name: number for number, node in enumerate(picture.nodes)}
    for number, problem in enumerate(picture.problems):
        yield f"  p{number}{{{{{_quoted(one_line(problem.message))}}}}}"
        if problem.node in index:
            label = f"|{_quoted(short_name(problem.import_name))}|" if problem.import_name else ""
            yield f"  n{index[problem.node]} -.-{label} p{number}"


def _classes(picture: Picture) -> Iterator[str]:
    for kind, name in _CLASSES.items():
        found = [f"n{number}" for number, node in enumerate(picture.nodes) if node.kind is kind]
        if found:
            yield f"  classDef {name} stroke-dasharray: 4 3"
            yield f"  class {','.join(found)} {name}"
    if picture.problems:
        yield "  classDef problem stroke:#c62335,stroke-width:2px"
        yield f"  class {','.join(f'p{number}' for number in range(len(picture.problems)))} problem"


def _quoted(*lines: str) -> str:
    # Everything that Mermaid, Markdown or HTML could read as its own becomes an entity code.
    return '"' + "<br/>".join(_UNSAFE.sub(_entity, line) for line in lines) + '"'


def _entity(match: re.Match[str]) -> str:
    return f"#{ord(match[0])};"
