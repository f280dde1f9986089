"""A picture in the DOT language of Graphviz.

The syntax is "DOT Language" in Graphviz's documentation; labels are ``escString``s.
"""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.picture.arrows import HOST, OFFERED, OUTSIDE, arrows, members, node_lines
from wcompose.picture.card import one_line, short_name
from wcompose.picture.model import NodeKind, Picture


def to_dot(picture: Picture) -> str:
    """The text of a directed graph; arrows go from what imports to what exports."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield f"digraph {_quoted(one_line(picture.title))} {{"
    yield "  rankdir=LR;"
    yield f"  label={_quoted(one_line(picture.title))};"
    yield '  fontname="Helvetica";'
    yield '  node [shape=box, style=rounded, fontname="Helvetica"];'
    yield '  edge [fontname="Helvetica", fontsize=10];'
    drawn = list(arrows(picture))
    if any(arrow.start is None for arrow in drawn):
        yield f"  offered [label={_quoted(OFFERED)}, shape=oval];"
    yield from _nodes(picture, "", "  ")
    if any(arrow.end is None and arrow.to_host for arrow in drawn):
        yield f"  host [label={_quoted(HOST)}, shape=oval];"
    if any(arrow.end is None and not arrow.to_host for arrow in drawn):
        yield f"  outside [label={_quoted(OUTSIDE)}, shape=oval];"
    for arrow in drawn:
        start = "offered" if arrow.start is None else f"n{arrow.start}"
        end = f"n{arrow.end}" if arrow.end is not None else "host" if arrow.to_host else "outside"
        style = ", style=dashed" if arrow.end is None else ""
        yield f"  {start} -> {end} [label={_quoted(arrow.label)}{style}];"
    yield from _problems(picture)
    yield "}"


def _nodes(picture: Picture, group: str, indent: str) -> Iterator[str]:
    for number, node in members(picture, group):
        text = _quoted(*node_lines(node))
        if node.kind is NodeKind.GROUP and any(members(picture, node.name)):
            yield f"{indent}subgraph cluster_{number} {{"
            yield f"{indent}  label={text};"
            yield from _nodes(picture, node.name, indent + "  ")
            yield f"{indent}}}"
        else:
            dashed = node.kind is not NodeKind.COMPONENT and node.kind is not NodeKind.GROUP
            style = ', style="rounded,dashed"' if dashed else ""
            yield f"{indent}n{number} [label={text}{style}];"


def _problems(picture: Picture) -> Iterator[str]:
    index = {node.name: number for number, node in enumerate(picture.nodes)}
    for number, problem in enumerate(picture.problems):
        text = _quoted(one_line(problem.message))
        yield f'  p{number} [label={text}, shape=octagon, style=solid, color="#c62335"];'
        if problem.node in index:
            label = _quoted(short_name(problem.import_name) if problem.import_name else "")
            yield (
                f"  n{index[problem.node]} -> p{number} "
                f'[label={label}, style=dotted, arrowhead=none, color="#c62335"];'
            )


def _quoted(*lines: str) -> str:
    # A backslash would begin an escape such as `\N`, which stands for the node's name.
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
