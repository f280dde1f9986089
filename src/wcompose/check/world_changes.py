"""What changed between two worlds, and whom it breaks.

A component may import less than its world and export more (Explainer.md, "Type Checking").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from wcompose.check.breaking import Surroundings, compare_items
from wcompose.check.model import Bump, Change, ChangeKind
from wcompose.check.promises import gate_changes
from wcompose.check.verdicts import Scope, judged, noted, unstable
from wcompose.contract import (
    Extern,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    World,
    compare_extern,
    on_track,
)
from wcompose.contract.text import extern_text
from wcompose.contract.types import TypeDef


def item_name(name: str) -> str:
    """The name of an item without its version: ``acme:shop/cart``."""
    return name.partition("@")[0]


class WorldComparison:
    """One world before and now.

    Args:
        old: the one before; none when it is new.
        new: the one now; none when it is gone.
        scope: whose breaks count.
        around: what is known of the contracts around.
        gone: names of interfaces that are gone altogether, on their track, told by themselves.
        same: whether a name in the old contract means what another one means in the new.
    """

    def __init__(
        self,
        old: World | None,
        new: World | None,
        scope: Scope,
        around: Surroundings,
        gone: frozenset[str],
        same: Callable[[str, str], bool],
    ) -> None:
        self._old = old
        self._new = new
        self._scope = scope
        self._around = around
        self._gone = gone
        self._same = same

    def shared_interfaces(self) -> Iterator[tuple[Interface, Interface, str]]:
        """Interfaces that both import or both export, and which of the two."""
        if self._old is None or self._new is None:
            return
        for direction, olds, news in self._directions(self._old, self._new):
            for name, extern in olds.items():
                found = news.get(self._found(name, news) or "")
                if isinstance(extern, InterfaceExtern) and isinstance(found, InterfaceExtern):
                    yield extern.interface, found.interface, direction

    def changes(self) -> Iterator[Change]:
        """Every difference, but for those inside of interfaces that have names of their own."""
        if self._old is None or self._new is None:
            yield from self._only_one()
            return
        made: Iterator[Change] = self._of_both(self._old, self._new)
        for each in made:
            change = each
            if (
                change.kind is ChangeKind.CHANGED
            ):  # imports of interfaces have no place of their own
                change = replace(
                    change,
                    old_place=change.old_place if change.old_place.file else self._old.place,
                    new_place=change.new_place if change.new_place.file else self._new.place,
                )
            yield unstable(change) if self._old.stability.feature else change

    def _only_one(self) -> Iterator[Change]:
        if self._old is not None:
            item = item_name(self._old.external_name)
            change = Change(
                ChangeKind.REMOVED,
                item,
                f"world `{item}` is gone",
                f"world {self._old.name}",
                old_place=self._old.place,
            )
            side = self._scope.side(importers=True, exporters=True)
            why = "builds that name it fail, and components cannot be built for it again"
            change = judged(change, "world-no-delete", side, "", why=why)
            yield unstable(change) if self._old.stability.feature else change
        elif self._new is not None:
            item = item_name(self._new.external_name)
            yield Change(
                ChangeKind.ADDED,
                item,
                f"world `{item}` is new",
                new=f"world {self._new.name}",
                new_place=self._new.place,
                bump=Bump.NONE if self._new.stability.feature else Bump.MINOR,
            )

    def _of_both(self, old: World, new: World) -> Iterator[Change]:
        self._item = item_name(old.external_name)
        yield from gate_changes(self._item, "world", old, new)
        for direction, olds, news in self._directions(old, new):
            paired = {name: self._found(name, news) for name in olds}
            left = [name for name in news if name not in paired.values()]
            for name, found in paired.items():
                if found is not None:
                    yield from self._inside(direction, name, olds[name], news[found])
                    continue
                renamed = _renamed(name, olds[name], {each: news[each] for each in left})
                if renamed is not None:
                    left.remove(renamed)
                    yield self._item_renamed(direction, name, renamed, olds[name], news[renamed])
                elif direction == "import":
                    yield from self._import_gone(name, olds[name], old, new)
                else:
                    yield from self._export_gone(name, olds[name], old, new)
            for name in left:
                if direction == "import":
                    yield from self._import_came(name, news[name], old, new)
                else:
                    yield from self._export_came(name, news[name], old)

    def _inside(self, direction: str, name: str, old: Extern, new: Extern) -> Iterator[Change]:
        is_inline = not (
            isinstance(old, InterfaceExtern)
            and isinstance(new, InterfaceExtern)
            and not old.interface.is_inline
        )
        if not is_inline:
            return
        scope = replace(self._scope, exporters=self._scope.exporters and direction == "export")
        item = self._path(name)
        yield from compare_items(item, f"`{name}`", (old, new), scope, self._around)
        if isinstance(old, FunctionExtern) and isinstance(new, FunctionExtern):
            yield from gate_changes(item, "function", old.function, new.function)

    # Imports and exports that only one of them has

    def _import_gone(self, name: str, old: Extern, before: World, after: World) -> Iterator[Change]:
        change = self._gone_change("import", name, old, before)
        moved = self._found(name, after.exports)
        if moved is not None:
            yield self._turned(change, f"`{name}` is exported now, and was imported")
        elif on_track(name) not in self._gone:
            side = self._scope.side(importers=True, exporters=False)
            source = self._inlined(name, before, after)
            if source is None:
                why = "components that import it find it in no host of this world"
                yield judged(
                    change, "world-import-no-delete", side, "", key=f"import {name}", why=why
                )
                return
            change = replace(
                change,
                message=f"no interface of the world uses `{name}` any more",
                old_place=source.place,
            )
            why = (
                "components built before import it still, and hosts of this world do not provide it"
            )
            yield judged(change, "use-inline", side, "", key=f"import {name}", why=why)

    def _export_gone(self, name: str, old: Extern, before: World, after: World) -> Iterator[Change]:
        change = self._gone_change("export", name, old, before)
        if self._found(name, after.imports) is not None:
            yield self._turned(change, f"`{name}` is imported now, and was exported")
        elif on_track(name) not in self._gone:
            side = self._scope.side(importers=True, exporters=False)
            why = "components that are composed with one of this world, and hosts, miss it"
            yield judged(change, "world-export-no-delete", side, "", key=f"export {name}", why=why)

    def _import_came(self, name: str, new: Extern, before: World, after: World) -> Iterator[Change]:
        if self._found(name, before.exports, is_back=True) is not None:
            return  # told as an export that is gone
        change = self._came_change("import", name, new, after)
        if self._is_transitive(name, before, after):
            change = replace(change, message=f"an exported interface uses `{name}` now")
            side = self._scope.side(importers=False, exporters=True)
            why = "components that export it were built without"
            yield judged(change, "world-transitive", side, "", key=f"import {name}", why=why)
            return
        words = f"{change.message}: components built for the new world need hosts that provide it"
        yield noted(change, "world-import-add", words, Bump.MINOR)

    def _export_came(self, name: str, new: Extern, before: World) -> Iterator[Change]:
        if self._found(name, before.imports, is_back=True) is not None:
            return  # told as an import that is gone
        change = self._came_change("export", name, new, before)
        side = self._scope.side(importers=False, exporters=True)
        why = "components built before do not export it"
        yield judged(change, "world-export-add", side, "", key=f"export {name}", why=why)

    def _turned(self, change: Change, message: str) -> Change:
        change = replace(change, kind=ChangeKind.CHANGED, message=message)
        side = self._scope.side(importers=True, exporters=True)
        why = "components built before have it on the other side"
        return judged(change, "world-import-to-export", side, "", why=why)

    def _item_renamed(
        self, direction: str, name: str, renamed: str, old: Extern, new: Extern
    ) -> Change:
        change = Change(
            ChangeKind.CHANGED,
            self._path(name),
            f"{direction} `{name}` is called `{renamed}`",
            f"{name}: {extern_text(old)}",
            f"{renamed}: {extern_text(new)}",
            old.place,
            new.place,
        )
        side = self._scope.side(importers=True, exporters=direction == "export")
        why = "linking goes by names"
        return judged(change, "world-item-name", side, "", key=direction, why=why)

    # Helpers

    def _gone_change(self, direction: str, name: str, old: Extern, world: World) -> Change:
        return Change(
            ChangeKind.REMOVED,
            self._path(name),
            f"the world {direction}s `{name}` no longer",
            _wit(direction, name, old),
            old_place=old.place if old.place.file else world.place,
        )

    def _came_change(self, direction: str, name: str, new: Extern, world: World) -> Change:
        return Change(
            ChangeKind.ADDED,
            self._path(name),
            f"the world {direction}s `{name}` now",
            new=_wit(direction, name, new),
            new_place=new.place if new.place.file else world.place,
            bump=Bump.MINOR,
        )

    def _path(self, name: str) -> str:
        return f"{self._item}.{item_name(name)}"

    def _found(
        self, name: str, items: Mapping[str, Extern], *, is_back: bool = False
    ) -> str | None:
        """The name among items of the other world that means the same."""
        if name in items:
            return name
        for each in items:
            if self._same(each, name) if is_back else self._same(name, each):
                return each
        return None

    def _directions(
        self, old: World, new: World
    ) -> Iterator[tuple[str, Mapping[str, Extern], Mapping[str, Extern]]]:
        yield "import", old.imports, new.imports
        yield "export", old.exports, new.exports

    def _inlined(self, name: str, before: World, after: World) -> TypeDef | None:
        """The type that brought an import into the world, and that comes from there no longer."""
        for own, source in _uses(before):
            if source == name:
                still = {(user, self._same(name, each)) for user, each in _uses(after)}
                if not any(is_same for _, is_same in still) and _has(own, after, self._same):
                    return own
        return None

    def _is_transitive(self, name: str, before: World, after: World) -> bool:
        """Whether an import came by a type that an exported interface did not have."""
        exports = dict(after.exports.items())
        for own, source in _uses(after):
            owner = next((e for e in exports if e == own.owner.name), None)
            if source != name or owner is None:
                continue
            old = before.exports.get(self._found(owner, before.exports, is_back=True) or "")
            if isinstance(old, InterfaceExtern) and own.name not in old.interface.types:
                return True
        return False


def _uses(world: World) -> Iterator[tuple[TypeDef, str]]:
    """Types of a world's interfaces that come from other interfaces, and from which."""
    for extern in (*world.imports.values(), *world.exports.values()):
        if isinstance(extern, InterfaceExtern):
            for type_ in extern.interface.types.values():
                if isinstance(type_.definition, TypeDef) and type_.definition.owner != type_.owner:
                    yield type_, type_.definition.owner.name


def _has(type_: TypeDef, world: World, same: Callable[[str, str], bool]) -> bool:
    for name, extern in (*world.imports.items(), *world.exports.items()):
        if isinstance(extern, InterfaceExtern) and same(type_.owner.name, name):
            return type_.name in extern.interface.types
    return False


def _renamed(name: str, old: Extern, others: Mapping[str, Extern]) -> str | None:
    for other, new in others.items():
        if type(old) is not type(new) or (":" in name and ":" in other):
            continue
        if not compare_extern(old, new) and not compare_extern(new, old):
            return other
    return None


def _wit(direction: str, name: str, extern: Extern) -> str:
    if isinstance(extern, InterfaceExtern):
        return f"{direction} {name}"
    return f"{direction} {name}: {extern_text(extern)}"
