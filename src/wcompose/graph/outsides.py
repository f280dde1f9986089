"""Imports that the whole leaves to the outside: one for all nodes on a version track."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wcompose.contract import Mismatch, MismatchKind, compare_extern, on_track, parse_item_name
from wcompose.graph.model import Node, Outside
from wcompose.graph.refusals import outside_conflict
from wcompose.report import Finding

_MISSING = (MismatchKind.MISSING_TYPE, MismatchKind.MISSING_FUNCTION)


def merge_outsides(
    outsides: Iterable[Outside], nodes: Mapping[str, Node]
) -> tuple[tuple[Outside, ...], list[Finding]]:
    """Give imports of one version track one name, that of the highest version.

    Each node may need a part of an interface; the whole imports all parts together. What both need
    must be equal.

    Args:
        outsides: in any order.
        nodes: by name.
    """
    groups: dict[str, list[Outside]] = {}
    for outside in sorted(outsides):
        groups.setdefault(on_track(outside.name), []).append(outside)
    merged: list[Outside] = []
    findings: list[Finding] = []
    for group in groups.values():
        name = max((each.name for each in group), key=_rank)
        merged += [replace(each, name=name) for each in group]
        findings += _conflicts(name, group, nodes)
    return tuple(sorted(merged)), findings


def _rank(name: str) -> tuple[object, ...]:
    item = parse_item_name(name)
    return () if item is None else item.version_rank()


def _conflicts(name: str, group: list[Outside], nodes: Mapping[str, Node]) -> Iterator[Finding]:
    first, *others = group
    seen = {_binary(nodes[first.importer], first)}
    expected = nodes[first.importer].imports[first.import_name]
    for other in others:
        key = _binary(nodes[other.importer], other)
        if key in seen:
            continue
        seen.add(key)
        actual = nodes[other.importer].imports[other.import_name]
        if actual is expected:
            continue
        found: list[Mismatch] = [
            each for each in compare_extern(expected, actual) if each.kind not in _MISSING
        ]
        is_renamed = on_track(name) != on_track(other.import_name)
        yield from outside_conflict(
            name, first.importer, other.importer, found, renamed=is_renamed
        )


def _binary(node: Node, outside: Outside) -> tuple[str, str]:
    return node.component.digest, outside.import_name
