"""The edges that a project or a command line states: which import and which export each means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wcompose.graph.model import Node
from wcompose.graph.names import listed, matching_names
from wcompose.project import EdgeDeclaration, Endpoint
from wcompose.report import Finding
from wcompose.suggest import nearest

_NAMED = 8
"""Names that a hint lists."""


def match_stated(
    stated: Sequence[EdgeDeclaration], nodes: Mapping[str, Node]
) -> tuple[dict[tuple[str, str], EdgeDeclaration], list[Finding]]:
    """The stated edges by the exact import that they mean; a finding for those that mean none."""
    matched: dict[tuple[str, str], EdgeDeclaration] = {}
    findings: list[Finding] = []
    for edge in stated:
        node = nodes.get(edge.importing.node)
        if node is None:
            continue  # who read the edge has said so
        names = matching_names(edge.importing.name, node.imports)
        if len(names) != 1:
            findings.append(_without_import(edge, node, names))
            continue
        key = (node.name, names[0])
        if key in matched:
            findings.append(
                Finding(
                    "edge-stated-twice",
                    f"`{node.name}:{names[0]}` has two edges",
                    edge.importing.place,
                    hint="keep one of them",
                )
            )
        matched[key] = edge
    return matched, findings


def stated_export(provider: Node, source: Endpoint, name: str) -> tuple[str, Finding | None]:
    """The export that the source of a stated edge means, or what is wrong with it.

    Args:
        provider: the node of the source.
        source: the source; without a name it means the import's own.
        name: the import.
    """
    wanted = source.name or name
    names = matching_names(wanted, provider.exports)
    if len(names) == 1:
        return names[0], None
    known = list(provider.exports)
    hint = f"`{provider.name}` exports {_some(names or nearest(wanted, known) or known)}"
    if not source.name and known and not names:
        hint += f": name the one that is meant, such as `{provider.name}:{known[0]}`"
    return "", Finding(
        "edge-without-export",
        f"`{provider.name}` exports nothing called `{wanted}`"
        if not names
        else f"`{wanted}` means more than one export of `{provider.name}`",
        source.place,
        hint=hint,
    )


def _without_import(edge: EdgeDeclaration, node: Node, names: Sequence[str]) -> Finding:
    near = nearest(edge.importing.name, node.imports)
    return Finding(
        "edge-without-import",
        f"`{node.name}` imports nothing called `{edge.importing.name}`"
        if not names
        else f"`{edge.importing}` means more than one import: {listed(names)}",
        edge.importing.place,
        hint=f"`{node.name}` imports {_some(near or list(node.imports))}"
        if node.imports
        else f"`{node.name}` imports nothing: remove the edge",
    )


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return listed(names) or "nothing"
    return listed(names[:_NAMED]) + f" and {len(names) - _NAMED} more"
