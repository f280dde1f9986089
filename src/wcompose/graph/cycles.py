"""Order of instantiation, and the cycles that make it impossible."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wcompose.contract import FunctionExtern, InterfaceExtern
from wcompose.graph.advice import PROJECT, Advice
from wcompose.graph.model import Edge, Node
from wcompose.graph.names import counted, listed
from wcompose.report import Finding, Place

_MOST_CIRCLES = 20
"""Cycles that are told of one graph."""


def provider_order(
    nodes: Mapping[str, Node], edges: Sequence[Edge], advice: Advice = PROJECT
) -> tuple[tuple[str, ...], list[Finding]]:
    """Nodes with providers first (by name where that leaves a choice), and the cycles.

    What waits in a cycle comes last, by name. There are as many findings as edges have to be broken, so
    that who does what they say is done; of very many only the first are told.

    Args:
        nodes: by name.
        edges: between them.
        advice: words for hints.
    """
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in sorted(edges):
        between.setdefault((edge.importer, edge.exporter), []).append(edge)
    order, left = _ordered(nodes, between)
    waiting = sorted(left)
    findings: list[Finding] = []
    while left and len(findings) < _MOST_CIRCLES:
        for circle in _circles(left):
            steps = [(pair, between[pair]) for pair in itertools.pairwise(circle)]
            pair, weakest = min(
                steps, key=lambda step: (sum(_functions(edge, nodes) for edge in step[1]), step[1])
            )
            findings.append(_circle(circle, steps, weakest, nodes, advice))
            del between[pair]
        _, left = _ordered(nodes, between)
    return (*order, *waiting), findings


def _ordered(
    nodes: Mapping[str, Node], pairs: Iterable[tuple[str, str]]
) -> tuple[list[str], dict[str, set[str]]]:
    """Nodes with providers first, and for each that waits in a cycle those that it waits for.

    Kahn's algorithm with a heap, so that the order depends on names only.

    Args:
        nodes: by name.
        pairs: importers, each with one that it imports from.
    """
    waiting_for: dict[str, set[str]] = {name: set() for name in nodes}
    importers: dict[str, set[str]] = {name: set() for name in nodes}
    for importer, exporter in pairs:
        waiting_for[importer].add(exporter)
        importers[exporter].add(importer)
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
    return order, {name: names for name, names in waiting_for.items() if names}


def _circles(left: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Circles without a node in common, met when following the first provider of each node left."""
    seen: set[str] = set()
    for start in sorted(left):
        path: list[str] = []
        name = start
        while name not in seen:
            seen.add(name)
            path.append(name)
            name = min(left[name])
        if name in path:
            yield [*path[path.index(name) :], name]


def _circle(
    circle: Sequence[str],
    steps: Sequence[tuple[tuple[str, str], Sequence[Edge]]],
    weakest: Sequence[Edge],
    nodes: Mapping[str, Node],
    advice: Advice,
) -> Finding:
    count = sum(_functions(edge, nodes) for edge in weakest)
    outside = " and ".join(
        advice.outside(f"{edge.importer}:{edge.import_name}") for edge in weakest
    )
    names = listed([edge.import_name for edge in weakest])
    return Finding(
        "cycle",
        "components wait for each other: " + " → ".join(f"`{each}`" for each in circle),
        Place(item=circle[0]),
        causes=tuple(
            f"`{edge.importer}` imports `{edge.import_name}` from `{edge.exporter}`"
            for _, edges in steps
            for edge in edges
        ),
        hint=f"break it at {names}, where the least crosses "
        f"({counted(count, 'function')}): move what it does out of `{weakest[0].exporter}` into a "
        f"component of its own, or leave it to the outside: {outside}",
    )


def _functions(edge: Edge, nodes: Mapping[str, Node]) -> int:
    match nodes[edge.importer].imports[edge.import_name]:
        case InterfaceExtern(interface):
            return len(interface.functions)
        case FunctionExtern():
            return 1
        case _:
            return 0
