"""Imports that the whole leaves to the outside: one for all nodes on a version track."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wcompose.contract import (
    Extern,
    InterfaceExtern,
    Mismatch,
    MismatchKind,
    TypeDef,
    compare_extern,
    on_track,
    parse_item_name,
)
from wcompose.graph import refusals
from wcompose.graph.model import Node, Outside
from wcompose.graph.names import comparable
from wcompose.report import Finding

_MISSING = (MismatchKind.MISSING_TYPE, MismatchKind.MISSING_FUNCTION)


def merge_outsides(
    outsides: Iterable[Outside], nodes: Mapping[str, Node]
) -> tuple[tuple[Outside, ...], list[Finding]]:
    """Give imports of one version track one name, that of the highest version.

    Each node may need a part of an interface; the whole imports all parts together. What both need
    must be equal. Under a name that is asked for, the whole imports what the first node needs.

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
    findings += _moved_homes(merged, nodes)
    findings += _alike(merged)
    return tuple(sorted(merged)), findings


def _alike(outsides: Iterable[Outside]) -> Iterator[Finding]:
    """Imports whose names outside differ, and not enough for a validator."""
    taken: dict[str, str] = {}
    told: set[str] = set()
    for outside in sorted(outsides, key=lambda each: each.name):
        other = taken.setdefault(comparable(outside.name), outside.name)
        if outside.name not in {other, *told}:
            told.add(outside.name)
            yield refusals.outside_names_alike(other, outside)


def _rank(name: str) -> tuple[object, ...]:
    item = parse_item_name(name)
    return () if item is None else item.version_rank()


def _conflicts(name: str, group: list[Outside], nodes: Mapping[str, Node]) -> Iterator[Finding]:
    first, *others = group
    seen = {_binary(nodes[first.importer], first)}
    expected = nodes[first.importer].imports[first.import_name]
    any_renamed = any(_is_renamed(each) for each in group)
    for other in others:
        key = _binary(nodes[other.importer], other)
        if key in seen:
            continue
        seen.add(key)
        actual = nodes[other.importer].imports[other.import_name]
        if any_renamed and not all(_is_renamed(each) for each in (first, other)):
            yield refusals.outside_name_taken(name, first, other)
            continue
        if actual is expected:
            continue
        found: list[Mismatch] = [
            each for each in compare_extern(expected, actual) if each.kind not in _MISSING
        ]
        if any_renamed and not found:
            # What has a name of its own outside is imported as the first needs it, and no more.
            found = list(compare_extern(actual, expected))
            yield from refusals.outside_conflict(
                name, other.importer, first.importer, found, renamed=True
            )
            continue
        yield from refusals.outside_conflict(
            name, first.importer, other.importer, found, renamed=any_renamed
        )


def _moved_homes(outsides: Iterable[Outside], nodes: Mapping[str, Node]) -> Iterator[Finding]:
    """Imports that use a resource of one that is left to the outside under another name.

    Outside, the type of the import names the interface that the resource is of, which nobody there
    knows by the other name.
    """
    by_import = {(each.importer, each.import_name): each for each in outsides}
    for (importer, import_name), outside in sorted(by_import.items()):
        node = nodes[importer]
        for resource in _resources_used(node.imports[import_name]):
            home = by_import.get((importer, _home(node, resource)))
            if home is not None and _is_renamed(home):
                yield refusals.moved_home(outside, home, resource.name)


def _resources_used(extern: Extern) -> Iterator[TypeDef]:
    """Resources that an import takes from another."""
    if isinstance(extern, InterfaceExtern):
        for each in extern.interface.types.values():
            if each.is_resource and each.root is not each:
                yield each


def _home(node: Node, resource: TypeDef) -> str:
    """The import of a node that has a resource as its own."""
    for name, extern in node.imports.items():
        if isinstance(extern, InterfaceExtern) and any(
            each is resource.root for each in extern.interface.types.values()
        ):
            return name
    return ""


def _is_renamed(outside: Outside) -> bool:
    return on_track(outside.name) != on_track(outside.import_name)


def _binary(node: Node, outside: Outside) -> tuple[str, str]:
    return node.component.digest, outside.import_name
