"""What changed where a component is on one side: it is held to what it imports and exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wcompose.check.breaking import Surroundings, compare_items
from wcompose.check.model import Bump, Change, ChangeKind, Side
from wcompose.check.verdicts import Scope, judged, noted
from wcompose.check.world_changes import item_name
from wcompose.contract import Contract, Extern, InterfaceExtern, World, names_match
from wcompose.contract.names import parse_item_name
from wcompose.contract.text import extern_text


@dataclass(frozen=True)
class _Sides:
    """Imports and exports of one contract, by name, and whether a component says so."""

    imports: Mapping[str, Extern]
    exports: Mapping[str, Extern]
    is_component: bool
    world: World | None


def component_changes(
    old: Contract, new: Contract, side: Side, used: frozenset[int]
) -> Iterator[Change]:
    """Every difference between two contracts of which at least one is of a component.

    Args:
        old: the one before.
        new: the one now.
        side: whose breaks count.
        used: the ``id`` of each type of the old contract that functions use.
    """
    before, after = _sides(old), _sides(new)
    around = Surroundings(used, lambda *_: False)
    is_guest = before.is_component and not after.is_component
    scopes = (
        Scope(side is not Side.EXPORT, False, before.is_component, after.is_component),
        Scope(side is not Side.EXPORT, is_guest and side is not Side.IMPORT),
    )
    directions = (
        ("import", before.imports, after.imports, scopes[0]),
        ("export", before.exports, after.exports, scopes[1]),
    )
    for direction, olds, news, scope in directions:
        for name, extern in olds.items():
            found = _found(name, news)
            if found is not None:
                item = item_name(name)
                items = (extern, news[found])
                yield from compare_items(item, f"`{item}`", items, scope, around)
            elif before.is_component or (direction == "export" and before.world is not None):
                yield from _gone(direction, name, extern, scope, after)
        for name in news:
            is_asked = after.is_component or after.world is not None
            if is_asked and _found(name, olds) is None:
                yield from _came(direction, name, news[name], scopes[1], before, after)


def _gone(
    direction: str, name: str, extern: Extern, scope: Scope, after: _Sides
) -> Iterator[Change]:
    change = Change(
        ChangeKind.REMOVED,
        item_name(name),
        f"{direction} `{name}` is gone",
        f"{direction} {name}: {extern_text(extern)}",
        old_place=extern.place,
    )
    side = scope.side(importers=True, exporters=False)
    if direction == "export":
        why = "components that are composed with it, and hosts, miss it"
        yield judged(change, "world-export-no-delete", side, "", why=why)
    elif after.is_component:
        yield change  # it may import less
    elif _knows_package(name, after):
        why = "the component imports it, and it is no longer there"
        yield judged(change, "interface-no-delete", side, "", why=why)


def _came(
    direction: str, name: str, extern: Extern, scope: Scope, before: _Sides, after: _Sides
) -> Iterator[Change]:
    change = Change(
        ChangeKind.ADDED,
        item_name(name),
        f"{direction} `{name}` is new",
        new=f"{direction} {name}: {extern_text(extern)}",
        new_place=extern.place,
        bump=Bump.MINOR,
    )
    if direction == "export":
        if after.is_component:
            yield change
        elif after.world is not None and name in after.world.exports:
            why = f"world `{after.world.name}` asks for it, and the component does not export it"
            side = scope.side(importers=False, exporters=True)
            yield judged(change, "world-export-add", side, "", why=why)
    elif after.is_component and (before.is_component or _knows_package(name, before)):
        words = f"{change.message}: the component needs hosts that provide it"
        yield noted(change, "world-import-add", words, Bump.MINOR)


def _sides(contract: Contract) -> _Sides:
    if contract.world is not None:
        return _Sides(contract.world.imports, contract.world.exports, True, contract.world)
    own = [each for each in contract.worlds.values() if each.package == contract.package]
    interfaces: dict[str, Extern] = {
        name: InterfaceExtern(each, each.place) for name, each in contract.interfaces.items()
    }
    if len(own) != 1:
        return _Sides(interfaces, interfaces, False, None)
    world = own[0]
    return _Sides({**interfaces, **world.imports}, {**interfaces, **world.exports}, False, world)


def _found(name: str, items: Mapping[str, Extern]) -> str | None:
    if name in items:
        return name
    return next((each for each in items if names_match(name, each)), None)


def _knows_package(name: str, sides: _Sides) -> bool:
    """Whether a contract speaks of the package of an interface at all; a plain name has none."""
    item = parse_item_name(name)
    if item is None:
        return sides.world is not None
    known = (parse_item_name(each) for each in (*sides.imports, *sides.exports))
    return any(
        (each.namespace, each.package) == (item.namespace, item.package)
        for each in known
        if each is not None
    )
