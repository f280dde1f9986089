"""What changed between two contracts, and whom it breaks.

A package cannot know on which side the components of its users stand, so its own interfaces are held to
both. Of interfaces that its worlds take from elsewhere only the side counts that the worlds have. A
component is held to what it really imports and exports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from wcompose.check.breaking import Surroundings, compare_items
from wcompose.check.live import used_types
from wcompose.check.model import Bump, Change, ChangeKind, Side
from wcompose.check.promises import gate_changes, item_changes
from wcompose.check.verdicts import Scope, judged, noted, unstable
from wcompose.check.world_changes import WorldComparison, item_name
from wcompose.contract import Contract, Interface, InterfaceExtern, TypeDef, World, on_track
from wcompose.contract.names import parse_item_name, parse_version
from wcompose.report import Place


def compare_contracts(
    old: Contract,
    new: Contract,
    *,
    side: Side = Side.BOTH,
    packages: Collection[str] = (),
) -> tuple[Change, ...]:
    """Every difference between two contracts, each once, with what it breaks.

    Args:
        old: the one before.
        new: the one now.
        side: whose breaks count.
        packages: packages besides the main ones, without versions, whose interfaces and worlds are
            compared too.

    Returns:
        Sorted by place and item; nothing for equal contracts.
    """
    changes = _Comparison(old, new, side, packages).changes()
    return tuple(sorted(changes, key=_order))


def _order(change: Change) -> tuple[str, str, Place, str]:
    return (change.item, change.kind.value, change.new_place, change.message)


class _Comparison:
    def __init__(self, old: Contract, new: Contract, side: Side, packages: Collection[str]) -> None:
        self._old = old
        self._new = new
        self._side = side
        self._packages = packages
        self._used = used_types(old)
        self._compared: set[tuple[str, str]] = set()

    def changes(self) -> Iterator[Change]:
        if self._old.world is not None or self._new.world is not None:
            yield from self._of_components()
            return
        yield from self._of_packages()
        pairs = self._pairs()
        worlds = list(self._world_pairs())
        comparisons = [self._world(*pair) for pair in worlds]
        foreign = dict(self._foreign(comparisons))
        self._compared = {
            (on_track(old.name), on_track(new.name)) for old, new in (*pairs, *foreign)
        }
        exported = self._exported()
        for before, after in pairs:
            scope = self._scope(importers=True, exporters=True)
            is_exported = self._side is Side.EXPORT or not exported.isdisjoint(
                {before.name, after.name}
            )
            scope = replace(scope, is_exported=is_exported)
            yield from self._interfaces(before, after, scope)
            yield from gate_changes(item_name(before.name), "interface", before, after)
            yield from item_changes(item_name(before.name), before, after)
        for (before, after), scope in foreign.items():
            yield from self._interfaces(before, after, scope)
        yield from self._only_one()
        for comparison in comparisons:
            yield from comparison.changes()

    # Packages

    def _of_packages(self) -> Iterator[Change]:
        old, new = self._old.package, self._new.package
        names = [each.partition("@")[0] for each in (old, new)]
        versions = [each.partition("@")[2] for each in (old, new)]
        if old == new or not old or not new:
            return
        parsed = [parse_version(each) for each in versions]
        change = Change(ChangeKind.CHANGED, names[1], "", old, new)
        if names[0] != names[1]:
            change = replace(change, message=f"package `{names[0]}` is called `{names[1]}`")
            yield judged(change, "package-name-same", self._side, f"`{names[0]}`")
            return
        change = replace(
            change,
            message=f"version {versions[0] or 'none'} became {versions[1] or 'none'}",
        )
        if parsed[0] is None or parsed[1] is None:
            words = f"{change.message}: what has no version links to nothing that has one"
            yield noted(change, "package-version-present", words, Bump.NONE)
        elif parsed[0].track != parsed[1].track:
            rule = "package-version-track"
            if parsed[0].prerelease or parsed[1].prerelease:
                rule = "package-version-present"
            words = f"{change.message}: components built for one do not link to the other"
            yield noted(change, rule, words, Bump.NONE)
        else:
            yield change

    def _own(self, contract: Contract) -> dict[str, Interface]:
        """Interfaces of the main package by their plain names; of others by theirs without version."""
        return dict(_named(contract, contract.interfaces.values(), self._packages))

    def _pairs(self) -> list[tuple[Interface, Interface]]:
        olds, news = self._own(self._old), self._own(self._new)
        return [(each, news[name]) for name, each in olds.items() if name in news]

    def _only_one(self) -> Iterator[Change]:
        olds, news = self._own(self._old), self._own(self._new)
        for name, interface in olds.items():
            if name in news:
                continue
            item = item_name(interface.name)
            change = Change(
                ChangeKind.REMOVED,
                item,
                f"interface `{item}` is gone",
                f"interface {name}",
                old_place=interface.place,
            )
            side = self._scope(importers=True, exporters=False).side(
                importers=True, exporters=False
            )
            change = judged(change, "interface-no-delete", side, f"`{item}`")
            yield unstable(change) if interface.stability.feature else change
        for name, interface in news.items():
            if name not in olds:
                item = item_name(interface.name)
                yield Change(
                    ChangeKind.ADDED,
                    item,
                    f"interface `{item}` is new",
                    new=f"interface {name}",
                    new_place=interface.place,
                    bump=Bump.NONE if interface.stability.feature else Bump.MINOR,
                )

    # Interfaces

    def _scope(self, *, importers: bool, exporters: bool) -> Scope:
        return Scope(
            importers and self._side is not Side.EXPORT,
            exporters and self._side is not Side.IMPORT,
        )

    def _interfaces(self, old: Interface, new: Interface, scope: Scope) -> Iterator[Change]:
        item = item_name(old.name)
        around = Surroundings(self._used, self._is_told)
        externs = (InterfaceExtern(old), InterfaceExtern(new))
        for change in compare_items(item, f"`{item}`", externs, scope, around):
            yield unstable(change) if old.stability.feature else change

    def _exported(self) -> set[str]:
        """Names of the interfaces that a world exports, so that components do implement them."""
        worlds = (*self._old.worlds.values(), *self._new.worlds.values())
        return {name for world in worlds for name in world.exports}

    def _is_told(self, old: TypeDef, new: TypeDef) -> bool:
        """Whether a type that an interface uses is compared where it is defined."""
        roots = (old.root, new.root)
        if roots[0] is old or roots[0].name != roots[1].name:
            return False
        names = (on_track(roots[0].owner.name), on_track(roots[1].owner.name))
        return names in self._compared and old.owner != old.root.owner

    # Worlds

    def _world_pairs(self) -> Iterator[tuple[World | None, World | None]]:
        olds = dict(_named(self._old, self._old.worlds.values(), self._packages))
        news = dict(_named(self._new, self._new.worlds.values(), self._packages))
        for name in dict.fromkeys((*olds, *news)):
            yield olds.get(name), news.get(name)

    def _world(self, old: World | None, new: World | None) -> WorldComparison:
        around = Surroundings(self._used, self._is_told)
        gone = {
            on_track(each)
            for each in self._old.interfaces
            if _is_own(each, self._old.package)
            and _moved(each, self._old.package, self._new.package) not in self._new.interfaces
        }
        return WorldComparison(
            old,
            new,
            self._scope(importers=True, exporters=True),
            around,
            frozenset(gone),
            self._same,
        )

    def _same(self, old: str, new: str) -> bool:
        """Whether a name in the old contract means what another one means in the new."""
        return old == new or on_track(
            _moved(old, self._old.package, self._new.package)
        ) == on_track(new)

    def _foreign(
        self, comparisons: Iterable[WorldComparison]
    ) -> Iterator[tuple[tuple[Interface, Interface], Scope]]:
        """Interfaces of other packages that worlds have on both sides, with the sides that count."""
        found: dict[tuple[Interface, Interface], set[str]] = {}
        own = {id(each) for each in (*self._own(self._old).values(),)}
        for comparison in comparisons:
            for old, new, direction in comparison.shared_interfaces():
                if id(old) not in own and not old.is_inline:
                    found.setdefault((old, new), set()).add(direction)
        for pair, directions in found.items():
            yield (
                pair,
                self._scope(importers="import" in directions, exporters="export" in directions),
            )

    # Components

    def _of_components(self) -> Iterator[Change]:
        from wcompose.check.component_changes import component_changes

        yield from component_changes(self._old, self._new, self._side, self._used)


_Item = TypeVar("_Item", Interface, World)


def _named(
    contract: Contract, items: Iterable[_Item], packages: Collection[str]
) -> Iterator[tuple[str, _Item]]:
    for each in items:
        name = each.external_name if isinstance(each, World) else each.name
        if _is_own(name, contract.package):
            yield name.partition("/")[2].partition("@")[0] if "/" in name else name, each
            continue
        parsed = parse_item_name(name)
        if parsed is not None and f"{parsed.namespace}:{parsed.package}" in packages:
            yield on_track(name), each


def _is_own(name: str, package: str) -> bool:
    stem, _, version = package.partition("@")
    return not package or (name.startswith(f"{stem}/") and name.partition("@")[2] == version)


def _moved(name: str, old_package: str, new_package: str) -> str:
    """What an item of the old main package would be called in the new one."""
    if not old_package or not new_package or not _is_own(name, old_package):
        return name
    plain = name.partition("/")[2].partition("@")[0]
    stem, at, version = new_package.partition("@")
    return f"{stem}/{plain}{at}{version}"
