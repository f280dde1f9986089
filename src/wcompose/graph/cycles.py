"""Order of instantiation, and the cycles that make it impossible."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping, Sequence

from wcompose.contract import FunctionExtern, InterfaceExtern
from wcompose.graph.model import Edge, Node
from wcompose.report import Finding, Place


def provider_order(
    nodes: Mapping[str, Node], edges: Sequence[Edge]
) -> tuple[tuple[str, ...], list[Finding]]:
    """Nodes with providers first (by name where that leaves a choice), and one finding a cycle.

    Kahn's algorithm with a heap, so that the order depends on names only. What waits in a cycle comes
    last, by name.

    Args:
        nodes: by name.
        edges: between them.
    """
    waiting_for: dict[str, set[str]] = {name: set() for name in nodes}
    importers: dict[str, set[str]] = {name: set() for name in nodes}
    for edge in edges:
        waiting_for[edge.importer].add(edge.exporter)
        importers[edge.exporter].add(edge.importer)
    ready = [name for name in nodes if not waiting_for[name]]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for importer in sorted(importers[name]):
            waiting_for[importer].discard(name)
            if not waiting_for[importer]:
                heapq.heappush(ready, importer)
    done = set(order)
    left = {name: waiting_for[name] - done for name in nodes if name not in done}
    return (*order, *sorted(left)), _cycles(left, edges, nodes)


def _cycles(
    left: dict[str, set[str]], edges: Sequence[Edge], nodes: Mapping[str, Node]
) -> list[Finding]:
    """One finding for each cycle met when following the first provider from each node left."""
    findings: list[Finding] = []
    seen: set[str] = set()
    between = {(edge.importer, edge.exporter): edge for edge in sorted(edges, reverse=True)}
    for start in sorted(left):
        path: list[str] = []
        name = start
        while name not in seen:
            seen.add(name)
            path.append(name)
            name = min(left[name])
        if name not in path:
            continue
        circle = [*path[path.index(name) :], name]
        steps = [between[pair] for pair in itertools.pairwise(circle)]
        findings.append(_circle(circle, steps, nodes))
    return findings


def _circle(circle: Sequence[str], steps: Sequence[Edge], nodes: Mapping[str, Node]) -> Finding:
    weakest = min(steps, key=lambda edge: (_functions(edge, nodes), edge))
    count = _functions(weakest, nodes)
    return Finding(
        "cycle",
        "components wait for each other: " + " → ".join(f"`{each}`" for each in circle),
        Place(item=circle[0]),
        causes=tuple(
            f"`{edge.importer}` imports `{edge.import_name}` from `{edge.exporter}`"
            for edge in steps
        ),
        hint=f"break it at `{weakest.import_name}`, the smallest of them "
        f"({count} function{'' if count == 1 else 's'}): move what it does out of "
        f"`{weakest.exporter}` into a component of its own, or leave "
        f"`{weakest.importer}:{weakest.import_name}` to the outside",
    )


def _functions(edge: Edge, nodes: Mapping[str, Node]) -> int:
    match nodes[edge.importer].imports[edge.import_name]:
        case InterfaceExtern(interface):
            return len(interface.functions)
        case FunctionExtern():
            return 1
        case _:
            return 0
