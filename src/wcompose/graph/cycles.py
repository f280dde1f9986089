"""Order of instantiation, and the cycles that make it impossible."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence

from wcompose.graph.model import Edge
from wcompose.report import Finding, Place


def provider_order(
    names: Sequence[str], edges: Sequence[Edge]
) -> tuple[tuple[str, ...], list[Finding]]:
    """Nodes with providers first (by name where that leaves a choice), and one finding a cycle.

    Kahn's algorithm with a heap, so that the order depends on names only.
    """
    waiting_for: dict[str, set[str]] = {name: set() for name in names}
    importers: dict[str, set[str]] = {name: set() for name in names}
    for edge in edges:
        waiting_for[edge.importer].add(edge.exporter)
        importers[edge.exporter].add(edge.importer)
    ready = [name for name in names if not waiting_for[name]]
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
    left = {name: waiting_for[name] - done for name in names if name not in done}
    return tuple(order), _cycles(left, edges)


def _cycles(left: dict[str, set[str]], edges: Sequence[Edge]) -> list[Finding]:
    """One finding for each cycle met when following the first provider from each node left."""
    findings: list[Finding] = []
    seen: set[str] = set()
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
        names = {
            (edge.importer, edge.exporter): edge.import_name for edge in sorted(edges, reverse=True)
        }
        steps = [
            f"`{importer}` imports `{names[importer, exporter]}` from `{exporter}`"
            for importer, exporter in itertools.pairwise(circle)
        ]
        findings.append(
            Finding(
                "cycle",
                "components wait for each other: " + " → ".join(f"`{each}`" for each in circle),
                Place(item=circle[0]),
                causes=tuple(steps),
                hint="break the circle: move what one of these interfaces does into a component of "
                "its own, or leave one import to the host with `outside = true`",
            )
        )
    return findings
