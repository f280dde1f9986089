"""Which exports of other nodes an import could mean, and which of them fit it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wcompose.contract import Extern, ItemName, Mismatch, World, compare_extern, parse_item_name
from wcompose.graph.model import Candidate, Node, Verdict
from wcompose.graph.request import Placed
from wcompose.suggest import nearest

Rank: TypeAlias = tuple[object, ...]
"""A key that sorts fitting candidates; the greatest wins."""


@dataclass(frozen=True)
class _Export:
    node: Node
    name: str
    item: ItemName | None
    extern: Extern


class Catalogue:
    """Every export of every node, by the interface that it is.

    Args:
        nodes: all nodes.
        placed: asked for places when a type differs.
    """

    def __init__(self, nodes: Iterable[Node], placed: Placed | None = None) -> None:
        self._placed = placed
        self._worlds: dict[str, World | None] = {}
        self._fits: dict[tuple[int, int], bool] = {}
        self._exports: dict[tuple[str, ...], list[_Export]] = {}
        for node in nodes:
            for name, extern in node.exports.items():
                export = _Export(node, name, parse_item_name(name), extern)
                self._exports.setdefault(_key(name, export.item), []).append(export)

    def candidates(self, node: Node, name: str) -> Iterator[tuple[Candidate, Rank]]:
        """Exports of other nodes that have the import's name, whatever the version and the type."""
        for export in self._exports.get(_key(name, parse_item_name(name)), ()):
            if export.node.name != node.name:
                yield self._candidate(node, name, export)

    def mismatches(
        self, importer: Node, import_name: str, exporter: Node, export_name: str
    ) -> tuple[Mismatch, ...]:
        """Where an export's type differs from what an import expects, with places."""
        expected, actual = importer.imports[import_name], exporter.exports[export_name]
        key = (id(expected), id(actual))
        if self._fits.get(key):
            return ()
        found = compare_extern(expected, actual)
        self._fits[key] = not found
        return self._with_places(found, importer, import_name, exporter, export_name)

    def near(self, name: str) -> tuple[Similar, ...]:
        """Exports whose names are like that of an import that nothing fills, the nearest first."""
        item = parse_item_name(name)
        every = [export for exports in self._exports.values() for export in exports]
        if item is None:
            plain = sorted({each.name for each in every if each.item is None})
            near = nearest(name, plain)
            return _similar(every, near, "its name is near")
        package = (item.namespace, item.package)
        siblings = [
            each
            for each in every
            if each.item is not None and (each.item.namespace, each.item.package) == package
        ]
        interfaces = nearest(item.interface, sorted({_interface(each) for each in siblings}))
        found = [
            Similar(each.node.name, each.name, "its name is near")
            for interface in interfaces
            for each in siblings
            if _interface(each) == interface
        ]
        found += [
            Similar(each.node.name, each.name, "it is the same interface of another package")
            for each in every
            if each.item is not None
            and each.item.interface == item.interface
            and (each.item.namespace, each.item.package) != package
        ]
        return tuple(found[:3])

    def exporters_of(self, interface: str) -> tuple[Similar, ...]:
        """Exports of an interface, for an import that has a name of its own for it."""
        item = parse_item_name(interface)
        return tuple(
            Similar(each.node.name, each.name, "it is the interface")
            for each in self._exports.get(_key(interface, item), ())
        )

    def _candidate(self, node: Node, name: str, export: _Export) -> tuple[Candidate, Rank]:
        item = parse_item_name(name)
        if item is not None and export.item is not None and not item.matches(export.item):
            reason = f"it is on version track {_track(export.item)}, not {_track(item)}"
            return Candidate(export.node.name, export.name, Verdict.REFUSED, reason), ()
        mismatches = self.mismatches(node, name, export.node, export.name)
        verdict = Verdict.REFUSED if mismatches else Verdict.PASSED_OVER
        reason = "its type differs" if mismatches else "name and type fit"
        rank: Rank = (export.name == name,)
        if export.item is not None:
            rank = (*rank, *export.item.version_rank())
        return Candidate(export.node.name, export.name, verdict, reason, mismatches), rank

    def _with_places(
        self,
        found: tuple[Mismatch, ...],
        importer: Node,
        import_name: str,
        exporter: Node,
        export_name: str,
    ) -> tuple[Mismatch, ...]:
        """The same mismatches of the same items where they are written, if they are."""
        if not found or any(each.expected_place.file for each in found):
            return found
        expected = _item(self._world(importer), import_name, "imports")
        actual = _item(self._world(exporter), export_name, "exports")
        if expected is None and actual is None:
            return found
        written = compare_extern(
            expected or importer.imports[import_name], actual or exporter.exports[export_name]
        )
        same = {(each.kind, each.path): each for each in written}
        return tuple(same.get((each.kind, each.path), each) for each in found)

    def _world(self, node: Node) -> World | None:
        if node.name not in self._worlds:
            self._worlds[node.name] = None if self._placed is None else self._placed(node)
        return self._worlds[node.name]


@dataclass(frozen=True)
class Similar:
    """An export that could be meant."""

    exporter: str
    export_name: str
    reason: str


def _similar(exports: Sequence[_Export], names: Sequence[str], why: str) -> tuple[Similar, ...]:
    return tuple(
        Similar(each.node.name, each.name, why)
        for name in names
        for each in exports
        if each.name == name
    )


def _item(world: World | None, name: str, side: str) -> Extern | None:
    if world is None:
        return None
    externs = world.imports if side == "imports" else world.exports
    if name in externs:
        return externs[name]
    item = parse_item_name(name)
    if item is None:
        return None
    for other, extern in externs.items():
        other_item = parse_item_name(other)
        if other_item is not None and item.matches(other_item):
            return extern
    return None


def _interface(export: _Export) -> str:
    return "" if export.item is None else export.item.interface


def _track(item: ItemName) -> str:
    return "without a version" if item.version is None else f"`{item.version.track}`"


def _key(name: str, item: ItemName | None) -> tuple[str, ...]:
    return (name,) if item is None else (item.namespace, item.package, item.interface)
